# SPDX-License-Identifier: Apache-2.0
#
# Compares the output of a guest with what is expected of it. It is sourced.
# shellcheck shell=bash

# allowed_skips NAME FILE: the tests that may be skipped on that kernel.
allowed_skips() {
	local kernels test
	grep -v '^[[:space:]]*\(#\|$\)' "$2" | while read -r kernels test _; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $kernels ]] || echo "$test"
	done | sort -u
}

tests_with_result() { sed -n "s/^\[ *$1 \] \([^ ,]*\) (.*/\1/p" "$2" | sort -u; }

complain() {
	say "$1"
	wrong=$((wrong + 1))
}

# judge NAME OUTPUT SKIPS: prints what is wrong, line by line, and a summary. An unlisted skip is wrong, and so is a
# listed one that no longer happens.
judge() {
	local name=$1 out=$2.lines skips=$3 wrong=0 line checks tests skipped
	tr -d '\r' <"$2" >"$out" || return
	skipped=$(tests_with_result SKIPPED "$out")
	while read -r line; do
		[[ ! $line ]] || complain "skipped without a reason in $skips: $line"
	done < <(comm -23 <(echo "$skipped") <(allowed_skips "$name" "$skips"))
	while read -r line; do
		[[ ! $line ]] || complain "$skips lists $line, which was not skipped"
	done < <(comm -13 <(echo "$skipped") <(allowed_skips "$name" "$skips"))
	while read -r line; do
		complain "${line#CHECK }"
	done < <(grep -a '^CHECK .* failed' "$out")
	((wrong == 0)) || grep -a -A 15 ': Failure$' "$out" | head -n 200 >&2 || true
	grep -aqx 'EXIT 0' "$out" || ((wrong > 0)) || complain "the guest did not run to its end"
	checks=$(grep -ac '^CHECK .* passed' "$out") || true
	tests=$(tests_with_result OK "$out" | grep -c .) || true
	say "$name: $checks checks and $tests tests passed, $(grep -c . <<<"$skipped") skipped, $wrong wrong"
	((wrong == 0))
}
