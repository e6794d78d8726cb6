# SPDX-License-Identifier: Apache-2.0
#
# What workloads/run and tests/run have in common: progress, packages, build. Sourced, from the top of the tree.
# Progress goes to standard error. Nothing here asks anything.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used where this is sourced
build_packages=(g++ cmake ninja-build pkg-config clang bpftool libbpf-dev libelf-dev libdw-dev libcap-dev libseccomp-dev
	libcli11-dev libfmt-dev libjs-chart.js libncurses-dev nlohmann-json3-dev libgtest-dev libgmock-dev libvalijson-dev)

say() {
	printf '== %s\n' "$*" >&2
}

# step TITLE COMMAND [ARG]...: says what begins and how long it took. A failing COMMAND is a failing step, and since
# bash then does not stop inside COMMAND by itself, functions that are steps chain what they do with &&.
step() {
	local title=$1 begin=$SECONDS status=0
	shift
	say "$title"
	"$@" || status=$?
	if ((status == 0)); then
		say "$title: done in $((SECONDS - begin)) s"
	else
		say "$title: FAILED (status $status) after $((SECONDS - begin)) s"
	fi
	return "$status"
}

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Services that come with a package must not start here, neither now nor at the next boot. The policy is for the time
# of the installation only; one that was there before stays.
without_services() {
	local policy=/usr/sbin/policy-rc.d status=0
	[[ ! -e $policy ]] || policy=
	if [[ $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" || return
	fi
	"$@" || status=$?
	[[ ! $policy ]] || rm -f "$policy"
	return "$status"
}

install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q >&2 &&
		without_services apt-get install -q -y --no-install-recommends "$@" >&2
}

# Needs neither the network nor root when everything is there.
install_missing() {
	local package missing=()
	for package in "$@"; do
		is_installed "$package" || missing+=("$package")
	done
	((${#missing[@]} > 0)) || return 0
	if ((EUID != 0)); then
		say "missing packages: ${missing[*]} (run as root to install them)"
		return 1
	fi
	say "missing packages: ${missing[*]}"
	install_packages "${missing[@]}" &&
		if [[ " ${missing[*]} " == *" redis-server "* ]] && command -v systemctl >/dev/null; then
			systemctl --quiet disable redis-server.service >&2
		fi
}

# build DIRECTORY TARGETS [CMAKE-OPTION]...: TARGETS are words of one argument, `all` for all.
build() {
	local directory=$1 targets=$2
	shift 2
	# shellcheck disable=SC2086 # targets are words
	cmake -S . -B "$directory" -G Ninja "$@" >&2 &&
		ninja -C "$directory" -j "$(nproc)" $targets >&2
}
