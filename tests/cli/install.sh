. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# make install and uninstall: any characters in DESTDIR and PREFIX, and nothing
# is left.
top=$(cd "$TESTS/.." && pwd) build=${BIN%/bin}
prefix="/my prefix's & \$HOME \"x\""
install() {
	make -s -C "$top" BUILD="${build#"$top"/}" DESTDIR="$T/root" \
	    PREFIX="$prefix" "$@" MAKEFLAGS=
}

ok "installed" install install
ok "the tools" test -x "$T/root$prefix/bin/ssl-train"
ok "the pages" test -f "$T/root$prefix/share/man/man1/ssl-train.1"
ok "work" "$T/root$prefix/bin/ssl-show" --version
is "$(ls "$T/root")" "${prefix#/}" "nowhere else"
ok "uninstalled" install uninstall
is "$(find "$T/root" -type f)" "" "nothing is left"

prefix='~/my tools'
ok "installed below ~" env HOME="/a \$x's home" make -s -C "$top" \
    BUILD="${build#"$top"/}" DESTDIR="$T/away" PREFIX="$prefix" install MAKEFLAGS=
ok "… at HOME" test -x "$T/away/a \$x's home/my tools/bin/ssl-train"
