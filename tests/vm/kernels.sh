# SPDX-License-Identifier: Apache-2.0
#
# The list of kernels, and the download of their packages from Debian, with a configuration of apt's own that does not
# touch this machine's. It is sourced from the top of the tree.
# shellcheck shell=bash

kernel_lines() { grep -v '^[[:space:]]*\(#\|$\)' tests/vm/kernels; }

kernel_names() { kernel_lines | while read -r name _; do echo "$name"; done; }

# read_kernel NAME: sets suite, package, words, plan and architecture.
read_kernel() {
	local name
	# shellcheck disable=SC2034 # they are used where this is sourced
	while read -r name suite package words plan; do
		[[ $name != "$1" ]] || break
	done < <(kernel_lines)
	[[ $words != - ]] || words=
	architecture=${package##*-}
	[[ $name == "$1" ]]
}

# archive LABEL: prints the source in this machine's sources.list that has this label.
archive() {
	# shellcheck disable=SC2016 # the words are apt's
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' "Origin: Debian" | sed -n "s/^$1 \(http.*\)/\1/p;T;q"
}

# private_apt DIRECTORY SUITE ARCHITECTURE: writes the configuration and downloads the package lists, unless both are at
# most some hours old. Prints the path of the configuration.
private_apt() {
	local directory=$1/apt/$3-$2
	[[ -e $directory/update.log ]] && [[ ! $(find "$directory/update.log" -mmin +720) ]] ||
		write_apt "$directory" "$2" "$3" || say "$2: the lists of packages could not be read"
	echo "$directory/apt.conf"
}

write_apt() {
	local directory=$1 suite=$2 architecture=$3 label=Debian uri
	case $suite in *-security) label=Debian-Security ;; esac
	uri=$(archive "$label")
	if [[ ! $uri ]]; then
		say "this machine has no source of packages labelled $label"
		return 1
	fi
	mkdir -p "$directory"/{state/lists/partial,cache/archives/partial} || return
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$directory/sources.list"
	cat >"$directory/apt.conf" <<-END
		APT::Architecture "$architecture";
		APT::Architectures "$architecture";
		Dir::State "$directory/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$directory/cache";
		Dir::Etc::SourceList "$directory/sources.list";
		Dir::Etc::SourceParts "-";
		Acquire::Languages "none";
		APT::Sandbox::User "root";
	END
	APT_CONFIG=$directory/apt.conf apt-get update -q >"$directory/update.log" 2>&1
}

# fetch_kernel DIRECTORY SUITE PATTERN ARCHITECTURE: prints the path of the newest such kernel of the suite. It is
# downloaded only if it is new; without network the one that was downloaded before is used.
fetch_kernel() {
	local suite=$2 pattern=$3 packages=$1/packages config name image
	config=$(private_apt "$1" "$suite" "$4") || return
	name=$(APT_CONFIG=$config apt-cache pkgnames linux- | grep -xE "$pattern" | sort -V | tail -n 1)
	if [[ ! $name ]]; then
		say "$suite has no package $pattern"
		return 1
	fi
	image=$1/kernels/$name
	if [[ ! -e $image ]]; then
		say "fetching $name"
		mkdir -p "$1/kernels" "$packages" && (cd "$packages" && APT_CONFIG=$config apt-get download -q "$name" >&2) &&
			unpack_kernel "$packages/${name}"_*.deb "$image" && rm -f "$packages/${name}"_*.deb || return
	fi
	say "$name"
	echo "$image"
}

unpack_kernel() {
	local path
	path=$(dpkg --fsys-tarfile "$1" | tar -t | grep -E '/vmlinuz[^/]*$') &&
		dpkg --fsys-tarfile "$1" | tar -xO "$path" >"$2.new" && mv "$2.new" "$2"
}
