. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Bad images are skipped and named, or end a strict run; and nothing a
# file claims takes memory that it has not earned.
good=$TESTS/data/colour.jpg

mkdir set
cp "$good" set/01-good.jpg
head -c 400 "$good" >set/02-cut.jpg
: >set/03-empty.jpg
echo "<html>404</html>" >set/04-page.jpg
head -c -2 "$good" >set/05-end.jpg
printf '\211PNG\r\n\032\n\0\0\0\rIHDR' >set/06-png.jpg
cp "$TESTS/data/progressive.jpg" set/07-good.jpg

ok "bad pictures end no run" ssl-decode set -o out.tz
cp "$T/.err" words
is "$(ssl-show --tensor key out.tz)" '["01-good.jpg","07-good.jpg"]' \
    "the good ones come"
is "$(ssl-show --tensor index out.tz | tr '\n' ' ')" "0 6 " \
    "with the numbers they have"
is "$(wc -l <words)" 6 "a line for each bad one, and one at the end"
for name in 02-cut 03-empty 04-page 05-end 06-png; do
	is "$(grep -c "^ssl-decode: set/$name.jpg: .*skipped$" words)" 1 \
	    "$name is named"
done
is "$(tail -1 words)" "ssl-decode: skipped 5 of 7 images: Premature end of \
JPEG file (2); empty file (1); an HTML page, not JPEG (1); a PNG image, not JPEG (1)" \
    "and counted by reason"
ssl-decode --quiet set -o out.tz 2>quiet
is "$(cat quiet)" "$(tail -1 words)" "--quiet hides all but that line"
ok "over more epochs" ssl-decode --epochs 3 --shuffle set -o out3.tz
is "$(wc -l <"$T/.err")" 6 "each is named once"
like "$(tail -1 "$T/.err")" "*skipped 5 of 7 images: *" "and counted once"
ok "over a shard" ssl-decode --shard 0/2 set -o out.tz
like "$(tail -1 "$T/.err")" "*skipped 2 of 4 images: *" "only its images count"
ssl-decode --threads 3 --batch 2 set >t3.tz 2>words3
ssl-decode --threads 1 --batch 2 set >t1.tz 2>words1
same t1.tz t3.tz "threads change nothing"
same words1 words3 "nor the order of the warnings"

fails 1 "--strict ends at the first" ssl-decode --strict set -o strict.tz
like "$(cat "$T/.err")" "ssl-decode: set/02-cut.jpg: *; run without \
--strict to skip it" "names it"
is "$(wc -l <"$T/.err")" 1 "in one line"
is "$(ls strict.tz* 2>/dev/null)" "" "and leaves no file"
is "$(ssl-decode --strict set 2>/dev/null | ssl-show 2>&1 >/dev/null)" \
    "ssl-show: standard input: truncated stream" \
    "its consumer learns of it"
ok "--strict minds nothing in good ones" ssl-decode --strict \
    set/01-good.jpg set/07-good.jpg -o out.tz
fails 1 "no good picture at all" ssl-decode set/02-cut.jpg -o none.tz
like "$(tail -1 "$T/.err")" "*not one image could be read: Premature end *" \
    "says so, and why"
fails 1 "nor over many epochs" timeout 20 ssl-decode --epochs 0 \
    set/02-cut.jpg set/03-empty.jpg -o none.tz
for file in set/0[2-6]*; do
	fails 1 "strict: ${file##*/}" ssl-decode --strict "$file" -o none.tz
	like "$(cat "$T/.err")" "*$file: *" "... is named"
done

# The frame header says 21x13; let it say more.
claim() {
	local at

	at=$(LC_ALL=C grep -obUaP "\xFF[\xC0\xC2]\x00[\x11\x14]\x08" "$1" |
	    head -1 | cut -d: -f1)
	{ head -c $((at + 5)) "$1"; printf '%b' "$2"
	tail -c +$((at + 10)) "$1"; } >"$3"
}
limit=262144
(ulimit -v $limit && ssl-decode --version) >/dev/null 2>&1 || limit=unlimited
little() {
	ulimit -v $limit && ssl-decode --threads 1 "$@"
}
for form in colour progressive cmyk; do
	claim "$TESTS/data/$form.jpg" '\xFF\xDC\xFF\xDC' giant.jpg
	fails 1 "$form of 65500x65500 px" little --strict giant.jpg -o none.tz
	like "$(cat "$T/.err")" "*65500x65500 px, limit 89478485*" "... said"
	claim "$TESTS/data/$form.jpg" '\x32\xC8\x32\xC8' giant.jpg
	fails 1 "$form of 13000x13000 px" little --strict giant.jpg -o none.tz
	claim "$TESTS/data/$form.jpg" '\x0B\xB8\x0B\xB8' giant.jpg
	fails 1 "$form of 3000x3000 px" little --strict giant.jpg -o none.tz
	fails 1 "$form of 3000x3000 px, resized" little --strict --size 32 \
	    giant.jpg -o none.tz
done
fails 1 "--max-pixels" ssl-decode --strict --max-pixels 272 "$good" -o none.tz
ok "--max-pixels, just enough" ssl-decode --strict --max-pixels 273 "$good" \
    -o out.tz

shape() {
	ssl-show --records "$1" | grep -o '\[[0-9,]*\]' | head -1
}
ssl-decode "$TESTS/data/turned.jpg" -o out.tz
is "$(shape out.tz)" "[1,13,21,3]" "EXIF orientation is not asked for"
ssl-decode -q "$good" -o pixels.tz
ok "--max-pixels of a stream, just enough" ssl-decode --strict \
    --max-pixels 273 pixels.tz -o out.tz
fails 1 "--max-pixels of a stream" ssl-decode --max-pixels 272 pixels.tz \
    -o none.tz
like "$(cat "$T/.err")" "*px, limit 272 px in all*" "says so"
ssl-decode --exif "$TESTS/data/turned.jpg" -o out.tz
is "$(shape out.tz)" "[1,21,13,3]" "--exif turns"
for name in colour full gray progressive cmyk inks ycck; do
	is "$(ssl-decode "$TESTS/data/$name.jpg" | ssl-show --tensor image |
	    tr -s ' \t' '\n')" "$(tail -c 819 "$TESTS/data/$name.ppm" |
	    od -An -v -tu1 -w3 | tr -s ' ' '\n' | sed 1d)" \
	    "$name: Pillow's pixels"
done
