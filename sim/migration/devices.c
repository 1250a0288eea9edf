/* SPDX-License-Identifier: MIT */
/*
 * devices.c - the device of a run: its traces, its scenario or the caller's, behind ATCs if asked
 * for.
 *
 * Concepts:
 *   replay  of one trace; all begin at time 0, and more than one are a bundle.
 *   lent    a device of somebody else, who releases it.
 */
#include <stdlib.h>

#include "migration_priv.h"

/* APPROX(T-044): all alike, and no PRI. As many writes may be on their way as the SMMU can have in
 * hand. */
static int put_behind_atc(const struct sv3_compare_config *config, struct sv3_device *device)
{
	const struct sv3_ats_endpoint_config endpoint = {
		.source = *device,
		.atc_entries = config->atc_entries,
		.writes_max = config->smmu.slot_count,
	};
	struct sv3_device made;
	const int rc = sv3_ats_endpoint_create(&endpoint, &made);

	if (!rc)
		*device = made;
	return rc;
}

/* --- traces --- */

static int make_source(struct sv3__devices *devices, const struct sv3_compare_config *config)
{
	const struct sv3_replay_config replay = {
		.trace = &config->traces[devices->count],
		.view = config->view,
		.time_scale_ppm = config->time_scale_ppm,
		.repeat = true,
	};
	struct sv3_device *made = &devices->replays[devices->count];
	struct sv3_device *source = &devices->sources[devices->count];
	int rc = sv3_replay_create(&replay, made);

	if (rc)
		return rc;
	devices->count++;
	*source = *made;
	return config->ats ? put_behind_atc(config, source) : 0;
}

static int make_traces(struct sv3__devices *devices, const struct sv3_compare_config *config)
{
	int rc = 0;

	devices->replays =
		(struct sv3_device *)calloc(config->trace_count, sizeof(*devices->replays));
	devices->sources =
		(struct sv3_device *)calloc(config->trace_count, sizeof(*devices->sources));
	if (!devices->replays || !devices->sources)
		return -SV3_ERR_NOMEM;
	while (devices->count < config->trace_count && !rc)
		rc = make_source(devices, config);
	return rc ? rc : sv3_bundle_join(devices->sources, devices->count, &devices->device);
}

/* --- devices that are lent --- */

static void keep(void *context)
{
	(void)context;
}

/* An ATC in front of it owns its source. */
static int lend(struct sv3__devices *devices, const struct sv3_compare_config *config,
		const struct sv3_device *device)
{
	devices->lent = *device->ops;
	devices->lent.destroy = keep;
	devices->device = (struct sv3_device){ &devices->lent, device->context };
	/* One that makes its accesses itself has an ATC, or is made of devices that may. */
	return config->ats && !devices->lent.access ? put_behind_atc(config, &devices->device) : 0;
}

static int make_scenario(struct sv3__devices *devices, const struct sv3_compare_config *config)
{
	struct sv3_device device;

	devices->script = sv3__script_create(config->scenario, config->guest_base);
	if (!devices->script)
		return -SV3_ERR_NOMEM;
	device = sv3__script_device(devices->script);
	return lend(devices, config, &device);
}

/* --- all --- */

int sv3__devices_init(struct sv3__devices *devices, const struct sv3_compare_config *config)
{
	if (config->trace_count)
		return make_traces(devices, config);
	return config->scenario ? make_scenario(devices, config)
				: lend(devices, config, config->device);
}

void sv3__devices_attach(const struct sv3__devices *devices, struct sv3_world *world)
{
	if (devices->script)
		sv3__script_attach(devices->script, world, &devices->device);
	sv3_world_attach_device(world, &devices->device);
}

void sv3__devices_fini(struct sv3__devices *devices)
{
	/* Without a device nobody else has them. */
	for (uint32_t i = 0; i < devices->count && !devices->device.ops; i++)
		sv3_device_destroy(&devices->sources[i]);
	sv3_device_destroy(&devices->device);
	sv3__script_destroy(devices->script);
	free(devices->sources);
	free(devices->replays);
	*devices = (struct sv3__devices){ 0 };
}

uint64_t sv3__devices_rewinds(const struct sv3__devices *devices)
{
	uint64_t rewinds = 0;

	for (uint32_t i = 0; i < devices->count; i++)
		rewinds += sv3_replay_rewinds(&devices->replays[i]);
	return rewinds;
}
