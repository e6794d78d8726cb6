# SPDX-License-Identifier: Apache-2.0
#
# The parts of a guest of another architecture: its libraries and programs, unpacked from this release's packages below
# build/vm and never installed, and the tool, cross-built against them and against the BTF of the guest's kernel. It is
# sourced after kernels.sh and guest.sh.
# shellcheck shell=bash

foreign_packages=(g++-aarch64-linux-gnu qemu-system-arm)
foreign_programs=(dash busybox-static strace util-linux)

# unpack_root DIRECTORY: makes DIRECTORY/root, once for each list of packages.
unpack_root() {
	local root=$1/root config list archive
	# shellcheck disable=SC2154 # of workloads/build.sh
	mapfile -t list < <(printf '%s\n' "${build_packages[@]}" | grep -E -e '^lib|-dev$')
	list+=("${foreign_programs[@]}")
	[[ ! -e $1/packages ]] || [[ "$(<"$1/packages")" != "${list[*]}" ]] || return 0
	# shellcheck disable=SC1091,SC2154 # `work` of tests/vm/run
	config=$(private_apt "$work" "$(. /etc/os-release && echo "$VERSION_CODENAME")" arm64) || return
	APT_CONFIG=$config apt-get install -q -y --no-install-recommends --download-only "${list[@]}" >&2 || return
	rm -rf "$root" && mkdir -p "$root"/usr/{bin,sbin,lib} && ln -s usr/bin usr/sbin usr/lib "$root/" || return
	for archive in "${config%/*}"/cache/archives/*.deb; do
		dpkg --fsys-tarfile "$archive" |
			tar -x --keep-directory-symlink --exclude=./usr/share/doc --exclude=./usr/share/man -C "$root" || return
	done
	echo "${list[*]}" >"$1/packages"
}

# types_of IMAGE FILE: extracts the BTF of an uncompressed kernel image. It may be followed by other bytes: the reader
# goes by the sizes in its header.
types_of() {
	local begin
	begin=$(LC_ALL=C grep -abo -m 1 -P '\x9f\xeb\x01\x00\x18\x00\x00\x00' "$1" | head -n 1 | cut -d : -f 1)
	if [[ ! $begin ]]; then
		say "no type information in $1"
		return 1
	fi
	tail -c "+$((begin + 1))" "$1" >"$2.new" && { cmp -s "$2.new" "$2" || mv "$2.new" "$2"; }
}

build_foreign() {
	build "$1/build" "taskcost taskcost-workload taskcost-kernel-tests taskcost-source-tests" \
		-DCMAKE_TOOLCHAIN_FILE="$PWD/tests/vm/arm64.cmake" -DTASKCOST_SYSROOT="$1/root" -DTASKCOST_BTF="$1/btf"
}

# make_foreign DIRECTORY IMAGE: makes DIRECTORY/guest.cpio for that kernel. --no-build skips the build here, too.
make_foreign() {
	mkdir -p "$1" && install_missing "${foreign_packages[@]}" && unpack_root "$1" || return
	# shellcheck disable=SC2154 # of tests/vm/run
	[[ ! $build_first ]] || { types_of "$2" "$1/btf" && build_foreign "$1"; } || return
	strip=aarch64-linux-gnu-strip make_guest "$1/build" "$1" "$1/root"
}
