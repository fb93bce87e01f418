#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tests/arm64.sh COMMAND...
# Runs a command, such as `make BUILD=build/arm64 units`, so that pkg-config
# finds Debian's libraries for arm64 and the C tests run in qemu.  Names the
# packages that are missing.
set -u
where=/usr/lib/aarch64-linux-gnu
missing=

# want PACKAGE FILE: PACKAGE is missing unless FILE is there.
want() {
	[ -e "$2" ] || missing="$missing $1"
}

want gcc-aarch64-linux-gnu /usr/bin/aarch64-linux-gnu-gcc
want libc6-dev-arm64-cross /usr/aarch64-linux-gnu/include/stdio.h
want qemu-user-static /usr/bin/qemu-aarch64-static
want libopenblas-pthread-dev:arm64 $where/pkgconfig/openblas.pc
want libjpeg62-turbo-dev:arm64 $where/pkgconfig/libjpeg.pc
want libpng-dev:arm64 $where/pkgconfig/libpng.pc
want libzstd-dev:arm64 $where/pkgconfig/libzstd.pc
want libarchive-dev:arm64 $where/pkgconfig/libarchive.pc
want libmsgpack-dev:arm64 $where/pkgconfig/msgpack.pc
want zlib1g-dev:arm64 $where/pkgconfig/zlib.pc
if [ -n "$missing" ]; then
	echo "missing (names of Debian packages):$missing" >&2
	echo "as root: dpkg --add-architecture arm64 && apt-get update &&" \
	    "apt-get install$missing" >&2
	exit 1
fi

export PKG_CONFIG_LIBDIR=$where/pkgconfig
# Emulation takes five to fifteen times as long.
export SELF_TEST_SECONDS="${SELF_TEST_SECONDS:-3600}"
export SELF_TEST_RUNNER=qemu-aarch64-static
exec "$@"
