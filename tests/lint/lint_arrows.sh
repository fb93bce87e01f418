# SPDX-License-Identifier: MIT
# Folders of lib/ include only what lib/DEPS allows; bin/ only lib/'s headers;
# each external library has one file that includes it, threads two.
. "$(dirname "$0")/../lib.sh"
cd "$TESTS/.." || exit 1

# "stream/rec.c base/fail.h" for each #include "…" in lib/.
includes() {
	grep -Hn '^ *# *include *"' lib/*/*.[ch] |
	    sed -E 's,^lib/([^:]*):[0-9]+: *# *include *"([^"]*)".*,\1 \2,'
}

for folder in lib/*/; do
	folder=$(basename "$folder")
	row=$(sed -n "s/^$folder\( \|$\)/ /p" lib/DEPS | head -1)
	ok "lib/DEPS names $folder" grep -qE "^$folder( |\$)" lib/DEPS
	bad=$(includes | awk -v folder="$folder" -v allowed="$folder $row" '
		BEGIN { n = split(allowed, a, " "); for (i in a) may[a[i]] = 1 }
		{ split($1, from, "/") }
		from[1] == folder && (split($2, to, "/") != 2 || !may[to[1]]) {
			print $1 " includes " $2
		}')
	is "$bad" "" "$folder includes only what it may"
done

for arrow in $(sed '/^#/d; s/^[a-z]* *//' lib/DEPS | tr ' ' '\n' | sort -u)
do
	ok "DEPS: there is a folder $arrow" test -d "lib/$arrow"
done

# only_in HEADER-PATTERN FILE...: no other file of the sources includes it.
only_in() {
	local found pattern=$1

	shift
	found=$(grep -lE "^ *# *include *<$pattern>" lib/*/*.[ch] bin/*.c |
	    tr '\n' ' ')
	is "${found% }" "$*" "only $* includes <$pattern>"
}

only_in 'zstd.*' lib/stream/frame_in.c lib/stream/frame_out.c
only_in 'msgpack.*' lib/stream/pack.c
only_in 'jpeglib.*' lib/image/jpeg.c
only_in 'png.*' lib/image/png.c
only_in 'cblas.*' lib/kernel/gemm.c
only_in 'pthread.*' lib/base/ahead.c lib/base/flow.c lib/base/pool.c
only_in 'archive.*' lib/source/tar_in.c
only_in 'zlib.*' lib/source/tar_in.c

bad=$(grep -nE '^ *# *include *"' bin/*.c | grep -vE '"[a-z]+/[a-z0-9_]+\.h"')
is "$bad" "" "bin/ includes headers of lib/ only"
bad=$(grep -nE '\b(abort|exit|_exit|printf|puts|perror|putchar)\(|\b(stdout|stderr)\b' \
    lib/*/*.[ch] | grep -vE '^lib/cli/|^[^:]*:[0-9]+:[	 ]*(/?\*|//)')
is "$bad" "" "lib/ neither exits nor prints"
