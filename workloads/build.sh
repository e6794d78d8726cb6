# SPDX-License-Identifier: Apache-2.0
#
# Shared by workloads/run and tests/run: progress, packages, build. It is sourced from the top of the tree. Progress
# goes to standard error. Nothing here asks questions.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by scripts that source this
build_packages=(g++ cmake esbuild ninja-build pkg-config clang bpftool libbpf-dev libelf-dev libdw-dev libcap-dev
	libseccomp-dev libcli11-dev libfmt-dev libjs-chart.js libncurses-dev libprotobuf-dev libxxhash-dev libzstd-dev zlib1g-dev
	nlohmann-json3-dev prometheus-cpp-dev protobuf-compiler libgtest-dev libgmock-dev libvalijson-dev)

say() {
	printf '== %s\n' "$*" >&2
}

# step TITLE COMMAND [ARG]...: prints what begins and how long it took. A failing COMMAND is a failing step. Inside
# COMMAND bash then ignores `set -e`, so functions that are steps chain their commands with &&.
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

# put_for_a_while FILE CONTENT MODE: creates FILE and prints its name, unless it exists; the caller removes it.
put_for_a_while() {
	[[ ! -e $1 ]] || return 0
	mkdir -p "$(dirname "$1")" && printf '%s\n' "$2" >"$1" && chmod "$3" "$1" && echo "$1"
}

# Services that come with a package must not start here, and PostgreSQL's package must not create a cluster of
# databases. Both policies hold during the installation only; a policy that existed before stays.
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

# The services must not start at the next boot either.
disable_services() {
	local package
	command -v systemctl >/dev/null || return 0
	for package in "$@"; do
		case $package in
		redis-server | postgresql) systemctl --quiet disable "$package.service" >&2 || return ;;
		apache2) systemctl --quiet disable apache2.service apache-htcacheclean.service >&2 || return ;;
		prometheus) systemctl --quiet disable prometheus.service >&2 || return ;;
		nginx-light) systemctl --quiet disable nginx.service >&2 || return ;;
		esac
	done
}

install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q >&2 &&
		without_services apt-get install -q -y --no-install-recommends "$@" >&2
}

# Needs neither the network nor root when all packages are installed.
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

# build DIRECTORY TARGETS [CMAKE-OPTION]...: TARGETS is one argument with a word for each target, `all` for all.
build() {
	local directory=$1 targets=$2
	shift 2
	# shellcheck disable=SC2086 # targets are words
	cmake -S . -B "$directory" -G Ninja "$@" >&2 &&
		ninja -C "$directory" -j "$(nproc)" $targets >&2
}
