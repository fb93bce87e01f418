# SPDX-License-Identifier: MIT
# Full disks, cut streams, dead producers: every tool fails, says why in words
# that can be used, and leaves nothing half-written.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 32 --train 24 --test 8 --classes 2 data || exit 1
ssl-decode -q -b 8 -o samples.tz data/train || exit 1
ssl-augment -q -r cifar-basic -b 8 -o views.tz samples.tz || exit 1
small="--stem cifar --width 4 --projector-hidden 8 --projector-out 4
    --predictor-hidden 8 --lr 0.01 --quiet"
ssl-train $small -o model.tz views.tz || exit 1
ssl-encode -q --head -m model.tz -o features.tz samples.tz || exit 1

# A record of ssl-loss's fields, from two streams of projections.
decode() { ssl-decode "$@" data/train; }
augment() { ssl-augment -r cifar-basic "$@"; }
train() { ssl-train $small "$@"; }
encode() { ssl-encode -m model.tz "$@"; }
knn() { ssl-eval knn -k 3 --train features.tz --test features.tz "$@"; }
show() { ssl-show "$@"; }

full() {
	local tool=$1
	shift
	"$tool" "$@" >/dev/full
}
for tool in decode "augment samples.tz" "train views.tz" "encode samples.tz" \
    knn "show model.tz"; do
	fails 1 "$tool: a full disk" full $tool
	like "$(cat .err)" "*No space left on device*" "… says so"
done
for tool in decode "augment samples.tz" "train views.tz" "encode samples.tz" \
    knn "show model.tz"; do
	set -- $tool
	fails 1 "$1: no such folder" "$@" -o no/such/folder/x.tz
	like "$(tail -n 1 .err)" "ssl-*no/such/folder*" "… is named"
done

# Streams cut anywhere; what is before the cut must not pass for all of it.
size=$(wc -c <views.tz)
for at in 0 1 100 $((size / 2)) $((size - 1)); do
	head -c "$at" views.tz >cut.tz
	fails 1 "train: a stream of $at bytes" train -o cut-model.tz cut.tz
	like "$(tail -n 1 .err)" "*truncated stream*" "… is cut"
	fails 1 "show: a stream of $at bytes" show cut.tz
done
for tool in augment encode; do
	for at in 0 50 $(($(wc -c <samples.tz) - 1)); do
		head -c "$at" samples.tz >cut.tz
		fails 1 "$tool: a stream of $at bytes" $tool -o cut-out.tz cut.tz
		like "$(tail -n 1 .err)" "*truncated stream*" "… is cut"
	done
done
head -c 200 features.tz >cut.tz
fails 1 "knn: a bank that is cut" \
    ssl-eval knn -k 3 --train cut.tz --test features.tz -o cut.tsv
like "$(tail -n 1 .err)" "*truncated stream*" "… is cut"
fails 1 "knn: a test set that is cut" \
    ssl-eval knn -k 3 --train features.tz --test cut.tz -o cut.tsv
head -c 200 model.tz >cut.tz
fails 1 "encode: a model that is cut" ssl-encode -m cut.tz -o cut-out.tz samples.tz
like "$(tail -n 1 .err)" "*truncated stream*" "… is cut"
fails 1 "decode: a stream that is cut" ssl-decode -o cut-out.tz cut.tz
fails 1 "train: a model that is cut" train --init cut.tz -o cut-out.tz views.tz
fails 1 "a folder that is not there" ssl-decode -o cut-out.tz nowhere
like "$(cat .err)" "ssl-decode: *nowhere*" "… is named"
mkdir empty
fails 1 "an empty folder" ssl-decode -o cut-out.tz empty
is "$(find . -name 'cut-*' ! -name '*.part' -o -name cut.tsv -o -name '*.tmp')" "" \
    "nothing has a name that should have none"

# A plain pipe notices a producer that died: its stream has no end.
mkdir bad && printf 'not a picture' >bad/a.jpg
fails 1 "a producer that fails" \
    sh -c 'ssl-decode --strict bad 2>/dev/null | ssl-augment -q -r cifar-basic'
like "$(tail -n 1 .err)" "*truncated stream*" "… is noticed in a plain pipe"

# A small disk fills in the middle of a file.
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k none disk 2>/dev/null
then
	for tool in "decode" "augment --keep-image samples.tz" "train views.tz"
	do
		fails 1 "$tool: a small disk" $tool -o disk/x.tz
		like "$(cat .err)" "*No space left on device*" "… says so"
		is "$(ls -A disk)" "" "… and is left clean"
	done
	fails 1 "synth: a small disk" \
	    ssl-synth -q --size 64 --train 200 --test 100 --classes 2 disk/x
	is "$(ls -A disk)" "" "… and is left clean"
	umount disk
else
	skip "only root mounts a small disk" 11
fi

# Readers that go away end a tool without a word.
for tool in "decode -e 0" "augment samples.tz" "train views.tz" \
    "encode samples.tz" "show --json samples.tz"; do
	$tool 2>error | head -c 100 >/dev/null
	is "${PIPESTATUS[0]} $(grep -v left error)" "141 " \
	    "$tool | head ends quietly"
done

# No stream goes to a terminal.
if terminals; then
	for tool in "ssl-decode data/train" "ssl-augment -r cifar-basic samples.tz" \
	    "ssl-encode -m model.tz samples.tz" "ssl-train $(echo $small) views.tz"
	do
		script -qec "$tool" /dev/null </dev/null >terminal
		is "$?" 2 "${tool%% *} to a terminal"
		like "$(cat terminal)" "*${tool%% *}: *terminal*" "… is refused"
	done
else
	skip "no terminals here" 8
fi
