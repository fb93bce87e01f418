. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# The same pictures come out of folders, archives, lists and streams.
needs tar zstd gzip

keys() {
	ssl-show --tensor key "$1" | tr -d '[]"' | tr ',' '\n'
}

field() {
	ssl-show --tensor "$1" "$2" | tr '\n' ' '
}

ssl-synth --size 16 --train 24 --test 8 --classes 4 set >/dev/null 2>&1
ok "a tree" ssl-decode set/train -o tree.tz
is "$(ssl-show --meta samples tree.tz)" 24 "samples are counted"
is "$(keys tree.tz | wc -l)" 24 "all come"
is "$(keys tree.tz)" "$(cd set/train && LC_ALL=C find . -name '*.jpg' |
    cut -c3- | LC_ALL=C sort)" "keys are paths in bytewise order"
is "$(field label tree.tz)" "$(for c in 0 1 2 3; do
    for i in 1 2 3 4 5 6; do printf '%s ' $c; done; done)" "labels by class"
is "$(field index tree.tz)" "$(seq 0 23 | tr '\n' ' ')" "indices count up"
is "$(ssl-show --meta classes.2 tree.tz)" \
    "$(basename "$(find set/train -mindepth 1 -type d | sort | sed -n 3p)")" \
    "class names are in the header"

mkdir flat
n=0
for file in $(cd set/train && find . -name '*.jpg' | sort); do
	name=$(printf '%03d' $n)
	cp "set/train/$file" "flat/$name.jpg"
	printf '%d' $((n / 6)) >"flat/$name.cls"
	n=$((n + 1))
done
(cd set/train && find . -mindepth 1 -type d | sort | cut -c3-) >classes.txt
ok "a folder without classes" ssl-decode flat -o flat.tz
like "$(cat "$T/.err")" "*skipped 24 other files*" "the rest is mentioned"
is "$(field image flat.tz)" "$(field image tree.tz)" "the same pictures"
is "$(field label flat.tz)" "$(yes -- -1 | head -24 | tr '\n' ' ')" \
    "without labels"

(cd flat && tar --sort=name -cf ../set.tar -- *)
(cd flat && printf '{}' >000.json && tar --sort=name --format=pax \
    -cf ../more.tar -- * && rm 000.json)
zstd -q set.tar
gzip -k set.tar
ok "a tar archive" ssl-decode set.tar -o tar.tz
is "$(field image tar.tz)" "$(field image tree.tz)" "the same pictures"
is "$(field label tar.tz)" "$(field label tree.tz)" "the same labels"
is "$(ssl-show --meta classes.2 tar.tz)" "$(sed -n 3p classes.txt)" \
    "classes.txt beside it is read"
is "$(keys tar.tz | head -2 | tr '\n' ' ')" "000 001 " "keys are stems"
digest=$(ssl-show --digest tar.tz)
is "$(ssl-decode set.tar.zst | ssl-show --digest)" "$digest" "tar.zst"
is "$(ssl-decode set.tar.gz | ssl-show --digest)" "$digest" "tar.gz"
is "$(ssl-decode <set.tar | ssl-show --digest)" "$digest" "from a file"
is "$(ssl-decode - <set.tar.zst | ssl-show --digest)" "$digest" "as -"
# shellcheck disable=SC2002
is "$(cat set.tar.zst | ssl-decode | ssl-show --digest)" "$digest" \
    "from a pipe"
ok "a member that is no picture" ssl-decode more.tar -o more.tz
like "$(cat "$T/.err")" "*skipped 1 other file*000.json*" "is mentioned"
is "$(ssl-show --digest more.tz)" "$digest" "and left out"
cp set.tar.zst strange.name
is "$(ssl-decode strange.name | ssl-show --digest)" "$digest" \
    "the content tells, not the name"
is "$(ssl-decode --classes classes.txt set/train | ssl-show --digest)" \
    "$(ssl-show --digest tree.tz)" "--classes"

is "$(ssl-decode --epochs 2 --shuffle set.tar | ssl-show --digest)" \
    "$(ssl-decode --epochs 2 --shuffle set.tar.zst | ssl-show --digest)" \
    "shuffled alike, compressed or not"
ssl-decode set.tar set.tar.gz -o twice.tz
is "$(field label twice.tz)" "$(field label tar.tz)$(field label tar.tz)" \
    "two archives are one behind the other"
is "$(field index twice.tz)" "$(seq 0 47 | tr '\n' ' ')" "numbered through"

find set/train -name '*.jpg' | sort >list
awk '{ printf "%s\t%d\n", $0, (NR - 1) / 6 }' list >labelled
awk '{ split($0, part, "/"); print $0 "\t" part[3] }' list >named
ok "a list" ssl-decode @list -o list.tz
is "$(field image list.tz)" "$(field image tree.tz)" "the same pictures"
is "$(keys list.tz)" "$(cat list)" "keys are the paths"
is "$(ssl-decode <list | ssl-show --digest)" \
    "$(ssl-show --digest list.tz)" "on standard input"
is "$(ssl-decode @labelled | ssl-show --tensor label | tr '\n' ' ')" \
    "$(field label tree.tz)" "with labels"
is "$(ssl-decode @named | ssl-show --tensor label | tr '\n' ' ')" \
    "$(field label tree.tz)" "with names of classes"
# shellcheck disable=SC2046
is "$(ssl-decode $(cat list) | ssl-show --digest)" \
    "$(ssl-show --digest list.tz)" "files on the command line"
is "$(ssl-decode - <flat/003.jpg | ssl-show --tensor image)" \
    "$(ssl-decode flat/003.jpg | ssl-show --tensor image)" \
    "a picture on standard input"

ok "a stream" ssl-decode tree.tz -o again.tz
is "$(ssl-show --digest again.tz)" "$(ssl-show --digest tree.tz)" \
    "is what it was"
is "$(ssl-show --history again.tz | wc -l)" 2 "its history grows"
is "$(ssl-decode --shuffle --seed 3 tree.tz | ssl-show --digest)" \
    "$(ssl-decode --shuffle --seed 3 set/train | ssl-show --digest)" \
    "shuffles as its source does"
ssl-decode --shuffle tree.tz -o mixed.tz
is "$(ssl-decode mixed.tz | ssl-show --tensor index | tr '\n' ' ')" \
    "$(field index mixed.tz)" "an index stays with its sample"
is "$(ssl-decode --size 8 tree.tz | ssl-show --digest)" \
    "$(ssl-decode --size 8 set/train | ssl-show --digest)" \
    "resizes like a picture file"
cat tree.tz tree.tz >double.tz
is "$(ssl-decode double.tz | ssl-show --meta samples)" 48 \
    "streams one behind the other"

is "$(ssl-decode set/train set/test | ssl-show --meta samples)" 32 \
    "two trees"
mkdir -p part/a part/b
cp flat/000.jpg part/a
cp flat/001.jpg part/b
mkdir -p other/b other/c
cp flat/002.jpg other/b
cp flat/003.jpg other/c
ssl-decode part other -o joined.tz
is "$(field label joined.tz)" "0 1 1 2 " "their classes are joined by name"

# Folders and lists name classes in bytes; a header holds text.
odd=$(printf 'caf\351 \303\251')
mkdir -p "odd/$odd"
cp flat/000.jpg "odd/$odd/a.jpg"
printf '%s\n' "$odd" >odd.txt
printf 'flat/000.jpg\t%s\n' "$odd" >odd.list
tar -cf odd.tar -C flat 000.jpg 000.cls
mkdir apart
mv odd.tar apart/odd.tar
cp odd.txt apart/classes.txt
text=$(printf 'caf%%E9 \303\251')
ok "a class folder that is no UTF-8" ssl-decode odd -o odd.tz
is "$(ssl-show --meta classes.0 odd.tz)" "$text" "is escaped, the rest is not"
is "$(ssl-decode --classes odd.txt odd | ssl-show --meta classes.0)" "$text" \
    "so is a line of --classes"
is "$(ssl-decode apart/odd.tar | ssl-show --meta classes.0)" "$text" \
    "and one of classes.txt"
is "$(ssl-decode @odd.list | ssl-show --meta classes.0)" "$text" \
    "and the label in a list"

# A pipe with a name is read once, whatever it holds.
is "$(ssl-decode <(cat tree.tz) | ssl-show --digest)" \
    "$(ssl-show --digest tree.tz)" "a stream from a pipe with a name"
is "$(ssl-decode <(cat set.tar) | ssl-show --tensor image)" \
    "$(ssl-show --tensor image flat.tz)" "an archive"
is "$(ssl-decode @<(cat list) | ssl-show --digest)" \
    "$(ssl-show --digest list.tz)" "a list"
is "$(ssl-decode flat/002.jpg <(cat flat/003.jpg) flat/004.jpg \
    <(cat flat/005.jpg) | ssl-show --tensor image)" \
    "$(ssl-decode flat/002.jpg flat/003.jpg flat/004.jpg flat/005.jpg |
    ssl-show --tensor image)" "pictures, among files"
is "$(ssl-decode flat/002.jpg - <flat/003.jpg | ssl-show --tensor image)" \
    "$(ssl-decode flat/002.jpg flat/003.jpg | ssl-show --tensor image)" \
    "standard input behind a file"
mkfifo pipe.jpg
echo pipe.jpg >pipe.list
fails 1 "a pipe in a list does not make it wait" \
    timeout 10 ssl-decode @pipe.list
like "$(cat "$T/.err")" "*pipe.jpg*not a file*" "it is refused"
