. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Input of another kind, unit or size than a tool takes: an error that says
# what it is, or a remark.
pythons
needs zstd
ssl-synth -q --train 12 --test 0 --classes 2 --size 16 data
ssl-decode -q data/train -o samples.tz
ssl-decode -q --keep-jpeg data/train -o jpeg.tz
ssl-augment -q --recipe weak-cifar --batch 4 --size 16 samples.tz -o one.tz
ssl-augment -q --recipe simclr-cifar --batch 4 --size 16 samples.tz -o views.tz
train="ssl-train -q -m simclr --stem cifar --width 4 --lr 0.1 --schedule
    constant"
$train --total-steps 1 -o net.tz views.tz
ssl-encode -q --model net.tz samples.tz -o features.tz

# refused WORDS COMMAND...: ends with 1 and one line like these words
refused() {
	local words=$1

	shift
	fails 1 "$*" "$@"
	like "$(cat .err)" "$words" "... says why"
	is "$(wc -l <.err)" 1 "... in one line"
	ok "... leaves nothing" test ! -e x.tz
}
$train --total-steps 2 -o x.tz views.tz && rm x.tz
refused "*view0: these are samples, not views, which ssl-augment writes" \
    $train --total-steps 1 -o x.tz samples.tz
refused "*view0: these are features, not views, which ssl-augment writes" \
    $train --total-steps 1 -o x.tz features.tz
refused "*net.tz: a checkpoint, not a stream of samples*" \
    $train --total-steps 1 -o x.tz net.tz
refused "*view0: these are samples, not views, which ssl-augment writes" \
    ssl-mix -q -o x.tz samples.tz
refused "*net.tz: a checkpoint, not a stream of samples or views*" ssl-mix -q -o x.tz net.tz
refused "*views.tz: record 0: *image: these are views, not samples, which \
ssl-decode writes" \
    ssl-augment -q --recipe weak-cifar -o x.tz views.tz
refused "*image: these are features, not samples, which ssl-decode writes" \
    ssl-augment -q --recipe weak-cifar -o x.tz features.tz
refused "*a checkpoint*" ssl-augment -q --recipe weak-cifar -o x.tz net.tz
refused "*image: these are views, not samples, which ssl-decode writes" \
    ssl-encode -q --model net.tz -o x.tz views.tz
refused "*image: these are JPEG files, not samples, which ssl-decode writes" \
    ssl-encode -q --model net.tz -o x.tz jpeg.tz
refused "*a checkpoint*" ssl-encode -q --model net.tz -o x.tz net.tz
refused "*a checkpoint*" ssl-decode -q -o x.tz net.tz
refused "*image: these are views, not samples*" ssl-decode -q -o x.tz views.tz
refused "*image: these are features, not samples*" \
    ssl-decode -q -o x.tz features.tz
ssl-augment -q --recipe simclr-cifar --size 16 --keep-image samples.tz -o both.tz
ok "views again, as many" ssl-augment -q --recipe simclr-cifar --size 16 \
    -o y.tz both.tz
refused "*field view1: this input has more views already*" \
    ssl-augment -q --recipe simclr-cifar --views 1 --size 16 -o x.tz both.tz
stream index.tz <<'END'
{"meta": {"kind": "samples"}}
{"image": {"dtype": "u1", "shape": [1, 4, 4, 3], "value": 9}, "index": {"dtype": "i4", "shape": [1], "value": 7}}
END
refused "*record 0: field index is i4*not i8*" \
    ssl-augment -q --recipe weak-cifar -o x.tz index.tz
stream epoch.tz <<'END'
{"meta": {"kind": "samples"}}
{"image": {"dtype": "u1", "shape": [1, 4, 4, 3], "value": 9}, "epoch": 1.5}
END
refused "*record 0: epoch: not an integer" \
    ssl-augment -q --recipe weak-cifar -o x.tz epoch.tz
refused "*a checkpoint*" ssl-loss -q -m simclr -o x.tz net.tz

# Of bytes and of numbers from 0 to 1, a score would compare nothing.
stream unit.tz <<'END'
{"meta": {"kind": "samples"}}
{"image": {"dtype": "f4", "shape": [4, 16, 16, 3], "value": "0..1"}, "label": {"dtype": "i8", "shape": [4], "value": [0, 1, 0, 1]}}
END
for score in "knn -k 1" linear; do
	# shellcheck disable=SC2086
	refused "*unit.tz*image: f4, not u1*" ssl-eval $score -q -f image \
	    --train samples.tz --test unit.tz
done

# Numbers have no pixels, and are numbers.
for value in 5 NaN; do
	stream $value.tz <<-END
	{"meta": {"kind": "samples"}}
	{"x": {"dtype": "f4", "shape": [2, 3], "value": [1, 2, 3, 4, $value, 6]}}
	END
done
ok "numbers" ssl-augment -q -r imix-tabular 5.tz -o x.tz
rm x.tz
for option in "--size 8" "--set size=8" --draft --keep-image; do
	# shellcheck disable=SC2086
	fails 2 "$option" ssl-augment -q -r imix-tabular $option 5.tz -o x.tz
	like "$(cat .err)" "*is for images, not for numbers*" "... says why"
done
refused "*sample 1: x: number 1 is not finite*" \
    ssl-augment -q -r none -o x.tz NaN.tz

# A loss that is 0 whatever the embeddings are.
for labels in "[2, 2, 2]" "[2, -1, 2]"; do
	stream same.tz <<-END
	{"meta": {"kind": "samples"}}
	{"z": {"dtype": "f4", "shape": [3, 2], "value": [1, 2, 3, 4, 5, 7]}, "label": {"dtype": "i8", "shape": [3], "value": $labels}}
	END
	refused "*label: all rows that have one share it*" \
	    ssl-loss -q -m suncet -o x.tz same.tz
done
refused "*not a checkpoint*" ssl-encode -q --model samples.tz -o x.tz samples.tz

# No stream at all.
mkdir folder
tar -cf set.tar data
zstd -q set.tar
printf 'data/x.jpg\tcat\n' >list.txt
"$python" -c 'import numpy; numpy.save("x.npy", numpy.zeros(9))'
cp "$TESTS/data/colour.jpg" x.jpg
printf '\001\002' >noise
for tool in "ssl-train -q -m simclr --total-steps 1" ssl-show ssl-mix \
    "ssl-augment -q --recipe weak-cifar" "ssl-encode -q --model net.tz"; do
	[ "$tool" = ssl-show ] || tool="$tool -o x.tz"
	refused "*: folder: a folder, not a tensor stream; ssl-decode reads \
folders, archives and lists" $tool folder
	for is in "set.tar:a tar archive" "list.txt:a text file" \
	    "x.npy:a NumPy file" "x.jpg:a JPEG file"; do
		refused "*: ${is%%:*}: ${is#*:}, not a tensor stream; ssl-decode \
reads folders, archives, lists and JPEG files" $tool "${is%%:*}"
	done
	refused "*: noise: no zstd frame at byte 0: not a tensor stream, or \
damaged" $tool noise
	refused "*: set.tar.zst: *an item that is not a map: zstd, but no tensor \
stream; ssl-decode reads archives (.tar.zst)" $tool set.tar.zst
done

refused "*net.tz: a checkpoint*" ssl-show --sheet x.png net.tz
ok "... no sheet" test ! -e x.png
fails 2 "samples without a number of steps" ssl-train -q -m byol -o x.tz \
    samples.tz
like "$(cat .err)" "*samples*ssl-augment --batch N, which makes views*--total-steps*" \
    "... are told what makes views"

# pixels OUT DTYPE VALUES CHANNELS SIZE: images and views of them
pixels() {
	local t="{\"dtype\": \"$2\", \"shape\": [4, $5, $5, $4], \"value\": $3}"

	stream "$1" <<-END
	{"meta": {"kind": "samples", "mean": [0.5], "std": [0.2]}}
	{"image": $t, "view0": $t, "view1": $t}
	END
}
pixels whole.tz f4 '[0, 255, 9.5, 80, 127]' 3 16
pixels unit.tz f4 '"0..1"' 3 16
pixels signed.tz f4 '[-2.1, 2.6, 0]' 3 16
pixels minus.tz f4 '[-0.5, 0.5]' 3 16
pixels more.tz f4 '[0, 300]' 3 16
pixels nan.tz f4 '[NaN, 3, 200]' 3 16
pixels infinite.tz f4 '[3, -Infinity, 200]' 3 16
pixels black.tz f4 0 3 16
pixels gray.tz u1 '[1, 9, 200]' 1 16
for right in whole black; do
	ok "f4: $right is trained on" $train --total-steps 1 -o y.tz $right.tz
	ok "f4: $right is encoded" ssl-encode -q --model net.tz -o y.tz $right.tz
done
for wrong in unit:'0 to 1*not 0 to 1' signed:'-2.1 to 2.6; pixels are 0 to 255' \
    minus:'-0.5 to 0.5*not 0 to 1' more:'0 to 300; pixels are 0 to 255' \
    nan:'not finite' infinite:'not finite'; do
	file=${wrong%%:*}.tz
	refused "*view0: *${wrong#*:}*" $train --total-steps 1 -o x.tz $file
	refused "*image: *${wrong#*:}*" ssl-encode -q --model net.tz -o x.tz $file
done
refused "*image is f4*not u1*" ssl-augment -q --recipe weak-cifar -o x.tz unit.tz
refused "*image: 1 channels, the network takes 3*" \
    ssl-encode -q --model net.tz -o x.tz gray.tz
ok "a sheet of values up to 1" ssl-show --sheet unit.png unit.tz
like "$(cat .err)" "*black*0 to 255, not 0 to 1*" "... is said to be black"

# Sizes.
is "$(ssl-show --meta input net.tz)" '{"height":16,"width":16,"channels":3}' \
    "a checkpoint says the size of its views"
ok "images of that size" ssl-encode --model net.tz samples.tz -o y.tz
is "$(cat .err)" "" "... are encoded without a word"
ssl-decode -q --size 24 samples.tz -o larger.tz
ok "images of another size" ssl-encode --model net.tz larger.tz -o y.tz
like "$(cat .err)" "*24x24 px, the network was trained on views of 16x16*" \
    "... with a remark"
cat samples.tz larger.tz >sizes.tz
refused "*images of 24x24 px after images of 16x16*" \
    ssl-encode -q --model net.tz -o x.tz sizes.tz
ok "views much larger than images" \
    ssl-augment --recipe weak-cifar --size 32 samples.tz -o y.tz
is "$(cat .err)" "ssl-augment: an image of 16x16 px is enlarged to views of \
32x32; --size or another recipe makes smaller views" "... with one remark"
ok "images made much larger" ssl-decode --size 32 samples.tz -o y.tz
like "$(cat .err)" "*an image of 16x16 px is enlarged to 32x32*" \
    "... with one remark"
is "$(wc -l <.err)" 1 "... once"
ok "images made a little larger" ssl-decode --size 24 samples.tz -o y.tz
is "$(cat .err)" "" "... without"

# A recipe is text to its end.
printf 'recipe a\nview\n\tflip p=0\n\0\tblur p=1\n' >nul.recipe
fails 2 "a NUL in a recipe" ssl-augment --recipe ./nul.recipe samples.tz
like "$(cat .err)" "*nul.recipe: recipe line 4: a NUL byte*" "... by its line"
printf 'recipe a\303\nview\n\tflip p=0\n' >latin.recipe
fails 2 "a recipe that is not UTF-8" ssl-augment --recipe ./latin.recipe \
    samples.tz
printf 'recipe a\nview\n flip\nrecipe b\nview\n gray\n' >two.recipe
fails 2 "two recipes in a file" ssl-augment --recipe ./two.recipe samples.tz
like "$(cat .err)" "*two.recipe: recipe line 4: a second recipe*" "... are named"
for set in 4294967295.flip.p=1 4294967296.flip.p=1 2.size=9 0x1.flip.p=1; do
	fails 2 "--set $set" ssl-augment --recipe simclr-cifar --set $set \
	    samples.tz
	like "$(cat .err)" "*--set*" "... is named"
done
fails 2 "--ops with a number of 70 digits" ssl-augment --ops \
    brightness=1.000000000000000000000000000000000000000000000000000000000000000000001 \
    samples.tz
