# SPDX-License-Identifier: Apache-2.0
#
# A program of C files that all take equally long, four for each CPU, and of a short one.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(gcc libc6-dev linux-perf make)
files=$((4 * $(nproc)))
answer=(
	'cc1 x [0-9]+ in user code: [0-9]+% of CPU time'
	'cc1.* wait for a CPU'
)

set_up() {
	local file
	for ((file = 1; file <= files; file++)); do
		awk -v file="$file" 'BEGIN {
			split("stdio stdlib string math unistd pthread sys/socket", headers)
			for (i in headers) printf "#include <%s.h>\n", headers[i]
			for (i = 1; i <= 60; i++)
				printf "int f%d_%d(int *values, int count)\n{\n\tint sum = 0;\n" \
					"\tfor (int i = 0; i < count; i++) {\n\t\tsum += values[i] * %d;\n" \
					"\t\tif (sum > 1000)\n\t\t\tvalues[i] ^= sum;\n\t}\n\treturn sum;\n}\n", file, i, i
		}' >"file$file.c"
	done
	echo 'int main(void) { return 0; }' >main.c
	printf 'CFLAGS := -O2\nprogram: $(patsubst %%.c,%%.o,$(wildcard *.c))\n\t$(CC) -o $@ $^\n' >Makefile
}

check() {
	agree "CPU time, s" "$(seconds "\\($duration of CPU time")" "$(awk -F, '/task-clock/ { print $1 / 1000 }' stat)" "perf stat" 0.9 1.1
	agree "CPUs utilized" "$(figure '([0-9.]+) CPUs utilized')" "$(awk -F, '/task-clock/ { print $6 }' stat)" "perf stat" 0.8 1.1
	agree "compilers" "$(figure 'cc1 x ([0-9]+) in user code')" "$((files + 1))" "files" 1 1
}
