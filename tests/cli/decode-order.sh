. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Which sample comes when: the same for any number of threads, in any parts.
keys() {
	ssl-show --tensor key "${1:--}" | tr -d '[]"' | tr ',' '\n'
}

ssl-synth --size 16 --train 60 --classes 5 --test 5 set >/dev/null 2>&1
all=set/train

for n in 1 2 3 8; do
	ssl-decode --threads $n --shuffle --seed 7 --epochs 2 --batch 13 \
	    --size 12 $all >threads-$n.tz
done
same threads-1.tz threads-2.tz "two threads, the same bytes"
same threads-1.tz threads-3.tz "three threads, the same bytes"
same threads-1.tz threads-8.tz "eight threads, the same bytes"

ssl-decode --shuffle --seed 7 --epochs 2 --batch 13 $all >whole.tz
ssl-decode --shuffle --seed 8 --epochs 2 --batch 13 $all >other.tz
is "$(ssl-show --meta samples whole.tz)" 120 "samples over all epochs"
is "$(ssl-show --meta epoch_samples whole.tz)" 60 "samples in an epoch"
keys whole.tz >whole
keys other.tz >other
is "$(head -60 whole | sort)" "$(cd $all && find . -name '*.jpg' | cut -c3- |
    sort)" "an epoch has each sample once"
is "$(tail -60 whole | sort)" "$(head -60 whole | sort)" "so has the second"
is "$(cmp -s <(head -60 whole) <(tail -60 whole); echo $?)" 1 \
    "in another order"
is "$(cmp -s whole other; echo $?)" 1 "another seed, another order"
is "$(ssl-show --records whole.tz | grep -o 'key array.*' | tr -s '\t ' ' ' |
    head -5 | tr '\n' ',')" "key array [13] epoch 0 step 0,\
key array [13] epoch 0 step 1,key array [13] epoch 0 step 2,\
key array [13] epoch 0 step 3,key array [8] epoch 0 step 4," \
    "records hold a batch, the last of an epoch what is left"
is "$(ssl-decode --epochs 0 $all | head -c 100000 | wc -c)" 100000 \
    "0 epochs never end"

for i in 0 1 2; do
	ssl-decode --shuffle --seed 7 --epochs 2 --shard $i/3 $all |
	    keys >shard-$i
done
paste -d '\n' shard-0 shard-1 shard-2 >merged
same merged whole "three shards dealt out in turn are the whole"
ssl-decode --shuffle --seed 7 --shard 0/7 $all | keys >s0
is "$(wc -l <s0)" 9 "uneven shards differ by one"
fails 2 "a shard that is not there" ssl-decode --shard 3/3 $all
fails 2 "half a shard" ssl-decode --shard 1 $all

for step in 1 4 5 6 9; do
	ssl-decode --shuffle --seed 7 --epochs 2 --batch 13 \
	    --start-step $step $all >tail.tz
	is "$(ssl-show --json tail.tz | sed '1d;$d' | cksum)" \
	    "$(ssl-show --json whole.tz | sed '1d;$d' |
	    tail -n +$((step + 1)) | cksum)" "from step $step on"
	is "$(ssl-show --meta samples tail.tz)" "$(keys tail.tz | wc -l)" \
	    "... with as many samples as said"
done

printf '%s\n' "$(head -1 whole)" 17 00003.jpg >subset
ok "a subset" ssl-decode --subset subset $all -o got.tz
like "$(cat "$T/.err")" "*subset: 1 of 3 lines name more than one sample (the \
first is line 3, '00003.jpg', with 5); a whole key names one" \
    "a file name in several folders is said"
keys got.tz >got
is "$(grep -c 00003.jpg got)" 5 "a file name chooses in all classes"
ok "a key chooses" grep -qx "$(head -1 whole)" got
mkdir depth depth/a
cp "$TESTS/data/colour.jpg" depth/x.jpg
cp "$TESTS/data/colour.jpg" depth/a/x.jpg
printf '%s\n' depth/x.jpg depth/a/x.jpg >both
echo depth/x.jpg >subset
ok "a whole key that ends others" ssl-decode --subset subset @both -o got.tz
is "$(cat "$T/.err") $(keys got.tz)" " depth/x.jpg" "names its sample alone"
echo nothing >subset
fails 1 "a key that is not there" ssl-decode --subset subset $all
like "$(cat "$T/.err")" "*subset: line 1: 'nothing'*" "is named"
printf '\357\273\277%s\r\n\r\n17\r\n17\r\n60\r\nnothing\r\n' \
    "$(head -1 whole)" >subset
ok "keys among others that are not there" ssl-decode -q --subset subset $all \
    -o part.tz
is "$(cat "$T/.err")" "ssl-decode: subset: skipped 2 lines that name no sample \
(the first is 60)" "are counted, with --quiet too"
is "$(keys part.tz | sort)" "$({ head -1 whole; keys <(ssl-decode $all) |
    sed -n 18p; } | sort)" "the others choose, once each"
fails 1 "--strict ends" ssl-decode --strict --subset subset $all -o none.tz
like "$(cat "$T/.err")" "*subset: 2 lines that name no sample*" "for that"
is "$(ls none.tz* 2>/dev/null)" "" "before anything is written"

ssl-decode --per-class 3 --seed 1 $all >few.tz
is "$(ssl-show --tensor label few.tz | sort | uniq -c | awk '{ print $1 }' |
    tr '\n' ' ')" "3 3 3 3 3 " "three of each class"
mkdir -p uneven/a uneven/b
cp $all/*/0000[0-3].jpg uneven/a 2>/dev/null
cp $all/*/00000.jpg uneven/b 2>/dev/null
ok "a class with fewer" ssl-decode --per-class 2 uneven -o uneven.tz
like "$(cat "$T/.err")" "*1 of 2 classes have fewer than 2 images; the first is \
class 1 b with 1" "is said"
ssl-decode --per-class 5 --seed 1 $all | keys | sort >five
keys few.tz | sort >three
is "$(comm -23 three five | wc -l)" 0 "three of each are among five of each"

ssl-decode --balance 3x4 --seed 2 --epochs 5 $all >balanced.tz
is "$(ssl-show --records balanced.tz | awk '$4 != "[12,16,16,3]"' |
    grep -c image)" 0 "balanced batches are full"
for record in 0 1 7; do
	ssl-show --tensor label --record $record balanced.tz >labels
	ssl-show --tensor index --record $record balanced.tz >indices
	is "$(sort labels | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" \
	    "4 4 4 " "pitfall 39: record $record has three classes with four each"
	is "$(head -3 labels)" "$(tail -3 labels)" "... interleaved"
	is "$(sort -u indices | wc -l)" 12 "pitfall 39: ... none of them twice"
done
is "$(ssl-show --tensor index --record 0 balanced.tz; ssl-show --tensor index \
    --record 1 balanced.tz | sort | uniq -d | wc -l)" \
    "$(ssl-show --tensor index --record 0 balanced.tz; echo 0)" \
    "pitfall 39: no picture again before its class is through"
ssl-decode --balance 3x4 --seed 2 --epochs 5 --start-step 7 $all >late.tz
is "$(ssl-show --json late.tz | sed '1d;$d' | cksum)" \
    "$(ssl-show --json balanced.tz | sed '1d;$d' | tail -n +8 | cksum)" \
    "balanced from step 7 on"
ok "balanced batches are shuffled as they are" ssl-decode --balance 3x4 \
    --shuffle --seed 2 --epochs 5 -o shuffled.tz $all
is "$(ssl-show --digest shuffled.tz)" "$(ssl-show --digest balanced.tz)" \
    "with --shuffle or without"
fails 2 "more classes than there are" ssl-decode --balance 6x2 $all
fails 2 "more pictures than a class has" ssl-decode --balance 2x13 $all
like "$(cat "$T/.err")" "*has 12*" "with the number"
printf '%s\t%s\n' uneven/a/00000.jpg x uneven/a/00001.jpg x >some
echo uneven/a/00002.jpg >>some
for choice in --per-class=1 --balance=1x2; do
	ok "images without a label: $choice" ssl-decode -q $choice @some \
	    -o some.tz
	like "$(cat "$T/.err")" "*1 of 3 images have no label and are not \
chosen*" "... are counted"
done
ok "a start after the end" ssl-decode --start-step 1 $all -o none.tz
like "$(cat "$T/.err")" "*--start-step 1: the run has only 1 batches; no sample \
is left" "is said"
ok "the last step is before the end" ssl-decode --start-step 5 --epochs 2 \
    --batch 20 $all -o last.tz
is "$(cat "$T/.err")" "" "without a word"
