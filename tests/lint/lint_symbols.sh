# SPDX-License-Identifier: MIT
# Nothing we define may be taken for OpenSSL's, and file names are unique.
. "$(dirname "$0")/../lib.sh"
needs nm
cd "$TESTS/.." || exit 1

names=$(nm --defined-only "$BIN/../libself.a" | awk 'NF == 3 { print $3 }')
ok "the library defines something" test -n "$names"
is "$(echo "$names" | grep -iE '^(lib)?ssl_')" "" "no symbol begins with ssl_"
bad=$(grep -nE '\b(SSL|LIBSSL)_[A-Z]+|\bssl_[a-z]+' bin/*.c lib/*/*.[ch] Makefile)
is "$bad" "" "no name in the sources begins with ssl_ or SSL_"
bad=$(grep -noE 'getenv\("[^"]*"' bin/*.c lib/*/*.c |
    grep -vE '"(SELF_[A-Z]+|TMPDIR|COLUMNS|TERM)"')
is "$bad" "" "only SELF_… is read from the environment"
