. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# What fuzzing begins with and what it found, once more, and a few damaged
# copies of each.
here=$TESTS/fuzz
for folder in "$here"/corpus/*; do
	name=$(basename "$folder")
	ok "$name" "$(dirname "$BIN")/tests/fuzz/fuzz_$name" -n 2 "$folder"/*
done
for target in "$here"/fuzz_*.c; do
	name=$(basename "$target" .c)
	ok "$name has inputs" test -d "$here/corpus/${name#fuzz_}"
done
