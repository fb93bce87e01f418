# SPDX-License-Identifier: MIT
# What every tool does alike before it starts to work.
. "$(dirname "$0")/../lib.sh"

tools=$(cd "$BIN" && ls ssl-* | grep -v '\.')
is "$(echo $tools)" "$(cd "$TESTS/../bin" && echo $(ls ssl-*.c | sed 's/\.c$//'))" \
    "every tool is built"

for tool in $tools; do
	ok "$tool --help" "$tool" --help
	like "$(cat .out)" "usage: $tool *--output*--threads*--seed*--help*" \
	    "… tells the options"
	is "$(cat .err)" "" "… on standard output alone"
	ok "$tool --version" "$tool" --version
	like "$(cat .out)" "$tool [0-9]*.[0-9]*.[0-9]*" "… names itself"
	fails 2 "$tool --sede" "$tool" --sede 1
	is "$(cat .err)" "$tool: unknown option --sede; did you mean --seed?" \
	    "… is guessed, in one line"
	fails 2 "$tool --no-such-thing" "$tool" --no-such-thing
	is "$(wc -l <.err)" 1 "… says so in one line"
	fails 2 "$tool -Z" "$tool" -Z
	for wrong in --seed=x --seed= --threads=-1 --threads=1.5 --level=99 \
	    --quiet=yes; do
		fails 2 "$tool $wrong" "$tool" "$wrong"
	done
	fails 2 "$tool --seed without a number" "$tool" --seed
	# bash, zsh and fish read the same table.
	is "$("$tool" --complete | awk -F '\t' 'NF != 4' | wc -l)" 0 \
	    "$tool --complete has four columns"
	for shell in bash zsh fish; do
		command -v "$shell" >/dev/null || continue
		sh "$TESTS/../lib/cli/completion.sh" "$shell" "$BIN/$tool" \
		    >completion
		ok "$tool: $shell takes the completion" \
		    "$shell" -n completion
	done
done

. <(sh "$TESTS/../lib/cli/completion.sh" bash "$BIN/ssl-encode")
_ssl_encode ssl-encode --net --help
is "${COMPREPLY[*]}" "--network" "bash completes an option"
_ssl_encode ssl-encode t --network
is "${COMPREPLY[*]}" "target" "… and a choice"
