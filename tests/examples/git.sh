# SPDX-License-Identifier: Apache-2.0
#
# A repository of 800 commits, which the server sends as one pack.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(git linux-perf)
answer=(
	'running user code .* git index-pack'
)

# commits COUNT: as git fast-import reads them.
commits() {
	awk -v count="$1" 'BEGIN {
		srand(7)
		for (commit = 1; commit <= count; commit++) {
			printf "commit refs/heads/main\nmark :%d\ncommitter A <a@example.org> %d +0000\ndata 2\nc\n", commit, 1700000000 + commit
			if (commit > 1) printf "from :%d\n", commit - 1
			for (file = 0; file < 4; file++) {
				text = ""
				for (line = 0; line < 200; line++)
					text = text sprintf("line %d: %x %x\n", line, rand() < 0.9 ? line * 7919 : rand() * 4e9, rand() < 0.7 ? line : rand() * 4e9)
				printf "M 644 inline src/file%d.c\ndata %d\n%s\n", rand() * 40, length(text), text
			}
		}
	}'
}

set_up() {
	export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
	git init -q --bare -b main origin.git
	commits 800 | git -C origin.git fast-import --quiet
	git -C origin.git repack -adfq
}

# The same work by itself: git reads the same pack and computes the objects in it.
after() {
	git -C origin.git rev-parse main | git -C origin.git pack-objects -q --revs --stdout >pack
	git init -q --bare again.git
	perf stat -o stat -- git -C again.git index-pack --stdin <pack >>log
	other=$(awk '/seconds user/ { print $1 }' stat)
}

check() {
	agree "index-pack in user code, s" "$(seconds "git index-pack[^0-9]* $duration")" "$other" \
		"perf stat, the same pack by itself" 0.5 1.7
}
