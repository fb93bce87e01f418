#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each option of ssl-train is used or refused by every method, optimizer and
# schedule: an option that is taken changes the network, one that is refused
# says who uses it.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 12 --train 24 --test 4 --classes 3 data || exit 1
ssl-decode -q --epochs 2 data/train >train.tz || exit 1
ssl-augment -q --recipe "$TESTS/data/three.recipe" --size 12 --batch 6 \
    -o views.tz train.tz || exit 1
for seed in 0 1; do
	ssl-decode -q --epochs 4 --balance 3x2 --seed $seed data/train |
	    ssl-augment -q --recipe "$TESTS/data/three.recipe" --size 12 \
	    --batch 6 -o labels$seed.tz || exit 1
done
mv labels0.tz labels.tz
mv labels1.tz others.tz
ssl-mix -q -o mixed.tz views.tz || exit 1

methods="byol clsa moco npair simclr suncet supcon"
optimizers="adam adamw lars sgd"
schedules="constant cosine cosine-epoch step"

# base KIND NAME: options that make NAME run, and show what others change.
base() {
	echo --stem cifar --width 2 --projector-hidden 8 --projector-out 4 \
	    --lr 0.5 --weight-decay 0.01 --steps 3 -j 1
	case $1-$2 in
	method-moco|method-clsa)	echo --method "$2" --queue 24 \
	    --ema-schedule cosine ;;
	method-suncet)		echo --method suncet --support labels.tz ;;
	method-*)		echo --method "$2" ;;
	optimizer-*)		echo --optimizer "$2" ;;
	schedule-step)		echo --schedule step --milestones 1 ;;
	schedule-*)		echo --schedule "$2" ;;
	esac
}

# learn OUT VIEWS OPTION...
learn() {
	local out=$1 views=$2

	shift 2
	# A remark is no matter here.
	ssl-train -q "$@" -o "$out" "$views" </dev/null 2>err
}

# digest_of KIND NAME VIEWS MORE: the run without the option, once.
digest_of() {
	local key="base-$1-$2-$3-${4//[^a-z0-9]/_}"

	# shellcheck disable=SC2046,SC2086
	[ -e "$key" ] || {
		learn run.tz "$3" $(base "$1" "$2") $4 || return 1
		ssl-show --digest run.tz >"$key"
	}
	cat "$key"
}

# uses KIND USERS OPTION [MORE]: OPTION ("--name value") is used by USERS and
# refused by all others of the kind; MORE comes before it.
tested=
uses() {
	local kind=$1 users=$2 option=$3 more=${4-} views=views.tz
	local all name without wrong=

	all=${kind}s
	tested="$tested ${option%% *}"
	for name in ${!all}; do
		views=views.tz
		[ "$option-$name" = --symmetric-byol ] && views=mixed.tz
		without=$(digest_of "$kind" "$name" "$views" "$more") || {
			wrong="$wrong $name($(cat err))"
			continue
		}
		# shellcheck disable=SC2046,SC2086
		learn run.tz "$views" $(base "$kind" "$name") $more $option
		case $?-" $users " in
		0-*" $name "*)
			[ "$(ssl-show --digest run.tz)" != "$without" ] ||
			    wrong="$wrong $name(ignored)" ;;
		2-*" $name "*)
			wrong="$wrong $name($(cat err))" ;;
		2-*)	grep -q -e "^ssl-train: ${option%% *}: $name does not\
 use it; ${kind}s that do: $users\$" err ||
			    wrong="$wrong $name($(cat err))" ;;
		*)	wrong="$wrong $name(taken)" ;;
		esac
	done
	is "$wrong" "" "${option%% *}: ${kind}s that use it: $users"
}

contrast="clsa moco npair simclr suncet supcon"
uses method "$contrast" "--temperature 0.03"
uses method clsa "--strong-temperature 0.5"
uses method clsa "--strong-weight 3"
uses method "clsa moco" "--queue 12"
uses method "byol moco npair" --symmetric
uses method "npair simclr suncet supcon" --anchor-grad-only
uses method suncet "--support others.tz"
uses method suncet "--support-epochs 0.5"
target="byol clsa moco"
uses method "$target" "--ema 0.5" "--total-steps 3"
uses method "$target" "--ema-schedule constant" "--total-steps 3"
uses method "$target" "--final-ema 0.5"
uses method "$target" "--target-start fresh"
uses method "$target" "--target-buffers copy"
uses method byol "--predictor 6-relu-4"
uses method byol "--predictor-hidden 6"

for option in "--projector 6-relu-5-relu-5" "--projector-hidden 6" \
    "--projector-out 6" "--bn-groups 3" "--microbatch 3" "--draw haiku" \
    "--residual-scale 0.7" "--mean 0.1,0.2,0.3" "--std 0.7,0.8,0.9" "--optimizer adamw" \
    "--lr 0.1" "--lr-scaling sqrt" "--weight-decay 0" "--exclude vectors" \
    "--clip-norm 0.01" "--schedule constant" "--warmup-epochs 0.5" \
    "--warmup-steps 2" "--total-steps 3" "--seed 1" "--width 3" \
    "--arch resnet34" "--stem imagenet" "--steps 2"; do
	uses method "$methods" "$option"
done

uses optimizer "lars sgd" "--momentum 0.5"
uses optimizer "lars sgd" --nesterov
uses optimizer lars "--trust 0.1"
uses optimizer lars "--lars-form larc"
uses optimizer lars --lars-clip "--lr 1e-6"
uses optimizer "adam adamw" "--beta1 0.5"
uses optimizer "adam adamw" "--beta2 0.5"
uses optimizer "adam adamw" "--epsilon 0.1"
uses schedule "cosine cosine-epoch" "--final-lr 2" "--total-steps 3 --steps-per-epoch 1"
uses schedule step "--milestones 2" "--steps-per-epoch 1"
uses schedule step "--gamma 0.5" "--steps-per-epoch 1"
uses schedule "$schedules" "--steps-per-epoch 1" "--warmup-epochs 1"
uses schedule "$schedules" "--warmup-lr 0.3" "--warmup-steps 2"
uses schedule "$schedules" "--warmup-form imix" "--warmup-steps 2"
tested="$tested --method --channels"

# What a run is not changed by, or what has a test of its own.
aside="--preset --list-presets --print-config --init --resume \
--resume-anyway --max-record --log \
--log-every --tap --list-taps --watch-every --monitor --monitor-every \
--checkpoint-every --checkpoint-minutes --output --threads --level --quiet \
--verbose --help --version"
missing=
for option in $(ssl-train --complete | cut -f1); do
	case " $tested $aside " in
	*" --$option "*) ;;
	*)	missing="$missing $option" ;;
	esac
done
is "$missing" "" "no option is forgotten here"

# refused TEXT OPTION...: an option that lacks another says so.
refused() {
	local text=$1

	shift
	# shellcheck disable=SC2046
	fails 2 "$*" ssl-train $(base method byol) "$@" -o x.tz views.tz
	like "$(cat .err)" "ssl-train: $text*" "… says why"
}
refused "--final-ema: the momentum*" --final-ema 0.9 --ema-schedule constant
refused "--warmup-lr: there is no warm-up" --warmup-lr 0.1
refused "--warmup-form: there is no warm-up" --warmup-form imix
refused "--nesterov: there is no momentum" --nesterov --momentum 0
refused "--log-every: nothing is logged" --log-every 2
refused "--monitor-every: nothing is monitored" --monitor-every 2
refused "--projector-hidden: the projector lin has no hidden layer" \
    --projector lin
refused "--projector-hidden: the projector none" --projector none
refused "--predictor-hidden: the predictor lin has" --predictor lin \
    --predictor-hidden 4
refused "--schedule step: give --milestones" --schedule step

# A setting of a paper, given as options, has none that is not used.
ssl-train --list-presets | cut -f1,3 >presets.tsv
while IFS=$'\t' read -r name options; do
	# shellcheck disable=SC2086
	ok "$name uses all its options" ssl-train -q --print-config \
	    --total-steps 40 --width 2 $options views.tz
done <presets.tsv
ok "what a preset brings may be unused: --trust" ssl-train -q --preset \
    byol-cifar10 --optimizer sgd --print-config --total-steps 40 --width 2 \
    views.tz
# shellcheck disable=SC2046
ok "a run" learn part.tz views.tz $(base method moco) --temperature 0.5
ok "what a checkpoint brings is no option given" \
    ssl-train -q --resume part.tz --steps 4 -o on.tz views.tz
fails 2 "what is given beside it is" ssl-train -q --resume part.tz \
    --resume-anyway --strong-weight 2 -o on.tz views.tz
like "$(cat .err)" "*--strong-weight: moco does not use it*" "… by its method"

# Mixed records, batches of one, views that nobody reads.
for method in $methods; do
	# shellcheck disable=SC2046
	learn x.tz mixed.tz $(base method "$method")
	got=$?-$(cat err)
	case $method in
	byol|moco|npair) is "$got" 0- "$method takes mixed records" ;;
	*)	like "$got" "2-*mixed.tz: record 0: *$method does not use; methods that do: byol moco\
 npair" "$method refuses mixed records" ;;
	esac
done
# shellcheck disable=SC2046
fails 2 "a support that is mixed" learn x.tz views.tz $(base method suncet) \
    --support mixed.tz
like "$(cat err)" "*mixed.tz: record 0: mix_index*" "… is named"
ssl-augment -q --recipe "$TESTS/data/three.recipe" --size 12 --batch 1 \
    -o ones.tz train.tz
for method in simclr npair supcon suncet; do
	# shellcheck disable=SC2046
	fails 2 "$method of one sample" learn x.tz ones.tz \
	    $(base method "$method")
	like "$(cat err)" "*a batch of one sample: $method*" "… says why"
done

# remark TEXT VIEWS OPTION...: a line that --quiet hides, and the run goes on.
remark() {
	local text=$1 views=$2

	shift 2
	ok "$*" ssl-train "$@" -o x.tz "$views"
	like "$(cat .err)" "*$text*" "… brings a remark"
	is "$(ssl-train -q "$@" -o x.tz "$views" 2>&1)" "" "… that -q hides"
}
ssl-augment -q --recipe cifar-basic --size 128 --batch 2 -o large.tz train.tz
small="--width 2 --steps 0"
# shellcheck disable=SC2086
{
	remark "views of 12 px are small for --stem imagenet" views.tz $small
	remark "views of 128 px with --stem cifar" large.tz $small --stem cifar
	remark "a queue of 36 keys is more than the 24 images" views.tz $small \
	    --stem cifar --method moco --queue 36
	remark "--temperature 30" views.tz $small --stem cifar --method simclr \
	    --temperature 30
	remark "--temperature 0.0001" views.tz $small --stem cifar \
	    --method npair --temperature 0.0001
	small="--width 2 --stem cifar --steps 1"
	remark "simclr uses the first 2 views of a record and not view2" \
	    views.tz $small --method simclr
	remark "batch norm has 6 groups of one sample" views.tz $small \
	    --method moco --queue 12 --bn-groups 6
	remark "--symmetric: byol predicts both views" views.tz $small \
	    --symmetric
	ok "what fits" ssl-train $small --method clsa --queue 12 -o x.tz views.tz
}
is "$(cat .err)" "" "brings none"

# What --init brings is not drawn.
learn net.tz views.tz $(base method byol)
fails 2 "--residual-scale with --init" ssl-train --init net.tz \
    --residual-scale 0.5 --steps 3 -o x.tz views.tz
like "$(cat .err)" "*--residual-scale: the encoder is loaded from --init*" "why"
fails 2 "--target-start with a target to begin with" ssl-train --init net.tz \
    --target-start fresh --steps 3 -o x.tz views.tz
like "$(cat .err)" "*--target-start: the target network is loaded from --init*" "why"
learn other.tz views.tz $(base method simclr)
ok "… without one" ssl-train --init other.tz -m byol \
    --target-start fresh --steps 3 -o x.tz views.tz

# The other tools.
ssl-decode -q --keep-jpeg -o jpeg.tz data/train
fails 2 "ssl-mix: a share for each sample of cutmix" \
    ssl-mix --mode cutmix --lambda-per sample -o x.tz views.tz
for option in "--ops flip" "--batch 4" --keep-image --draft "--only-index 1" \
    "--size 8" "--set crop.area=0.5..1" "--views 1"; do
	# shellcheck disable=SC2086
	fails 2 "ssl-augment --list $option" ssl-augment --list $option
done
ok "ssl-augment --list of a recipe that is changed" \
    ssl-augment --list --recipe byol --size 8
fails 2 "ssl-augment --draft of a chain" \
    ssl-augment --ops flip --draft -o x.tz jpeg.tz
for option in "--rows 2" "--columns 2" "--scale 2" "--record 0" \
    "--sheet x.jpg --stats" "--sheet x.jpg -o y.jpg" \
    "--record 0 --stats"; do
	# shellcheck disable=SC2086
	fails 2 "ssl-show $option" ssl-show $option views.tz
done
