# SPDX-License-Identifier: MIT
# Each tool has a page; mandoc finds no fault with any; a page lists the
# options that the tool has, no more and no fewer.
. "$(dirname "$0")/../lib.sh"
needs mandoc
cd "$TESTS/.." || exit 1

shopt -s nullglob
for page in man/*.[157]; do
	is "$(mandoc -Tlint -W style "$page" 2>&1 |
	    grep -vE 'STYLE: referenced manual not found|outdated mandoc.db')" "" "$page"
done

# A command on a page is shown as it was written: mdoc takes a lone "." for
# the end of a sentence and moves it.
for page in man/*.[157]; do
	mandoc -T ascii -O width=300 "$page" 2>/dev/null |
	    sed 's/.\x08//g; s/^ *//; s/ *$//' >"$T/shown"
	is "$(sed -n 's/^\.Dl //p' "$page" |
	    sed 's/\\&//g; s/\\-/-/g; s/\\e/\\/g' |
	    grep -vxFf "$T/shown")" "" "$page: commands as they are typed"
done

# Long options with their letters, "output o", as a page's Fl words give them.
page_options() {
	awk '/^\.It Fl/ {
		letter = ""; name = ""
		for (i = 1; i <= NF; i++) {
			if ($i != "Fl")
				continue
			word = $(i + 1)
			if (word ~ /^-./)
				name = substr(word, 2)
			else
				letter = word
		}
		if (name != "")
			print name, letter
	}' "$1" | sed 's/ $//' | sort
}

for source in bin/ssl-*.c; do
	tool=$(basename "$source" .c)
	ok "$tool has a page" test -f "man/$tool.1"
	[ -f "man/$tool.1" ] || continue
	is "$(page_options "man/$tool.1")" \
	    "$({ "$tool" --complete | cut -f 1,2 | tr '\t' ' ' | sed 's/ $//'
	    } | sort)" "$tool: the options of the page"
	ok "$tool: the page gives exit status and examples" \
	    awk '/^\.Sh EXIT STATUS/ { a = 1 } /^\.Sh EXAMPLES/ { b = 1 }
	    END { exit !(a && b) }' "man/$tool.1"
	like "$(cat man/ssl-pipeline.7 2>/dev/null)" "*Xr $tool 1*" \
	    "$tool is in ssl-pipeline(7)"
done
