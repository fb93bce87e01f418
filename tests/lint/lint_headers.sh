# SPDX-License-Identifier: MIT
# Every header compiles alone, has a guard of its own and says what it is for.
. "$(dirname "$0")/../lib.sh"
cd "$TESTS/.." || exit 1

for header in lib/*/*.h; do
	guard=SELF_$(echo "${header#lib/}" | tr 'a-z/.' 'A-Z__')
	case $header in
	# Text to be included once for each instruction set, by design.
	lib/kernel/simd_*.h) continue ;;
	esac
	ok "$header compiles alone" ${CC:-cc} -std=c11 \
	    -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Ilib -fsyntax-only \
	    -x c "$header"
	ok "$header is guarded by $guard" grep -qx "#ifndef $guard" "$header"
	ok "$header begins with what it is for" \
	    awk 'NR == 1 { exit !/^\/\*/ }' "$header"
done
for source in lib/*/*.c bin/*.c; do
	[ "$(head -n 1 "$source")" = '/* SPDX-License-Identifier: MIT */' ] ||
	    is "$source" "" "names its licence in the first line"
done
