. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# What lies in a folder and does not become a sample is named and counted,
# ends a strict run before it writes, and is no class.
good=$TESTS/data/colour.jpg
png='\211PNG\r\n\032\n\0\0\0\rIHDR'

keys() {
	ssl-show --tensor key "$1" | tr -d '[]"' | tr ',' ' '
}

# lost FOLDER REASON FIRST KEYS: the run says so, with --quiet, and goes on.
lost() {
	ok "$2" ssl-decode --quiet "$1" -o out.tz
	like "$(cat "$T/.err")" "ssl-decode: $1: skipped $2 (the first is $3)" \
	    "... is said with --quiet"
	is "$(wc -l <"$T/.err")" 1 "... in one line"
	is "$(keys out.tz)" "$4" "... and the others come"
	rm -f strict.tz
	fails 1 "... --strict fails" ssl-decode --strict "$1" -o strict.tz
	like "$(cat "$T/.err")" "*$1: $2 (the first is *); mend this, or run \
without --strict to go on" "... for that"
	is "$(ls strict.tz* 2>/dev/null)" "" "... and writes nothing"
}

mkdir -p albums/raw/deep
cp "$good" albums/1.jpg
cp "$good" albums/2.jpg
cp "$good" albums/raw/deep/3.jpg
lost albums "2 images beside the class folders" 1.jpg raw/deep/3.jpg
is "$(ssl-show --meta classes out.tz)" '["raw"]' "a class reaches all below it"

mkdir -p dead/a dead/b
cp "$good" dead/a/1.jpg
ln -s nowhere dead/a/2.jpg
lost dead "1 dead link" a/2.jpg a/1.jpg
ln -sf self dead/a/2.jpg
ln -s 2.jpg dead/a/self
lost dead "2 dead links" 'a/?*' a/1.jpg
mkdir -p loop/a
cp "$good" loop/a/1.jpg
ln -s ../../loop loop/a/up
lost loop "1 link that leads back to a folder above" a/up a/1.jpg
mkdir twice
ln -s ../loop/a/1.jpg twice/1.jpg
ln -s ../loop/a/1.jpg twice/2.jpg
ok "two links to one image" ssl-decode --strict twice -o out.tz
is "$(keys out.tz)" "1.jpg 2.jpg" "are two samples"

for type in png PNG webp gif bmp tif tiff heic avif ppm; do
	rm -rf formats
	mkdir formats
	cp "$good" formats/1.jpg
	printf "$png" >formats/2.$type
	lost formats "1 image that is not JPEG" 2.$type 1.jpg
done
rm formats/1.jpg
fails 1 "only such images" ssl-decode formats -o none.tz
like "$(cat "$T/.err")" "*no .jpg or .jpeg file in this folder, but 1 image \
that is not JPEG (the first is 2.ppm)" "says why"

rm formats/2.ppm
touch formats/000.tar
fails 1 "only other files" ssl-decode formats -o none.tz
like "$(cat "$T/.err")" "*no .jpg or .jpeg file in this folder, but 1 other \
file (the first is 000.tar)" "says what is there"

# The content decides where the name does not.
mkdir names
for name in 1.jpg 2.JPEG 3.jpe 4.JFIF 5 n01440764_10026 n0.10026 8.png; do
	cp "$good" names/$name
done
echo text >names/README
echo text >names/notes.txt
cp "$good" names/.hidden.jpg
ok "JPEG files of other names" ssl-decode --strict names -o out.tz
is "$(keys out.tz)" "1.jpg 2.JPEG 3.jpe 4.JFIF 5 8.png n0.10026 n01440764_10026" \
    "are read"
like "$(cat "$T/.err")" "*skipped 2 other files*" "the rest is mentioned"
mkdir bare
cp "$good" bare/1.jpg
printf "$png" >bare/2
lost bare "1 image that is not JPEG" 2 1.jpg
rm bare/2
cp "$good" bare/1.jpg.orig
lost bare "1 JPEG file of another name*" 1.jpg.orig 1.jpg
rm bare/1.jpg.orig
mkfifo bare/2.jpg
lost bare "1 image that is not a file" 2.jpg 1.jpg

mkdir -p mac/a mac/b mac/__MACOSX/a mac/@eaDir mac/lost+found mac/.AppleDouble \
    mac/empty mac/text
cp "$good" mac/a/1.jpg
cp "$good" mac/b/2.jpg
for junk in a/._1.jpg a/.DS_Store __MACOSX/a/._1.jpg @eaDir/thumb.jpg \
    lost+found/3.jpg .AppleDouble/1.jpg; do
	cp "$good" "mac/$junk"
done
touch mac/a/Thumbs.db mac/desktop.ini mac/text/readme.txt
ok "what systems leave behind" ssl-decode --strict mac -o out.tz
is "$(keys out.tz)" "a/1.jpg b/2.jpg" "is no image"
is "$(ssl-show --meta classes out.tz)" '["a","b"]' "and no class"
like "$(cat "$T/.err")" "*mac: skipped 2 folders without an image*" \
    "nor are folders without one"
printf '%s\n' a b empty text >names.txt
ssl-decode -q --classes names.txt mac -o out.tz
is "$(ssl-show --meta classes out.tz)" '["a","b","empty","text"]' \
    "unless a list names them"
mkdir -p flat/empty/deep
cp "$good" flat/1.jpg
ok "only folders without an image" ssl-decode --strict flat -o out.tz
is "$(keys out.tz) $(ssl-show --tensor label out.tz)" "1.jpg -1" \
    "are no classes at all"
printf "$png" >flat/empty/2.png
lost flat "1 image that is not JPEG" empty/2.png 1.jpg
mkdir -p gap/a gap/b gap/c
cp "$good" gap/a/1.jpg
printf "$png" >gap/b/2.png
cp "$good" gap/c/3.jpg
ssl-decode -q gap -o out.tz 2>/dev/null
is "$(ssl-show --tensor label out.tz | tr '\n' ' ')" "0 2 " \
    "a class of images that are not read keeps its number"

mkdir -p data/train/x data/val/x
cp "$good" data/train/x
cp "$good" data/val/x
ok "the parts of a data set" ssl-decode --strict data -o out.tz
like "$(cat "$T/.err")" "*data: the classes are train and val; did you mean \
ssl-decode data/train?" "are hardly classes"
mv data/val data/VAL2017
ok "of other names" ssl-decode data -o out.tz
like "$(cat "$T/.err")" "*data: the classes are VAL2017 and train; did you mean \
ssl-decode data/train?" "likewise"
mkdir -p data/more/x data/empty
cp "$good" data/more/x
cp "$good" data/1.jpg
ok "beside another folder and an image" ssl-decode data -o out.tz
like "$(cat "$T/.err")" "*data: the classes are VAL2017, more and train; did \
you mean ssl-decode data/train?*" "likewise"
tar -cf data.tar data
ok "in an archive" ssl-decode data.tar -o out.tz
like "$(cat "$T/.err")" "*data.tar: the classes are VAL2017, more and train; \
for the folders below train as classes*" "likewise"
tar -cf data.tar data/train data/more
ok "one part beside a class" ssl-decode data.tar -o out.tz
is "$(cat "$T/.err")" "" "may be one"
rm -r data/more data/empty data/1.jpg
mkdir -p up/images
mv data/train/x up/images/x
cp -r up/images/x up/images/y
ok "a folder around the class folders" ssl-decode up -o out.tz
like "$(cat "$T/.err")" "*up: the only class is images; did you mean \
ssl-decode up/images?" "is hardly a class"
cp "$good" up/images/1.jpg
ok "with images of its own" ssl-decode up -o out.tz
is "$(cat "$T/.err")" "" "it may be one"
mkdir -p trains/trains
cp "$good" trains/trains
ok "a class of trains" ssl-decode trains -o out.tz
is "$(cat "$T/.err")" "" "is one"
mv up/images/x data/train
ok "one of them" ssl-decode data/train -o out.tz
is "$(cat "$T/.err")" "" "is fine"

ok "a folder given twice" ssl-decode flat flat -o out.tz
like "$(cat "$T/.err")" "*flat: given more than once; its samples come each \
time*" "is said"
is "$(keys out.tz)" "1.jpg 1.jpg" "and read twice"
mkdir -p flat/empty/sub
cp "$good" flat/empty/sub
ln -s flat same
for inner in flat/empty flat/empty/sub/colour.jpg same/empty/; do
	ok "a folder and what lies in it" ssl-decode "$inner" flat/. -o out.tz
	like "$(cat "$T/.err")" "*$inner: is in flat/., which is an operand too; \
its images come twice*" "is said"
done
ok "a folder and its twin" ssl-decode flat same -o out.tz
like "$(cat "$T/.err")" "*same: given more than once*" "is said"
mkdir plain plainer
cp "$good" plain
cp "$good" plainer
ok "a folder whose name goes on" ssl-decode plain plainer -o out.tz
is "$(cat "$T/.err")" "" "is another"
rm -r flat/empty/sub
ok "images without a label beside class folders" \
    ssl-decode data/train flat -o out.tz
like "$(cat "$T/.err")" "*flat: none of its images has a label, but other \
sources have labels*" "are said"
mkdir odd odd/x.jpg
cp "$good" odd/x.jpg/a.jpg
cp "$good" "$(printf 'odd/x.jpg/b\n\tc\377.jpg')"
ok "a class named like an image, a slash, odd names" \
    ssl-decode --strict odd/ -o out.tz
is "$(ssl-show --meta classes out.tz) $(ssl-show --meta samples out.tz)" \
    '["x.jpg"] 2' "are read"
fails 1 "no image at all" ssl-decode /dev/null -o none.tz
like "$(tail -1 "$T/.err")" "*not one image could be read: not a file (1)" \
    "says why"
