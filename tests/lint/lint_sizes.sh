# SPDX-License-Identifier: MIT
# Files of at most 600 lines (tools 250), functions of at most 80.
. "$(dirname "$0")/../lib.sh"
cd "$TESTS/.." || exit 1

sources() {
	find bin lib tests pipelines -name '*.[ch]' -o -name '*.py' -o \
	    -name '*.sh' -o -name '*.mk' -o -name Makefile | sort
	echo Makefile
}

long=$(sources | while read -r file; do
	lines=$(awk 'END { print NR }' "$file")
	case $file in
	bin/*)	most=250 ;;
	*)	most=600 ;;
	esac
	[ "$lines" -le "$most" ] || echo "$file: $lines lines, not $most"
done)
is "$long" "" "no file is too long"

# In KNF a body stands between braces in the first column.
long=$(awk '
	FNR == 1 { inside = 0 }
	/^[a-z_][a-z_0-9]*\(/ { name = $0; sub(/\(.*/, "", name); from = FNR }
	/^\{/ { inside = 1 }
	/^\}/ && inside {
		inside = 0
		if (FNR - from + 1 > 80)
			print FILENAME ": " name ": " FNR - from + 1 " lines"
	}' bin/*.c lib/*/*.[ch] tests/*.h tests/*/*.c)
is "$long" "" "no function is longer than 80 lines"
