. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# The commands that the man pages show run as printed, on small data under the
# names that the pages use.  Only training is made short, and no editor opened.
needs mandoc col tar zstd
pythons

# What the pages take for there.
mkdir data
ssl-synth -q --size 32 --train 260 --test 20 set
mv set/train data/photos
mkdir data/imagenet
ln -s ../photos data/imagenet/train
(cd data/photos && find . -name '*.jpg' | sed 's,^\./,,' | sort) >names
awk -F / 'n[$1]++ < 16' names >data/tenth.txt
tar -C set -cf data/a.tar test
zstd -q data/a.tar -o data/b.tar.zst
(
	cd data || exit 1
	ssl-decode -q --size 32 -o samples.tz photos
	cp samples.tz labelled.tz
	cp samples.tz photos.tz
	ln -s ../set/test others
	ssl-decode -q --size 32 -o a.tz photos
	ssl-decode -q --size 32 -o b.tz a.tar
	ssl-augment -q -r byol-cifar --batch 64 -o views.tz samples.tz
	ssl-train -q --stem cifar --width 2 -n 1 --log log.tsv -o model.tz views.tz
	ssl-encode -q --head -m model.tz -o bank.tz a.tz
	ssl-encode -q --head -m model.tz -o test.tz b.tz
	"$python" - p0 p1 z0 z1 <<'PYTHON' | zstd -qc - >embeddings.tz
import msgpack, sys
field = {'dtype': 'f4', 'shape': [4, 4], 'data': bytes((0, 0, 128, 63)) * 16}
for item in ({'tensorstream': 1, 'meta': {'kind': 'samples'}, 'history': []},
    {name: field for name in sys.argv[1:]}, {'end': {'records': 1, 'samples': 4}}):
    sys.stdout.buffer.write(msgpack.packb(item))
PYTHON
)

vi() { :; }
ssl-train() { command ssl-train "$@" --width 2 --steps 1; }
export -f vi ssl-train

# A command begins behind "$ " and goes on in the lines that are indented more.
commands() {
	mandoc -T ascii -O width=300 "$1" | col -bx | awk '
	    { match($0, /^ */) }
	    $1 == "$" { if (command) printf "%s%c", command, 0
		at = RLENGTH; command = substr($0, at + 3); next }
	    command && NF && RLENGTH > at { command = command "\n" $0; next }
	    command { printf "%s%c", command, 0; command = "" }'
}

for page in "$TESTS"/../man/*.[157]; do
	name=$(basename "$page")
	rm -rf "$name"
	cp -r data "$name"
	while read -r -d '' command; do
		# The model here is another run's.
		case $command in *--resume*) rm -f "$name"/model.tz* ;; esac
		(cd "$name" && bash -c "$command") >.out 2>.err </dev/null
		status=$?
		is "$status" 0 "$name: $(echo "$command" | tr -s '\n ' ' ')"
		[ "$status" -eq 0 ] || tap_note "$(cat .err)"
	done < <(commands "$page")
done
ok "there were examples" test "$tap_count" -gt 20
