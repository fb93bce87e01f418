# SPDX-License-Identifier: MIT
# Every tool on a tiny job, while the n-th of its calls fails: memory, open,
# read, write, … (fail_nth.c).  It either makes the same files with status 0,
# or ends with status 1 and one line and leaves what was there.
#
# A test makes a sample of the calls; FAULT_ALL=yes (make faults) makes all,
# and FAULT_JOBS and FAULT_CALLS choose among them.
. "$(dirname "$0")/../lib.sh"

needs python3 zstd tar
LIBRARY=${FAULT_LIBRARY:-$BIN/../tests/fault/fail_nth.so}
[ -f "$LIBRARY" ] || skip_all "no fail_nth.so: make test builds it"
case $(ldd "$BIN/ssl-show") in
*libasan* | *libtsan*)	skip_all "sanitizers have an allocator of their own" ;;
esac

# Inputs, the same for all.
W=$T/in
mkdir "$W" && cd "$W" || exit 1
small="--stem cifar --width 1 --projector 4-bn-relu-3 --lr 0.01"
# number_images FOLDER: 0.jpg, 0.cls, 1.jpg, … of the set.
number_images() {
	local at=0 file

	for file in set/train/*/*.jpg; do
		cp "$file" "$1/$at.jpg"
		echo $((at % 2)) >"$1/$at.cls"
		at=$((at + 1))
	done
}

make_inputs() {
	ssl-synth -q --size 8 --train 12 --test 2 --classes 2 set &&
	mkdir tarred && number_images tarred && printf 'a\nb\n' >classes.txt &&
	tar cf set.tar -C tarred . && zstd -q set.tar &&
	gzip -c set.tar >nameless &&
	find "$W/set/train" -name '*.jpg' | sort | sed 's/.*/&\t0/' >list.txt &&
	ssl-decode -q -b 6 -o s.tz set/train &&
	ssl-decode -q -b 6 --keep-jpeg -o kj.tz set/train &&
	ssl-show -t key s.tz | grep -o '[a-z-]*/[0-9]*.jpg' | head -5 >sub.txt &&
	ls set/train >names.txt &&
	ssl-augment --list -r simclr-cifar >my.recipe &&
	ssl-augment -q -r simclr-cifar --size 8 -b 6 -o v.tz s.tz &&
	ssl-augment -q -r clsa-cifar --size 8 -b 6 -o c.tz s.tz &&
	ssl-decode -q --balance 2x3 -o balanced.tz set/train &&
	ssl-augment -q -r suncet-cifar --size 8 -b 6 -o u.tz balanced.tz &&
	ssl-mix -q -o m.tz v.tz &&
	ssl-train -q -j1 --method simclr $small -o model.tz v.tz &&
	ssl-train -q -j1 --method byol $small --predictor-hidden 4 --steps 1 --log l.tsv -o part.tz v.tz &&
	ssl-encode -q --head -m model.tz -o f.tz s.tz &&
	python3 "$TESTS/fault/loss_input.py" | zstd -qc --check >loss.tz
}
make_inputs >"$T/.log" 2>&1 || { cat "$T/.log" >&2; exit 1; }
cd "$T" || exit 1

# NAME COMMAND, which writes into the folder it runs in; IN are the inputs.
jobs() {
	cat <<'END'
decode		ssl-decode -q -j2 -b 5 IN/set/train -o x.tz
decode-tar	ssl-decode -q -j2 -b 5 IN/set.tar -o x.tz
decode-zst	ssl-decode -q -j2 -b 5 IN/set.tar.zst -o x.tz
decode-pipe	cat IN/set.tar.zst | ssl-decode -q -j2 -b 5 -o x.tz
decode-nameless	ssl-decode -q -j2 -b 5 IN/tarred/0.jpg IN/nameless -o x.tz
decode-tz	ssl-decode -q -j2 -b 5 --shuffle --subset IN/sub.txt IN/s.tz -o x.tz
decode-list	ssl-decode -q -j2 -b 5 --keep-jpeg @IN/list.txt -o x.tz
decode-choice	ssl-decode -q -j2 --classes IN/names.txt --per-class 5 --epochs 2 --balance 2x2 IN/set/train -o x.tz
decode-stdout	ssl-decode -q -j2 -b 5 IN/set/train >x.tz
augment		ssl-augment -q -j2 -r byol-cifar --size 8 -b 4 IN/s.tz -o x.tz
augment-file	ssl-augment -q -j2 -r IN/my.recipe -b 4 IN/s.tz -o x.tz
augment-jpeg	ssl-augment -q -j2 -r byol-cifar --size 8 -b 4 IN/kj.tz -o x.tz
augment-ops	ssl-augment -q -j2 --ops crop=0,0,4,4,resize=8x8:bilinear,flip IN/s.tz >x.tz
mix		ssl-mix -q -j2 IN/v.tz -o x.tz
loss-byol	ssl-loss -q -j2 -m byol IN/loss.tz -o x.tz
loss-simclr	ssl-loss -q -j2 -m simclr IN/loss.tz -o x.tz
loss-npair	ssl-loss -q -j2 -m npair IN/loss.tz -o x.tz
loss-moco	ssl-loss -q -j2 -m moco IN/loss.tz -o x.tz
loss-clsa	ssl-loss -q -j2 -m clsa IN/loss.tz -o x.tz
loss-suncet	ssl-loss -q -j2 -m suncet IN/loss.tz -o x.tz
loss-supcon	ssl-loss -q -j2 -m supcon IN/loss.tz -o x.tz
train		ssl-train -q -j2 --method simclr SMALL --log l.tsv --tap embedding0=t.tz IN/v.tz -o x.tz
train-moco	ssl-train -q -j2 --method moco --queue 12 SMALL --checkpoint-every 1 --monitor IN/s.tz,IN/s.tz IN/m.tz -o x.tz
train-resume	ssl-train -q -j2 --resume IN/part.tz --steps 2 --log l.tsv IN/v.tz -o x.tz
train-pipe	cat IN/v.tz | ssl-train -q -j2 --method supcon SMALL >x.tz
train-clsa	ssl-train -q -j2 --method clsa --queue 12 SMALL IN/c.tz -o x.tz
train-suncet	ssl-train -q -j2 --method suncet SMALL --optimizer lars --support IN/u.tz IN/u.tz -o x.tz
encode		ssl-encode -q -j2 -m IN/model.tz --head IN/s.tz -o x.tz
knn		ssl-eval knn -q -j2 -k 3 --train IN/f.tz --test IN/f.tz -o x.tsv
linear		ssl-eval linear -q -j2 --train IN/f.tz --test IN/f.tz -o x.tsv
linear-sgd	ssl-eval linear -q -j2 --optimizer sgd --epochs 2 --lr 0.1,1 --train IN/f.tz --test IN/f.tz -o x.tsv
stats		ssl-eval stats -q -j2 --test IN/f.tz >x.tsv
show		ssl-show IN/v.tz -o x.txt
show-json	ssl-show --json IN/s.tz >x.txt
show-stats	ssl-show --stats IN/model.tz -o x.txt
show-tensor	ssl-show --tensor label IN/s.tz -o x.txt
show-digest	ssl-show --digest IN/s.tz -o x.txt
show-replay	ssl-show --replay IN/f.tz -o x.txt
show-sheet	ssl-show --sheet x.jpg IN/s.tz
synth		ssl-synth -q -j2 --size 8 --train 6 --test 2 --classes 2 x
help		ssl-train --help >x.txt
config		ssl-train -q --print-config --method byol IN/v.tz >x.txt
END
}

CALLS=${FAULT_CALLS:-alloc open read write stat seek dup close sync rename
    unlink truncate mkdir readdir chmod realpath temp thread map poll short
    eintr}

# run FOLDER [NAME=VALUE...]: the job $command in FOLDER/out; its status in
# $status, its words in FOLDER/err.
run() {
	local folder=$1

	shift
	rm -rf "$folder"
	mkdir -p "$folder/out" "$folder/tmp"
	case $job in
	train-resume)	cp "$W/l.tsv" "$folder/out" ;;
	synth)		;;
	*)		for f in x.tz x.tsv x.txt x.jpg; do
				case $command in
				*"o $f"* | *"sheet $f"*) cp old "$folder/out/$f" ;;
				esac
			done ;;
	esac
	(cd "$folder/out" && env "$@" LD_PRELOAD="$LIBRARY" \
	    TMPDIR="$folder/tmp" OPENBLAS_NUM_THREADS=1 \
	    timeout -k 1 20 bash -c "$command") >"$folder/.stdout" 2>"$folder/err" </dev/null
	status=$?
}

# left FOLDER: what a failure left that it may not.
left() {
	local f

	[ "$call" = unlink ] && return
	for f in $(cd "$1/out" && find . -mindepth 1 | sort) $(ls -A "$1/tmp"); do
		case $job:$f in
		train*:./l.tsv) continue ;;
		# A checkpoint, or what was finished before it: whole.
		train:./t.tz | train*:./x.tz.part)
			ssl-show --digest "$1/out/$f" >/dev/null 2>&1 &&
			    continue ;;
		esac
		case $command in
		*">${f#./}"*)	continue ;;
		esac
		[ -f "$1/out/$f" ] && [ "$(tr -d '\0' <"$1/out/$f" | head -c 100)" = old ] ||
		    echo "$f"
	done
}

# blames FOLDER: a failure to write names the output, one to read the input.
blames() {
	case $call:$(sed 's/; step [0-9]* of [0-9]* is saved in .*//' "$1/err") in
	*": temporary file in $1/tmp"*)
		return 0 ;;
	write:*"$W"* | sync:*"$W"* | rename:*"$W"* | read:*" x."*)
		return 1 ;;
	write:* | sync:* | rename:* | chmod:* | truncate:*)
		grep -qE '[ /](x|t|l)(\.(tz|tsv|txt|jpg|part[^ ]*))?: |standard output|/tmp' "$1/err" ;;
	read:*)	grep -qE "$W| -: |standard input|l\.tsv|/tmp" "$1/err" ;;
	esac
}

# verdict FOLDER: "same", "said" (status 1 and one line), or what is wrong.
verdict() {
	local lines

	case $status in
	0)	# A running checkpoint that fails does not end the run.
		grep -v '; the run goes on and tries again$' "$1/err" >"$1/words" &&
		    { echo "status 0 with: $(head -c 200 "$1/words")"; return; }
		[ "$call" = unlink ] && rm -f "$1"/out/*.part
		diff -rq -x '*.tmp' want/out "$1/out" >/dev/null ||
		    { echo "status 0 with other output"; return; }
		[ -z "$(ls -A "$1/tmp")" ] || [ "$call" = unlink ] ||
		    { echo "a file in TMPDIR"; return; }
		echo same ;;
	1)	lines=$(wc -l <"$1/err")
		[ "$lines" -eq 1 ] || { echo "$lines lines: $(head -c 300 "$1/err")"; return; }
		grep -q '^ssl-[a-z ]*: .*[a-z]' "$1/err" || { echo "no reason: $(cat "$1/err")"; return; }
		blames "$1" || { echo "blames: $(cat "$1/err")"; return; }
		lines=$(left "$1")
		[ -z "$lines" ] || { echo "left" $lines; return; }
		echo said ;;
	124 | 137)	echo "no end" ;;
	*)	echo "status $status: $(head -c 200 "$1/err")" ;;
	esac
}

# share I N: every Nth call of the job from the Ith on.
share() {
	local i n

	for ((i = $1; i < ${#wanted[@]}; i += $2)); do
		n=${wanted[i]}
		run "$T/try.$1" FAULT_CALL="$call" FAULT_AT="$n" $extra
		echo "$(verdict "$T/try.$1") @$n	$(head -1 "$T/try.$1/err")"
	done >"$T/said.$1"
}

# sample COUNT: which calls to fail; of the rarer kinds one in every third job.
sample() {
	local most=0

	case $call in
	alloc)	most=5 ;;
	open | read | write)
		most=2 ;;
	*)	[ $(((jobs + ${#call}) % 3)) -eq 0 ] && most=1 ;;
	esac
	if [ "${FAULT_ALL:-no}" = yes ]; then
		seq 1 "$1"
	else
		# Other places in other jobs, always the same.
		awk -v n="$1" -v most=$most -v shift=$jobs 'BEGIN {
			if (n < most) most = n
			for (i = 0; i < most; i++)
				print int((i + shift * 0.382 % 1) * n / most) + 1
		}'
	fi
}

# Longer than what takes its place.
{ echo old; head -c 500000 /dev/zero; } >old

shards=${FAULT_SHARDS:-2}
jobs=0
sweep() {
	local n i

	n=$(awk -v call="$call" '$1 == call { print $2 }' want/count)
	[ "${n:-0}" -gt 0 ] || return 0
	wanted=($(sample "$n"))
	[ ${#wanted[@]} -gt 0 ] || return 0
	for ((i = 0; i < shards; i++)); do
		share $i $shards &
	done
	wait
	cat "$T"/said.[0-9]* >said
	is "$(grep -vc '^sa[mi][ed] @' said) $(grep -v '^sa[mi][ed] @' said | head -3)" "0 " \
	    "$job: $call: ${#wanted[@]} of $n: $(grep -c '^same' said) the same, $(grep -c '^said' said) said"
	[ -n "${FAULT_SHOW:-}" ] && sed 's/^/# /' said
	rm "$T"/said.[0-9]*
}

while read -r job command; do
	case " ${FAULT_JOBS:-$job} " in
	*" $job "*)	;;
	*)		continue ;;
	esac
	command=${command//IN/$W} command=${command//SMALL/$small}
	call=none extra=${FAULT_EXTRA:-} jobs=$((jobs + 1))
	run "$T/want" FAULT_COUNT="$T/want/count"
	is "$status $(cat want/err)" "0 " "$job"
	[ "$status" -eq 0 ] || continue
	for call in $CALLS; do
		sweep
	done
done < <(jobs)
