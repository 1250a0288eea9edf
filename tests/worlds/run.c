/* SPDX-License-Identifier: MIT */
/*
 * run.c - one world: its devices, its migration, and what all witnesses say.
 */
#include "world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <sv3/arch.h>

static __attribute__((format(printf, 2, 3))) void wrong(struct verdict *verdict, const char *format,
							...)
{
	va_list arguments;

	if (verdict->why[0])
		return;
	va_start(arguments, format);
	vsnprintf(verdict->why, sizeof(verdict->why), format, arguments);
	va_end(arguments);
}

/* --- devices --- */

static int make_source(const struct world *world, uint32_t index, struct sv3_device *source)
{
	struct sv3_ats_endpoint_config endpoint = {
		.atc_entries = world->compare.atc_entries,
		.writes_max = world->compare.smmu.slot_count,
	};
	int rc = sv3_synthetic_create(&world->devices[index], source);

	if (rc || !world->compare.ats)
		return rc;
	endpoint.source = *source;
	rc = sv3_ats_endpoint_create(&endpoint, source);
	if (rc)
		*source = endpoint.source;
	return rc;
}

static int make_devices(const struct world *world, struct sv3_device *device)
{
	struct sv3_device sources[WORLD_DEVICES_MAX] = { { 0 } };
	int rc = 0;

	for (uint32_t i = 0; i < world->device_count && !rc; i++)
		rc = make_source(world, i, &sources[i]);
	if (!rc)
		rc = sv3_bundle_join(sources, world->device_count, device);
	for (uint32_t i = 0; i < world->device_count && rc; i++)
		sv3_device_destroy(&sources[i]);
	return rc;
}

/* --- what is right --- */

static void tell_page(struct verdict *verdict, const struct sv3_lost_page *lost, const char *what)
{
	wrong(verdict,
	      "page %" PRIu64 " (iova 0x%" PRIx64 ") %s; translated %" PRIu64 ", landed %" PRIu64
	      ", cleared %" PRId64 ", copied %" PRId64 " ps: %s",
	      lost->page_index, lost->iova, what, lost->translated, lost->written,
	      (int64_t)lost->cleared, (int64_t)lost->copied, sv3_loss_text(lost->why));
}

/* An unmap that forgets dirty state hides a write from who would look for it. What a clear hid is
 * no fault of it, for who cleared a page copies it again. */
static bool unmap_may_lose(enum sv3_loss why)
{
	return why == SV3_LOSS_NEVER_TRACKED || why == SV3_LOSS_REPORTED_EARLY ||
	       why == SV3_LOSS_UNEXPLAINED;
}

/* Lost is what was predicted, page by page, and of what may be lost any. */
static void judge_pages(const struct sv3_compare_result *result, const struct witness *witness,
			struct verdict *verdict)
{
	const uint64_t predicted = witness_predicted(witness);
	uint64_t excused = 0;

	for (uint64_t i = 0; i < result->lost_count; i++) {
		const struct sv3_lost_page *lost = &result->lost[i];
		const bool may_be =
			witness_excuses(witness, lost->page_index) && unmap_may_lose(lost->why);

		excused += may_be;
		if (!may_be && !witness_predicts(witness, lost->page_index))
			tell_page(verdict, lost, "lost");
	}
	if (result->pages_lost != predicted + excused)
		wrong(verdict,
		      "%" PRIu64 " pages lost, %" PRIu64 " predicted and %" PRIu64 " excused",
		      result->pages_lost, predicted, excused);
}

/* Below BBML 1 a block that is split or merged is invalid for a while: what cannot stall is
 * terminated then. What never landed is no page lost. [IHI0070 3.21.1.1] */
static bool may_break_blocks(const struct world *world)
{
	return world->compare.migration.leaf != SV3_LEAF_KEEP &&
	       !SV3_GET(SV3_IDR3_BBML, world->compare.smmu.idr3) &&
	       !(world->policy->needs & SV3_NEEDS_STALL);
}

static void judge(const struct sv3_compare_result *result, const struct witness *witness,
		  struct verdict *verdict)
{
	verdict->writes = witness->writes;
	verdict->lost = result->pages_lost;
	/* Who compares bytes does not send a write of what was there already. */
	if (witness->world->policy->needs & SV3_NEEDS_CONTENTS && !result->pages_differing)
		verdict->lost = 0;
	else
		judge_pages(result, witness, verdict);
	if (result->pages_differing > result->pages_lost)
		wrong(verdict, "%" PRIu64 " pages differ, %" PRIu64 " lost",
		      result->pages_differing, result->pages_lost);
	if (result->faults && !may_break_blocks(witness->world))
		wrong(verdict, "%" PRIu64 " accesses faulted", result->faults);
	if (result->pa_mismatches)
		wrong(verdict, "%" PRIu64 " accesses went to another page", result->pa_mismatches);
}

static void run_with(struct world *world, struct witness *witness, struct verdict *verdict)
{
	struct sv3_compare_result result;

	world->compare.observer = &witness->world_observer;
	world->compare.hooks = &witness->hooks;
	world->compare.migration.observer = &witness->copy_observer;
	if (sv3_compare_run(&world->compare, world->policy->name, &result))
		wrong(verdict, "%s", result.error);
	else
		judge(&result, witness, verdict);
	sv3_compare_result_free(&result);
}

void world_run(struct world *world, struct verdict *verdict)
{
	struct sv3_device device = { 0 }, cpu = { 0 };
	struct witness witness;

	*verdict = (struct verdict){ 0 };
	if (!world->has_rows) {
		if (make_devices(world, &device))
			wrong(verdict, "its devices cannot be made");
		world->compare.device = &device;
	}
	if (world->has_cpu) {
		if (sv3_synthetic_create(&world->cpu, &cpu))
			wrong(verdict, "its CPU cannot be made");
		world->compare.cpu = &cpu;
	}
	if (witness_init(&witness, world))
		wrong(verdict, "out of memory");
	if (!verdict->why[0])
		run_with(world, &witness, verdict);
	witness_fini(&witness);
	sv3_device_destroy(&cpu);
	sv3_device_destroy(&device);
}
