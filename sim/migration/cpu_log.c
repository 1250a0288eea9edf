/* SPDX-License-Identifier: MIT */
/*
 * cpu_log.c - the log of what the guest's CPUs write, as a hypervisor keeps it: pages are
 * protected, the first write faults and sets a bit, and further writes are free until the bit is
 * cleared.
 *
 * It goes beside the policy of the devices: read and cleared at once, or cleared chunk by chunk
 * right before the copy, and then only the bits that were handed out. [policies 13, a to f]
 */
#include <stdlib.h>

#include "migration_priv.h"

bool sv3__cpu_log_write(struct sv3__cpu_log *cpu, sv3_pa pa)
{
	return sv3_dirty_log_set(&cpu->logged, pa, 1) != 0;
}

static sv3_ps cpu_writes(void *context, sv3_pa pa, uint32_t len)
{
	struct sv3__migration *m = (struct sv3__migration *)context;

	(void)len; /* it crosses no page */
	if (!sv3__cpu_log_write(&m->cpu, pa))
		return 0;
	m->result->cpu_faults++;
	return m->config->cpu_fault;
}

int sv3__cpu_log_init(struct sv3__migration *m)
{
	const struct sv3_cpu_tracker tracker = { .write = cpu_writes, .context = m };

	if (sv3__log_make(m, &m->cpu.logged) || sv3__log_make(m, &m->cpu.handed_out))
		return -SV3_ERR_NOMEM;
	sv3_world_set_cpu_tracker(m->world, &tracker);
	return 0;
}

void sv3__cpu_log_fini(struct sv3__migration *m)
{
	sv3_world_set_cpu_tracker(m->world, NULL);
	free(m->cpu.logged.words);
	free(m->cpu.handed_out.words);
}

void sv3__cpu_log_get(struct sv3__migration *m)
{
	if (m->config->cpu_log == SV3_CPU_LOG_AUTO) {
		sv3__log_take(&m->reported, &m->cpu.logged);
		return;
	}
	sv3__log_merge(&m->reported, &m->cpu.logged);
	sv3__log_merge(&m->cpu.handed_out, &m->cpu.logged);
}

void sv3__cpu_log_clear(struct sv3__migration *m, uint64_t first, uint64_t end)
{
	struct sv3__cpu_log *cpu = &m->cpu;

	end = end < cpu->logged.page_count ? end : cpu->logged.page_count;
	while (first < end) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&first, end, &word);

		cpu->logged.words[word] &= ~(cpu->handed_out.words[word] & bits);
		/* The user's own copy of the bits is 0 now: nobody clears them twice. */
		cpu->handed_out.words[word] &= ~bits;
	}
}
