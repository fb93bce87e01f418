#!/bin/sh
# The streams of formats/vectors: good ones are read and say what they hold,
# bad ones are refused with the words that belong to them, in little memory.
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
show=${BIN:-$top/build/bin}/ssl-show
python=${PYTHON:-python3}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0

check() { # STATUS NAME: one line of TAP
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failed=1
	fi
}

for file in "$top"/formats/vectors/good/*.tz; do
	name=${file##*/}
	"$show" --json "$file" >"$work/${name%.tz}.json"
	check $? "reads $name"
	# The same through a pipe, where pieces come as they come.
	zstd -qdc "$file" | zstd -qc --check - | "$show" --digest \
	    >"$work/piped"
	[ "$("$show" --digest "$file")" = "$(cat "$work/piped")" ]
	check $? "the digest of $name does not depend on its frames"
done

# A lying length takes no memory: 64 MiB of address space must do.  (Not
# under a sanitizer, which reserves terabytes.)
limit=65536
(ulimit -v $limit && "$show" --version) >/dev/null 2>&1 || limit=unlimited
for file in "$top"/formats/vectors/bad/*.tz; do
	name=${file##*/}
	(ulimit -v $limit && "$show" "$file") >/dev/null 2>"$work/error"
	[ $? -eq 1 ]
	check $? "refuses $name"
	grep -qF -e "$(cat "${file%.tz}.fail")" "$work/error"
	check $? "... for the right reason"
done

if "$python" -c 'import msgpack, numpy, zstandard' 2>"$work/error"; then
	"$python" - "$top" "$work" <<'PYTHON'
import importlib.util, json, pathlib, subprocess, sys

top, work = map(pathlib.Path, sys.argv[1:])
spec = importlib.util.spec_from_file_location('read', top / 'formats/read.py')
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)

def plain(value):
    if hasattr(value, 'dtype'):
        return {'dtype': value.dtype.str[1:], 'shape': list(value.shape), 'data': plain(value.tolist()) if value.size else []}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and (value != value or abs(value) == float('inf')) else value

bad = 0
for file in sorted(top.glob('formats/vectors/good/*.tz')):
    want = [json.loads(line) for line in open(file.with_suffix('.json'))]
    shown = [json.loads(line) for line in open(work / f'{file.stem}.json')]
    read = [plain(item) for item in reader.read(file) if 'end' not in item]
    for who, got in ('ssl-show', shown), ('read.py', read):
        if got != want:
            print(f'# {who} on {file.name}:\n# got {got}\n# want {want}')
            bad += 1
sys.exit(bad > 0)
PYTHON
	check $? "ssl-show and read.py agree with every .json"
else
	echo "ok $((count += 1)) - read.py # SKIP no msgpack, numpy, zstandard"
fi
echo "1..$count"
exit $failed
