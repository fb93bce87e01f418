#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run is resumed with what it began with: other data, another recipe and
# other options are refused by name, and --resume-anyway overrules that.
. "$(dirname "$0")/../lib.sh"
pythons

ssl-synth -q --size 16 --train 48 --test 10 --classes 4 set || exit 1
cp -r set same
cp -r set fewer
rm "$(find fewer/train -name '*.jpg' | LC_ALL=C sort | head -n 1)"
cp -r set renamed
one=$(find renamed/train -name '*.jpg' | LC_ALL=C sort | tail -n 1)
mv "$one" "${one%.jpg}x.jpg"
find set/train -name '*.jpg' | LC_ALL=C sort | awk '{ print $0 "\t" NR % 4 }' >list
awk -F '\t' '{ print $1 "\t" (NR == 9 ? 3 : $2) }' list >relabelled

# views FOLDER [OPTION...]: options of ssl-decode.
views() {
	ssl-decode -q --shuffle --batch 8 --epochs 2 "${@:2}" "$1/train" |
	    ssl-augment -q --recipe byol-cifar --size 16 --batch 8
}
learn() {
	ssl-train -q --stem cifar --width 2 --projector-hidden 16 \
	    --projector-out 8 --predictor-hidden 16 --lr 0.05 "$@"
}
views set >views.tz
learn -o whole.tz views.tz
learn --steps 5 -o half.tz views.tz
whole=$(ssl-show --digest whole.tz)

resume() { ssl-train --resume half.tz -o x.tz "$@"; }

# refused STATUS WORDS DESCRIPTION OPTION...: and nothing is written.
refused() {
	rm -f x.tz
	fails "$1" "$3" resume "${@:4}"
	like "$(cat .err)" "$2" "$3: by name"
	fails 1 "$3: nothing is written" test -e x.tz
}
# resumed DESCRIPTION OPTION...: to the end of the run nobody stopped.
resumed() {
	rm -f x.tz
	ok "$1" resume -q "${@:2}"
	is "$(ssl-show --digest x.tz)" "$whole" "$1: as if never stopped"
}

resumed "the same stream" views.tz
views same >same.tz
resumed "the same data elsewhere" same.tz
views set --start-step 3 >later.tz
resumed "a stream that begins before the checkpoint's step" later.tz
views set --start-step 5 >later.tz
resumed "… and at it" later.tz
resumed "options as they were" --lr 0.05 --width 2 --stem cifar --seed 0 \
    --projector-out 8 --projector 16-bn-relu-8nobias --arch resnet18 views.tz

# The data and the programs before.
views fewer >other.tz
refused 1 "*the data set has 47 samples, the checkpoint's had 48*--resume-anyway*" \
    "an image fewer" other.tz
views renamed >other.tz
refused 1 "*48 samples have other names or labels*" "a name" other.tz
views set --seed 1 >other.tz
refused 1 "*ssl-decode --seed 1, the checkpoint's run had 0*" "another order" \
    other.tz
views set --per-class 3 >other.tz
refused 1 "*the data set has 12 samples*ssl-decode --per-class 3*" "a part" \
    other.tz
views set --size 12 >other.tz
refused 1 "*ssl-decode --size 12, which*did not have*" "another size" other.tz
views set --start-step 7 >other.tz
refused 1 "*begins at step 7, the checkpoint is at step 5*" "a later stream" \
    other.tz
ssl-decode -q --batch 8 --epochs 2 set/train |
    ssl-augment -q --recipe simclr-cifar --size 16 --batch 6 --seed 2 >other.tz
refused 1 "*batches of 6, *had 8; *\"recipe simclr-cifar\"*\"recipe byol-cifar\"*\
without --shuffle*ssl-augment --seed 2, *had 0*" "all at once" other.tz
is "$(resume other.tz 2>&1 | wc -l)" 1 "… in one line"
ssl-decode -q --shuffle --batch 8 --epochs 2 set/train |
    ssl-augment -q --recipe byol-cifar --size 16 --batch 8 --set flip.p=0.25 >other.tz
refused 1 "*recipe has \"flip p=0.25\", the checkpoint's \"flip p=0.5\"*" \
    "one number of the recipe" other.tz
ssl-mix -q -o other.tz views.tz
refused 1 "*ssl-decode | ssl-augment | ssl-mix*" "another program" other.tz
views fewer >other.tz
ok "--resume-anyway" resume --resume-anyway other.tz
like "$(cat .err)" "*47 samples*" "names the difference all the same"

# edit STREAM CODE: the same stream, its items changed: head, records.
edit() {
	PYTHONPATH=$TESTS/golden "$python" - "$1" "$2" <<'END'
import sys, tz, msgpack, zstandard
path, code = sys.argv[1:]
items = list(msgpack.Unpacker(__import__('io').BytesIO(tz.unzip(open(path, 'rb').read())), max_buffer_size=0))
head, records = items[0], items[1:-1]
exec(code)
data = b''.join(map(msgpack.packb, items))
open(path, 'wb').write(zstandard.ZstdCompressor(write_checksum=True).compress(data))
END
}
cp views.tz other.tz
edit other.tz "for r in records: del r['step']"
resumed "a stream without step numbers is counted" other.tz
cp half.tz whole-history.tz
edit half.tz "head['history'] = [{**head['history'][0], 'tool': 'ssl-decode | ssl-augment'}, head['history'][-1]]"
edit half.tz "head['history'][-1]['inputs'] = [1]"
refused 1 "*the stream comes from ssl-decode | ssl-augment, *" \
    "a program with the name of two" views.tz
cp whole-history.tz half.tz
edit half.tz "head['meta']['options']['target-buffers'] = 'fresh'"
refused 1 "*meta.options.target-buffers is not a value of --target-buffers*" \
    "a choice that there is not" views.tz
mv whole-history.tz half.tz

# Options of ssl-train.
for option in "--width 8" "--arch resnet50" "--stem imagenet" "--channels 1" \
    "--projector-out 4" "--projector-hidden 4" "--projector lin" \
    "--predictor-hidden 4" "--predictor none"; do
	# shellcheck disable=SC2086
	refused 2 "*half.tz: $option*, the checkpoint has*" "$option" $option views.tz
	# shellcheck disable=SC2086
	fails 2 "$option, not even --resume-anyway" resume --resume-anyway \
	    $option views.tz
done
for option in "--seed 1" "--lr 0.1" "--method simclr" "--optimizer adam" \
    "--symmetric" "--warmup-steps 2" "--ema 0.5" "--bn-groups 2" \
    "--milestones 1" "--mean 0.5" "--std 0.5,0.5,0.25" "--preset byol-cifar10"; do
	# shellcheck disable=SC2086
	refused 2 "*half.tz: *$option*" "$option" $option views.tz
done
ok "--resume-anyway --lr" resume -q --resume-anyway --lr 0.1 views.tz
is "$(ssl-show --json x.tz | grep -o '"lr":[0-9.]*' | sort -u)" '"lr":0.1' \
    "… takes the rate"
ok "--total-steps may grow" resume -q --total-steps 14 --steps 6 views.tz
is "$(ssl-show --meta total_steps x.tz)" 14 "… and does"
fails 2 "--resume-anyway without --resume" ssl-train --resume-anyway -o x.tz views.tz
ssl-train -q --stem cifar --width 2 --method moco --queue 16 --steps 5 -o queue.tz views.tz
fails 2 "another queue" ssl-train --resume queue.tz --queue 32 -o x.tz views.tz
like "$(cat .err)" "*--queue 32, the checkpoint has 16*" "… by name"

fails 2 "--init and another queue" ssl-train --init queue.tz --method moco \
    --queue 32 -o x.tz views.tz
like "$(cat .err)" "*--init queue.tz: --queue 32, the checkpoint has 16*" "… by name"
ok "… which a method without one does not mind" ssl-train -q --init queue.tz \
    --method simclr --steps 1 -o x.tz views.tz

# What a run left to its method is said as it came out.
refused 2 "*half.tz: --temperature: byol does not use it*" \
    "an option that the method does not use" --temperature 0.2 views.tz
refused 2 "*--ema 0.5, the checkpoint's run had 0.99*" "the method's momentum" \
    --ema 0.5 views.tz
refused 2 "*--draw torch, the checkpoint's run had haiku*" "its initialization" \
    --draw torch views.tz
ok "the method's momentum, said" resume -q --ema "$(ssl-show --json half.tz |
    sed -n 's/.*"effective":{[^}]*"ema":\([0-9.]*\).*/\1/p')" views.tz
fails 2 "a temperature" ssl-train --resume queue.tz --temperature 0.5 -o x.tz views.tz
like "$(cat .err)" "*--temperature 0.5, the checkpoint's run had 0.2*" "… by its value"
ok "the same temperature, said" ssl-train -q --resume queue.tz \
    --temperature 0.2 -o x.tz views.tz

# Another length changes the schedule.
ok "a longer run" resume --total-steps 14 --steps 6 views.tz
like "$(cat .err)" "*--total-steps 14, the checkpoint's run had 12: the schedules \
of the learning rate and of the target network change*" "… is remarked on"
learn --steps 5 --schedule constant --ema-schedule constant -o flat.tz views.tz
ok "a longer run at one rate" ssl-train --resume flat.tz --total-steps 14 \
    --steps 6 -o x.tz views.tz
is "$(grep -c 'the checkpoint.s run had' .err)" 0 "… brings no remark"
ssl-decode -q --shuffle --batch 8 --epochs 4 set/train |
    ssl-augment -q --recipe byol-cifar --size 16 --batch 8 -o longer.tz
ok "a finished run and a longer stream" ssl-train --resume whole.tz -o x.tz longer.tz
like "$(cat .err)" "*already finished: step 12 of 12; the stream has 24: --total-steps 24 \
trains on*" "… says how to train on"

# Views made alike in another way.
views set --batch 16 >other.tz
resumed "records of samples of another size" other.tz
views set --keep-jpeg >other.tz
resumed "images decoded elsewhere" other.tz

# --init takes the network, and no other.
for option in "--width 8" "--arch resnet50" "--stem imagenet" "--projector-out 4" \
    "--predictor-hidden 4"; do
	# shellcheck disable=SC2086
	fails 2 "--init and $option" ssl-train --init half.tz $option -o x.tz views.tz
	like "$(cat .err)" "*--init half.tz: $option*" "… by name"
done
ok "--init with another rate" ssl-train -q --init half.tz --lr 0.3 --seed 4 \
    --steps 1 -o x.tz views.tz

init() { ssl-train --init half.tz --steps 1 -o x.tz "$@" views.tz; }
for option in "--draw torch" "--residual-scale 0" "--target-start fresh"; do
	# shellcheck disable=SC2086
	fails 2 "--init and $option" init $option
	like "$(cat .err)" "ssl-train: ${option% *}: *loaded from --init half.tz" "… which it would not use"
done
learn --method simclr --predictor-hidden 0 --steps 1 -o simple.tz views.tz 2>/dev/null ||
    ssl-train -q --stem cifar --width 2 --method simclr --steps 1 -o simple.tz views.tz
digests=
for draw in torch haiku; do
	ok "--draw $draw for a predictor" ssl-train -q --init simple.tz \
	    --draw $draw --steps 0 -o x.tz views.tz
	digests="$digests $(ssl-show --digest x.tz)"
done
# shellcheck disable=SC2086
is "$(printf '%s\n' $digests | sort -u | wc -l)" 2 "… makes a difference"
fails 2 "… and --residual-scale none" ssl-train --init simple.tz \
    --residual-scale 0 -o x.tz views.tz
ok "a network whose predictor is not used" init --method simclr
is "$(grep 'not used' .err | grep -v target)" "ssl-train: half.tz: online.predictor \
is not used (7 tensors)" "… is told in a line"

# Checkpoints of 0.1.0 kept less.
ssl-decode -q --shuffle --batch 16 --epochs 2 set/train |
    ssl-augment -q --recipe byol-cifar --size 16 --batch 16 >old.tz
cp "$TESTS/data/run-0.1.0.tz" half.tz
ok "a run of 0.1.0 is resumed" resume -q old.tz
is "$(ssl-show --meta step x.tz)" 6 "to its end"
refused 1 "*an epoch has 6 steps, the checkpoint's had 3*" "its epoch" views.tz
refused 2 "*--lr 0.5*had 0.1*" "its options" --lr 0.5 old.tz
ssl-decode -q --shuffle --batch 16 --epochs 2 same/train |
    ssl-augment -q --recipe byol-cifar --size 16 --batch 16 >old.tz
refused 1 "*ssl-decode reads same/train*read set/train*" "its source" old.tz

# Labels that moved.
list() {
	ssl-decode -q --shuffle --batch 8 --epochs 2 "@$1" |
	    ssl-augment -q --recipe byol-cifar --size 16 --batch 8
}
list list >listed.tz
list relabelled >other.tz
learn --steps 5 -o half.tz listed.tz
ok "a list" resume -q listed.tz
refused 1 "*48 samples have other names or labels*" "another label" other.tz

# Heads that a run does without are not made when it is resumed.
ssl-train -q --stem cifar --width 2 --method simclr --projector none --steps 5 \
    -o half.tz views.tz
ok "a run without a projector" resume -q views.tz
is "$(ssl-show --json x.tz | grep -c projector\\.0)" 0 "… gets none"

# Steps count on over streams one behind the other.
cat views.tz views.tz >two.tz
learn --total-steps 24 -o whole.tz two.tz
learn --total-steps 24 --steps 16 -o half.tz two.tz
whole=$(ssl-show --digest whole.tz)
resumed "in the second of two streams" two.tz

ssl-train -q --stem cifar --width 2 --method simclr --projector lin --steps 5 \
    -o half.tz views.tz
refused 2 "*--projector-hidden 9*the checkpoint has 128*" \
    "a width that the head does not have" --projector-hidden 9 views.tz

# A labelled stream.
support() {
	ssl-decode -q --epochs 50 --balance 2x2 "$@" set/train |
	    ssl-augment -q --recipe byol-cifar --size 16
}
support >support.tz
support --per-class 4 >few.tz
learn_suncet() {
	ssl-train -q --stem cifar --width 2 --method suncet --projector-out 8 \
	    --support "$@" views.tz
}
learn_suncet support.tz --steps 5 -o half.tz
fails 1 "another --support" resume --support few.tz views.tz
like "$(cat .err)" "*half.tz: the data set has 16 samples*had 48*" "… by name"
ok "the same --support" resume -q --support support.tz views.tz

# A run without steps left; the log and the times to save go on.
learn -o whole.tz --log whole.tsv views.tz
learn -o x.tz --log log.tsv --checkpoint-every 2 --steps 5 views.tz
rm -f again.tz
ok "resumed without --log" ssl-train -q --resume x.tz -o again.tz views.tz
same log.tsv whole.tsv "the log goes on"
is "$(ssl-show --digest again.tz)" "$(ssl-show --digest whole.tz)" "to the end"
ok "--log '' is none" ssl-train -q --resume x.tz --log '' -o again.tz views.tz
ssl-decode -q -o train.tz set/train
ssl-decode -q -o test.tz set/test
learn -o whole.tz --log whole.tsv --monitor train.tz,test.tz --monitor-every 4 views.tz
learn -o x.tz --log log.tsv --monitor train.tz,test.tz --monitor-every 4 --steps 5 views.tz
ok "resumed with the run's monitor" ssl-train -q --resume x.tz -o again.tz views.tz
same log.tsv whole.tsv "… its scores go on"
rm test.tz
fails 1 "a monitor whose file is gone" ssl-train -q --resume x.tz -o again.tz views.tz
like "$(cat .err)" "*--monitor '' for none*" "… says what to do"
ok "without it" ssl-train -q --resume x.tz --monitor '' -o again.tz views.tz
ok "to a pipe" bash -c "ssl-train -q --resume x.tz --monitor '' views.tz >piped.tz"
same piped.tz again.tz "nothing is saved on the way there"
ok "a finished run" ssl-train --resume whole.tz -o again.tz views.tz
like "$(cat .err)" "*already finished: step 12 of 12*" "says so"
same again.tz whole.tz "… and is written as it is"

# The flags of the tools before are known, or a name would be their value.
for tool in ssl-decode ssl-augment ssl-mix; do
	for flag in $("$tool" --complete | awk -F '\t' '$3 == "" { print $1 }'); do
		case $flag in
		list|quiet|verbose|help|version)	continue ;;
		esac
		ok "$tool --$flag" grep -q "\"$flag\"" "$TESTS/../lib/train/agree_stream.c"
	done
done
