# SPDX-License-Identifier: MIT
# The tools, stripped as `make install` puts them, are small: all together at
# most 2 000 000 bytes.  Only of the plain build by GCC for x86-64: others make
# other sizes.
. "$(dirname "$0")/../lib.sh"
needs strip
# shellcheck disable=SC2086
flags=$(echo ${CFLAGS:--O3 -g})
[ "$flags" = '-O3 -g' ] || skip_all "not the plain build: $flags"
[ "$(uname -m)" = x86_64 ] || skip_all "not x86-64"
${CC:-cc} -v 2>&1 | grep -q '^gcc version' || skip_all "not by GCC"

sum=0
for source in "$TESTS"/../bin/ssl-*.c; do
	tool=$(basename "$source" .c)
	ok "$tool can be stripped" strip -o "$T/$tool" "$BIN/$tool"
	size=$(wc -c <"$T/$tool") || break
	tap_note "$tool $size"
	sum=$((sum + size))
done
ok "all tools stripped: $sum bytes, at most 2000000" [ "$sum" -le 2000000 ]
