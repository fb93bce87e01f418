#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh SECONDS PROGRAM...: each target for so many seconds, from the inputs
# in corpus/; says how many were tried.  With LIBFUZZER, what is found that is
# new stays in corpus/ beside the program, and an input that fails is written
# to failed/ there.  Without, the same damage is tried in the same order.
set -u
seconds=$1
shift
here=$(dirname "$0")
failed=0
export ASAN_OPTIONS=allocator_may_return_null=1 OPENBLAS_NUM_THREADS=1

for program; do
	name=$(basename "$program") name=${name#fuzz_}
	work=$(dirname "$program")
	log=$work/$name.log
	mkdir -p "$work/corpus/$name" "$work/failed"
	if [ -n "${LIBFUZZER:-}" ]; then
		"$program" -max_total_time="$seconds" -timeout=10 \
		    -rss_limit_mb=1024 -max_len=100000 -print_final_stats=1 \
		    -artifact_prefix="$work/failed/$name-" \
		    "$work/corpus/$name" "$here/corpus/$name" >"$log" 2>&1
		status=$?
		tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		edges=$(sed -n 's/.* cov: \([0-9]*\) .*/, \1 edges/p' "$log" |
		    tail -n 1)
	else
		timeout "$seconds" "$program" -n 1000000000 \
		    "$here/corpus/$name"/* >"$log" 2>&1
		status=$?
		[ $status -eq 124 ] && status=0
		tried=$(sed -n 's/ inputs tried$//p' "$log")
		edges=
	fi
	echo "$name: ${tried:-?} executions$edges in $seconds s"
	if [ $status -ne 0 ]; then
		echo "$name: status $status, see $log" >&2
		failed=$((failed + 1))
	fi
done
[ $failed -eq 0 ]
