. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Archives: every label finds its image, and what is lost is said.
needs tar zstd gzip xz bzip2 python3

ssl-synth --size 8 --train 8 --test 2 --classes 2 set >/dev/null 2>&1
n=0
for file in $(find set/train -name '*.jpg' | LC_ALL=C sort); do
	cp "$file" $n.jpg
	n=$((n + 1))
done

# pack FILE [FORMAT]: members from standard input, one a line: NAME and
# "image N", "text WORDS" (\n and the like understood), "hard TARGET",
# "symbolic TARGET", "folder" or "device".
cat >pack.py <<'END'
import io, sys, tarfile
formats = {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT,
           'pax': tarfile.PAX_FORMAT}
kinds = {'hard': tarfile.LNKTYPE, 'symbolic': tarfile.SYMTYPE,
         'folder': tarfile.DIRTYPE, 'device': tarfile.CHRTYPE}
out = tarfile.open(sys.argv[1], 'w', format=formats[sys.argv[2]])
for line in sys.stdin:
    name, kind, value = (line.rstrip('\n') + '  ').split(' ', 2)
    value = value.strip(' ')
    member = tarfile.TarInfo(name)
    data = b''
    if kind == 'image':
        data = open(value + '.jpg', 'rb').read()
    elif kind == 'text':
        data = value.encode().decode('unicode_escape').encode()
    else:
        member.type, member.linkname = kinds[kind], value
    member.size = len(data)
    out.addfile(member, io.BytesIO(data))
out.close()
END
pack() {
	python3 pack.py "$1" "${2:-ustar}"
}

# labels SOURCE...: "KEY:LABEL KEY:LABEL ", or the reason of the failure.
labels() {
	ssl-decode -q "$@" >out.tz 2>err || { cat err; return; }
	paste -d: <(ssl-show --tensor key out.tz | tr -d '[]"' | tr ',' '\n') \
	    <(ssl-show --tensor label out.tz) | tr '\n' ' '
}

# strict WORDS SOURCE WHAT: lost data are said with -q, and fail with --strict.
strict() {
	ssl-decode -q "$2" -o out.tz 2>err
	like "$? $(cat err)" "0 *$1*" "$3: said, with --quiet too"
	fails 1 "$3: fails with --strict" ssl-decode --strict "$2"
	like "$(cat "$T/.err")" "*$1*" "$3: and says why"
}

# refused WORDS WHAT: bad.tar.
refused() {
	fails 1 "$2" ssl-decode bad.tar
	like "$(cat "$T/.err")" "$1" "$2: says so"
}

# Labels join by name, wherever they lie.
pack apart.tar <<'END'
c.cls text 2
a.jpg image 1
b.jpg image 2
b.cls text 1
c.jpg image 3
d/a.jpg image 4
a.cls text 0\r\n
d/a.cls text \ufeff3\n
END
is "$(labels --strict apart.tar)" "a:0 b:1 c:2 d/a:3 " "members in any order"
for pack in zstd gzip xz bzip2; do
	$pack -kc apart.tar >apart.packed
	is "$(labels apart.packed)" "a:0 b:1 c:2 d/a:3 " "compressed by $pack"
done
is "$(ssl-decode -q apart.tar | ssl-show --tensor image)" \
    "$(ssl-decode -q 1.jpg 2.jpg 3.jpg 4.jpg | ssl-show --tensor image)" \
    "images are their own"
is "$(ssl-decode -q apart.packed | ssl-show --tensor image)" \
    "$(ssl-decode -q apart.tar | ssl-show --tensor image)" \
    "and are when compressed"
mkdir unsorted
for i in 1 2 3 4 5; do
	cp $i.jpg unsorted
	echo $i >unsorted/$i.cls
done
(cd unsorted && tar --sort=inode -cf ../inode.tar . && tar -cf ../kinds.tar \
    ./*.jpg ./*.cls)
is "$(labels --strict inode.tar | tr ' ' '\n' | sort | tr '\n' ' ')" \
    "1:1 2:2 3:3 4:4 5:5 " "as tar finds them"
is "$(labels --strict kinds.tar)" "1:1 2:2 3:3 4:4 5:5 " "images, then labels"
pack upper.tar <<'END'
A.JPG image 1
A.CLS text 1
B.JPEG image 2
B.cls text 2
C.Jpeg image 3
C.Cls text 3
END
is "$(labels --strict upper.tar)" "A:1 B:2 C:3 " "extensions in any case"
pack dots.tar <<'END'
img.v3.cls text 3
img.v2.jpg image 1
img.v3.jpg image 2
img.v2.cls text 2
S.input.jpg image 3
S.output.cls text 4
T.cls text 5
T.left.jpg image 4
T.right.jpg image 5
U.left.cls text 6
U.left.jpg image 6
U.cls text 7
U.right.jpg image 0
END
is "$(labels --strict dots.tar)" "img.v2:2 img.v3:3 S.input:4 T.left:5 \
T.right:5 U.left:6 U.right:7 " "the whole name, then WebDataset's key"
printf '%s\n' 'a.b.jpg image 1' 'a.c.jpg image 2' 'a.c.cls text 1' |
    pack other.tar
is "$(labels other.tar | head -1)" "a.b:-1 a.c:1 " \
    "a label that found its image is no other's"
printf '%s\n' 'a.jpg image 1' 'a.cls text -1' 'b.jpg image 2' 'b.cls text 4' |
    pack minus.tar
is "$(labels --strict minus.tar)" "a:-1 b:4 " "-1 is a label"
printf '%s\n' 'a.jpg image 1' 'a.jpeg image 2' 'a.cls text 1' | pack twin.tar
is "$(labels --strict twin.tar)" "a:1 a.jpeg:1 " "keys remain distinct"
printf '%s\n' 'a.jpg image 1' 'a.cls text 1' 'b.cls text 1' | pack lost.tar
strict "1 label without an image (the first is b.cls)" lost.tar \
    "a label without an image"
printf '%s\n' 'a.jpg image 1' 'a.cls text 1' 'b.jpg image 2' | pack lost.tar
strict "lost.tar: 1 image without a label (the first is b.jpg)" lost.tar \
    "an image without a label"
printf '%s\n' 'a.jpg image 1' 'b.jpg image 2' | pack none.tar
is "$(labels --strict none.tar)" "a:-1 b:-1 " "no labels at all are no loss"
cat none.tar minus.tar >first.tar
cat minus.tar none.tar >second.tar
for sources in first.tar second.tar; do
	ok "an unlabelled archive in a file with another: $sources" \
	    ssl-decode --strict $sources -o out.tz
	is "$(cat "$T/.err")" "ssl-decode: $sources: 2 of 4 images have no \
label: of the archives in this file, theirs has no .cls" "is said"
done
ok "an unlabelled archive beside another" \
    ssl-decode --strict none.tar minus.tar -o out.tz
is "$(cat "$T/.err")" "ssl-decode: none.tar: none of its images has a label, \
but other sources have labels" "is said"

# What contradicts itself.
printf '%s\n' 'a.jpg image 1' 'a.cls text 1' 'a.CLS text 2' |
    pack bad.tar
refused '*a.CLS: *a.cls*' "two labels of an image that differ"
printf '%s\n' 'a.jpg image 1' 'a.cls text 1' 'a.cls text 1' | pack twice.tar
is "$(labels --strict twice.tar)" "a:1 " "two that agree"
printf '%s\n' 'a.x.jpg image 1' 'a.y.cls text 1' 'a.z.cls text 2' |
    pack bad.tar
refused '*a.x.jpg: a.y.cls and a.z.cls*' "two labels of a key that differ"
printf '%s\n' 'a.jpg image 1' 'b.jpg image 2' 'a.jpg image 3' | pack again.tar
strict "image that a later member of the same name replaces*a.jpg" \
    again.tar "an image that comes twice"
is "$(ssl-decode -q again.tar 2>/dev/null | ssl-show --tensor image)" \
    "$(ssl-decode -q 3.jpg 2.jpg | ssl-show --tensor image)" \
    "the later one remains, as tar extracts it"

# What a label may be.
for label in '' ' \n' 3.0 '1 5' 99999999999 2147483648 -2 'a\nb' '\0' 1e3; do
	printf 'a.jpg image 1\na.cls text %s\n' "$label" |
	    pack bad.tar
	refused '*bad.tar: a.cls: *' "the label '$label'"
done
printf 'a.jpg image 1\na.cls text %0600d\n' 1 |
    pack bad.tar
refused '*a.cls: 600 bytes*' "a long one"
printf '%s\n' 'a.jpg image 1' 'a.cls text 2147483647' | pack large.tar
is "$(labels large.tar)" "a:2147483647 " "the largest label"
printf '%s\n' 'a.jpg image 1' 'a.cls text dog' 'b.jpg image 2' \
    'b.cls text cat' 'c.jpg image 3' 'c.cls text dog' | pack named.tar
is "$(labels --strict named.tar)" "a:1 b:0 c:1 " "names of classes, sorted"
is "$(ssl-show --meta classes out.tz)" '["cat","dog"]' "are in the header"
printf '%s\n' emu dog cat >classes
is "$(labels --classes classes named.tar)" "a:1 b:2 c:1 " "by --classes"
printf '%s\n' 'a.jpg image 1' 'a.cls text dog' 'b.jpg image 2' \
    'b.cls text 1' |
    pack bad.tar
refused '*numbers (b.cls)*names (a.cls)*classes.txt*' \
    "numbers and names"
mkdir beside
cp named.tar minus.tar beside
printf '%s\n' emu cat dog horse >beside/classes.txt
is "$(labels beside/named.tar)" "a:2 b:1 c:2 " "by classes.txt"
fails 1 "a number without a name" ssl-decode beside/minus.tar
like "$(cat "$T/.err")" "*minus.tar: b: label 4*4 class names*" \
    "its member is named"
printf '%s\n' 'a.jpg image 1' 'a.cls text fox' | pack beside/fox.tar
fails 1 "a name that classes.txt lacks" ssl-decode beside/fox.tar
like "$(cat "$T/.err")" "*fox.tar: a.cls: label 'fox'*" "is named"

# Folders are classes, as they would be when extracted.
pack tree.tar <<'END'
./ folder
./train/ folder
./train/dog/1.jpg image 1
./train/cat/2.jpg image 2
./train/cat/deep/3.jpg image 3
./train/empty/ folder
END
is "$(labels --strict tree.tar)" \
    "train/dog/1:1 train/cat/2:0 train/cat/deep/3:0 " "folders are classes"
is "$(ssl-show --meta classes out.tz)" '["cat","dog"]' "without empty ones"
printf '%s\n' 'dog/4.jpg image 1' 'emu/5.jpg image 2' | pack more.tar
is "$(labels --strict tree.tar more.tar | cut -d' ' -f4-)" \
    "dog/4:1 emu/5:2 " "of several archives by name"
printf '%s\n' 'train/emu/4.jpg image 1' | pack single.tar
is "$(labels --strict single.tar tree.tar | cut -d' ' -f1)" "train/emu/4:2" \
    "one folder beside another archive's"
ok "one folder" ssl-decode --strict single.tar -o out.tz
like "$(cat "$T/.err")" "*images have no labels*" "is no class, with a remark"
is "$(ssl-show --tensor label out.tz)" -1 "and no label"
printf '%s\n' 'val/emu/4.jpg image 1' | pack apart.tar
ssl-decode -q apart.tar tree.tar -o out.tz 2>err
like "$(cat err)" "*apart.tar: 1 image without a label*" \
    "one folder elsewhere is said"
printf '%s\n' 'a/1.jpg image 1' 'b/2.jpg image 2' '3.jpg image 3' |
    pack stray.tar
strict "1 image beside the class folders (the first is 3.jpg)" stray.tar \
    "an image beside folders"
is "$(labels stray.tar)" "a/1:0 b/2:1 " "does not come"
printf '%s\n' 'a/1.jpg image 1' 'b/2.jpg image 2' 'a/1.cls text 7' \
    'b/2.cls text 8' | pack both.tar
is "$(labels --strict both.tar)" "a/1:7 b/2:8 " "labels go before folders"
printf '%s\n' 'cat/1.jpg image 1' 'fox/2.jpg image 2' | pack beside/tree.tar
strict "*classes.txt does not name*fox/2.jpg" beside/tree.tar \
    "a folder that classes.txt lacks"
is "$(labels beside/tree.tar)" "cat/1:1 fox/2:-1 " "the others are numbered by it"

# Links and sparse files are what tar extracts.
pack links.tar gnu <<'END'
late.jpg symbolic chain.jpg
chain.jpg symbolic d/../d/x.jpg
a.jpg image 1
a.cls text 1
b.jpg hard a.jpg
b.cls hard a.cls
d/c.jpg symbolic ../a.jpg
d/c.cls symbolic ./../b.cls
d/x.jpg image 2
d/x.cls text 2
late.cls text 2
chain.cls text 2
END
is "$(labels --strict links.tar)" \
    "a:1 b:1 d/c:1 d/x:2 chain:2 late:2 " "links to members"
is "$(ssl-show --tensor image out.tz | md5sum)" "$(ssl-decode -q 1.jpg 1.jpg \
    1.jpg 2.jpg 2.jpg 2.jpg | ssl-show --tensor image | md5sum)" \
    "are those members' images"
printf '%s\n' '/n/a.jpg image 1' './b//b.jpg image 2' '/n/a.cls text 1' \
    '/n/c.jpg hard /n/a.jpg' '/n/c.cls hard /n/a.cls' \
    'b//b.cls text 2' 'd.jpg hard b//b.jpg' 'd.cls hard ./b//b.cls' |
    pack verbatim.tar
is "$(labels --strict verbatim.tar)" "/n/a:1 b//b:2 /n/c:1 d:2 " \
    "the target of a hard link is a member's name as it stands"
printf '%s\n' 'a.jpg image 1' 'b.jpg symbolic /etc/b.jpg' \
    'c.jpg symbolic ../a.jpg' 'd.jpg hard none.jpg' \
    'e.jpg symbolic e.jpg' | pack dead.tar
strict "4 links to no image or label of this archive (the first is b.jpg)" \
    dead.tar "links to nothing"
printf '%s\n' 'a/1.jpg image 1' 'b/2.jpg image 2' 'c symbolic a' \
    'notes symbolic /etc/motd' | pack linked.tar
strict "1 link to folders with images (the first is c)" linked.tar \
    "a link to a folder"
# ustar and pax may store a hard link with its bytes; others give its size.
for format in ustar pax; do
	for bytes in yes no; do
		python3 - $format $bytes <<'END'
import io, sys, tarfile
pax, stored = sys.argv[1] == 'pax', sys.argv[2] == 'yes'
image, other = open('1.jpg', 'rb').read(), open('2.jpg', 'rb').read()
out = tarfile.open('link.tar', 'w', format=tarfile.PAX_FORMAT if pax else
                   tarfile.USTAR_FORMAT)
def add(name, data, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, 'a.jpg', len(data)
    member.pax_headers = {'comment': 'x'} if pax else {}
    out.addfile(member, None if kind == tarfile.LNKTYPE else io.BytesIO(data))
    if kind == tarfile.LNKTYPE and stored:
        data += bytes(-len(data) % 512)
        out.fileobj.write(data)
        out.offset += len(data)
add('a.jpg', image)
add('b.jpg', image, tarfile.LNKTYPE)
add('c.jpg', other)
out.close()
END
		is "$(ssl-decode -q --strict link.tar | ssl-show --tensor image | md5sum)" \
		    "$(ssl-decode -q 1.jpg 1.jpg 2.jpg | ssl-show --tensor image | md5sum)" \
		    "a hard link of $format with its size, its bytes: $bytes"
	done
done
cp 3.jpg hole.jpg
truncate -s 200000 hole.jpg
printf end >>hole.jpg
for format in oldgnu gnu 'posix --sparse-version=0.0' \
    'posix --sparse-version=0.1' 'posix --sparse-version=1.0'; do
	# shellcheck disable=SC2086
	tar --sparse --format=$format -cf sparse.tar hole.jpg 4.jpg
	ok "sparse, $format" ssl-decode --strict --keep-jpeg sparse.tar -o out.tz
	is "$(ssl-show --tensor jpeg_size out.tz | head -1)" 200003 "its size"
	is "$(ssl-show --digest out.tz)" "$(zstd -c sparse.tar |
	    ssl-decode --keep-jpeg | ssl-show --digest)" "the same compressed"
	is "$(ssl-decode -q sparse.tar | ssl-show --tensor image)" \
	    "$(ssl-decode -q hole.jpg 4.jpg | ssl-show --tensor image)" \
	    "the same image"
done

truncate -s 70M hole.jpg
tar --sparse -cf sparse.tar hole.jpg 4.jpg
strict "1 sparse image with holes of more than 4 MiB (the first is hole.jpg)" \
    sparse.tar "a sparse image that is too large"
is "$(labels sparse.tar)" "4:-1 " "the others come"

# Names, and what is no image.
long=$(printf '%090d/%0120d' 1 2)
for format in pax gnu; do
	printf '%s\n' $'caf\303\251.jpg image 1' $'f\303\274r.jpg image 2' \
	    "$long.jpg image 3" | pack names.tar $format
	is "$(LC_ALL=C labels names.tar | head -1)" \
	    $'caf\303\251:-1 f\303\274r:-1 '"$long:-1 " "names, $format"
done
pack junk.tar <<'END'
._a.jpg text junk
a.jpg image 1
__MACOSX/._a.jpg text junk
__MACOSX/b.jpg image 2
.DS_Store text junk
c.jpg folder
d.jpg/ folder
e.jpg device
f.json text {}
.hidden/g.jpg image 3
END
is "$(labels --strict junk.tar)" "a:-1 " "junk is no image, and no loss"
printf '%s\n' 'a.jpg image 1' 'b.PNG text x' 'c.webp text x' 'd.Tiff text x' |
    pack png.tar
strict "3 images that are not JPEG (the first is b.PNG)" png.tar \
    "images of other formats"
printf '%s\n' 'x.txt text x' 'b.png text x' |
    pack bad.tar
refused "*no .jpg*1 image that is not JPEG*b.png*" "no JPEG at all"
: | pack empty.tar
fails 1 "an empty archive" ssl-decode empty.tar
like "$(cat "$T/.err")" "*empty.tar: no .jpg*" "is said to be"

# An archive after the end of another.
for pack in cat gzip zstd xz bzip2; do
	{ $pack -c <tree.tar; $pack -c <more.tar; } 2>/dev/null >joined.tar
	[ $pack = cat ] && cat tree.tar more.tar >joined.tar
	is "$(labels --strict joined.tar)" \
	    "$(labels tree.tar)dog/4:1 emu/5:2 " "one after the other, $pack"
done
cat minus.tar kinds.tar minus.tar >joined.tar
is "$(labels --strict joined.tar)" \
    "a:-1 b:4 1:1 2:2 3:3 4:4 5:5 a:-1 b:4 " "each with its own names"
cat tree.tar minus.tar >joined.tar
strict "3 images without a label (the first is train/dog/1.jpg)" joined.tar \
    "folders are no classes beside .cls of another archive"
ssl-decode -q minus.tar single.tar -o out.tz 2>err
like "$(cat err)" "*single.tar: 1 image without a label*" \
    "of another file, too"
{ cat minus.tar; head -c 5000 /dev/zero; } >padded.tar
is "$(labels --strict padded.tar)" "a:-1 b:4 " "zeros after the end"
{ gzip -c minus.tar; head -c 5000 /dev/zero; } >padded.tar.gz
is "$(labels --strict padded.tar.gz)" "a:-1 b:4 " "after gzip's data too"
{ cat minus.tar; echo garbage; } >tail.tar
strict "after the archive's end*at byte $(wc -c <minus.tar)" tail.tar \
    "garbage after the end"
for pack in gzip bzip2; do
	{ $pack -c minus.tar; echo garbage; } >tail.tar
	strict "after the archive's end*" tail.tar "after $pack's data"
done

# Never a shorter data set.
pack whole.tar <<'END'
a.jpg image 1
b.jpg image 2
a.cls text 1
b.cls text 2
END
for ((size = 0; size <= 6 * 512; size += 512)); do
	head -c $size whole.tar >cut.tar
	fails 1 "cut after $size bytes" ssl-decode cut.tar
done
for pack in gzip zstd xz bzip2; do
	$pack -c whole.tar >whole.packed
	size=$(wc -c <whole.packed)
	for part in 1 3 5 7; do
		head -c $((size * part / 8)) whole.packed >cut.tar
		fails 1 "$pack: cut at $part/8" ssl-decode cut.tar
	done
	# A single byte of the images' data.
	python3 - whole.packed damaged.tar <<'END'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[len(data) // 2] ^= 1
open(sys.argv[2], 'wb').write(data)
END
	fails 1 "$pack: a damaged byte" ssl-decode damaged.tar
done
python3 - whole.tar damaged.tar <<'END'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[3 * 512 + 3] ^= 1
open(sys.argv[2], 'wb').write(data)
END
fails 1 "a damaged header" ssl-decode damaged.tar
like "$(cat "$T/.err")" "*damaged.tar: *" "is said"

# More archives than descriptors.
mkdir many
for ((i = 0; i < 150; i++)); do
	cp minus.tar many/$i.tar
	gzip -c minus.tar >many/$i.tar.gz
done
is "$( (ulimit -n 64; ssl-decode -q -j 4 many/*.tar | ssl-show --digest) )" \
    "$(ssl-decode -q many/*.tar | ssl-show --digest)" "150 archives, 64 files"
is "$( (ulimit -n 64; ssl-decode -q -j 4 many/*.gz | ssl-show --digest) )" \
    "$(ssl-decode -q many/*.tar | ssl-show --digest)" "compressed ones too"
ssl-decode -q minus.tar -o many/0.tz
for ((i = 1; i < 80; i++)); do
	cp many/0.tz many/$i.tz
done
ok "and streams" bash -c 'ulimit -n 64; ssl-decode -q many/*.tz -o out.tz'

# The disk that is full is that of TMPDIR.
head -c 100000 /dev/urandom >r.jpg
tar -czf full.tar.gz r.jpg
mkdir -p tmp
like "$( (trap '' XFSZ; ulimit -f 8; TMPDIR=$T/tmp ssl-decode full.tar.gz) \
    2>&1 >/dev/null)" "*temporary file in $T/tmp (TMPDIR*" \
    "a full disk is named as TMPDIR's"
