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
stream('under.tz', {}, {'image': tensor('u1', [3072, 128, 128, 1], bytes(48 * 2**20))}, samples=3072)
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
export SELF_EXPANSION=1000000
refused text.tz "header of stream 1: *limit 67108864"
refused texts.tz "header of stream 1: texts of 71303*limit 67108864"
unset SELF_EXPANSION
refused rows.tz "record 0: field view0 says 67108864 samples, but all fields \
have 0 bytes"
refused zeros.tz "record 0: *compressed ones, over 1024 times as many*"
ok "keys that nobody knows" small ssl-mix -o x.tz names.tz
ok "some samples without bytes" small ssl-show few.tz
fails 1 "too many samples to mix" small ssl-mix -o x.tz many.tz
like "$(cat .err)" "*1048577 samples, at most 1048576 are mixed*" \
    "... is said"
ok "zeros that are believed" small ssl-show under.tz
SELF_EXPANSION=100000 ok "more, if the user says so" small ssl-show zeros.tz
SELF_EXPANSION=1k fails 2 "a wrong SELF_EXPANSION" ssl-show under.tz
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
