# SPDX-License-Identifier: Apache-2.0
#
# clang-tidy on the sources of a build, on those alone that changed since it last found nothing. Sourced by tests/run,
# from the top of the tree. The tests' own sources take as long as all others, and wait for a thorough run; so does the
# static analyzer, which takes nearly as long as all other checks.
# shellcheck shell=bash

# "SOURCE DEPENDENCY..." for each object of the build in $1: own files only, relative to the top.
sources_with_headers() {
	ninja -C "$1" -t deps | awk -v top="$PWD/" '
		function flush() { if (line != "") print line; line = "" }
		/^[^ ]/ { flush(); next }
		NF == 1 {
			path = $1
			# Relative to the build where a compiler cache is in use; then what is not above it is generated.
			if (index(path, top) == 1) path = substr(path, length(top) + 1)
			else if (!gsub(/\.\.\//, "", path)) next
			if (path ~ /^(userspace|workloads|tests|include)\//) line = line == "" ? path : line " " path
		}
		END { flush() }'
}

left_out=--checks=-clang-analyzer-*
[[ ! ${TASKCOST_THOROUGH:-} ]] || left_out=

# check_source BUILD SOURCE HEADER...: silent when there is nothing to say.
check_source() {
	local build=$1 source=$2 stamp=$1/tidy/${2//\//_} state
	shift
	state=$(cat .clang-tidy "$@" | sha256sum)$left_out
	[[ ! -e $stamp || $(<"$stamp") != "$state" ]] || return 0
	echo "clang-tidy $source" >&2
	# shellcheck disable=SC2086 # one option or none
	clang-tidy -p "$build/tidy" --quiet $left_out "$source" >&2 2>"$stamp.messages" || {
		grep -v 'warnings\? generated\|^Suppressed\|^Use -header-filter' "$stamp.messages" >&2
		return 1
	}
	echo "$state" >"$stamp"
}

tidy() {
	local build=$1
	# Precompiled headers of another compiler are of no use to it.
	mkdir -p "$build/tidy" &&
		sed 's/-Winvalid-pch -include [^ ]*//' "$build/compile_commands.json" >"$build/tidy/compile_commands.json" &&
		sources_with_headers "$build" | awk -v thorough="${TASKCOST_THOROUGH:-}" '
			$1 ~ /\.cpp$/ && (thorough || $1 !~ /^tests\//) && !seen[$1]++' |
		(export -f check_source && export left_out &&
			xargs -r -P "$(nproc)" -L 1 bash -c 'check_source "$@"' check_source "$build")
}
