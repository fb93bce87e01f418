# SPDX-License-Identifier: MIT
# Views: the same for any threads, records and parts; batches; recipes, chains.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 40 --train 30 --test 4 --classes 2 data || exit 1
ssl-decode -q --epochs 2 --shuffle -b 7 -o samples.tz data/train || exit 1
ssl-decode -q --epochs 2 --shuffle -b 30 -o whole.tz data/train || exit 1

# view V INDEX FILE: the pixels of one sample in its first epoch, alone.
view() {
	ssl-augment -q -r byol --size 24 --seed 5 --only-index "$2" "$3" |
	    ssl-show --tensor "view$1" --record 0
}

for recipe in byol simclr mocov2 byol-cifar cifar-basic; do
	for n in 1 2 3; do
		ssl-augment -q -r $recipe --size 32 -b 8 --threads $n \
		    samples.tz >threads-$n.tz
	done
	same threads-1.tz threads-2.tz "$recipe: two threads, the same bytes"
	same threads-1.tz threads-3.tz "$recipe: three threads"
	ssl-augment -q -r $recipe --size 32 -b 8 whole.tz |
	    ssl-show --digest >digest
	is "$(ssl-show --digest threads-1.tz)" "$(cat digest)" \
	    "$recipe: other records before, the same views"
done
ssl-augment -q -r byol-cifar -b 8 samples.tz >zero.tz
ssl-augment -q -r byol-cifar -b 8 --seed 1 samples.tz >one.tz
isnt() { [ "$1" != "$2" ]; }
ok "another seed, other views" isnt "$(ssl-show --digest zero.tz)" \
    "$(ssl-show --digest one.tz)"

# Parts of the data set, and single samples.
for i in 0 1 2; do
	ssl-decode -q --shuffle --shard $i/3 -o shard-$i.tz data/train
done
for index in 3 17 29; do
	view 0 $index samples.tz >first
	view 1 $index samples.tz >second
	cat shard-*.tz >shards.tz
	view 0 $index shards.tz >part
	same first part "sample $index: the same view from shards"
	view 1 $index shards.tz >part
	same second part "sample $index: the second too"
	ok "sample $index: the views differ" isnt "$(cat first)" \
	    "$(cat second)"
	ssl-augment -q -r byol --size 24 --seed 5 -b 1 samples.tz >singles.tz
	row=$(ssl-show --tensor index singles.tz | tr -d '[] ' |
	    grep -nx $index | head -n 1 | cut -d : -f 1)
	ssl-show --tensor view0 --record $((row - 1)) singles.tz >again
	same first again "sample $index: alone as among all"
done
row=$(ssl-show --tensor index singles.tz | tr -d '[] ' | grep -nx 3 |
    tail -n 1 | cut -d : -f 1)
ssl-show --tensor view0 --record $((row - 1)) singles.tz >later
view 0 3 samples.tz >first
ok "the next epoch has another view" isnt "$(cat first)" "$(cat later)"
is "$(ssl-augment -q -r byol-cifar --only-index 3 samples.tz |
    ssl-show --meta views.1.name)" view1 "one sample's header tells its views"
fails 2 "a sample that is not there" \
    ssl-augment -r byol-cifar --only-index 30 samples.tz -o x.tz
like "$(cat .err)" "*no sample has index 30*" "… is told"

# Every recipe: any threads, any split into shards.
each() {	# a line for each sample, whatever record it lies in
	ssl-augment -q -r "$recipe" $small -b 1 "$@" | ssl-show --json |
	    grep '^{"label"' | sed 's/"step":[0-9]*//' | sort
}
ssl-decode -q --shuffle -o all.tz data/train
for recipe in $(ssl-augment --list | sed -n 's/^recipe \([^ ]*\).*/\1/p' |
    grep -v tabular); do
	small='--set size=16'
	[ $recipe = none ] && small=
	ssl-augment -q -r $recipe $small -b 7 --threads 1 all.tz >one.tz
	ssl-augment -q -r $recipe $small -b 7 --threads 3 all.tz >three.tz
	same one.tz three.tz "$recipe: one and three threads"
	each all.tz >whole
	for i in 0 1 2; do each shard-$i.tz; done | sort >parts
	is "$(wc -l <whole)" 30 "$recipe: a line a sample"
	same whole parts "$recipe: three shards"
done

# What an epoch leaves over is dropped, and no record mixes epochs.
ssl-synth -q --size 20 --train 10 --test 2 --classes 2 ten || exit 1
ssl-decode -q --epochs 2 -b 3 ten/train >ten.tz
ok "ten samples by four" ssl-augment -r byol-cifar -b 4 ten.tz -o four.tz
is "$(cat .err)" "ssl-augment: samples left over at the ends of epochs \
(less than a batch): 4" "… leave two an epoch, and say so once"
is "$(ssl-show --tensor index four.tz | tr -d '[],' | tr '\n' ' ' |
    tr -s ' ')" "0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 " "… which are the last"
for pair in steps=4 steps_per_epoch=2 samples=16 batch=4 views.1.size=32 \
    views.1.name=view1 views.0.recipe=byol-cifar views.0.role=weak \
    mean.0=0.4914 std.2=0.2616; do
	is "$(ssl-show --meta "${pair%=*}" four.tz)" "${pair#*=}" \
	    "the header says $pair"
done
fails 1 "a batch larger than an epoch" ssl-augment -q -r byol-cifar -b 11 ten.tz
like "$(cat .err)" "*10 samples are fewer than one batch of 11; give --batch 10*" \
    "… is refused"
ssl-augment -q -r byol-cifar ten.tz >asis.tz
like "$(ssl-show asis.tz | tail -n 1)" "end: 8 records, 20 samples" \
    "without a batch, records as they come"

fields() {
	ssl-show "$1" | grep -o '^  [a-z0-9]* *[ui][18] [^ ]*]' |
	    tr -s ' ' | tr -d '\n'
}
is "$(fields four.tz)" " label i8 [4] index i8 [4] view0 u1 [4,32,32,3] \
view1 u1 [4,32,32,3]" "the pictures go, the rest passes"
ssl-augment -q -r byol-cifar -b 4 --keep-image ten.tz >kept.tz
like "$(fields kept.tz)" "*image u1 [[]4,20,20,3]*" "… unless kept"

# Recipes in files, and changed ones.
ssl-augment --list >all.recipe
for recipe in byol simclr cifar-basic; do
	awk -v name=$recipe '/^recipe /{on = $2 == name} on' all.recipe \
	    >$recipe.recipe
	is "$(ssl-augment -q -r ./$recipe.recipe --size 16 ten.tz |
	    ssl-show --digest)" "$(ssl-augment -q -r $recipe --size 16 \
	    ten.tz | ssl-show --digest)" "$recipe from a file"
done
ssl-augment -q -r cifar-basic --set \
    crop.area=1,crop.ratio=1,flip.p=0,jitter.p=0,gray.p=0 --size 20 ten.tz |
    ssl-show --tensor view1 >changed
ssl-augment -q -r none ten.tz | ssl-show --tensor view1 >plain
same changed plain "a recipe with every step turned off is none"
ssl-show --tensor image ten.tz >pixels
same plain pixels "… and none is the picture"

ssl-augment -r byol --set 1.size=24,crop.area=0.5..1/6,std.b=0.3 --list \
    >used.recipe
is "$(ssl-augment -q -r ./used.recipe ten.tz | ssl-show --digest)" \
    "$(ssl-augment -q -r byol --set 1.size=24,crop.area=0.5..1/6,std.b=0.3 \
    ten.tz | ssl-show --digest)" "a changed recipe, listed, is the same"
ssl-augment -q -r byol --set 1.size=24,std.b=0.3 ten.tz -o used.tz
is "$(ssl-show --meta views.1.size used.tz) $(ssl-show --meta std.2 \
    used.tz)" "24 0.3" "the header tells what was changed"
ssl-show --json used.tz | head -n 1 | grep -o '"recipe":"recipe.*"' |
    sed 's/^"recipe":"//; s/".*//' >text
printf '%b' "$(cat text)" >again.recipe
is "$(ssl-augment -q -r ./again.recipe ten.tz | ssl-show --digest)" \
    "$(ssl-show --digest used.tz)" "... so that it can be used again"
ssl-augment -q -r suncet --size 24 --views 1 ten.tz |
    ssl-show --tensor view0 >one
ssl-augment -q -r suncet --size 24 ten.tz | ssl-show --tensor view0 >two
same one two "one view of two is the first"

# Roles: query, key, strong ones.
ssl-augment -q -r clsa-multi --set size=24 -b 5 ten.tz -o multi.tz
is "$(for i in 0 1 2 3 4 5 6 7 8 9 10; do
    ssl-show --meta views.$i.role multi.tz; done | uniq -c | tr -s ' \n' ' ')" \
    " 6 weak 5 strong " "clsa-multi: six weak views, five strong"

# Pictures of every size.
mkdir sizes
for size in 16 20 33; do
	ssl-synth -q --size $size --train 1 --test 1 --classes 2 sizes/$size
done
ssl-decode -q sizes >sizes.tz
ok "one size for all" ssl-augment -q -r cifar-basic --size 12 -b 3 \
    sizes.tz -o x.tz
ok "none keeps each size" ssl-augment -q -r none sizes.tz -o x.tz
ssl-augment -q -r byol --threads 1 sizes.tz -o one.tz
ssl-augment -q -r byol --threads 3 sizes.tz -o three.tz
same one.tz three.tz "records of one or two each, three threads"
is "$(ssl-show --records one.tz | grep -c view1)" \
    "$(ssl-show --records sizes.tz | grep -c image)" "... one for each"
fails 1 "different sizes in a batch" ssl-augment -q -r none -b 4 sizes.tz \
    -o x.tz
like "$(cat .err)" "*--size*" "… tells what to do"

# Wrong usage.
fails 2 "neither recipe nor chain" ssl-augment ten.tz -o x.tz
fails 2 "both" ssl-augment -r byol --ops flip ten.tz -o x.tz
fails 2 "a size that no step makes" \
    ssl-augment -r none --size 16 ten.tz -o x.tz
like "$(cat .err)" "*view's size is 16, but its steps leave 20x20 px*" \
    "… is told"
fails 2 "… with --set" ssl-augment -r none --set 1.size=16 ten.tz -o x.tz
ok "a size that images have" ssl-augment -q -r none --size 20 ten.tz -o x.tz
fails 2 "an unknown recipe" ssl-augment -r byoll ten.tz -o x.tz
like "$(cat .err)" "*byol, byol-cifar*" "… tells which there are"
fails 2 "a change of what is not there" \
    ssl-augment -r none --set blur.p=1 ten.tz -o x.tz
fails 1 "a recipe file that is not there" \
    ssl-augment -r ./no.recipe ten.tz -o x.tz
fails 2 "more views than there are" \
    ssl-augment -r byol --views 3 ten.tz -o x.tz
for chain in flop crop=1,2,3 crop=0,0,1,1,1 resize=3x3:nearest hue=0.6 \
    solarize=300 posterize=9 blur=1:4 blur=0:3 brightness=-1 flip, ,flip \
    rotate=nan flip=1; do
	fails 2 "a chain of $chain" ssl-augment --ops "$chain" ten.tz -o x.tz
done
ok "failures leave the last good file" ssl-show x.tz
