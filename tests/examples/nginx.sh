# SPDX-License-Identifier: Apache-2.0
#
# nginx with one worker, in a cgroup that may use a fifth of one CPU.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(nginx-light wrk)
answer=(
	'waiting for a CPU .* throttled '
	'throttled [0-9.]+ (ms|s) by cgroup .*taskcost-example, limit 20.0 ms per 100 ms'
)

set_up() {
	local port kind
	port=$(free_port)
	repeat 20 'nothing but text, to be served many times' >page
	chmod 755 . && chmod 644 page
	{
		printf 'daemon off;\nuser nobody nogroup;\nworker_processes 1;\npid %s/nginx.pid;\n' "$PWD"
		printf 'error_log %s/errors;\nevents { worker_connections 64; }\nhttp {\n  access_log off;\n' "$PWD"
		for kind in client_body proxy fastcgi uwsgi scgi; do
			printf '  %s_temp_path %s/%s;\n' "$kind" "$PWD" "$kind"
		done
		printf '  server { listen 127.0.0.1:%s; root %s; }\n}\n' "$port" "$PWD"
	} >nginx.conf
	make_cgroup 20000 100000
	start sh -c 'echo $$ >"$0/cgroup.procs" && exec /usr/sbin/nginx -c "$1"' "$cgroup" "$PWD/nginx.conf"
	eventually listens "$port"
	start wrk -t 1 -c 16 -d 60 "http://127.0.0.1:$port/page"
	sleep 1 # until the quota is used up
}

before() {
	begin=$(now)
	throttled_before=$(throttled_seconds)
}

after() {
	other=$(calculate "($(throttled_seconds) - $throttled_before) / ($(now) - $begin)")
}

check() {
	agree "time throttled, per second" \
		"$(calculate "$(seconds "throttled $duration") / $(seconds "in $duration\\)")")" "$other" cpu.stat 0.7 1.3
	holds "CPUs utilized" "$(figure '([0-9.]+) CPUs utilized')" "quota: 0.2" 0.1 0.25
}

tear_down() {
	remove_cgroup
}
