. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Lists as people and programs write them: read as meant, or refused with the
# reason; never an image lost without a word, nor a label made of a header.
needs iconv
mkdir set
for i in 0 1 2; do
	cp "$TESTS/data/colour.jpg" "set/$i.jpg"
done
cd set || exit 1

# list LINES: writes them to list.txt.
list() {
	printf '%b' "$1" >list.txt
}

# reads NAME LINES KEYS LABELS: without a word.
reads() {
	list "$2"
	ok "$1" ssl-decode --strict @list.txt -o out.tz
	is "$(cat "$T/.err")" "" "... without a word"
	is "$(ssl-show --tensor key out.tz)" "$3" "... every image"
	is "$(ssl-show --tensor label out.tz | tr '\n' ' ')" "$4" \
	    "... every label"
}

# refuses NAME LINES WORDS
refuses() {
	list "$2"
	fails 1 "$1" ssl-decode @list.txt -o none.tz
	like "$(cat "$T/.err")" "ssl-decode: @list.txt: $3" "... is refused"
	is "$(wc -l <"$T/.err")" 1 "... in one line"
}

reads "a byte order mark" '\0357\0273\02770.jpg\n1.jpg\n' \
    '["0.jpg","1.jpg"]' "-1 -1 "
reads "CRLF, empty lines, blanks" '0.jpg \r\n\r\n  \n1.jpg\r\n\r\n\r\n' \
    '["0.jpg","1.jpg"]' "-1 -1 "
reads "blanks around labels" '0.jpg\t cat\r\n1.jpg\tcat \n 2.jpg \t dog\n' \
    '["0.jpg","1.jpg","2.jpg"]' "0 0 1 "
reads "numbers" '0.jpg\t01\n1.jpg\t1\n2.jpg\t-1\n' \
    '["0.jpg","1.jpg","2.jpg"]' "1 1 -1 "
cp 0.jpg ' 3.jpg '
cp 0.jpg '#4.jpg'
cp 0.jpg '5,0'
reads "names with blanks and marks" ' 3.jpg \n#4.jpg\n5,0\n' \
    '[" 3.jpg ","#4.jpg","5,0"]' "-1 -1 -1 "

list '0.jpg\n'
iconv -f UTF-8 -t UTF-16 list.txt >wide.txt
for from in @wide.txt -; do
	fails 1 "UTF-16" ssl-decode "$from" -o none.tz
	[ "$from" = - ] && ssl-decode - -o none.tz <wide.txt 2>"$T/.err"
	like "$(cat "$T/.err")" "*UTF-16 text; convert it*" "... is named"
done

header="the first line looks like a header row, as there is no file"
refuses "a header" 'path\tlabel\n0.jpg\t0\n' "$header 'path'; delete the line"
refuses "a header of one column" 'image\n0.jpg\n' "$header 'image'*"
refuses "a header of CSV" 'filename,label\n0.jpg\n' "$header 'filename,label'*"
refuses "a header with dots" 'file.path\tClass\n0.jpg\t0\n' "$header*"
refuses "a header in a wrong folder" 'path\tlabel\nx.jpg\t0\n' "$header*"
refuses "a blank between" '0.jpg 0\n1.jpg 1\n' \
    "line 1: '0.jpg 0': a tab, not ' ', separates path and label; write \
PATH<TAB>LABEL"
refuses "a comma between" '0.jpg,cat\n1.jpg,dog\n' \
    "line 1: '0.jpg,cat': a tab, not ',',*"
refuses "several commas" '0.jpg,cat,train\n' "*a tab, not ',',*"
refuses "a header of CSV over CSV" 'filename,label\n0.jpg,0\n1.jpg,1\n' \
    "*a tab, not ',',*"
refuses "a separator after a header" 'path,label\n\n0.jpg;x\n' \
    "line 3: '0.jpg;x': a tab, not ';',*"
for line in '"0.jpg","cat"' '"0.jpg"' '"0.jpg"\tcat' '"0.jpg";0'; do
	refuses "quotes: $line" "$line\n" \
	    "line 1: '\"0.jpg\"*': quotes are taken as part of the path; write \
PATH<TAB>LABEL without quotes"
done
for label in 1.0 1e3 .5 '?'; do
	refuses "the label $label" "0.jpg\t$label\n" "line 1: label '$label' \
is neither a whole number from -1 on nor the name of a class"
done
list '0.jpg\t0\n'
for files in list.txt "list.txt list.txt"; do
	fails 1 "a list without @" ssl-decode $files -o none.tz
	like "$(tail -1 "$T/.err")" "ssl-decode: list.txt: a text file; write \
@list.txt for a list of paths" "is told from an image"
done
ok "a text among images" ssl-decode list.txt 1.jpg -o out.tz
refuses "three columns" '0.jpg\tcat\ttrain\n' "line 1: more than two columns*"
refuses "a name after numbers" '0.jpg\t0\n1.jpg\n2.jpg\tcat\n' \
    "line 3: label 'cat' is a name, that of line 1 is a number*"
refuses "a number after names" '0.jpg\tcat\n1.jpg\t-1\n2.jpg\t7\n' \
    "line 3: label '7' is a number, that of line 1 is a name*"
refuses "numbers with a fraction" '0.jpg\t1.0\n1.jpg\t10.0\n' \
    "line 1: label '1.0' is neither a whole number from -1 on nor the name of a class"
refuses "a label below -1" '0.jpg\t-2\n' "line 1: label '-2' is outside -1*"
refuses "nothing but empty lines" '\n \n' "an empty list"
refuses "a label without a path" '0.jpg\n \t1\n' "*line 2: no path"
refuses "no file there" 'x.jpg\ny.jpg\n' \
    "none of its 2 files is there; the first, x.jpg: No such file*"

list '0.jpg\n'
cd ..
fails 1 "paths beside the list" ssl-decode @set/list.txt -o none.tz
like "$(cat "$T/.err")" "*none of its 1 file is there;*cd set first" \
    "are found there by the user"
cd set || exit 1

list 'x.jpg\n0.jpg\ny.jpg\n1.jpg 1\n'
ok "some files not there" ssl-decode -q @list.txt -o out.tz
is "$(cat "$T/.err")" "ssl-decode: skipped 3 of 4 images: open: No such file \
or directory (3)" "are counted, with --quiet too"
fails 1 "--strict fails" ssl-decode --strict @list.txt -o none.tz
list '0.jpg\tcat\n1.jpg\n2.jpg\tdog\n'
ok "lines without a label" ssl-decode -q @list.txt -o out.tz
is "$(cat "$T/.err")" "ssl-decode: @list.txt: 1 image without a label (the \
first is 1.jpg)" "are counted, with --quiet too"
fails 1 "and fail with --strict" ssl-decode --strict @list.txt -o none.tz
is "$(ssl-show --tensor label out.tz | tr '\n' ' ')" "0 -1 1 " "and have none"
list '0.jpg\tcat\n1.jpg\t-1\n2.jpg\tdog\n'
ok "-1 is a label" ssl-decode --strict @list.txt -o out.tz

refuses "one path, two labels" '0.jpg\tcat\n\n1.jpg\tdog\n.//0.jpg\tdog\n' \
    "lines 1 and 4: .//0.jpg has two different labels; delete one*"
refuses "two numbers" '0.jpg\t1\n0.jpg\t2\n' "lines 1 and 2: 0.jpg has two*"
refuses "with a label and without" '0.jpg\t1\n0.jpg\n' \
    "lines 1 and 2: 0.jpg comes with a label and without*"
for label in '' '\tcat'; do
	list "0.jpg$label\n1.jpg$label\n./0.jpg$label\n"
	ok "one path twice, one label" ssl-decode @list.txt -o out.tz
	is "$(cat "$T/.err")" "ssl-decode: @list.txt: 1 of 3 lines repeat a \
path; its samples come each time (the first is line 3, ./0.jpg)" "is said"
	is "$(ssl-show --tensor key out.tz)" '["0.jpg","1.jpg","./0.jpg"]' \
	    "and comes each time"
done

printf 'cat\ndog\ncat\n' >twice.txt
list '0.jpg\tcat\n'
fails 1 "a class named twice" ssl-decode --classes twice.txt @list.txt \
    -o none.tz
like "$(cat "$T/.err")" "*twice.txt: lines 1 and 3 both name the class 'cat'" \
    "is refused"
list '0.jpg\t2\n'
ok "unless labels are numbers" ssl-decode --classes twice.txt @list.txt \
    -o out.tz
like "$(cat "$T/.err")" "*classes 0 and 2 are both named 'cat'" "with a word"
printf 'cat\n\ndog\n' >gap.txt
fails 1 "a class without a name" ssl-decode --classes gap.txt @list.txt \
    -o none.tz
like "$(cat "$T/.err")" "*gap.txt: line 2: no class name" "is refused"
printf '\357\273\277cat\r\ndog\r\n\r\n' >marked.txt
list '0.jpg\tdog\n'
ok "--classes with a byte order mark" ssl-decode --classes marked.txt \
    @list.txt -o out.tz
is "$(ssl-show --meta classes out.tz)" '["cat","dog"]' "is read without it"
list '0.jpg\t2\n'
fails 1 "a label past the classes" ssl-decode --classes marked.txt @list.txt \
    -o none.tz
like "$(cat "$T/.err")" "*label 2, but only 2 class names*" "is refused"
list '0.jpg\n'
ok "classes for no label" ssl-decode --classes marked.txt @list.txt -o out.tz
like "$(cat "$T/.err")" "*marked.txt: no sample has a label" "are remarked on"
