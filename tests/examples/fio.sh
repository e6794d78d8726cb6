# SPDX-License-Identifier: Apache-2.0
#
# 6,144 random reads of 4 KiB from a file, past the page cache, by three interfaces of the kernel.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(fio jq)
thorough=1
free_form=1
answer=(
	'^B uses [0-9.]+ times the CPU time of A .*\(less\)'
	'^C uses [0-9.]+ times the CPU time of A .*\(less\)'
)
engines=(psync libaio io_uring)

set_up() {
	local engine depth
	fio --name=prepare --filename=data --size=64m --rw=write --bs=1m --end_fsync=1 >>log
	for engine in "${engines[@]}"; do
		depth=16
		[[ $engine != psync ]] || depth=1
		cat <<-END >"$engine.fio"
			[reads]
			ioengine=$engine
			iodepth=$depth
			filename=data
			size=64m
			io_size=24m
			rw=randread
			bs=4k
			direct=1
			thread
		END
	done
}

# Milliseconds of CPU time by its own count, without taskcost; the median of three runs.
cpu_milliseconds() {
	local run
	for run in 1 2 3; do
		fio --output-format=json "$1.fio" | jq '.jobs[0] | (.usr_cpu + .sys_cpu) / 100 * .read.runtime'
	done | sort -n | sed -n 2p
}

after() {
	local engine
	for engine in "${engines[@]}"; do
		cpu_milliseconds "$engine" >"$engine.ms"
	done
}

# The difference of two CPU times on the screen. The start of fio is in both of them.
saved() {
	calculate "1000 * $(seconds "$1 uses [^:]*\\(less\\): -$duration" one_line)"
}

check() {
	joined
	agree "CPU time saved by io_submit, ms" "$(saved B)" "$(calculate "$(<psync.ms) - $(<libaio.ms)")" "fio, without taskcost" 0.4 2.5
	agree "CPU time saved by io_uring, ms" "$(saved C)" "$(calculate "$(<psync.ms) - $(<io_uring.ms)")" "fio, without taskcost" 0.4 2.5
}
