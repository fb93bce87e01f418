. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# The streams of formats/vectors: good ones are read and say what they hold,
# bad ones are refused with the words that belong to them, in little memory.
needs zstd
formats=$TESTS/../formats

for file in "$formats"/vectors/good/*.tz; do
	name=${file##*/}
	ok "reads $name" ssl-show --json "$file"
	cp "$T/.out" "${name%.tz}.json"
	# Other frames, and through a pipe, where pieces come as they come.
	is "$(zstd -qdc "$file" | zstd -qc --check - | ssl-show --digest)" \
	    "$(ssl-show --digest "$file")" \
	    "the digest of $name does not depend on its frames"
done

# A lying length takes no memory: 64 MiB of address space must do.  (Not
# under a sanitizer, which reserves terabytes.)
limit=65536
(ulimit -v $limit && ssl-show --version) >/dev/null 2>&1 || limit=unlimited
little() (
	# In a shell of its own: the limit must not stay behind.
	ulimit -v $limit && exec ssl-show "$@"
)
for file in "$formats"/vectors/bad/*.tz; do
	name=${file##*/}
	fails 1 "refuses $name" little "$file"
	like "$(cat "$T/.err")" "*$(cat "${file%.tz}.fail")*" \
	    "... for the right reason"
	is "$(wc -l <"$T/.err")" 1 "... in one line"
done

# The reader that others may copy from.
python=
for candidate in "${PYTHON:-}" python3 /usr/bin/python3; do
	[ -n "$candidate" ] && "$candidate" -c \
	    'import msgpack, numpy, zstandard' 2>/dev/null &&
	    python=$candidate && break
done
if [ -z "$python" ]; then
	skip "no python3 with msgpack, numpy and zstandard" 3
	exit
fi
cat >compare.py <<'PYTHON'
import json, pathlib, sys

formats, work = map(pathlib.Path, sys.argv[1:])
sys.dont_write_bytecode = True
sys.path.insert(0, str(formats))
import read

def plain(value):
    if hasattr(value, 'dtype'):
        return {'dtype': value.dtype.str[1:], 'shape': list(value.shape), 'data': plain(value.tolist()) if value.size else []}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and (value != value or abs(value) == float('inf')) else value

bad = 0
for file in sorted((formats / 'vectors/good').glob('*.tz')):
    want = [json.loads(line) for line in open(file.with_suffix('.json'))]
    shown = [json.loads(line) for line in open(work / f'{file.stem}.json')]
    items = [plain(item) for item in read.read(file) if 'end' not in item]
    for who, got in ('ssl-show', shown), ('read.py', items):
        if got != want:
            print(f'{who} on {file.name}: got {got}, want {want}', file=sys.stderr)
            bad += 1
sys.exit(bad > 0)
PYTHON
ok "ssl-show and read.py agree with every .json" \
    "$python" compare.py "$formats" .
fails 1 "read.py refuses a stream without its end" \
    "$python" "$formats/read.py" "$formats/vectors/bad/no-end.tz"

# What our own tools write, read by read.py: two steps of one pipeline.
fields='p0 p1 z0 z1'
"$python" - $fields <<'PYTHON' | zstd -qc --check - >loss.tz
import msgpack, numpy, sys
a = numpy.arange(8, dtype='<f4')
t = lambda k: {'dtype': 'f4', 'shape': [2, 4], 'data': (a * k % 5 - 1.5).tobytes()}
items = [{'tensorstream': 1, 'meta': {'kind': 'samples'}, 'history': []},
    {name: t(k + 1) for k, name in enumerate(sys.argv[1:])}, {'end': {'records': 1, 'samples': 2}}]
sys.stdout.buffer.write(b''.join(map(msgpack.packb, items)))
PYTHON
ssl-loss --method byol loss.tz >out.tz
like "$("$python" "$formats/read.py" out.tz)" \
    "*'history': [{'tool': 'ssl-loss'*'grad_p0'*'end': {'records': 1*" \
    "read.py reads what our tools write"
