# SPDX-License-Identifier: Apache-2.0
#
# The guest's root: an initramfs of what the checks need, files of this machine at their own paths. Sourced.
# shellcheck shell=bash

# The programs that tests start beside those of the build.
guest_programs=(/bin/dash /usr/bin/strace /usr/bin/taskset /usr/bin/setsid /usr/bin/setpriv)

# with_libraries FILE...: the files, and what the loader would load for them.
with_libraries() {
	local file
	for file in "$@"; do
		printf '%s\n' "$file"
		{ ldd "$file" 2>/dev/null || true; } | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
	done | sort -u
}

# put ROOT FILE...: each at its own path below ROOT, without debug information, which would be most of it.
put() {
	local root=$1 file
	shift
	for file in "$@"; do
		mkdir -p "$root${file%/*}" && cp -L "$file" "$root$file" || return
		case $file in
		*/tests/elf/*) ;;
		*) strip --strip-debug "$root$file" 2>/dev/null || true ;;
		esac
	done
}

# make_guest BUILD DIRECTORY: DIRECTORY/guest.cpio, from the build directory BUILD. Both absolute.
make_guest() {
	local build=$1 root=$2/guest files=()
	rm -rf "$root"
	mkdir -p "$root"/{usr/{bin,sbin,lib,lib64},etc,root,tmp,dev,proc,sys,run} || return
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
	cp /bin/busybox "$root/bin/busybox" && install -m 755 tests/vm/init tests/vm/checks "$root/" || return
	mapfile -t files < <(find "$build/tests/programs" "$build/tests/elf" -maxdepth 1 -type f -perm -u+x)
	mapfile -t files < <(with_libraries "$build"/taskcost "$build"/taskcost-{workload,kernel-tests,source-tests} \
		"${files[@]}" "${guest_programs[@]}")
	put "$root" "${files[@]}" || return
	ln -sf dash "$root/bin/sh"
	echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
	echo root:x:0: >"$root/etc/group"
	printf 'build=%q\nkernel_tests=%q\nquick_tests=%q\n' "$build" "$(tests_in tests/vm/selection)" \
		"$(tests_in tests/vm/selection.quick)" >"$root/settings"
	(cd "$root" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$2/guest.cpio"
}

tests_in() { grep -v '^#' "$1" | paste -s -d :; }
