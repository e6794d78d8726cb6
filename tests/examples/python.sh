# SPDX-License-Identifier: Apache-2.0
#
# A server with a thread for each connection. Each answer takes some work in Python.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(python3 wrk)
answer=(
	'^Summary: (0|1\.0)[0-9.]* CPUs utilized'
	'python3 x [0-9]+ wait for a futex'
)

set_up() {
	port=$(free_port)
	cat <<-END >server.py
		from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

		class Handler(BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    disable_nagle_algorithm = True

		    def do_GET(self):
		        answer = str(sum(i * i for i in range(200000))).encode()
		        self.send_response(200)
		        self.send_header("Content-Length", str(len(answer)))
		        self.end_headers()
		        self.wfile.write(answer)

		    def log_message(self, *arguments):
		        pass

		ThreadingHTTPServer(("127.0.0.1", $port), Handler).serve_forever()
	END
	start /usr/bin/python3 server.py
	echo "${started[-1]}" >server.pid
	eventually listens "$port"
	start wrk -t 1 -c 4 -d 60 "http://127.0.0.1:$port/"
	sleep 0.5
}

before() {
	begin=$(now)
	cpu_before=$(cpu_seconds "$(<server.pid)")
}

after() {
	other=$(calculate "($(cpu_seconds "$(<server.pid)") - $cpu_before) / ($(now) - $begin)")
	stop_last
	rate 1 >one
	rate 4 >four
}

# rate CONNECTIONS: requests per second
rate() {
	wrk -t 1 -c "$1" -d 1 "http://127.0.0.1:$port/" | awk '$1 == "Requests/sec:" { print $2 }'
}

check() {
	agree "CPUs utilized" "$(figure '([0-9.]+) CPUs utilized')" "$other" /proc/PID/task/TID/schedstat 0.75 1.3
	holds "requests by 4 connections, by 1: ratio" "$(calculate "$(<four) / $(<one)")" wrk 0.4 1.6
}
