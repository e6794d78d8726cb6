# SPDX-License-Identifier: Apache-2.0
#
# Runs clang-tidy on the sources of a build, but only on those that changed since it last found nothing. tests/run
# sources this from the top of the tree. The sources of tests take as long as all others, and are checked in a thorough
# run only; so is the static analyzer, which takes nearly as long as all other checks.
# shellcheck shell=bash

# Prints "UNIT FILE..." for each object of the build in $1: the compiled source or unity source, and the files of this
# tree in it, all relative to the top.
units_with_files() {
	ninja -C "$1" -t deps | awk -v top="$PWD/" -v build="$1/" '
		function flush() { if (files != "") print unit files; unit = files = "" }
		/^[^ ]/ { flush(); next }
		NF == 1 {
			path = $1
			# With a compiler cache the paths are relative to the build.
			if (index(path, top) == 1) path = substr(path, length(top) + 1)
			else if (path !~ /^\// && !gsub(/\.\.\//, "", path)) path = build path
			# The headers of a room, by the link that is its include directory.
			sub(/^.*\/rooms\/[a-z]+\//, "userspace/", path)
			# clang names its list of exceptions from sanitizing first.
			if (unit == "" && path ~ /\.(c|cc|cpp|cxx)$/) unit = path
			if (path ~ /^(userspace|workloads|tests|include)\//) files = files " " path
		}
		END { flush() }'
}

left_out="--checks=-clang-analyzer-*"
[[ ! ${TASKCOST_THOROUGH:-} ]] || left_out=

# check_unit BUILD UNIT FILE...: prints nothing if there are no findings.
check_unit() {
	local build=$1 unit=$2 stamp=$1/tidy/${2//\//_} state
	shift 2
	state=$(cat .clang-tidy "$@" | sha256sum)$left_out
	[[ ! -e $stamp || $(<"$stamp") != "$state" ]] || return 0
	echo "clang-tidy $unit" >&2
	# shellcheck disable=SC2086 # one option or none
	clang-tidy -p "$build/tidy" --quiet $left_out "$unit" >&2 2>"$stamp.messages" || {
		grep -v 'warnings\? generated\|^Suppressed\|^Use -header-filter' "$stamp.messages" >&2
		return 1
	}
	echo "$state" >"$stamp"
}

tidy() {
	local build=$1
	# clang-tidy cannot read the precompiled headers of another compiler. Warnings are the compiler's job in the build.
	mkdir -p "$build/tidy" &&
		sed 's/-Winvalid-pch -include [^ ]*//; s/ -Werror / /' "$build/compile_commands.json" >"$build/tidy/compile_commands.json" &&
		units_with_files "$build" | awk -v thorough="${TASKCOST_THOROUGH:-}" '
			$1 ~ /\.(cpp|cxx)$/ && (thorough || $1 !~ /(^|\/)tests\//) && !seen[$1]++' |
		(export -f check_unit && export left_out &&
			xargs -r -P "$(nproc)" -L 1 bash -c 'check_unit "$@"' check_unit "$build")
}
