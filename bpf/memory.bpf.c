/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory: TLB flushes at switches, TLB shootdowns between CPUs, and allocations of creating calls. */
#include "task.bpf.h"

enum { SENDERS = 256 }; /* a power of two */

/*
 * The sender of the last shootdown for an address space. If two address spaces hash to the same entry, the newer one
 * has it, and the time of the older one's shootdown is accounted to its receivers only.
 */
static struct {
	__u64 mm;
	__u64 id; /* ledger id of the sender */
	__u32 slot;
	__u32 pad;
} senders[SENDERS];

static __always_inline __u32 sender_index(__u64 mm)
{
	return (mm * 0x9e3779b97f4a7c15ull >> 32) & (SENDERS - 1);
}

/* The address space of a task as a number: the verifier forbids arithmetic on the pointer. */
static __always_inline __u64 memory_of(struct task_struct *task)
{
	return (__u64)BPF_CORE_READ(task, active_mm);
}

static __always_inline void send_shootdown(struct tc_ledger *l)
{
	__u64 mm = memory_of(bpf_get_current_task_btf());
	__u32 index = sender_index(mm);

	l->counters[TC_COUNTER_SHOOTDOWNS_SENT]++;
	batch_event_now(l, TC_EV_SHOOTDOWN_SENT, 0, 0);
	senders[index].mm = 0;
	senders[index].slot = cpu_states[this_cpu()].slot;
	senders[index].id = l->id;
	senders[index].mm = mm;
}

/*
 * x86: pages is TLB_FLUSH_ALL for a flush, and 0 if the address space still had its PCID. At a task switch the event
 * comes between sched_switch and the switch itself: the state of the CPU already names the incoming task, while current
 * is the outgoing one. (With the same reason and both equal, an exec loads its new memory.) The state keeps the event
 * until the task leaves, because right after a flush each page that a probe touches is expensive.
 */
SEC("?tp_btf/tlb_flush")
int BPF_PROG(taskcost_tlb_flush, int reason, unsigned long pages)
{
	stay_on_cpu();
	struct tc_ledger *l;

	if (reason == TLB_FLUSH_ON_TASK_SWITCH) {
		struct tc_cpu_state *cpu = &cpu_states[this_cpu()];

		if (cpu->task != (__u64)bpf_get_current_task_btf())
			cpu->flush = pages ? TC_FLUSH_DONE : TC_FLUSH_REUSED;
		return 0;
	}
	if (reason != TLB_REMOTE_SHOOTDOWN && reason != TLB_REMOTE_SEND_IPI)
		return 0;
	l = current_ledger();
	if (!l)
		return 0;
	if (reason == TLB_REMOTE_SHOOTDOWN) {
		l->counters[TC_COUNTER_SHOOTDOWNS_RECEIVED]++;
		batch_event_now(l, TC_EV_SHOOTDOWN_RECEIVED, 0, 0);
		cpu_states[this_cpu()].shot_down = 1;
	} else {
		send_shootdown(l);
	}
	return 0;
}

static __always_inline void begin_interrupt(void)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];

	cpu->shot_down = 0;
	cpu->interrupt_ns = cpu->slot ? bpf_ktime_get_ns() : 0;
}

/* The time is accounted to the sender of the shootdown, and is lost to the task that it interrupted. */
static __always_inline void end_interrupt(void)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	struct tc_ledger *l, *sender;
	__u32 index;
	__u64 now, ns, mm;

	if (!cpu->shot_down || !cpu->interrupt_ns)
		return;
	cpu->shot_down = 0;
	now = bpf_ktime_get_ns();
	ns = elapsed(cpu->interrupt_ns, now);
	l = current_ledger();
	if (l) {
		l->counters[TC_COUNTER_SHOOTDOWN_LOST_NS] += ns;
		batch_event(l, TC_EV_SHOOTDOWN_LOST, ns, 0, now);
	}
	mm = memory_of(bpf_get_current_task_btf());
	index = sender_index(mm);
	if (senders[index].mm != mm)
		return;
	sender = ledger_at(senders[index].slot);
	if (sender && sender->id == senders[index].id) {
		__sync_fetch_and_add(&sender->counters[TC_COUNTER_SHOOTDOWN_STOLEN_NS], ns);
		send_event(sender, TC_EV_SHOOTDOWN_STOLE, ns, 0, now);
	}
}

/* x86 sends a shootdown as a function call to one CPU or to several. */
SEC("?tp_btf/call_function_entry")
int BPF_PROG(taskcost_call_function_entry)
{
	begin_interrupt();
	return 0;
}

SEC("?tp_btf/call_function_exit")
int BPF_PROG(taskcost_call_function_exit)
{
	end_interrupt();
	return 0;
}

SEC("?tp_btf/call_function_single_entry")
int BPF_PROG(taskcost_call_function_single_entry)
{
	begin_interrupt();
	return 0;
}

SEC("?tp_btf/call_function_single_exit")
int BPF_PROG(taskcost_call_function_single_exit)
{
	end_interrupt();
	return 0;
}

/* The ledger of the current task while it creates another one; NULL otherwise. */
static __always_inline struct tc_ledger *creating_ledger(void)
{
	struct tc_ledger *l = current_ledger();

	return l && l->activity == TC_ACTIVITY_CREATE ? l : NULL;
}

static __always_inline void add_slab(struct tc_ledger *l, __u64 bytes)
{
	l->counters[TC_COUNTER_KERNEL_SLAB_BYTES] += bytes;
	l->counters[TC_COUNTER_KERNEL_SLAB_ALLOCATIONS]++;
	batch_event_now(l, TC_EV_SLAB, bytes, 0);
}

/* Failed allocations count too: older verifiers see the address as void and do not allow to look at it. */
SEC("?tp_btf/kmalloc")
int BPF_PROG(taskcost_kmalloc, unsigned long call_site, const void *memory, size_t requested, size_t allocated)
{
	stay_on_cpu();
	struct tc_ledger *l = creating_ledger();

	if (l)
		add_slab(l, allocated);
	return 0;
}

/* v6.1: "mm/tracing: unify kmalloc/kmem_cache_alloc" passes the cache. */
SEC("?tp_btf/kmem_cache_alloc")
int BPF_PROG(taskcost_cache_alloc, unsigned long call_site, const void *memory, struct kmem_cache *cache)
{
	stay_on_cpu();
	struct tc_ledger *l = creating_ledger();

	if (l)
		add_slab(l, cache->size);
	return 0;
}

SEC("?tp_btf/mm_page_alloc")
int BPF_PROG(taskcost_page_alloc, struct page *page, unsigned int order)
{
	stay_on_cpu();
	struct tc_ledger *l = creating_ledger();

	if (l) {
		l->counters[TC_COUNTER_KERNEL_PAGES] += 1ull << (order & 63);
		batch_event_now(l, TC_EV_PAGES, 1ull << (order & 63), 0);
	}
	return 0;
}
