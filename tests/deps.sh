#!/bin/sh
# SPDX-License-Identifier: MIT
# Is everything here that building, testing and looking need?  Silent if so.
# Otherwise installs Debian's packages when it may, or says which to install.
set -u
missing=

# want PACKAGE COMMAND...: PACKAGE is missing unless COMMAND works.
want() {
	package=$1
	shift
	"$@" >/dev/null 2>&1 </dev/null || missing="$missing $package"
}

header() {
	echo "#include <$1>" | ${CC:-cc} -x c -fsyntax-only \
	    $(pkg-config --cflags "$2" 2>/dev/null) - && pkg-config --exists "$2"
}

msgpack() {
	header msgpack.h msgpack-c || header msgpack.h msgpack
}

# The tests want one python3 with all three modules: Debian's, or whichever
# comes first.  Modules spread over two of them help nobody.
modules() {
	"$1" -c 'import msgpack, numpy, zstandard' >/dev/null 2>&1
}

module() {
	/usr/bin/python3 -c "import $1"
}

want gcc sh -c "command -v ${CC:-cc}"
want pkg-config sh -c 'command -v pkg-config'
want libopenblas-dev header cblas.h openblas
want libmsgpack-dev msgpack
want libzstd-dev header zstd.h libzstd
want libarchive-dev header archive.h libarchive
want zlib1g-dev header zlib.h zlib
want libjpeg62-turbo-dev pkg-config --exists libjpeg
want libpng-dev header png.h libpng
want perl sh -c 'command -v prove'
want mandoc sh -c 'command -v mandoc'
want zstd sh -c 'command -v zstd'
want bsdutils sh -c 'command -v script'
want binutils sh -c 'command -v nm'
want python3 sh -c 'command -v python3'
if ! modules python3; then
	want python3-msgpack module msgpack
	want python3-numpy module numpy
	want python3-zstandard module zstandard
fi

[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "missing (names of Debian packages):$missing" >&2
	echo "as root: apt-get install$missing" >&2
	exit 1
fi

# Newer releases call it so.
available() {
	apt-cache show "$1" >/dev/null 2>&1
}

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -qq -y --no-install-recommends --simulate $missing \
    >/dev/null 2>&1 || apt-get update -qq || exit 1
available libmsgpack-dev || missing=$(echo "$missing" |
    sed 's/ libmsgpack-dev/ libmsgpack-c-dev/')
# shellcheck disable=SC2086
exec apt-get install -qq -y --no-install-recommends $missing >/dev/null
