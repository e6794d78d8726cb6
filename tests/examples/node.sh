# SPDX-License-Identifier: Apache-2.0
#
# A server whose answers take some work. The event loop measures by itself for how long it does not wait for events.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(nodejs wrk)
answer=(
	'node x [0-9]+ in user code: [0-9]+% of CPU time'
)

set_up() {
	port=$(free_port)
	cat >server.js <<-END
		const crypto = require("node:crypto");
		const { performance } = require("node:perf_hooks");
		let last = performance.eventLoopUtilization();
		const answer = (request, response) => {
		  if (request.url === "/utilization") {
		    const now = performance.eventLoopUtilization();
		    response.end(String(performance.eventLoopUtilization(now, last).utilization));
		    last = now;
		    return;
		  }
		  response.end(crypto.pbkdf2Sync("secret", "salt", 1000, 32, "sha512"));
		};
		require("node:http").createServer(answer).listen($port, "127.0.0.1");
	END
	start node server.js
	echo "${started[-1]}" >server.pid
	eventually listens "$port"
	start wrk -t 1 -c 8 -d 60 "http://127.0.0.1:$port/"
	sleep 1 # until the code is compiled
}

before() {
	get "$port" /utilization >/dev/null
}

after() {
	other=$(get "$port" /utilization)
}

check() {
	agree "not waiting for events, per second" \
		"$(calculate "($(seconds "\\($duration of CPU time") + $(seconds "waiting for a CPU +$duration")) / $(seconds "in $duration\\)")")" \
		"$other" "eventLoopUtilization() of Node" 0.8 1.2
}
