# SPDX-License-Identifier: Apache-2.0
#
# Two servers of one page, one with 16 processes and one with 16 threads. Each gets 10,000 requests while it is observed.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(apache2 apache2-utils)
thorough=1
free_form=1
requests=10000
answer=(
	'^B spent [0-9.]+ x as much time on CPUs as A'
	'blocked on a futex of its process +0 .* new'
)

# serve KIND PORT LINE...: a configuration with the multi-processing module KIND.
serve() {
	cat <<-END >"$1.conf"
		ServerRoot /usr/lib/apache2
		ServerName localhost
		DefaultRuntimeDir $PWD
		PidFile $PWD/$1.pid
		Mutex file:$PWD
		ErrorLog $PWD/$1.errors
		Listen 127.0.0.1:$2
		LoadModule mpm_$1_module modules/mod_mpm_$1.so
		LoadModule authz_core_module modules/mod_authz_core.so
		User nobody
		Group nogroup
		DocumentRoot $PWD/www
		<Directory $PWD/www>
		Require all granted
		</Directory>
		MaxRequestWorkers 16
	END
	printf '%s\n' "${@:3}" >>"$1.conf"
	start /usr/sbin/apache2 -f "$PWD/$1.conf" -D FOREGROUND
	eventually listens "$2"
}

set_up() {
	mkdir www
	chmod 755 www
	repeat 600 'text that is served' >www/page
	prefork=$(free_port)
	event=$(free_port)
	serve prefork "$prefork" 'StartServers 16' 'MinSpareServers 16' 'MaxSpareServers 16' 'ServerLimit 16'
	serve event "$event" 'StartServers 1' 'ServerLimit 1' 'ThreadsPerChild 16' 'ThreadLimit 16' 'MinSpareThreads 16' \
		'MaxSpareThreads 16'
}

observations() {
	(($(grep -c 'Ctrl-C to stop' screen) >= $1))
}

# load NUMBER KIND PORT: sends the requests once the observation of that number has begun, and ends it.
load() {
	local server before
	server=$(<"$2.pid")
	eventually observations "$1"
	before=$(cpu_seconds "$server")
	ab -q -n "$requests" -c 16 "http://127.0.0.1:$3/page" >"$2.ab"
	calculate "$(cpu_seconds "$server") - $before" >"$2.cpu"
	kill -INT "$(pgrep -o -f "^taskcost attach $server ")"
}

before() {
	: >screen
	{
		load 1 prefork "$prefork"
		load 2 event "$event"
	} &
	loads=$!
}

after() {
	wait "$loads"
}

check() {
	joined
	agree "CPU time with processes, s" "$(seconds "against $duration" one_line)" "$(<prefork.cpu)" /proc/PID/task/TID/schedstat 0.75 1.3
	agree "CPU time with threads, s" "$(seconds "\\($duration against" one_line)" "$(<event.cpu)" /proc/PID/task/TID/schedstat 0.75 1.3
}
