# SPDX-License-Identifier: MIT
# The top level holds what it may, no two files share a name, and the project
# speaks of itself alone.
. "$(dirname "$0")/../lib.sh"
cd "$TESTS/.." || exit 1

top=$(ls -A | grep -vE '^\.' | sort | tr '\n' ' ')
# Somebody's pictures may lie beside what belongs to the project.
all=$(git ls-files 2>/dev/null | cut -d / -f 1 | sort -u)
[ -n "$all" ] || all=$(ls -A)
bad=$(printf '%s\n' "$all" | grep -vxE 'Makefile|bin|lib|pipelines|formats|tests|man|README\.md|LICENSE|build|\..*')
is "$bad" "" "nothing else at the top level"
for entry in Makefile bin lib pipelines formats tests man README.md LICENSE; do
	like " $top" "* $entry *" "there is $entry"
done

twice=$(find bin lib formats tests man pipelines -type f \
    -not -path '*/golden/*/*' -not -path '*/vectors/*' -not -path '*/__pycache__/*' |
    sed 's,.*/,,' | grep -vxE 'Makefile|README\.md|expected\.tsv' | sort | uniq -d)
is "$twice" "" "file names are unique"
# What --replay may print as a command.
tools=$(awk '/^static const char \*const tools/ { on = 1 }
    on { while (match($0, /"[^"]*"/)) {
	print substr($0, RSTART + 1, RLENGTH - 2)
	$0 = substr($0, RSTART + RLENGTH) } }
    on && /};/ { exit }' lib/stream/replay.c)
is "$tools" "$(basename -s .c bin/ssl-*.c)" "replay.c knows every tool"
bad=$(grep -rnIE '(^|[^a-z.])/(tmp/wt|root|home)/' Makefile README.md bin lib formats \
    man pipelines tests --include='*' | grep -v '^tests/lint/lint_tree.sh')
is "$bad" "" "no path of somebody's machine"
