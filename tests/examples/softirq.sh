# SPDX-License-Identifier: Apache-2.0
#
# A program that counts on a CPU to which another one sends packets: every few milliseconds 100 broadcasts to 32 sockets
# on the loopback device of a network namespace, which hands them to that CPU (RPS). The sender takes hardly any time of
# its own CPU, and has it at once. The program measures itself how long its CPU did not run it.
# shellcheck shell=bash disable=SC2034,SC2154

packages=(gcc libc6-dev iproute2)
answer=(
	'count in user code'
	'of the CPU time in (softirqs|interrupts): .*NET_RX '
)

set_up() {
	cat <<-'END' >send.c
		#include <arpa/inet.h>
		#include <fcntl.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <unistd.h>

		int main(void) {
		  struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(0x7fffffff)}};
		  int sender = socket(AF_INET, SOCK_DGRAM, 0), yes = 1;
		  setsockopt(sender, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
		  for (int i = 0; i < 32; ++i) {
		    int sink = socket(AF_INET, SOCK_DGRAM, 0);
		    setsockopt(sink, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
		    if (bind(sink, (struct sockaddr *)&all, sizeof all)) return 1;
		  }
		  close(creat("sending", 0644));
		  for (;;) {
		    for (int i = 0; i < 100; ++i)
		      if (sendto(sender, "", 1, 0, (struct sockaddr *)&all, sizeof all) < 0) return 1;
		    usleep(1000 + rand() % 3000);
		  }
		}
	END
	cat <<-'END' >count.c
		#include <stdio.h>
		#include <time.h>

		static long now(void) {
		  struct timespec t;
		  clock_gettime(CLOCK_MONOTONIC, &t);
		  return t.tv_sec * 1000000000L + t.tv_nsec;
		}

		static long waited_for_a_cpu(void) {
		  long ran, waited = 0;
		  FILE *file = fopen("/proc/self/schedstat", "r");
		  if (!file || fscanf(file, "%ld %ld", &ran, &waited) != 2) return 0;
		  fclose(file);
		  return waited;
		}

		int main(void) {
		  long gaps = 0, waited = waited_for_a_cpu(), start = now();
		  for (long last = start, t; last < start + 2000000000L; last = t) {
		    t = now();
		    if (t - last > 3000) gaps += t - last;
		  }
		  gaps -= waited_for_a_cpu() - waited;
		  FILE *file = fopen("interrupted", "w");
		  return !file || fprintf(file, "%.4f\n", gaps / 1e9) < 0 || fclose(file);
		}
	END
	gcc -O2 -o send send.c
	gcc -O2 -o count count.c
	# shellcheck disable=SC2016
	start unshare --net --mount sh -c 'ip link set lo up && mount -t sysfs none /sys &&
		echo 2 >/sys/class/net/lo/queues/rx-0/rps_cpus && exec chrt -f 1 taskset -c 0 ./send'
	eventually test -e sending
}

# Each softirq is a gap in the program's counting, but gaps also have the way into interrupts and out of them, what no
# softirq follows, switches to other tasks, and what a hypervisor takes. Softirqs of less than 3 µs are no gaps: some
# of the timer.
check() {
	agree "interrupted while it had a CPU, s" "$(seconds "$duration  of the CPU time in")" "$(<interrupted)" \
		"the program itself" 0.6 1.05
}
