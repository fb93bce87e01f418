. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# ssl-show --sheet: a JPEG of pictures beside their views.
ssl-synth -q --train 20 --test 0 --size 16 set
ssl-decode -q set/train -o images.tz
ssl-augment -q --recipe cifar-basic --keep-image images.tz -o views.tz

# shape FILE: height and width of the only picture in it
shape() {
	ssl-decode -q "$1" | ssl-show --records - |
	    sed 's/.*image u1 \[1,\([0-9]*\),\([0-9]*\),3\].*/\1x\2/'
}

ok "a sheet" ssl-show --sheet all.jpg images.tz
like "$(shape all.jpg)" "[1-9]*x[1-9]*" "is a JPEG that can be read"
ok "again" ssl-show --sheet again.jpg images.tz
same all.jpg again.jpg "the same bytes"
ssl-show --sheet - images.tz >out.jpg
same all.jpg out.jpg "- is standard output"
ok "two rows" ssl-show --sheet two.jpg --rows 2 --columns 3 --scale 2 images.tz
# 2 rows of 32 + 11 + 4 under 2*4 + 11; 3 columns of 32 + 4 and 4 more
is "$(shape two.jpg)" 113x112 "have the size that was asked for"
ok "views" ssl-show --sheet views.jpg --rows 2 --columns 1 --scale 2 views.tz
like "$(shape views.jpg)" "*x[1-9]*" "stand beside their pictures"
ok "it reads no further than it must" sh -c \
    'ssl-decode -q --epochs 0 set/train | ssl-show --sheet endless.jpg --rows 2'
ssl-show --sheet first.jpg --rows 2 images.tz
same first.jpg endless.jpg "and shows the same"


# One sheet a recipe, of drawn pictures and of others.
look() { make -s -C "$TESTS/../pipelines/look" BIN="$BIN" ROWS=2 "$@"; }
ok "pipelines/look" look OUT="$T/look" RECIPES='clsa byol-cifar'
# 2 rows of 256 + 20 + 4 under 2*4 + 20; 4 columns of 256 + 4 and 4 more
is "$(shape look/clsa.jpg)" 588x1044 "... has a sheet with all views"
is "$(shape look/byol-cifar.jpg)" 241x304 "... and one of small pictures"
ok "pictures of one's own" look OUT="$T/own" RECIPES=none DATA="$T/set/train"
ok "... have theirs" test -s own/none.jpg

ssl-decode -q set/train -b 3 | head -c 3000 >cut.tz
fails 1 "a cut stream" ssl-show --sheet cut.jpg cut.tz
ok "leaves no picture" test ! -e cut.jpg
fails 1 "a full disk" ssl-show --sheet /dev/full images.tz
fails 1 "too large a sheet" ssl-show --sheet x.jpg --rows 4000 --columns 4000 \
    images.tz
fails 1 "a stream without pictures" ssl-show --sheet x.jpg \
    "$TESTS/../formats/vectors/good/checkpoint.tz"
