. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# ssl-synth: the same pictures for any number of threads, balanced classes,
# and a folder that is there whole or not at all.

ok "a set" ssl-synth -q --train 203 --test 30 --size 16 --threads 1 one
ok "with three threads" ssl-synth -q --train 203 --test 30 --size 16 \
    --threads 3 -o three
ok "threads change nothing" diff -r one three
is "$(ls one/train | tr '\n' ' ')" "cross-waves disc-plain ring-dots \
ring-waves square-plain square-stripes star-checks star-dots \
triangle-checks triangle-stripes " "ten classes"
is "$(for c in one/train/*; do ls "$c" | wc -l; done | sort | uniq -c |
    awk '{printf "%s*%s ", $1, $2}')" "7*20 3*21 " "classes are balanced"
is "$(find one/test -name '*.jpg' | wc -l)" 30 "as many for the test"
is "$(find one -name '*.jpg' -exec sha256sum {} + | cut -c1-64 | sort -u |
    wc -l)" 233 "no picture comes twice"
is "$(ssl-decode -q one/train | ssl-show --tensor label - | sort -n | uniq -c |
    wc -l)" 10 "ssl-decode reads them"
ok "fewer images than classes" ssl-synth --train 3 --test 0 --size 16 few
like "$(cat "$T/.err")" "*7 of 10 classes have no image under train/; --train 10 \
or more gives each one*" "are said"
is "$(cd few && find . -type d | sort | tr '\n' ' ')" ". ./test ./train \
./train/disc-plain ./train/square-stripes ./train/triangle-checks " \
    "no folder is empty but that of a part"
ok "such a set is replaced" ssl-synth -q --force --train 0 --test 10 --size 16 few
ok "no word for none or enough" test ! -s "$T/.err"
rm -r few
ok "a smaller set" ssl-synth -q --train 20 --test 10 --size 16 small
ok "a smaller set has the same pictures" cmp small/train/ring-dots/00001.jpg \
    one/train/ring-dots/00001.jpg
ok "another seed" ssl-synth -q --train 20 --test 10 --size 16 -s 1 seed
fails 1 "makes another set" cmp small/train/ring-dots/00001.jpg \
    seed/train/ring-dots/00001.jpg
ok "all classes at another size" ssl-synth -q --train 30 --test 0 --size 75 \
    --classes 30 all
is "$(ls all/train | wc -l)" 30 "thirty classes"
is "$(ssl-decode -q all/train | ssl-show --tensor image - | head -1 | wc -l)" \
    1 "of any size"

fails 1 "a folder that is there is kept" ssl-synth -q one
like "$(cat "$T/.err")" "*one: already there; --force*" "… and why"
ok "it is as it was" diff -r one three
ok "--force replaces it" ssl-synth -q --force --train 20 --test 10 \
    --size 16 one/
ok "wholly" diff -r one small

# Only what the marker names is ever removed; links are not followed.
touch one/train/ring-dots/note.txt
fails 1 "a folder with other files is kept" ssl-synth -q --force one
like "$(cat "$T/.err")" "*one: note.txt was not written by ssl-synth*" \
    "… and why"
ok "nothing is gone" test -f one/train/ring-dots/00001.jpg
rm one/train/ring-dots/note.txt
mv one/train/ring-dots/00001.jpg ../self-test-kept.$$.jpg
ln -s "$PWD/../self-test-kept.$$.jpg" one/train/ring-dots/00001.jpg
fails 1 "a link among the images" ssl-synth -q --force one
ok "is kept, and what it leads to" test -f one/train/ring-dots/00001.jpg
rm one/train/ring-dots/00001.jpg
mv ../self-test-kept.$$.jpg one/train/ring-dots/00001.jpg
cp one/train/ring-dots/00001.jpg one/train/ring-dots/00002.jpg
fails 1 "an image more than were written" ssl-synth -q --force one
rm one/train/ring-dots/00002.jpg
ok "without it the set is replaced" ssl-synth -q --force --train 20 --test 10 \
    --size 16 one

guarded() {	# guarded WHAT FILE COMMAND...: the command fails, FILE stays
	local what=$1 file=$2
	shift 2
	fails 1 "$what: refused" "$@"
	ok "$what: nothing is gone" test -f "$file"
	rm -rf trip trip.part trip.old elsewhere
}
small_set() { ssl-synth -q --size 8 --train 2 --test 2 --classes 2 "$@"; }
mine() { mkdir -p "$1" && cp small/train/ring-dots/00000.jpg "$1/1.jpg"; }
mine trip/2019/beach
guarded "images of one's own" trip/2019/beach/1.jpg small_set --force trip
mine trip.part/2019/beach
guarded "a folder named .part" trip.part/2019/beach/1.jpg small_set trip
mine trip.old/2019/beach
guarded "a folder named .old" trip.old/2019/beach/1.jpg small_set trip
small_set trip
mine trip.old/2019/beach
guarded "… and --force" trip.old/2019/beach/1.jpg small_set --force trip
mine elsewhere/train/ring-dots
ln -s elsewhere trip
guarded "a link to a folder" elsewhere/train/ring-dots/1.jpg \
    small_set --force trip
small_set trip
ln -s "$PWD/small" trip.part
guarded "a link named .part" small/train/ring-dots/00000.jpg \
    small_set --force trip
small_set trip.part
guarded "a complete set named .part" trip.part/train/disc-plain/00000.jpg \
    small_set trip
mkdir trip
guarded "no folder of ours, empty" small/.ssl-synth small_set --force trip
small_set trip
echo 'ssl-synth 1' >trip/.ssl-synth
guarded "a marker that was changed" trip/train/disc-plain/00000.jpg \
    small_set --force trip

# Killed at any time, it can be run again.
for moment in 0.01 0.02 0.05 0.1 0.2 0.4; do
	(timeout -s KILL "$moment" ssl-synth -q --force --train 2000 \
	    --test 10 --size 16 late; :) 2>/dev/null
done
ok "after SIGKILL" ssl-synth -q --force --train 20 --test 10 --size 16 late
ok "the set is whole" diff -r late small
rm -rf late.part.*
is "$(ls)" "$(printf '%s\n' all late one seed small three)" "nothing is left"

fails 2 "no folder" ssl-synth
fails 2 "two folders" ssl-synth a b
fails 2 "standard output" ssl-synth -
fails 2 "too many classes" ssl-synth --classes 31 x
fails 1 "a folder that cannot be" ssl-synth /dev/null/x
if [ "$(id -u)" -ne 0 ]; then
	mkdir closed
	chmod a-w closed
	fails 1 "a closed folder" ssl-synth closed/x
fi
