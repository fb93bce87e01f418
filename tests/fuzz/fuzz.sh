#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh PROGRAM SECONDS: damaged copies of each good vector, the time being
# shared out among them.  The same program meets the same damage in the same
# order, however far it gets; a program that fails names its input's vector.
set -u
program=$1
vectors=$(dirname "$0")/../../formats/vectors
files=$(ls "$vectors"/*/*.tz)
each=$(($2 / $(echo "$files" | wc -l) + 1))
failed=0
for file in $files; do
	timeout "$each" "$program" -n 1000000000 "$file"
	status=$?
	if [ $status -ne 124 ] && [ $status -ne 0 ]; then
		echo "$program: status $status on $file" >&2
		failed=$((failed + 1))
	fi
done
echo "$(echo "$files" | wc -l) inputs, $each s each, $failed failed"
[ $failed -eq 0 ]
