/* SPDX-License-Identifier: MIT */
/*
 * replays.c - the traces of a run as one device: each a replay of its own, all from time 0 on, and
 * more than one in a bundle.
 */
#include <stdlib.h>

#include "migration_priv.h"

static int make_sources(struct sv3__replays *replays, const struct sv3_compare_config *config)
{
	struct sv3_replay_config replay = {
		.view = config->view,
		.time_scale_ppm = config->time_scale_ppm,
		.repeat = true,
	};

	for (uint32_t i = 0; i < config->trace_count; i++) {
		int rc;

		replay.trace = &config->traces[i];
		rc = sv3_replay_create(&replay, &replays->sources[i]);
		if (rc)
			return rc;
		replays->count++;
	}
	return 0;
}

int sv3__replays_init(struct sv3__replays *replays, const struct sv3_compare_config *config)
{
	int rc;

	replays->sources =
		(struct sv3_device *)calloc(config->trace_count, sizeof(*replays->sources));
	if (!replays->sources)
		return -SV3_ERR_NOMEM;
	rc = make_sources(replays, config);
	return rc ? rc : sv3_bundle_join(replays->sources, replays->count, &replays->device);
}

void sv3__replays_fini(struct sv3__replays *replays)
{
	/* Without a device nobody else has them. */
	for (uint32_t i = 0; i < replays->count && !replays->device.ops; i++)
		sv3_device_destroy(&replays->sources[i]);
	sv3_device_destroy(&replays->device);
	free(replays->sources);
	*replays = (struct sv3__replays){ 0 };
}

uint64_t sv3__replays_rewinds(const struct sv3__replays *replays)
{
	uint64_t rewinds = 0;

	for (uint32_t i = 0; i < replays->count; i++)
		rewinds += sv3_replay_rewinds(&replays->sources[i]);
	return rewinds;
}
