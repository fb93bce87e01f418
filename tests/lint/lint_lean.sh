# SPDX-License-Identifier: MIT
# No tool is larger than 1 000 000 bytes, stripped as `make install` does.  A
# build with other flags than the Makefile's own (see PLAIN) is not measured.
. "$(dirname "$0")/../lib.sh"
[ "${PLAIN:-no}" = yes ] || skip_all "not what make alone builds"

for source in "$TESTS"/../bin/ssl-*.c; do
	tool=$(basename "$source" .c)
	ok "$tool can be stripped" strip -o "$T/$tool" "$BIN/$tool"
	size=$(wc -c <"$T/$tool") || break
	tap_note "$tool $size"
	ok "$tool is at most 1000000 bytes" [ "$size" -le 1000000 ]
done
