# SPDX-License-Identifier: Apache-2.0
#
# What workloads/run and tests/run have in common: progress, packages, build. Sourced, from the top of the tree.
# Progress goes to standard error. Nothing here asks anything.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used where this is sourced
build_packages=(g++ cmake esbuild ninja-build pkg-config clang bpftool libbpf-dev libelf-dev libdw-dev libcap-dev
	libseccomp-dev libcli11-dev libfmt-dev libjs-chart.js libncurses-dev libprotobuf-dev libxxhash-dev libzstd-dev nlohmann-json3-dev
	protobuf-compiler libgtest-dev libgmock-dev libvalijson-dev)

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

# put_for_a_while FILE CONTENT MODE: prints FILE when it is now there and was not before; who called removes it.
put_for_a_while() {
	[[ ! -e $1 ]] || return 0
	mkdir -p "$(dirname "$1")" && printf '%s\n' "$2" >"$1" && chmod "$3" "$1" && echo "$1"
}

# Services that come with a package must not start here, and PostgreSQL's makes itself no cluster of databases. Both
# policies are for the time of the installation only; one that was there before stays.
without_services() {
	local policy cluster="" status=0
	local clusters=/etc/postgresql-common/createcluster.d/no-cluster-now.conf
	policy=$(put_for_a_while /usr/sbin/policy-rc.d $'#!/bin/sh\nexit 101' 755) || status=$?
	if ((status == 0)) && [[ " $* " == *" postgresql "* ]]; then
		cluster=$(put_for_a_while "$clusters" 'create_main_cluster = false' 644) || status=$?
	fi
	((status != 0)) || "$@" || status=$?
	rm -f ${policy:+"$policy"} ${cluster:+"$cluster"}
	return "$status"
}

# Nor at the next boot.
disable_services() {
	local package
	command -v systemctl >/dev/null || return 0
	for package in "$@"; do
		case $package in
		redis-server | postgresql) systemctl --quiet disable "$package.service" >&2 || return ;;
		nginx-light) systemctl --quiet disable nginx.service >&2 || return ;;
		esac
	done
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
	install_packages "${missing[@]}" && disable_services "${missing[@]}"
}

# build DIRECTORY TARGETS [CMAKE-OPTION]...: TARGETS are words of one argument, `all` for all. Sources are compiled eight
# at a time, which takes half as long as one by one.
build() {
	local directory=$1 targets=$2
	shift 2
	# shellcheck disable=SC2086 # targets are words
	cmake -S . -B "$directory" -G Ninja -DCMAKE_UNITY_BUILD=ON "$@" >&2 &&
		ninja -C "$directory" -j "$(nproc)" $targets >&2
}
