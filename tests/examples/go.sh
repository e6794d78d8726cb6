# SPDX-License-Identifier: Apache-2.0
#
# A server of net/http with an answer of one word.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(golang-go wrk)
thorough=1
answer=(
	'running user code +[0-9.]+ m?s'
	'running in the kernel +[0-9.]+ m?s .* socket '
)

set_up() {
	port=$(free_port)
	cat <<-END >server.go
		package main

		import (
			"fmt"
			"net/http"
		)

		func main() {
			http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
			http.ListenAndServe("127.0.0.1:$port", nil)
		}
	END
	HOME=$PWD GO111MODULE=off go build -o server server.go
	start ./server
	echo "${started[-1]}" >server.pid
	eventually listens "$port"
	start wrk -t 1 -c 16 -d 60 "http://127.0.0.1:$port/"
	sleep 0.5
}

before() {
	read -r user_before kernel_before < <(user_and_kernel)
}

after() {
	read -r user kernel < <(user_and_kernel)
	other=$(calculate "($kernel - $kernel_before) / ($user + $kernel - $user_before - $kernel_before)")
}

user_and_kernel() {
	sed 's/.*) //' "/proc/$(<server.pid)/stat" | cut -d ' ' -f 12,13
}

check() {
	agree "part of CPU time in the kernel" \
		"$(calculate "$(seconds "running in the kernel +$duration") / $(seconds "\\($duration of CPU time")")" "$other" \
		"/proc/PID/stat" 0.7 1.4
}
