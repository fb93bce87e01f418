# SPDX-License-Identifier: MIT
# ssl-decode --keep-jpeg: files go through, and ssl-augment decodes what its
# views need: the same views, for any threads and records; damaged files are
# skipped, and which they are depends on nothing else.
. "$(dirname "$0")/../lib.sh"

digest() { ssl-show --digest "$@"; }

# Pictures of many sizes, in several folders; with odd ones among them.
mkdir set
for size in 20 33 150 420; do
	ssl-synth -q --size $size --train 6 --test 2 --classes 3 set/$size
done
mkdir set/odd
for name in colour full gray progressive turned cmyk inks ycck arithmetic; do
	cp "$TESTS/data/$name.jpg" set/odd
done
ssl-decode -q --shuffle -b 7 -o image.tz set || exit 1
ok "files as they are" ssl-decode -q --shuffle -b 7 --keep-jpeg -o jpeg.tz set
is "$(ssl-show --digest jpeg.tz)" "$(ssl-decode -q --shuffle -b 7 \
    --keep-jpeg --threads 3 set | digest)" "any threads, the same records"
is "$(ssl-show jpeg.tz | tail -n 1 | grep -o '[0-9]* samples')" \
    "$(ssl-show image.tz | tail -n 1 | grep -o '[0-9]* samples')" \
    "all samples"

# A stream of files is a source again, in another order, decoded or not.
ssl-decode -q --keep-jpeg -b 9 -o plain.tz set
is "$(ssl-decode -q --shuffle -b 7 plain.tz | digest)" "$(digest image.tz)" \
    "a stream of files, decoded later"
is "$(ssl-decode -q --shuffle -b 7 --keep-jpeg plain.tz | digest)" \
    "$(digest jpeg.tz)" "... or kept once more"

for recipe in byol simclr-cifar clsa suncet-cifar-head evaluate linear; do
	ssl-augment -q -r $recipe --set size=40 -b 5 image.tz >one.tz
	ssl-augment -q -r $recipe --set size=40 -b 5 jpeg.tz >two.tz
	is "$(digest two.tz)" "$(digest one.tz)" "$recipe: the same views"
	ssl-augment -q -r $recipe --set size=40 -b 5 --threads 3 jpeg.tz \
	    >three.tz
	same two.tz three.tz "$recipe: three threads"
done
is "$(ssl-augment -q -r mocov2 --size 24 --only-index 9 jpeg.tz | digest)" \
    "$(ssl-augment -q -r mocov2 --size 24 --only-index 9 image.tz | digest)" \
    "one sample alone"
is "$(ssl-augment -q --ops resize=20x30:bicubic,hue=0.2 -b 3 jpeg.tz |
    digest)" "$(ssl-augment -q --ops resize=20x30:bicubic,hue=0.2 -b 3 \
    image.tz | digest)" "a chain"

# Shrunken while they are decoded: near the same, and only where it may be.
ssl-synth -q --size 700 --train 12 --test 1 --classes 3 large
ssl-decode -q --keep-jpeg -o large.tz large/train
ssl-decode -q -o pixels.tz large/train
apart() {	# FILE FILE: the mean distance of their views 0, in levels
	paste <(ssl-show --tensor view0 "$1" | tr -cs '0-9' '\n') \
	    <(ssl-show --tensor view0 "$2" | tr -cs '0-9' '\n') | awk '
		NF == 2 { d = $1 - $2; sum += d < 0 ? -d : d; n++ }
		END { printf "%.3f %d\n", sum / n, n }'
}
ssl-augment -q -r linear --size 32 -b 4 -o exact.tz large.tz
ssl-augment -q -r linear --size 32 -b 4 --draft -o draft.tz large.tz
read -r mean n < <(apart exact.tz draft.tz)
is "$n" 36864 "--draft: as many numbers"
ok "... $mean levels apart, not 0" awk "BEGIN { exit !($mean > 0) }"
ok "... and less than 1" awk "BEGIN { exit !($mean < 1) }"
ssl-augment -q -r linear --size 32 -b 4 --draft --threads 3 -o again.tz large.tz
is "$(digest again.tz)" "$(digest draft.tz)" "... the same for any threads"
is "$(ssl-augment -q -r linear --size 32 -b 4 --draft pixels.tz | digest)" \
    "$(digest exact.tz)" "... and pixels stay as they are"
is "$(ssl-augment -q -r linear --size 360 -b 4 --draft large.tz | digest)" \
    "$(ssl-augment -q -r linear --size 360 -b 4 large.tz | digest)" \
    "... as do files that are not large enough"

# What is damaged after its header is skipped, wherever it stands.
ssl-synth -q --size 48 --train 12 --test 2 --classes 2 ten
good=$(ssl-decode -q -b 4 ten/train | ssl-augment -q -r byol-cifar -b 5 |
    digest)
first=$(find ten/train -name '*.jpg' | sort | head -n 1)
head -c 700 "$first" >"${first%/*}/zz-cut.jpg"
head -c 700 "$first" >"${first%/*}/00-cut.jpg"
printf 'no picture' >"${first%/*}/aa-text.jpg"
ssl-decode -b 4 --keep-jpeg -o bad.tz ten/train 2>warned
like "$(cat warned)" "*aa-text.jpg*" "no JPEG at all: left out at once"
for batch in 0 5; do
	ssl-decode -q -b 4 ten/train 2>/dev/null |
	    ssl-augment -q -r byol-cifar -b $batch >want.tz
	ok "damaged files, batch $batch" ssl-augment -r byol-cifar -b $batch \
	    bad.tz -o got.tz
	like "$(cat .err)" "*sample 0: *; skipped*skipped 2 unreadable images: ?*" \
	    "... are told"
	# Lists of labels, since records are cut elsewhere.
	is "$(ssl-show --tensor label got.tz | tr -d '[], \n')" \
	    "$(ssl-show --tensor label want.tz | tr -d '[], \n')" \
	    "... and leave the others"
	ssl-augment -q -r byol-cifar -b $batch --threads 3 bad.tz -o again.tz
	same got.tz again.tz "... for any threads"
done
rm ten/train/*/00-cut.jpg ten/train/*/zz-cut.jpg ten/train/*/aa-text.jpg
is "$(ssl-decode -q -b 4 --keep-jpeg ten/train |
    ssl-augment -q -r byol-cifar -b 5 | digest)" "$good" "without them: all"

# Damage in the last rows, which few crops reach: skipped always, as it is
# when all is decoded, and counted once however many the epochs.
mkdir low
ssl-synth -q --size 120 --train 8 --test 1 --classes 1 low/set
mv low/set/train/*/*.jpg low && rm -r low/set
first=$(ls low/*.jpg | head -n 1)
size=$(stat -c %s "$first")
cp "$first" low/10-good.jpg
{ head -c $((size - 40)) "$first"; printf '\377\331'; } >low/20-cut.jpg
{ head -c $((size - 40)) "$first"; printf '\377\330'; tail -c 38 "$first"
} >low/30-marker.jpg
head -c -2 "$first" >low/40-end.jpg
indices() { ssl-show --tensor index "$@" | tr -cs 0-9 '\n' | sort -n | tr '\n' ' '; }
want=$(ssl-decode -q -e 2 low 2>/dev/null | indices)
is "${want# }" "0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 " "three of twelve are damaged"
ssl-decode --keep-jpeg -e 2 --shuffle -o low.tz low 2>.said
is "$(cat .said)" "" "damage after the header passes ssl-decode"
for recipe in byol linear-cifar clsa evaluate; do
	for size in 3 100; do
		for more in '' '--draft --threads 3' '--views 1 --seed 5'; do
			# shellcheck disable=SC2086
			ssl-augment -r $recipe --set size=$size $more low.tz \
			    -o got.tz 2>.said
			is "$(indices got.tz)" "$want" \
			    "$recipe of $size px $more: the same skipped"
			is "$(grep -c skipped .said)" 4 "... each said once"
			like "$(cat .said)" "*: skipped 3 unreadable images: ?*" \
			    "... and counted once"
		done
	done
done

# --strict means the same, with the same words, whether files are kept.
for name in 20-cut 30-marker 40-end; do
	fails 1 "strict: $name" ssl-decode --strict "low/$name.jpg" -o x.tz
	cp .err plain
	fails 1 "... kept" ssl-decode --strict --keep-jpeg "low/$name.jpg" \
	    -o x.tz
	same .err plain "... with the same words"
done
rm low/[234]0-*.jpg
ok "strict: the others pass" ssl-decode --strict --keep-jpeg -e 2 low -o x.tz
is "$(ssl-show --digest x.tz)" "$(ssl-decode -q --keep-jpeg -e 2 low |
    ssl-show --digest)" "... as they are"

# Nothing but damaged ones is a failure, not an empty stream.
head -c -2 "$first" >only.jpg
ssl-decode -q --keep-jpeg -e 0 only.jpg 2>/dev/null |
    timeout 60 ssl-augment -q -r byol -o x.tz 2>/dev/null
is "${PIPESTATUS[1]}" 1 "no image at all, in epochs without end"
ssl-decode -q --keep-jpeg only.jpg -o only.tz
fails 1 "no image at all, one epoch" ssl-augment -q -r byol only.tz -o x.tz
like "$(cat .err)" "*not one image could be read" "... says so"
fails 1 "nor of a sample alone" ssl-augment -q -r byol --only-index 0 only.tz \
    -o x.tz
like "$(cat .err)" "*not one image could be read" "... says so"

fails 2 "not with --size" ssl-decode --keep-jpeg --size 9 ten/train -o x.tz
fails 2 "not with --exif" ssl-decode --keep-jpeg --exif ten/train -o x.tz
fails 2 "no images that ssl-augment does not decode" \
    ssl-decode --keep-jpeg --max-pixels 178956971 ten/train -o x.tz
like "$(cat .err)" "*at most 178956970*" "... says so"
fails 2 "not from pixels" ssl-decode --keep-jpeg image.tz -o x.tz
like "$(cat .err)" "*holds pixels*" "... says why"
fails 2 "pictures cannot be kept" \
    ssl-augment -r byol --keep-image jpeg.tz -o x.tz
like "$(cat .err)" "*without --keep-jpeg*" "... says what to do"
