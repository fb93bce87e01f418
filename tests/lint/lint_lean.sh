# SPDX-License-Identifier: MIT
# The tools, stripped as `make install` puts them, are small: all together at
# most 2 000 000 bytes.  Of a build with other flags than the Makefile's own,
# as PLAIN tells, nothing is promised.
. "$(dirname "$0")/../lib.sh"
[ "${PLAIN:-no}" = yes ] || skip_all "not what make alone builds"

sum=0
for source in "$TESTS"/../bin/ssl-*.c; do
	tool=$(basename "$source" .c)
	ok "$tool can be stripped" strip -o "$T/$tool" "$BIN/$tool"
	size=$(wc -c <"$T/$tool") || break
	tap_note "$tool $size"
	sum=$((sum + size))
done
ok "all tools stripped: $sum bytes, at most 2000000" [ "$sum" -le 2000000 ]
