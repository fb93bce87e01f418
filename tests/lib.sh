# SPDX-License-Identifier: MIT
# Helpers for the tests in shell; a test prints TAP and begins with
#
#	. "$(dirname "$0")/../lib.sh"
#
# and then stands in an empty folder of its own, $T, that goes when it ends.
# $BIN, the tools' folder, leads PATH; $TESTS is the folder tests/.
#
#	ok "it works" COMMAND...	COMMAND ends with 0
#	fails 2 "a typo" COMMAND...	… with 2; its words are in $T/.err
#	is "$got" "$want" "equal"	two texts
#	like "$got" '*near*' "near"	a text and a shell pattern
#	same a.tz b.tz "equal"		two files, byte for byte
#	needs script xz			skip the whole test without these
#	skip "not root" 3		3 checks in a row are not made
#
# No plan is needed: it is printed at the end.

set -u -o pipefail
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${BIN:-$TESTS/../build/bin}
BIN=$(cd "$BIN" && pwd) || exit 1
PATH=$BIN:$PATH
export BIN PATH TESTS LC_ALL=C

T=$(mktemp -d "${TMPDIR:-/tmp}/self-test.XXXXXX") || exit 1
cd "$T" || exit 1
tap_count=0 tap_failed=0 tap_skipped=

tap_end() {
	local status=$?

	cd / && chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
	[ -n "$tap_skipped" ] && exit 0
	echo "1..$tap_count"
	[ "$status" -eq 0 ] || { echo "# ended with $status"; exit "$status"; }
	exit $((tap_failed > 0))
}
trap tap_end EXIT

# tap_line HELD DESCRIPTION: the line of one check.
tap_line() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		echo "# ${BASH_SOURCE[2]}:${BASH_LINENO[1]}"
		return 1
	fi
}

tap_note() {
	printf '%s\n' "$@" | head -20 | sed 's/^/# /'
}

fails() {
	local want=$1 what=$2 status

	shift 2
	"$@" </dev/null >"$T/.out" 2>"$T/.err"
	status=$?
	tap_line $((status != want)) "$what" ||
	    tap_note "exit status $status, want $want" "$(cat "$T/.err")"
}

ok() {
	local what=$1 status

	shift
	"$@" >"$T/.out" 2>"$T/.err"
	status=$?
	tap_line $((status != 0)) "$what" ||
	    tap_note "exit status $status" "$(cat "$T/.err")"
}

is() {
	[ "$1" = "$2" ]
	tap_line $? "$3" || tap_note "got  $1" "want $2"
}

like() {
	# shellcheck disable=SC2254
	case $1 in
	$2)	tap_line 0 "$3" ;;
	*)	tap_line 1 "$3" || tap_note "got  $1" "want $2" ;;
	esac
}

same() {
	cmp -s "$1" "$2"
	tap_line $? "$3" || tap_note "$(cmp "$1" "$2" 2>&1)"
}

needs() {
	local tool

	for tool; do
		command -v "$tool" >/dev/null || skip_all "no $tool"
	done
}

# skip_all REASON: the whole test; held as skip holds its checks.
skip_all() {
	if [ "${SELF_SKIP:-yes}" = no ]; then
		skip "$1"
		exit 0
	fi
	echo "1..0 # SKIP $1"
	tap_skipped=yes
	exit 0
}

# pythons: $python is a python3 with what streams need, or the test is skipped.
pythons() {
	for python in "${PYTHON:-}" python3 /usr/bin/python3; do
		[ -n "$python" ] && "$python" -c \
		    'import msgpack, numpy, zstandard' 2>/dev/null && return
	done
	skip_all "no python3 with msgpack, numpy and zstandard"
}

# stream OUT <LINES: a tensor stream made of lines of JSON (tests/stream.py).
stream() {
	"$python" "$TESTS/stream.py" "$1"
}

# terminals: can a test have a terminal of its own, from script(1)?
terminals() {
	command -v script >/dev/null &&
	    script -qec true /dev/null </dev/null >/dev/null 2>&1
}

# skip REASON [N]: N checks that cannot be made here; with SELF_SKIP=no, as
# continuous integration sets it, they count as failed.
skip() {
	local i

	for ((i = 0; i < ${2:-1}; i++)); do
		if [ "${SELF_SKIP:-yes}" = no ]; then
			ok "not skipped: $1" false
			continue
		fi
		tap_count=$((tap_count + 1))
		echo "ok $tap_count # SKIP $1"
	done
}
