/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Flows: calls and bytes of one task through one pipe, connection or queue, and the link that both ends share. */
#ifndef TASKCOST_FLOW_BPF_H
#define TASKCOST_FLOW_BPF_H

#include "file.bpf.h"
#include "record.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_flow_key);
	__type(value, struct tc_flow_sums);
} flows SEC(".maps");

static __always_inline __u64 ordered_pair(__u64 a, __u64 b)
{
	return a < b ? a << 32 | b : b << 32 | a;
}

static __always_inline __u32 number_of_socket(struct sock *sk)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);

	return socket ? BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino) : 0;
}

/*
 * Both ends have an inode, but the end that is not accepted yet gets it late. Where sockets have probes
 * (passage.bpf.c), the kernel gives each socket a cookie with its first message, and the cookies identify the ends.
 */
static __always_inline __u64 link_of_unix_socket(struct sock *sk, __u64 own)
{
	struct sock *peer = bpf_core_type_exists(struct unix_sock) ? BPF_CORE_READ((struct unix_sock *)sk, peer) : NULL;
	__u64 other;

	if (!peer)
		return 0;
	if (sees_lengths) {
		own = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
		other = BPF_CORE_READ(peer, __sk_common.skc_cookie.counter);
	} else {
		other = number_of_socket(peer);
	}
	if (!own || !other)
		return 0;
	return own < other ? mix(own) ^ other : mix(other) ^ own;
}

/* An IPv4-mapped IPv6 address counts as IPv4: the two ends may see it differently. */
static __always_inline __u64 fold_address(const struct in6_addr *address)
{
	const __u32 *word = address->in6_u.u6_addr32;

	if (!word[0] && !word[1] && word[2] == bpf_htonl(0xffff))
		return word[3];
	return mix(word[0]) ^ mix(word[1] + 1) ^ mix(word[2] + 2) ^ mix(word[3] + 3);
}

static __always_inline bool is_loopback(__u64 address)
{
	return (address & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

/* One half for each end, the own half above that of the peer. */
static __always_inline __u64 link_of_halves(__u32 own, __u32 peer)
{
	return (__u64)own << 32 | peer;
}

/*
 * Both ends of a TCP connection know its initial sequence numbers, which no other connection shares, at any time and in
 * any network namespace. The connecting end counts its SYN as acknowledged: its own number is one less than its peer's
 * view of it. 0 until the connection is established.
 */
static __always_inline __u64 link_of_tcp_socket(struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__u32 received = (__u32)BPF_CORE_READ(tcp, bytes_received);
	__u32 next = BPF_CORE_READ(tcp, rcv_nxt);
	__u32 acknowledged = (__u32)BPF_CORE_READ(tcp, bytes_acked);
	__u32 oldest = BPF_CORE_READ(tcp, snd_una);

	/* A segment arrived between the reads. */
	if (received != (__u32)BPF_CORE_READ(tcp, bytes_received) ||
	    acknowledged != (__u32)BPF_CORE_READ(tcp, bytes_acked))
		return 0;
	return next ? link_of_halves(oldest - acknowledged, next - received) : 0;
}

static __always_inline __u32 half_of(__u64 address, __u16 port, __u64 network)
{
	return mix(address ^ network << 32 ^ (__u64)port << 40) >> 32;
}

/* Each end has both addresses, in opposite order. Loopback addresses are different ones in each network namespace. */
static __always_inline __u64 link_of_addresses(struct sock *sk)
{
	__u64 local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	__u64 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	__u16 local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	__u16 remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	__u64 network = 0;
	bool loopback = is_loopback(remote);

	if (!remote_port)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		struct in6_addr address;

		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
		local = fold_address(&address);
		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_daddr);
		remote = fold_address(&address);
		loopback = remote == (__u32)remote ? is_loopback(remote) : !address.in6_u.u6_addr32[0];
	}
	if (loopback)
		network = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return link_of_halves(half_of(local, local_port, network), half_of(remote, remote_port, network));
}

static __always_inline __u64 link_of_inet_socket(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP ? link_of_tcp_socket(sk) : link_of_addresses(sk);
}

/* The inode of the slave in devpts identifies both ends. */
static __always_inline struct inode *slave_of_pty(__u64 file, bool *master)
{
	struct tty_struct *tty = terminal_of(file);
	struct dentry *slave;

	*master = BPF_CORE_READ(tty, driver, major) == UNIX98_PTY_MASTER_MAJOR;
	if (*master)
		tty = BPF_CORE_READ(tty, link);
	slave = BPF_CORE_READ(tty, driver_data);
	return BPF_CORE_READ(slave, d_inode);
}

static __always_inline __u64 link_of_pty(__u64 file)
{
	bool master;
	struct inode *slave = slave_of_pty(file, &master);

	return slave ? mix(BPF_CORE_READ(slave, i_ino)) ^ BPF_CORE_READ(slave, i_sb, s_dev) : 0;
}

/* All masters have the same inode. */
static __always_inline __u64 number_of_pty(__u64 file)
{
	bool master;
	struct inode *slave = slave_of_pty(file, &master);

	return BPF_CORE_READ(slave, i_ino) << 1 | master;
}

/* The identifier of a queue, the first argument, is unique in its ipc namespace. */
static __always_inline __u64 number_of_queue(const struct tc_ledger *l)
{
	return mix(l->fd ^ (__u64)BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, ipc_ns, ns.inum) << 32);
}

static __noinline __u64 number_of_object(const struct tc_ledger *l)
{
	if (!l) /* can't happen; the verifier asks */
		return 0;
	return l->channel == TC_CHANNEL_PTY ? number_of_pty(l->file) : number_of_queue(l);
}

__verified_once __u64 link_of(__u32 channel, __u64 file, __u64 number)
{
	struct socket *socket;

	if (channel == TC_CHANNEL_PIPE || channel == TC_CHANNEL_MESSAGE_QUEUE || channel == TC_CHANNEL_SYSV_QUEUE)
		return number;
	if (channel == TC_CHANNEL_PTY)
		return link_of_pty(file);
	if (channel == TC_CHANNEL_OTHER_SOCKET)
		return 0;
	socket = BPF_CORE_READ((struct file *)file, private_data);
	if (channel == TC_CHANNEL_UNIX_SOCKET)
		return link_of_unix_socket(BPF_CORE_READ(socket, sk), inode_number_of(file) & 0xffffffff);
	return link_of_inet_socket(BPF_CORE_READ(socket, sk));
}

/* A sum with an unknown part is unknown. */
static __always_inline void add_bytes(__u64 *sum, __u64 bytes)
{
	*sum = bytes == TC_BYTES_UNKNOWN || *sum == TC_BYTES_UNKNOWN ? TC_BYTES_UNKNOWN : *sum + bytes;
}

static __always_inline void add_to_flow(struct tc_flow_sums *sums, __u64 bytes_in, __u64 bytes_out, __u32 call)
{
	if (call & TC_CALL_IN)
		sums->calls_in++;
	if (call & TC_CALL_OUT)
		sums->calls_out++;
	add_bytes(&sums->bytes_in, bytes_in);
	add_bytes(&sums->bytes_out, bytes_out);
}

static __always_inline int account_flow(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out)
{
	bool has_inode = l->channel != TC_CHANNEL_PTY && l->channel != TC_CHANNEL_SYSV_QUEUE;
	__u64 number = has_inode ? identity_of_inode(l->file) : number_of_object(l) & TC_OBJECT_MASK;
	struct tc_flow_key key = {.task = l->id, .object = (__u64)l->channel << 56 | number};
	struct tc_flow_sums first = {};
	struct tc_flow_sums *sums;
	__u32 i;

	l->object = key.object;
#pragma unroll
	for (i = 0; i < TC_OWN_FLOWS; i++) {
		struct tc_flow *flow = &l->flows[i];

		if (!flow->key.object)
			flow->key = key;
		if (flow->key.object == key.object) {
			if (!flow->sums.link)
				flow->sums.link = link_of(l->channel, l->file, number);
			l->link = flow->sums.link;
			add_to_flow(&flow->sums, bytes_in, bytes_out, l->call);
			return 0;
		}
	}
	sums = bpf_map_lookup_elem(&flows, &key);
	if (sums) {
		if (!sums->link)
			sums->link = link_of(l->channel, l->file, number);
		l->link = sums->link;
		add_to_flow(sums, bytes_in, bytes_out, l->call);
		return 0;
	}
	first.link = link_of(l->channel, l->file, number);
	l->link = first.link;
	add_to_flow(&first, bytes_in, bytes_out, l->call);
	if (bpf_map_update_elem(&flows, &key, &first, BPF_NOEXIST))
		count_loss(TC_LOSS_MISSED_FLOWS);
	return 0;
}

__verified_once int account_flow_seldom(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out)
{
	return l ? account_flow(l, bytes_in, bytes_out) : 0;
}

/* Bytes passed through `file`, which has the type `file_type`. */
__verified_once int account_passage(struct tc_ledger *l, __u32 channel, __u32 bits, __u64 bytes, __u64 now)
{
	struct tc_channel_use *use;
	__u32 call;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	use = &l->channels[bounded(channel, TC_NR_CHANNELS)];
	use->calls++;
	use->bytes_in += bits & TC_CALL_IN ? bytes : 0;
	use->bytes_out += bits & TC_CALL_OUT ? bytes : 0;
	l->channel = channel;
	call = l->call;
	l->call = (call & ~(TC_CALL_IN | TC_CALL_OUT)) | bits;
	account_flow_seldom(l, bits & TC_CALL_IN ? bytes : 0, bits & TC_CALL_OUT ? bytes : 0);
	l->call = call;
	if (keep_events)
		batch_passage(l, bits, bytes, now);
	return 0;
}

#endif
