. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# ssl-show's views, and with it what all tools do alike: options, streams
# that are not there, full disks, terminals, readers that go away.
good=$TESTS/../formats/vectors/good
samples=$good/samples.tz

like "$(ssl-show "$samples")" "tensor stream, version 1
  kind        \"samples\"
  classes     array \\[2\\]  \"cat\" \"dog\"
history
  ssl-decode photos  # version 0.1.0, seed 7
record 0
  image       u1 \\[2,1,2,3\\]  0 to 11, mean 5.5, deviation 3.452
  label       i8 \\[2\\]  1 -1
  key         array \\[2\\]  \"a.jpg\" \"ä b.jpg\"
  epoch       0
end: 1 record, 2 samples" "what is shown without options"
is "$(ssl-show <"$samples" | sha256sum)" "$(ssl-show "$samples" | sha256sum)" \
    "standard input"
is "$(ssl-show - <"$samples" | sha256sum)" \
    "$(ssl-show "$samples" | sha256sum)" "- is standard input"
is "$(ssl-show --records "$samples")" \
    "0	image u1 [2,1,2,3]	label i8 [2]	key array [2]	epoch 0" \
    "--records"
is "$(ssl-show --history "$samples")" \
    "ssl-decode photos  # version 0.1.0, seed 7" "--history"
is "$(ssl-show --replay "$samples")" "ssl-decode photos" "--replay"
is "$(ssl-show --meta kind "$samples")" samples "--meta of text"
is "$(ssl-show --meta classes "$samples")" '["cat","dog"]' "--meta of a list"
is "$(ssl-show --meta classes.1 "$samples")" dog "--meta leads inside"
fails 1 "--meta of nothing" ssl-show --meta no.such "$samples"
like "$(cat "$T/.err")" "ssl-show: *samples.tz: no no.such in the header" \
    "… says so"
is "$(ssl-show --tensor label "$samples")" "1
-1" "--tensor"
is "$(ssl-show --tensor image "$samples" | head -1)" "0	1	2" \
    "--tensor, a line a row"
is "$(ssl-show --tensor online.encoder.fc.weight "$good/checkpoint.tz")" \
    "0.5	1.5" "--tensor of a parameter"
is "$(ssl-show --tensor f4 "$good/dtypes.tz" | tr '\n' ' ')" \
    "0.5 -inf nan " "--tensor of what is not finite"
is "$(ssl-show --tensor n --record 1 "$good/concatenated.tz")" 1 "--record"
fails 1 "--record of nothing" ssl-show --tensor n --record 9 \
    "$good/concatenated.tz"
fails 1 "--tensor of nothing" ssl-show --tensor no "$samples"
is "$(ssl-show --stats "$samples")" \
    "field	type	records	count	nan	infinite	min	max	mean	deviation
image	u1 [2,1,2,3]	1	12	0	0	0	11	5.5	3.45205253
label	i8 [2]	1	2	0	0	-1	1	0	1" "--stats"
is "$(ssl-show --stats "$good/checkpoint.tz" | tail -1 | cut -f1)" \
    online.encoder.fc.weight "--stats of a parameter"
# sha256 of msgpack.packb of the record, by Python.
is "$(ssl-show --digest "$samples")" "37e2a6c3ffe8e7cc4a8beaf57e7b51d48f64d977fd90ca58f396c6b4f6d5812d" "--digest"
cat "$samples" "$samples" >two.tz
like "$(ssl-show two.tz)" "*end: 1 record, 2 samples*tensor stream*end: *" \
    "two streams"

ok "-o" ssl-show -o out.txt "$samples"
is "$(cat out.txt)" "$(ssl-show "$samples")" "… writes the same"
fails 2 "two views" ssl-show --json --digest "$samples"
fails 2 "a typo" ssl-show --digst "$samples"
is "$(cat "$T/.err")" \
    "ssl-show: unknown option --digst; did you mean --digest?" "… is guessed"
fails 2 "two inputs" ssl-show "$samples" "$samples"
fails 2 "no value" ssl-show --meta
fails 2 "no such level" ssl-show --level 20 "$samples"
fails 1 "no such file" ssl-show no.tz
is "$(cat "$T/.err")" "ssl-show: no.tz: cannot open: No such file or directory" \
    "… is named"
fails 1 "a folder" ssl-show .
fails 1 "no input at all" ssl-show
is "$(cat "$T/.err")" "ssl-show: standard input: truncated stream" "… says so"
printf 'hello' >text.tz
fails 1 "not a stream" ssl-show "text.tz"

full() {
	"$@" >/dev/full
}
closed() {
	"$@" >&-
}
fails 1 "a full disk" full ssl-show "$samples"
is "$(cat "$T/.err")" \
    "ssl-show: standard output: cannot write: No space left on device" \
    "… says so"
fails 1 "a full disk for --help" full ssl-show --help
fails 1 "standard output closed" closed ssl-show "$samples"
fails 1 "standard input closed" sh -c 'ssl-show <&-'
fails 1 "-o into no folder" ssl-show -o no/such/folder "$samples"
fails 1 "a folder for -o" ssl-show -o . "$samples"
is "$(ls -A | grep -c '\.tmp$')" 0 "nothing half-written is left"

is "$(ssl-show --help | head -1)" "usage: ssl-show [OPTION...] [INPUT]" \
    "--help | head"
like "$(ssl-show --version)" "ssl-show 0.*" "--version"
like "$(ssl-show --complete)" "*digest	d		SHA-256*output	o	FILE	*" \
    "--complete"
for _ in 1 2 3 4 5 6 7 8; do
	cat two.tz two.tz >four.tz && mv four.tz two.tz
done
ssl-show --json two.tz 2>error | head -c 10 >/dev/null
is "${PIPESTATUS[0]} $(cat error)" "141 " \
    "a reader that goes away ends a writer quietly"

# Killed in the middle: the stream has begun, its end has not come.
mkfifo pipe
ssl-show -o killed.txt pipe 2>error &
exec 3>pipe
head -c -10 "$good/frame-per-item.tz" >&3
for _ in $(seq 100); do
	ls .self-*.tmp >/dev/null 2>&1 && break
	sleep 0.05
done
is "$(find . -name '.self-*.tmp' | wc -l)" 1 "an output file is begun"
kill -TERM $!
wait $!
is "$?" 143 "dies of the signal"
exec 3>&-
is "$(find . -name '*.tmp' -o -name 'killed.txt')" "" \
    "and leaves nothing half-written"

if terminals; then
	samples=$samples script -qec 'ssl-show --stats "$samples"' /dev/null </dev/null >terminal
	is "$?" 0 "text goes to a terminal"
	script -qec "ssl-show" /dev/null </dev/null >terminal
	is "$?" 2 "no stream comes from a terminal"
	like "$(cat terminal)" "*standard input is a terminal*" "… says so"
	samples=$samples script -qec 'ssl-loss --method byol "$samples"' /dev/null </dev/null \
	    >terminal
	is "$?" 2 "no stream goes to a terminal"
	like "$(cat terminal)" "*not for terminals*" "… says so"
	is "$(printf '\033]0;x\007' >key.txt; ssl-show "$good/plain-values.tz" |
	    tr -d -c '\033' | wc -c)" 0 "no escape reaches the terminal"
else
	skip "no terminals here" 6
fi
