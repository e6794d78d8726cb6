# SPDX-License-Identifier: Apache-2.0
#
# A database of one row, which 32 clients update; each holds its lock for one more request. The database counts the backends that wait for a lock.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(postgresql)
answer=(
	'postgres x [0-9]+ wait for epoll, [0-9]+% woken by postgres$'
)

# It refuses to run as root.
postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

# Debian installs each major version in a directory of its own.
program() {
	printf '%s\n' /usr/lib/postgresql/*/bin/"$1" | tail -n 1
}

client() {
	"${postgres[@]}" "$(program "$1")" -h "$PWD" -U postgres "${@:2}"
}

set_up() {
	chown postgres .
	"${postgres[@]}" "$(program initdb)" --username=postgres --no-sync --auth=trust --no-locale --encoding=UTF8 --pgdata data >>log
	start "${postgres[@]}" "$(program postgres)" -D data -k "$PWD" -c listen_addresses= -c autovacuum=off -c fsync=off \
		-c dynamic_shared_memory_type=mmap
	eventually client psql -c 'select 1'
	client psql -q -c 'create table accounts (id int primary key, balance int)' -c 'insert into accounts values (1, 0)'
	printf '%s;\n' begin 'update accounts set balance = balance + 1 where id = 1' 'select count(*) from accounts' end >update.sql
	start "${postgres[@]}" "$(program pgbench)" -h "$PWD" -U postgres -n -c 32 -T 60 -f update.sql postgres
	cat <<-END >sample.sql
		do \$\$
		declare waiting int := 0;
		begin
		  for i in 1..100 loop
		    waiting := waiting + (select count(distinct pid) from pg_locks where not granted);
		    perform pg_sleep(0.03);
		  end loop;
		  raise notice '%', waiting / 100.0;
		end \$\$
	END
	sleep 1
}

before() {
	client psql -f sample.sql >sample 2>&1 &
	sampler=$!
}

after() {
	wait "$sampler"
	other=$(sed -nE 's/.*NOTICE: +([0-9.]+).*/\1/p' sample)
}

check() {
	agree "backends that wait for another one" \
		"$(calculate "$(seconds "$duration  idle: postgres") * $(figure 'epoll, ([0-9]+)% woken by postgres') / 100 / $(seconds "in $duration\\)")")" \
		"$other" "pg_locks, mean of 100 looks" 0.6 1.4
}
