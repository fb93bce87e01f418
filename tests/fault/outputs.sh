# SPDX-License-Identifier: MIT
# Outputs that cannot be written: a full device, a limit on a file's size, a
# closed descriptor, a full folder for temporary files.  Each tool ends with
# status 1 and one line that names the output and not the input.
. "$(dirname "$0")/../lib.sh"
needs python3 zstd tar

mkdir in && cd in || exit 1
small="--stem cifar --width 1 --projector 4-bn-relu-3 --lr 0.01 --method simclr"
ssl-synth -q --size 64 --train 24 --test 2 --classes 2 set &&
    tar cf set.tar -C set/train . && zstd -q set.tar &&
    ssl-decode -q -b 8 -o s.tz set/train &&
    ssl-augment -q -r simclr-cifar -b 8 -o v.tz s.tz &&
    ssl-train -q -j1 $small -o model.tz v.tz &&
    ssl-encode -q --head -m model.tz -o f.tz s.tz &&
    python3 "$TESTS/fault/loss_input.py" | zstd -qc --check >loss.tz || exit 1
cd .. || exit 1

tools() {
	cat <<END
ssl-decode -q in/set/train
ssl-augment -q -r simclr-cifar -b 8 in/s.tz
ssl-mix -q in/v.tz
ssl-loss -q -m simclr in/loss.tz
ssl-train -q -j1 $small in/v.tz
ssl-encode -q -m in/model.tz in/s.tz
ssl-eval knn -q -k 3 --train in/f.tz --test in/f.tz
ssl-show in/v.tz
ssl-show --stats in/s.tz
ssl-show --json in/s.tz
END
}

# says STATUS PATTERN WHAT: one line that matches, and no input named.
says() {
	is "$(wc -l <.err)" 1 "$2: one line" || cat .err
	like "$(cat .err)" "$1" "… that names what cannot be written"
	case $(cat .err) in
	*" in/"*)	is "$(cat .err)" "" "… and not the input" ;;
	esac
}

plain() { "$@"; }
to_full() { "$@" >/dev/full; }
to_none() { "$@" >&-; }

# cramped WHAT COMMAND...: status 1 where no file may have a byte; standard
# error is a pipe.
cramped() {
	local what=$1 words status

	shift
	words=$(ulimit -f 0; "$@" 2>&1 >/dev/null </dev/null)
	status=$?
	printf '%s\n' "$words" >.err
	is "$status" 1 "$what" || cat .err
}

while read -r tool; do
	fails 1 "$tool -o /dev/full" plain $tool -o /dev/full
	says 'ssl-*: /dev/full: *No space left on device' "$tool -o /dev/full"
	fails 1 "$tool >/dev/full" to_full $tool
	says 'ssl-*: standard output: *No space left on device' "$tool >/dev/full"
	fails 1 "$tool >&-" to_none $tool
	says 'ssl-*: standard output: *Bad file descriptor' "$tool >&-"
	cramped "$tool: no room for a file" $tool -o x.out
	says 'ssl-*: x.out: *File too large' "$tool, ulimit -f 0"
	is "$(ls -A | grep -v '^\.out$\|^\.err$\|^in$')" "" "… nothing is left"
done < <(tools)

fails 1 "a sheet to /dev/full" ssl-show --sheet /dev/full in/s.tz
says 'ssl-show: /dev/full: *No space left on device' "a sheet"
fails 1 "a sheet to a full pipe" to_full ssl-show --sheet - in/s.tz
says 'ssl-show: standard output: *No space left on device' "a sheet"
cramped "ssl-synth: no room for a file" \
    ssl-synth -q --size 32 --train 4 --test 2 --classes 2 new
says 'ssl-synth: new.part*: *File too large' "ssl-synth"
for option in log tap; do
	value=x.tsv; [ $option = tap ] && value=embedding0=x.tz
	cramped "ssl-train --$option: no room" \
	    ssl-train -q -j1 $small --$option $value -o y.tz in/v.tz
	says "ssl-train: *${value#*=}: *File too large" "ssl-train --$option"
done
fails 1 "help" to_full ssl-train --help
says 'ssl-train: standard output: *No space left on device' "help"

# What is unpacked from an archive waits in TMPDIR.
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=8k none disk 2>/dev/null; then
	TMPDIR=$T/disk fails 1 "ssl-decode: no room in TMPDIR" \
	    ssl-decode -q in/set.tar.zst -o x.tz
	is "$(wc -l <.err)" 1 "… is one line"
	like "$(cat .err)" "*temporary file in $T/disk *No space left on device" "… names the folder"
	for tool in "ssl-decode -q in/set/train" "ssl-show --json in/s.tz" \
	    "ssl-augment -q -r simclr-cifar -b 8 in/s.tz"; do
		fails 1 "$tool: a full disk" $tool -o disk/x.out
		says 'ssl-*: disk/x.out: *No space left on device' "$tool"
		is "$(ls -A disk)" "" "… nothing is left"
	done
	umount disk
else
	skip "only root mounts a small disk" 12
fi
