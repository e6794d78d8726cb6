/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What runs at every switch, system call and birth, as one object: the compiler inlines across it. Where the CPU needs
 * its returns made safe, the return of a function costs more than most of what a function does here.
 */
#define COMPAT_WANT_RDONLY_CAST
#include "files.bpf.c"
#include "sched.bpf.c"
#include "syscall.bpf.c"
#include "lifecycle.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
