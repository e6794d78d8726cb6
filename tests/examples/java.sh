# SPDX-License-Identifier: Apache-2.0
#
# A pool of four threads, whose requests share one lock. The virtual machine counts for how long they are blocked by it.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(default-jdk-headless wrk)
thorough=1
answer=(
	'java/worker-\* x 4 wait for a futex, [0-9]+% woken by worker-\*'
)

set_up() {
	port=$(free_port)
	javac -d . "$examples/Server.java"
	start java -XX:TieredStopAtLevel=1 -Dsun.net.httpserver.nodelay=true Server "$port"
	echo "${started[-1]}" >server.pid
	eventually listens "$port"
	start wrk -t 1 -c 8 -d 60 "http://127.0.0.1:$port/"
	sleep 2 # until the code is compiled
}

blocked_milliseconds() {
	get "$port" /blocked
}

before() {
	begin=$(now)
	blocked_before=$(blocked_milliseconds)
}

after() {
	other=$(calculate "($(blocked_milliseconds) - $blocked_before) / 1000 / ($(now) - $begin)")
}

check() {
	agree "workers that wait for another one" \
		"$(calculate "$(seconds "$duration  java/worker-\\* x 4 wait for a futex") * $(figure 'x 4 wait for a futex, ([0-9]+)%') / 100 / $(seconds "in $duration\\)")")" \
		"$other" "blocked time of ThreadMXBean" 0.6 1.5
}
