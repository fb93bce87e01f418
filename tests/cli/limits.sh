. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Small files that claim or unfold to much: memory and time stay in proportion.
pythons

cat >make.py <<'PYTHON'
import msgpack, zstandard

def stream(path, meta, *records, samples=0, **header):
    data = [msgpack.packb({'tensorstream': 1, 'meta': {'kind': 'samples', **meta}, 'history': [], **header})]
    data += [msgpack.packb(r) for r in records] + [msgpack.packb({'end': {'records': len(records), 'samples': samples}})]
    open(path, 'wb').write(zstandard.ZstdCompressor(write_checksum=True).compress(b''.join(data)))

def tensor(dtype, shape, data):
    return {'dtype': dtype, 'shape': shape, 'data': data}

stream('values.tz', {'a': [None] * 2**22})
stream('split.tz', {'a': [[None] * 2**20] * 4})
stream('names.tz', {}, **{str(i): 0 for i in range(2**17)})
stream('text.tz', {'a': 'x' * (2**26 + 1)})
stream('texts.tz', {'a': ['x' * 2**22] * 17})
stream('rows.tz', {}, {'view0': tensor('u1', [2**26, 0], b'')}, samples=2**26)
stream('few.tz', {}, {'view0': tensor('u1', [2**16, 0], b'')}, samples=2**16)
stream('many.tz', {}, {'view0': tensor('u1', [2**20 + 1, 1, 1, 1], bytes(2**20 + 1))}, samples=2**20 + 1)
stream('zeros.tz', {}, {'image': tensor('u1', [5120, 128, 128, 1], bytes(80 * 2**20))}, samples=5120)
stream('under.tz', {}, {'image': tensor('u1', [1920, 128, 128, 1], bytes(30 * 2**20))}, samples=1920)
stream('names.ckpt.tz', {'kind': 'checkpoint'}, *({'name': f'p{i}', 'value': tensor('f4', [], bytes(4))} for i in range(65536)))
PYTHON
"$python" make.py || exit 1

# Not under a sanitizer, which reserves terabytes.
limit=786432
(ulimit -v $limit && ssl-show --version) >/dev/null 2>&1 || limit=unlimited
# small COMMAND...: in 768 MiB of address space and 4 seconds of a core
small() (
	ulimit -v $limit && ulimit -t 4 && exec "$@"
)
# refused FILE WORDS
refused() {
	for tool in ssl-show ssl-decode "ssl-mix -o x.tz" \
	    "ssl-augment -r weak -o x.tz" "ssl-eval stats -f image --test"; do
		fails 1 "$tool $1" small $tool $1
		like "$(cat .err)" "*$1: $2*" "... says why"
	done
}
refused values.tz "header of stream 1: more than 4194304 values in one item"
refused split.tz "header of stream 1: more than 4194304 values in one item"
for tool in ssl-show ssl-decode "ssl-mix -o x.tz" "ssl-eval stats -f image"; do
	case $tool in *eval*) at=--test ;; *) at= ;; esac
	fails 1 "$tool text.tz" small $tool --max-record 4G $at text.tz
	like "$(cat .err)" "*: header of stream 1: *limit 67108864*" "... says why"
	fails 1 "$tool texts.tz" small $tool --max-record 4G $at texts.tz
	like "$(cat .err)" "*: header of stream 1: texts of 71303*limit 67108864" \
	    "... says why"
done
refused rows.tz "record 0: field view0 says 67108864 samples, but all fields \
have 0 bytes"
refused zeros.tz "record 0: *compressed bytes, a ratio over 128: refused*--max-record*"
ok "keys that nobody knows" small ssl-mix -o x.tz names.tz
ok "some samples without bytes" small ssl-show few.tz
fails 1 "too many samples to mix" small ssl-mix -o x.tz many.tz
like "$(cat .err)" "*1048577 samples, at most 1048576 are mixed*" \
    "... is said"
ok "zeros that are believed" small ssl-show under.tz
ok "more, if the user says so" small ssl-show --max-record 81M zeros.tz
fails 1 "... but a record of that size" small ssl-show --max-record 80M zeros.tz
like "$(cat .err)" "*: record 0: a record of 83886* bytes and more, limit \
83886080 (--max-record SIZE sets another)" "... the option is named"
is "$(ssl-show --digest --max-record 81M zeros.tz)" \
    "$(ssl-show --digest --max-record 4G zeros.tz)" "the option changes nothing"
for size in 0 1k G 1GB -1 99999999999999999999; do
	fails 2 "--max-record=$size" ssl-show --max-record=$size under.tz
done
fails 1 "short payloads count too" ssl-show --max-record 20 --stats few.tz
for how in --stats --records --json --digest; do
	ok "65536 names: ssl-show $how" small ssl-show $how names.ckpt.tz
done
fails 2 "65536 names: a network's" small ssl-encode -m names.ckpt.tz few.tz
like "$(cat .err)" "*has no mean*" "... is read"

# Skippable frames, as pzstd writes them, in a file and a pipe.
cat >skip.py <<'PYTHON'
import sys, zstandard

data = zstandard.ZstdDecompressor().decompressobj().decompress(open('random.tz', 'rb').read())
frame = zstandard.ZstdCompressor(write_checksum=True).compress
parts = [frame(data[i:i + 300000]) for i in range(0, len(data), 300000)]
skip = lambda i: (0x184d2a50 + i % 16).to_bytes(4, 'little') + (i * 50000).to_bytes(4, 'little') + bytes(i * 50000)
open('parts.tz', 'wb').write(b''.join(parts))
open('skips.tz', 'wb').write(b''.join(skip(i) + part for i, part in enumerate(parts)) + skip(1))
open('cut.tz', 'wb').write(b''.join(skip(i) + part for i, part in enumerate(parts)) + skip(1)[:-1])
PYTHON
"$python" - <<'PYTHON'
import random
exec(open('make.py').read().split("stream('values")[0])
random.seed(1)
zipped = zstandard.ZstdCompressor(write_checksum=True)
data = [{'x': tensor('u1', [300000], random.randbytes(300000))} for _ in range(8)]
parts = [msgpack.packb({'tensorstream': 1, 'meta': {'kind': 'samples'}, 'history': []}), *map(msgpack.packb, data),
    msgpack.packb({'end': {'records': 8, 'samples': 8 * 300000}})]
open('random.tz', 'wb').write(zipped.compress(b''.join(parts)))
PYTHON
"$python" skip.py || exit 1
is "$(ssl-show --digest skips.tz)" "$(ssl-show --digest random.tz)" \
    "skippable frames are passed over"
fails 1 "a cut one" ssl-show cut.tz
like "$(cat .err)" "*truncated stream" "... is a truncated stream"
is "$(cat skips.tz | ssl-show --digest)" "$(ssl-show --digest random.tz)" \
    "skippable frames in a pipe"
is "$(ssl-show --digest parts.tz)" "$(ssl-show --digest random.tz)" \
    "the same without them"

# Archives that unfold, claim or leave out much.
cat >tars.py <<'PYTHON'
import io, tarfile, zlib, zstandard

def member(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf() + b'\xff\xd8' + bytes(size - 2 + -size % 512)

many = b''.join(member(f'{i}.jpg', 11 * 2**20) for i in range(7))
open('many.tar.zst', 'wb').write(zstandard.ZstdCompressor(write_checksum=True).compress(many + bytes(1024)))
gzip = zlib.compressobj(9, zlib.DEFLATED, 31)
open('many.tar.gz', 'wb').write(gzip.compress(many + bytes(1024)) + gzip.flush())
info = tarfile.TarInfo('large.jpg')
info.size = 2**27 + 1
open('large.tar', 'wb').write(info.tobuf())
PYTHON
"$python" tars.py || exit 1
for tar in many.tar.zst many.tar.gz; do
	fails 1 "$tar" small ssl-decode $tar -o x.tz
	like "$(cat .err)" "*$tar: *a ratio over 128: refused*--max-record*" "... says why"
done
fails 1 "an archive, if the user says so" ssl-decode --max-record 11M \
    many.tar.gz -o x.tz
like "$(cat .err)" "*not one image could be read*" "... is read"
fails 1 "a file of 128 MiB and a byte" small ssl-decode large.tar -o x.tz
like "$(cat .err)" "*large.tar: large.jpg: cut short*" "... says why"
truncate -s 5M hole.jpg
tar --sparse -cf hole.tar hole.jpg
fails 1 "holes of 5 MiB" ssl-decode hole.tar -o x.tz
like "$(cat .err)" "*1 sparse image with holes of more than 4 MiB*" "... says why"

# Few rows of many numbers.
"$python" - <<'PYTHON'
import random, struct
exec(open('make.py').read().split("stream('values")[0])
random.seed(1)
stream('wide.tz', {}, {'feature': tensor('u1', [4, 200000], random.randbytes(800000)),
    'label': tensor('i8', [4], struct.pack('<4q', 0, 1, 0, 1))}, samples=4)
PYTHON
[ $limit = unlimited ] || limit=1572864
ok "k-NN of 4 wide rows" small ssl-eval knn -j 2 --train wide.tz --test wide.tz
