. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# How a run ends that cannot go on.
ssl-synth --size 64 --train 60 --classes 5 --test 5 set >/dev/null 2>&1

is "$(ssl-decode --epochs 20 set/train 2>words | head -c 1000 | wc -c)" 1000 \
    "a reader that leaves"
is "$(cat words)" "" "ends a run without a word"
fails 1 "a full device" ssl-decode set/train -o /dev/full
like "$(cat "$T/.err")" "*No space left*" "says so"
ssl-decode --epochs 0 set/train >cut.tz 2>/dev/null &
pid=$!
while [ ! -s cut.tz ]; do sleep 0.1; done
kill -9 $pid
wait $pid 2>/dev/null
fails 1 "the consumer of a killed producer" ssl-show cut.tz
like "$(cat "$T/.err")" "*truncated stream*" "is told"
fails 1 "and so is ssl-decode itself" ssl-decode cut.tz -o none.tz
like "$(cat "$T/.err")" "*cut.tz: *truncated stream*" "with the name"

mkdir empty only only/a only/b
fails 1 "an empty folder" ssl-decode empty -o none.tz
like "$(cat "$T/.err")" "*empty: no .jpg*" "says so"
fails 1 "a tree without pictures" ssl-decode only -o none.tz
like "$(cat "$T/.err")" "*only: no .jpg*" "says so"
fails 1 "a folder that is not there" ssl-decode gone -o none.tz
like "$(cat "$T/.err")" "*gone: *No such file*" "is named"
ln -s self self
fails 1 "a folder that cannot be opened" ssl-decode self -o none.tz
like "$(cat "$T/.err")" "*self: *symbolic links*" "is named"
mkdir -p tree/a tree/b
cp "$TESTS/data/colour.jpg" tree/a
# Root may read everything, unless it lays that power down.
humbly=
[ "$(id -u)" -ne 0 ] ||
    humbly="setpriv --bounding-set=-dac_override,-dac_read_search"
if [ -z "$humbly" ] || $humbly true 2>/dev/null; then
	chmod 0 tree/b
	fails 1 "a folder we may not read" $humbly ssl-decode tree -o none.tz
	like "$(cat "$T/.err")" "*tree: b: Permission denied*" "is named"
	chmod 700 tree/b
else
	skip "root cannot lay its power down here" 2
fi

fails 1 "an empty list" ssl-decode -o none.tz
fails 1 "a list that is a folder" ssl-decode @set -o none.tz
printf 'a.jpg\nb.jpg\n' >list
fails 1 "a list of files that are not there" ssl-decode @list -o none.tz
like "$(cat "$T/.err")" "*@list: none of its 2 files is there; the first, \
a.jpg: No such file*" "names the first"
tar -cf set.tar -C set/train .
head -c 100000 set.tar >cut.tar
fails 1 "an archive that is cut" ssl-decode cut.tar -o none.tz
like "$(cat "$T/.err")" "*cut.tar: *" "is named"
echo nonsense >wrong.tar
fails 1 "an archive that is none" ssl-decode wrong.tar -o none.tz
: >none.tar
fails 1 "an empty archive" ssl-decode none.tar -o none.tz
mkdir labels
cp "$TESTS/data/colour.jpg" labels/x.jpg
echo cat >labels/x.cls
tar -cf labels.tar -C labels .
is "$(ssl-decode labels.tar | ssl-show --meta classes)" '["cat"]' \
    "a label may be a name"
echo dog >classes.txt
fails 1 "a label nobody knows" ssl-decode labels.tar -o none.tz
like "$(cat "$T/.err")" "*x.cls*'cat'*" "is named"
printf 'dog\ncat\n' >classes.txt
is "$(ssl-decode labels.tar | ssl-show --tensor label)" 1 \
    "with classes.txt it is known"
echo 2 >labels/x.cls
tar -cf labels.tar -C labels .
fails 1 "a label without a name" ssl-decode labels.tar -o none.tz
like "$(cat "$T/.err")" "*label 2*" "is named"
if terminals; then
	script -qec "ssl-decode set/train" /dev/null >words </dev/null
	is $? 2 "nothing is written to a terminal"
else
	skip "no terminals here" 1
fi
TMPDIR=/nonexistent fails 1 "no place for temporary files" \
    ssl-decode - -o none.tz
fails 2 "a typo" ssl-decode --shufle set/train -o none.tz
like "$(cat "$T/.err")" "*shuffle*" "is understood"
