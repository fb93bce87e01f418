. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# ssl-mix: the same for any threads, what passes through, what is refused.
ssl-synth -q --size 20 --train 30 --test 4 --classes 2 data || exit 1
ssl-decode -q --epochs 2 --shuffle data/train |
    ssl-augment -q -r byol-cifar --size 16 -b 8 -o views.tz || exit 1

isnt() { [ "$1" != "$2" ]; }

for mode in mixup cutmix inputmix; do
	for n in 1 2 3; do
		ssl-mix -q --mode $mode --threads $n views.tz >threads-$n.tz
	done
	same threads-1.tz threads-2.tz "$mode: two threads, the same bytes"
	same threads-1.tz threads-3.tz "$mode: three threads"
	ssl-mix -q --mode $mode --seed 1 views.tz >other.tz
	ok "$mode: another seed, other views" isnt \
	    "$(ssl-show --digest threads-1.tz)" "$(ssl-show --digest other.tz)"
	is "$(ssl-show --json threads-1.tz | sed '1d; s/"view0".*//')" \
	    "$(ssl-show --json views.tz | sed '1d; s/"view0".*//')" \
	    "$mode: what stands before the views passes"
	is "$(ssl-show --meta views threads-1.tz)" \
	    "$(ssl-show --meta views views.tz)" "$mode: meta passes"
	mv threads-1.tz $mode.tz
done

# A record by itself is mixed as it was in its stream.
ssl-decode -q --epochs 2 --shuffle --batch 8 --start-step 4 data/train |
    ssl-augment -q -r byol-cifar --size 16 -b 8 | ssl-mix >later.tz
late=$(ssl-show --json later.tz | grep -c '"epoch"')
ok "work may begin in the second epoch" test "$late" -gt 0
is "$(ssl-show --tensor mix_index --record 0 later.tz | md5sum)" \
    "$(ssl-show --tensor mix_index --record 3 mixup.tz | md5sum)" \
    "… with the same partners"
is "$(ssl-show --tensor view0 --record 0 later.tz | md5sum)" \
    "$(ssl-show --tensor view0 --record 3 mixup.tz | md5sum)" \
    "… and the same views"

is "$(ssl-show --tensor view1 --record 0 mixup.tz | md5sum)" \
    "$(ssl-show --tensor view1 --record 0 views.tz | md5sum)" \
    "the other view keeps its bytes"
like "$(ssl-show mixup.tz)" "*view0 *f4 *view1 *u1 *mix_index *i8 *mix_lambda *f4*" \
    "mixup writes labels and floats"
like "$(ssl-show inputmix.tz)" "*view0 *f4 *view1 *f4*" "inputmix: both views"
ok "… and no labels" isnt "$(ssl-show inputmix.tz | grep -c mix_)" 1
like "$(ssl-mix -q --mode inputmix --view 1 views.tz | ssl-show)" \
    "*view0 *u1 *view1 *f4*" "… one with --view"
like "$(ssl-mix -q --view 1 views.tz | ssl-show)" "*view0 *u1 *view1 *f4*" \
    "mixup of view 1"
like "$(ssl-mix -q --mode inputmix --partners 2 views.tz | ssl-mix -q |
    ssl-show)" "*ssl-mix --mode inputmix --partners 2 *ssl-mix *mix_lambda*" \
    "InputMix, then i-Mix; the history has both"
like "$(ssl-mix -q --alpha 0.2 --no-fold views.tz | ssl-show)" \
    "*mix_lambda*f4*0.0*to*" "--no-fold: shares below a half"
is "$(cat mixup.tz cutmix.tz | ssl-mix -q --mode inputmix | ssl-show | tail -1)" \
    "end: 12 records, 96 samples" "streams may be joined"

# Pitfall 20: one share for a record only where it is asked for.
shares() {
	ssl-show --tensor mix_lambda --record "$1" "$2" | tr '\t' '\n' |
	    sort -u | wc -l
}
ssl-mix -q --lambda-per record --threads 1 views.tz >record.tz
ssl-mix -q --lambda-per record --threads 3 views.tz >record-3.tz
is "$(shares 0 mixup.tz) $(shares 0 record.tz) $(shares 0 cutmix.tz)" "8 1 1" \
    "--lambda-per: a share for each sample, for a record, and CutMix's"
same record.tz record-3.tz "… for any threads"
is "$(ssl-show --tensor mix_index --record 0 record.tz)" \
    "$(ssl-show --tensor mix_index --record 0 mixup.tz)" "… with the same partners"
ok "… other records have others" isnt \
    "$(ssl-show --tensor mix_lambda --record 0 record.tz | head -1)" \
    "$(ssl-show --tensor mix_lambda --record 1 record.tz | head -1)"
ssl-mix -q --mode cutmix --lambda-per record --threads 1 views.tz >other.tz
is "$(ssl-show --digest other.tz)" "$(ssl-show --digest cutmix.tz)" \
    "… CutMix has one in any case"

# What the trainer makes of it.
ok "ssl-train takes mixed views" ssl-train -q --width 4 --stem cifar \
    --steps 2 -o model.tz mixup.tz
for mode in mixup cutmix; do
	ssl-mix -q --mode $mode --view 1 -o view1.tz views.tz
	is "$(ssl-show --meta mix_view view1.tz)" 1 "$mode: the mixed view is named"
	for method in byol moco npair; do
		fails 2 "$method with view1 mixed by $mode" ssl-train -q --width 4 \
		    --stem cifar --method $method --steps 2 -o none.tz view1.tz
		like "$(cat "$T/.err")" \
		    "*view1.tz: record 0: view1 is mixed, but $method predicts from view0*--view 0*" \
		    "… says what to do"
	done
done
ok "… and nothing is written" test ! -e none.tz
cat mixup.tz view1.tz >joined.tz
fails 1 "view0 mixed, then view1" ssl-train -q --width 4 --stem cifar \
    -o none.tz joined.tz
like "$(cat "$T/.err")" "*mix_view: 1, but 0 in the first stream*" "… is refused"
ok "an augmentation of view 1" bash -c "ssl-mix -q --mode inputmix --view 1 views.tz |
    ssl-mix -q | ssl-train -q --width 4 --stem cifar --steps 1 -o model.tz"

fails 2 "a mistyped mode" ssl-mix --mode mixip views.tz
fails 2 "a share for each pixel" ssl-mix --lambda-per pixel views.tz
fails 2 "alpha 0" ssl-mix --alpha 0 views.tz
fails 2 "partners of mixup" ssl-mix --partners 2 views.tz
like "$(cat "$T/.err")" "*inputmix*" "… says where they belong"
fails 2 "17 partners" ssl-mix --mode inputmix --partners 17 views.tz
fails 1 "mixed twice" ssl-mix -o again.tz mixup.tz
like "$(cat "$T/.err")" "*mixup.tz, record 0: mix_index: mixed before*" \
    "… is told"
ok "… and nothing is left behind" test ! -e again.tz
fails 1 "no such view" ssl-mix --view 5 -o none.tz views.tz
like "$(cat "$T/.err")" "*no field view5*ssl-show lists*" "… is told"
ssl-decode -q data/test -o samples.tz
fails 1 "samples without views" ssl-mix --mode inputmix -o none.tz samples.tz
like "$(cat "$T/.err")" "*no field view0*" "… is told"
head -c 3000 views.tz >cut.tz
fails 1 "a cut stream" ssl-mix -o none.tz cut.tz
like "$(cat "$T/.err")" "*truncated stream*" "… is said to be one"
