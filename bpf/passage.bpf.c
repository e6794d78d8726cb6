/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Bytes that the result of a system call does not show: those of each message through a socket (v6.3), where a call
 * moves several messages, and those that io_uring moves.
 */
#include "flow.bpf.h"
#include "ring.bpf.h"
#include "task.bpf.h"

/* Gives both ends of a unix socket a cookie, whether they are accepted yet or not. */
static __always_inline void name_ends(struct sock *sk)
{
	struct unix_sock *end;
	struct sock *peer;

	if (!sk->__sk_common.skc_cookie.counter)
		bpf_get_socket_cookie(sk);
	end = bpf_skc_to_unix_sock(sk);
	if (!end)
		return;
	peer = end->peer;
	if (peer && !peer->__sk_common.skc_cookie.counter)
		bpf_get_socket_cookie(peer);
}

/* io_uring sent or received these bytes, in a worker or on the way to user mode. */
static __always_inline void account_passage_of(struct tc_ledger *l, struct sock *sk, __u64 bytes, __u32 bits)
{
	__u64 file = (__u64)BPF_CORE_READ(sk, sk_socket, file);
	__u32 family = sk->__sk_common.skc_family;

	/* Sockets of the kernel itself, as of a network file system, have no file. */
	if (!file)
		return;
	l->file = file;
	l->file_type = S_IFSOCK | (family & TC_FILE_DETAIL);
	account_passage(l, channel_of_family(family), bits, bytes, bpf_ktime_get_ns());
}

static __always_inline int passed_through(struct sock *sk, int bytes, __u32 bits, bool taken)
{
	struct tc_ledger *l;
	__u32 kind;

	if (bytes <= 0)
		return 0;
	l = current_ledger();
	if (!l)
		return 0;
	if (sk->__sk_common.skc_family == AF_UNIX)
		name_ends(sk);
	if (interrupted_row(l) != TC_ROW_CALL_PENDING) {
		if (taken)
			account_passage_of(l, sk, bytes, bits);
		return 0;
	}
	kind = kind_of_call(l);
	if (kind != TC_KIND_RECVMMSG && kind != TC_KIND_SENDMMSG)
		return 0;
	if (l->messages_ns != l->entered_ns) {
		l->messages_ns = l->entered_ns;
		l->message_bytes = 0;
	}
	l->message_bytes += bytes;
	return 0;
}

SEC("?tp_btf/sock_send_length")
int BPF_PROG(taskcost_sock_send, struct sock *sk, int bytes, int flags)
{
	stay_on_cpu();
	return passed_through(sk, bytes, TC_CALL_OUT, true);
}

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(taskcost_sock_receive, struct sock *sk, int bytes, int flags)
{
	stay_on_cpu();
	return passed_through(sk, bytes, TC_CALL_IN, !(flags & (MSG_PEEK | MSG_ERRQUEUE)));
}

enum {
	READS = 1ull << IORING_OP_READV | 1ull << IORING_OP_READ_FIXED | 1ull << IORING_OP_READ,
	WRITES = 1ull << IORING_OP_WRITEV | 1ull << IORING_OP_WRITE_FIXED | 1ull << IORING_OP_WRITE,
};

/* The task that runs the request is the one that moves the bytes. Sockets are covered above. */
static __always_inline int completed(struct io_kiocb *request, int bytes)
{
	struct tc_ledger *l;
	__u64 file, operation;
	__u32 type;

	if (bytes <= 0 || !request)
		return 0;
	l = current_ledger();
	if (!l)
		return 0;
	operation = 1ull << (BPF_CORE_READ(request, opcode) & 63);
	if (!(operation & (READS | WRITES)))
		return 0;
	file = (__u64)BPF_CORE_READ(request, file);
	type = type_of_pipe_or_pty(file);
	if (!type)
		return 0;
	l->file = file;
	l->file_type = type;
	account_passage(l, type == S_IFIFO ? TC_CHANNEL_PIPE : TC_CHANNEL_PTY,
			operation & READS ? TC_CALL_IN : TC_CALL_OUT, bytes, bpf_ktime_get_ns());
	return 0;
}

/* v6.14 or later: "io_uring: trace: pass the CQE"; before, since v5.19, its fields. */
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(taskcost_ring_complete, struct io_ring_ctx *ring, void *request, struct io_uring_cqe *event)
{
	stay_on_cpu();
	sum_up_operation(request, event->res);
	return completed(request, event->res);
}

SEC("?tp_btf/io_uring_complete")
int BPF_PROG(taskcost_ring_complete_fields, struct io_ring_ctx *ring, void *request, __u64 user_data, int result)
{
	stay_on_cpu();
	sum_up_operation(request, result);
	return completed(request, result);
}
