/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Interrupt handlers and softirqs in the time of observed tasks: what they take is running time of the task that they
 * hit, whatever they are for. What ksoftirqd does is work of its own. The timer and the interrupts between CPUs have no
 * handler with these tracepoints.
 */
#include "call.bpf.h"
#include "ledger.bpf.h"
#include "taskcost/abi_interrupts.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_cpu_interrupts);
} interrupts SEC(".maps");

static __always_inline struct tc_cpu_interrupts *interrupts_of_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&interrupts, &cpu);
}

static __always_inline bool is_ksoftirqd(const struct tc_ledger *l)
{
	const char name[] = "ksoftirq";
	char comm[sizeof(name)] = {};

	if (l->activity != TC_ACTIVITY_KERNEL)
		return false;
	bpf_probe_read_kernel(comm, sizeof(comm) - 1, task_of(l)->comm);
	return *(__u64 *)comm == *(const __u64 *)name;
}

/* The ledger of the task that is interrupted; NULL: it is not observed. */
static __always_inline struct tc_ledger *interrupted_ledger(void)
{
	return ledger_at(cpu_states[this_cpu()].slot);
}

static __always_inline void add_interrupt(struct tc_cpu_interrupts *cpu, __u32 kind, __u64 ns)
{
	struct tc_interrupt_sums *sums = &cpu->sums[bounded(kind, TC_NR_INTERRUPTS)];

	sums->count++;
	sums->ns += ns;
}

SEC("?tp_btf/softirq_entry")
int BPF_PROG(taskcost_softirq_entry, unsigned int vector)
{
	struct tc_cpu_interrupts *cpu;

	if (!cpu_states[this_cpu()].slot)
		return 0;
	cpu = interrupts_of_cpu();
	if (!cpu)
		return 0;
	cpu->nested_ns = 0;
	cpu->softirq_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("?tp_btf/softirq_exit")
int BPF_PROG(taskcost_softirq_exit, unsigned int vector)
{
	struct tc_cpu_interrupts *cpu = interrupts_of_cpu();
	struct tc_ledger *l;
	__u64 ns;

	if (!cpu || !cpu->softirq_ns)
		return 0;
	l = interrupted_ledger();
	if (l && vector < TC_INTERRUPT_HANDLER && !is_ksoftirqd(l)) {
		ns = elapsed(cpu->softirq_ns, bpf_ktime_get_ns());
		ns = ns > cpu->nested_ns ? ns - cpu->nested_ns : 0;
		l->counters[TC_COUNTER_SOFTIRQS]++;
		l->counters[TC_COUNTER_SOFTIRQ_NS] += ns;
		add_interrupt(cpu, vector, ns);
	}
	cpu->softirq_ns = 0;
	return 0;
}

SEC("?tp_btf/irq_handler_entry")
int BPF_PROG(taskcost_irq_entry)
{
	struct tc_cpu_interrupts *cpu;

	if (!cpu_states[this_cpu()].slot)
		return 0;
	cpu = interrupts_of_cpu();
	if (cpu)
		cpu->handler_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("?tp_btf/irq_handler_exit")
int BPF_PROG(taskcost_irq_exit)
{
	struct tc_cpu_interrupts *cpu = interrupts_of_cpu();
	struct tc_ledger *l;
	__u64 ns;

	if (!cpu || !cpu->handler_ns)
		return 0;
	l = interrupted_ledger();
	if (l) {
		ns = elapsed(cpu->handler_ns, bpf_ktime_get_ns());
		cpu->nested_ns += ns;
		l->counters[TC_COUNTER_IRQS]++;
		l->counters[TC_COUNTER_IRQ_NS] += ns;
		add_interrupt(cpu, TC_INTERRUPT_HANDLER, ns);
	}
	cpu->handler_ns = 0;
	return 0;
}
