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
touch one/train/ring-dots/note.txt
fails 1 "a folder with other files is kept" ssl-synth -q --force one
like "$(cat "$T/.err")" "*note.txt: not written here*" "… and why"
ok "nothing is gone" test -f one/train/ring-dots/00001.jpg
mkdir -p late.part/train/ring-dots
echo half >late.part/train/ring-dots/00000.jpg
ok "what a broken run left" ssl-synth -q --train 20 --test 10 --size 16 late
ok "is begun anew" diff -r late small
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
