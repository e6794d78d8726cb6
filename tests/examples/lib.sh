# SPDX-License-Identifier: Apache-2.0
#
# Shared by the examples: programs in the background, and figures of a screen beside those of others. An example runs in
# a directory of its own, where the screen of its commands is the file `screen`.
# shellcheck shell=bash disable=SC2034,SC2154

# What an example may have around its commands.
before() { :; }
after() { :; }
tear_down() { :; }

started=()

# start COMMAND [ARG]...: runs a program, which must not be a function, in the background until the example ends.
start() {
	setsid "$@" >>log 2>&1 & # some servers signal their whole process group at their end
	started+=($!)
}

# Ends the program that was started last.
stop_last() {
	local pid=${started[-1]}
	unset "started[-1]"
	kill -TERM "$pid" 2>/dev/null || true
	timeout 10 tail -f /dev/null --pid="$pid" || kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

# A load ends before its server.
stop_all() {
	while ((${#started[@]} > 0)); do
		stop_last
	done
}

# eventually COMMAND [ARG]...: waits until it succeeds.
eventually() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "this did not happen within 30 s: $*" >&2
	return 1
}

listens() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port on which nothing listens now.
free_port() {
	local port
	while port=$((20000 + RANDOM % 12000)) && listens "$port"; do :; done
	echo "$port"
}

# repeat COUNT TEXT: lines of a generated source or page.
repeat() {
	awk -v count="$1" -v text="$2" 'BEGIN { while (count-- > 0) print text }'
}

# figure EXPRESSION: what the first group of an extended regular expression matches in the first line of the screen that
# has it. A figure at its beginning is taken whole. The second argument is another file than the screen.
figure() {
	local found
	found=$(sed -nE "s~(^|.*[^0-9.])$1.*~\2~p" "${2:-screen}" | head -n 1)
	printf '%s\n' "${found//,/}"
}

# A duration of the screen, as in "1.58 s", in seconds.
duration='([0-9.]+ (ns|µs|ms|s|min|h))'
seconds() {
	figure "$@" | awk '
		BEGIN { split("ns 1e-9 µs 1e-6 ms 1e-3 s 1 min 60 h 3600", word); for (i = 1; i < 12; i += 2) unit[word[i]] = word[i + 1] }
		{ print $1 * unit[$2] }'
}

# Sentences of the screen in one line.
joined() {
	tr '\n' ' ' <screen >one_line
}

calculate() {
	awk "BEGIN { print $* }"
}

# CPU time of a process and its children, in seconds.
cpu_seconds() {
	local process
	for process in "$1" $(cat "/proc/$1/task/$1/children"); do
		cat /proc/"$process"/task/*/schedstat
	done | awk '{ sum += $1 } END { print sum / 1e9 }'
}

now() {
	awk '{ print $1 }' /proc/uptime
}

# agree WHAT TASKCOST OTHER SOURCE LOW HIGH: a figure of the screen beside that of another source, which must be between
# LOW and HIGH times as large.
agree() {
	printf '%-36s %9.4g %9.4g  %s\n' "$1" "$2" "$3" "$4"
	awk -v ours="$2" -v theirs="$3" -v low="$5" -v high="$6" 'BEGIN {
		exit ours == "" || theirs == "" || ours < low * theirs || ours > high * theirs }' || {
		echo "$1: $2 is not between $5 and $6 times $3 ($4): $(<screen)" >&2
		return 1
	}
}

# holds WHAT VALUE SOURCE LOW HIGH: a figure of another source alone.
holds() {
	printf '%-36s %9s %9.4g  %s\n' "$1" "" "$2" "$3"
	awk -v value="$2" -v low="$4" -v high="$5" 'BEGIN { exit value == "" || value < low || value > high }' || {
		echo "$1: $2 ($3) is not between $4 and $5: $(<screen)" >&2
		return 1
	}
}

# get PORT PATH: the body of an answer.
get() {
	exec 3<>"/dev/tcp/127.0.0.1/$1"
	printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
	tr -d '\r' <&3 | sed '1,/^$/d'
	exec 3>&-
}

# A cgroup for CPU time, by the version that has the controller.
cgroup_directory() {
	if [[ -e /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]]; then
		echo /sys/fs/cgroup/cpu/taskcost-example
	else
		echo /sys/fs/cgroup/taskcost-example
	fi
}

# make_cgroup QUOTA PERIOD: microseconds of CPU time, and within which time.
make_cgroup() {
	cgroup=$(cgroup_directory)
	if [[ $cgroup == */cpu/* ]]; then
		mkdir "$cgroup"
		echo "$2" >"$cgroup/cpu.cfs_period_us"
		echo "$1" >"$cgroup/cpu.cfs_quota_us"
	else
		echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
		mkdir "$cgroup"
		echo "$1 $2" >"$cgroup/cpu.max"
	fi
}

throttled_seconds() {
	awk '$1 == "throttled_time" { print $2 / 1e9 } $1 == "throttled_usec" { print $2 / 1e6 }' "$cgroup/cpu.stat"
}

remove_cgroup() {
	[[ ! ${cgroup:-} ]] || rmdir "$cgroup"
}
