# SPDX-License-Identifier: MIT
# A limit on memory (ulimit -v) at any height: the same output, or status 1
# and one line that says so; never a wait without end (OpenBLAS tries for ever
# to get the memory that its threads share out), an abort or a blamed input.
. "$(dirname "$0")/../lib.sh"
case $(ldd "$BIN/ssl-show") in
*libasan* | *libtsan*)	skip_all "sanitizers take all addresses" ;;
esac
export MALLOC_ARENA_MAX=1

small="--method simclr --stem cifar --width 1 --lr 0.01
    --projector 512-bn-relu-512-bn-relu-512"
ssl-synth -q --size 8 --train 48 --test 2 --classes 2 set &&
    ssl-decode -q -b 24 -o s.tz set/train &&
    ssl-augment -q -r simclr-cifar --size 8 -b 24 -o v.tz s.tz &&
    ssl-train -q -j1 $small -o model.tz v.tz || exit 1

# under COMMAND...: what it wrote into out, or why not.
under() {
	local limit want bad='' status said=0 done=0

	"$@" >want 2>.err || { cat .err >&2; exit 1; }
	for limit in $LIMITS; do
		(ulimit -v "$limit" -s 512 && exec timeout 20 "$@") >out 2>.err
		status=$?
		case $status:$(cat .err) in
		0:)	cmp -s out want && done=$((done + 1)) && continue ;;
		1:ssl-*damaged*)	;;
		1:ssl-*memory* | 1:ssl-*address*)
			[ "$(wc -l <.err)" -eq 1 ] && said=$((said + 1)) &&
			    continue ;;
		1:ssl-*unavailable)	# a thread's stack
			said=$((said + 1))
			continue ;;
		# The loader could not map a library.
		127:*)	continue ;;
		esac
		bad="$bad [$limit KiB: status $status $(head -c 200 .err)]"
	done
	is "$bad" "" "$1 $2: memory of $(echo $LIMITS) KiB: $done done, $said said"
	[ "$said" -gt 0 ] && [ "$done" -gt 0 ]
	is $? 0 "… both come about"
}

# Where the loader has room and the tool has not, and above.
LIMITS="60000 130000 180000 200000 230000 260000 300000 330000 360000 500000"
under ssl-train -q -j2 $small v.tz
LIMITS="100000 195000 240000 300000 500000"
under ssl-encode -q -j2 -m model.tz s.tz
LIMITS="$(seq 40000 3000 64000) 120000"
under ssl-decode -q -j1 set/train
LIMITS="9000 11000 13000 15000 30000 120000"
under ssl-augment -q -j1 -r simclr-cifar --size 8 -b 24 s.tz
