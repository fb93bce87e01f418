#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh PROGRAM SECONDS: damaged copies of good inputs, the time being
# shared out among them: the format's vectors for fuzz_stream; synthetic
# images and those of tests/data for fuzz_jpeg; images in archives for
# fuzz_source_tar.  The same program meets the same damage in the same order,
# however far it gets.  BIN has the tools.
set -u
program=$1 seconds=$2
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT

case $(basename "$program") in
fuzz_stream)
	files=$(ls "$(dirname "$0")"/../../formats/vectors/*/*.tz) ;;
*)
	"${BIN:-build/bin}/ssl-synth" -q --size 24 --train 6 --test 2 \
	    --classes 2 "$T/set" || exit 1
	files=$(ls "$T"/set/*/*/*.jpg)
	case $(basename "$program") in
	*_jpeg)
		files=$(echo "$files"
		    ls "$(dirname "$0")"/../data/*.jpg) ;;
	*_tar)
		for file in $files; do
			echo 1 >"${file%.jpg}.cls"
			ln "$file" "${file%.jpg}.link.jpg"
			ln -s "$file" "${file%.jpg}.soft.jpg"
		done
		truncate -s 100000 "$file"
		echo end >>"$file"
		tar -C "$T/set" -cf "$T/a.tar" train test &&
		    tar -C "$T/set" -S --format=gnu -cf "$T/b.tar" test &&
		    tar -C "$T/set" -S --format=posix -cf "$T/c.tar" test &&
		    tar -C "$T/set" -S --format=posix --sparse-version=0.1 \
		    -cf "$T/d.tar" test &&
		    find "$T" -name '*.cls' -delete &&
		    tar -C "$T/set" -cf "$T/e.tar" train test &&
		    zstd -qk "$T/c.tar" && gzip -k "$T/a.tar" || exit 1
		files=$(ls "$T"/?.tar*) ;;
	esac ;;
esac

number=$(echo "$files" | wc -l)
each=$((seconds / number + 1))
failed=0
for file in $files; do
	timeout "$each" "$program" -n 1000000000 "$file"
	status=$?
	if [ $status -ne 124 ] && [ $status -ne 0 ]; then
		echo "$program: status $status on $file" >&2
		failed=$((failed + 1))
	fi
done
echo "$number inputs, $each s each, $failed failed"
[ $failed -eq 0 ]
