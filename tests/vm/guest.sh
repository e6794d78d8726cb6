# SPDX-License-Identifier: Apache-2.0
#
# Makes the guest's root: an initramfs of what the checks need, with files of this machine at their own paths, or for a
# foreign architecture those below the root of foreign.sh. It is sourced.
# shellcheck shell=bash

# The programs that tests start beside those of the build.
guest_programs=(/bin/dash /usr/bin/strace /usr/bin/taskset /usr/bin/setsid /usr/bin/setpriv)

# with_libraries FILE...: prints the files and the libraries that the loader would load for them.
with_libraries() {
	local file
	for file in "$@"; do
		printf '%s\n' "$file"
		{ ldd "$file" 2>/dev/null || true; } | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
	done | sort -u
}

# libraries_below ROOT: prints all libraries that the loader of a foreign architecture may need.
libraries_below() { (cd "$1" && find usr/lib usr/lib/*-linux-gnu -maxdepth 1 -name '*.so.*' -printf '/%p\n'); }

# put GUEST ROOT FILE...: copies each file to its path below ROOT, without debug information, which would be most of it.
put() {
	local guest=$1 root=$2 file
	shift 2
	for file in "$@"; do
		mkdir -p "$guest${file%/*}" && cp -L "$root$file" "$guest$file" || return
		case $file in
		*/tests/elf/*) ;;
		*) "${strip:-strip}" --strip-debug "$guest$file" 2>/dev/null || true ;;
		esac
	done
}

# make_guest BUILD DIRECTORY [ROOT]: makes DIRECTORY/guest.cpio from the build directory BUILD. All paths are absolute.
make_guest() {
	local build=$1 guest=$2/guest root=${3:-} built=() files=()
	rm -rf "$guest"
	mkdir -p "$guest"/{usr/{bin,sbin,lib,lib64},etc,root,tmp,dev,proc,sys,run} || return
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$guest/"
	cp "$root/bin/busybox" "$guest/bin/busybox" && install -m 755 tests/vm/init tests/vm/checks "$guest/" || return
	mapfile -t built < <(find "$build/tests/programs" "$build/tests/elf" -maxdepth 1 -type f -perm -u+x)
	built+=("$build"/taskcost "$build"/taskcost-{workload,kernel-tests,source-tests})
	if [[ $root ]]; then
		mapfile -t files < <(libraries_below "$root")
		put "$guest" "" "${built[@]}" && put "$guest" "$root" "${guest_programs[@]}" "${files[@]}" || return
	else
		mapfile -t files < <(with_libraries "${built[@]}" "${guest_programs[@]}")
		put "$guest" "" "${files[@]}" || return
	fi
	ln -sf dash "$guest/bin/sh"
	echo root:x:0:0:root:/root:/bin/sh >"$guest/etc/passwd"
	echo root:x:0: >"$guest/etc/group"
	printf 'build=%q\nkernel_tests=%q\nquick_tests=%q\n' "$build" "$(tests_in tests/vm/selection)" \
		"$(tests_in tests/vm/selection.quick)" >"$guest/settings"
	(cd "$guest" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$2/guest.cpio"
}

tests_in() { grep -v '^#' "$1" | paste -s -d :; }
