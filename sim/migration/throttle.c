/* SPDX-License-Identifier: MIT */
/*
 * throttle.c - who writes too much is slowed down: more and more, as long as it does not help.
 *
 * The rule is that of VMMs: twice in a row more than a share of what was sent got dirty. They slow
 * CPUs down; nothing does so to a device, which is a knob of its own here. [policies 3]
 */
#include "migration_priv.h"

#define PPM_PER_PERCENT 10000u

static void apply(struct sv3__migration *m)
{
	const struct sv3_throttle_config *config = &m->config->throttle;
	const uint32_t speed_ppm = (100 - m->throttle_percent) * PPM_PER_PERCENT;

	if (config->device)
		sv3_world_throttle_device(m->world, speed_ppm);
	if (config->cpu)
		sv3_world_throttle_cpu(m->world, speed_ppm);
}

void sv3__throttle_update(struct sv3__migration *m, uint64_t pages_sent_before)
{
	const struct sv3_throttle_config *config = &m->config->throttle;

	if (!config->device && !config->cpu)
		return;
	if (100 * m->row->pages_reported <= config->trigger_percent * pages_sent_before)
		m->throttle_strikes = 0;
	else if (++m->throttle_strikes == 2) {
		m->throttle_strikes = 0;
		m->throttle_percent = m->throttle_percent
					      ? m->throttle_percent + config->increment_percent
					      : config->initial_percent;
		if (m->throttle_percent > config->max_percent)
			m->throttle_percent = config->max_percent;
		apply(m);
	}
	m->row->throttle_percent = m->throttle_percent;
}
