#!/bin/sh
# SPDX-License-Identifier: MIT
# completion.sh SHELL TOOL: completion of a tool's options for bash, zsh or
# fish, from the table that the tool prints with --complete:
# name TAB letter TAB argument TAB help.  Choices are written a|b|c.
set -eu
shell=$1 tool=$2 name=$(basename "$2")

case $shell in
bash)	"$tool" --complete | awk -F '\t' -v tool="$name" '
	function file(arg) { return arg ~ /^\[?(FILE|CKPT|STREAM|JPEG)\]?$|\|FILE$/ }
	{
		flag = "--" $1 ($2 == "" ? "" : "|-" $2)
		words = words " --" $1 ($2 == "" ? "" : " -" $2)
		if ($3 ~ /^[a-z0-9]+(\|[a-z0-9]+)*$/) {
			choices = $3
			gsub(/\|/, " ", choices)
			cases = cases "\t" flag ") COMPREPLY=($(compgen -W \"" \
			    choices "\" -- \"$word\")); return ;;\n"
		} else if (file($3))
			cases = cases "\t" flag \
			    ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
		else if ($3 != "")
			cases = cases "\t" flag ") return ;;\n"
	}
	END {
		under = tool
		gsub(/-/, "_", under)
		printf "_%s()\n{\n\tlocal word=$2 last=$3\n\tCOMPREPLY=()\n", under
		printf "\tcase $last in\n%s\tesac\n", cases
		print "\tcase $word in"
		printf "\t-*) COMPREPLY=($(compgen -W \"%s\" -- \"$word\")) ;;\n", \
		    substr(words, 2)
		print "\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;"
		printf "\tesac\n}\ncomplete -o filenames -F _%s %s\n", under, tool
	}' ;;
zsh)	"$tool" --complete | awk -F '\t' -v tool="$name" -v q="'" '
	function plain(text) {
		gsub(/\[|\]|:|\\/, "\\\\&", text)
		gsub(q, q "\\" q q, text)
		return text
	}
	BEGIN { printf "#compdef %s\n_arguments -s \\\n", tool }
	{
		arg = ""
		if ($3 ~ /^[a-z0-9]+(\|[a-z0-9]+)*$/) {
			choices = $3
			gsub(/\|/, " ", choices)
			arg = ":" $1 ":(" choices ")"
		} else if ($3 ~ /^\[?(FILE|CKPT|STREAM|JPEG)\]?$|\|FILE$/)
			arg = ":" plain($3) ":_files"
		else if ($3 != "")
			arg = ":" plain($3) ":"
		help = "[" plain($4) "]" arg
		long = "--" $1 ($3 == "" ? "" : "=")
		if ($2 == "")
			printf "  %s%s%s%s \\\n", q, long, help, q
		else
			printf "  %s(-%s --%s)%s{-%s%s,%s}%s%s%s \\\n", q, $2, $1, \
			    q, $2, $3 == "" ? "" : "+", long, q, help, q
	}
	END { printf "  %s*:file:_files%s\n", q, q }' ;;
fish)	"$tool" --complete | awk -F '\t' -v tool="$name" -v q="'" '
	{
		help = $4
		gsub(/[\\]/, "\\\\", help)
		gsub(q, "\\" q, help)
		line = "complete -c " tool " -l " $1
		if ($2 != "")
			line = line " -s " $2
		if ($3 ~ /^[a-z0-9]+(\|[a-z0-9]+)*$/) {
			choices = $3
			gsub(/\|/, " ", choices)
			line = line " -x -a " q choices q
		} else if ($3 ~ /^\[?(FILE|CKPT|STREAM|JPEG)\]?$|\|FILE$/)
			line = line " -r"
		else if ($3 != "")
			line = line " -x"
		print line " -d " q help q
	}' ;;
*)	echo "completion.sh: bash, zsh or fish, not $shell" >&2
	exit 2 ;;
esac
