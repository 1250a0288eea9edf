/* SPDX-License-Identifier: MIT */
/*
 * input.c - what compare and replay ask of a trace and of parameters before any work is done.
 *
 * Every refusal names the record, counted from 0 as `sv3 trace cut` does, and the option that
 * helps.
 */
#include "cli.h"

#include <sv3/migration.h>
#include <sv3/sim.h>
#include <sv3/trace.h>

#include <inttypes.h>
#include <stdlib.h>

#define GUEST_BASE_STEP (UINT64_C(1) << 30)
#define STREAM_ID_LIMIT (UINT32_C(1) << 16)

int cli_trace_read(const char *command, const char *path, struct sv3_trace *trace)
{
	struct sv3_trace_error error;

	if (sv3_trace_read(path, trace, &error) < 0)
		return cli_error(command, "%s", error.text);
	return CLI_OK;
}

/* --- where RAM is --- */

static int refuse_row(const char *command, const char *path, const struct sv3_trace *trace,
		      uint64_t record, const struct cli_guest *guest)
{
	const struct sv3_trace_rec *rec = &trace->records[record];
	char remedy[96], size[CLI_VALUE_CHARS];

	if (rec->pa < guest->base)
		snprintf(remedy, sizeof(remedy), "give a lower --guest-base such as 0x%" PRIx64,
			 rec->pa - rec->pa % GUEST_BASE_STEP);
	else
		snprintf(remedy, sizeof(remedy), "give a larger --guest-mem such as %s",
			 cli_value_format(CLI_SIZE, sv3_guest_size_default(trace, guest->base),
					  size));
	return cli_error(command,
			 "%s: record %" PRIu64 " (from 0): %s at 0x%" PRIx64
			 " is outside guest RAM 0x%" PRIx64 "..0x%" PRIx64 "; %s",
			 path, record, sv3_trace_op_name(rec->op), rec->pa, guest->base,
			 guest->base + guest->size - 1, remedy);
}

int cli_guest_align_check(const char *command, const struct cli_guest *guest)
{
	char text[CLI_VALUE_CHARS];

	if (guest->base % SV3_PAGE_SIZE != 0)
		return cli_error(command, "--guest-base: %s is not a multiple of 4096",
				 cli_value_format(CLI_ADDRESS, guest->base, text));
	if (guest->size % SV3_PAGE_SIZE != 0)
		return cli_error(command, "--guest-mem: %s is not a multiple of 4096",
				 cli_value_format(CLI_SIZE, guest->size, text));
	if (guest->base >= SV3_WORLD_HOST_BASE || guest->size > SV3_WORLD_HOST_BASE - guest->base)
		return cli_error(command,
				 "guest RAM of %s from 0x%" PRIx64
				 " on does not end below 64T; give a smaller --guest-mem",
				 cli_value_format(CLI_SIZE, guest->size, text), guest->base);
	return CLI_OK;
}

int cli_guest_check(const char *command, const char *path, const struct sv3_trace *trace,
		    struct cli_guest *guest)
{
	uint64_t record = 0;

	if (guest->size == 0)
		guest->size = sv3_guest_size_default(trace, guest->base);
	if (cli_guest_align_check(command, guest) != CLI_OK)
		return CLI_ERROR;
	switch (sv3_trace_check_guest(trace, guest->base, guest->size, &record)) {
	case 0:
		return CLI_OK;
	case -SV3_ERR_EXIST:
		return cli_error(command,
				 "%s: record %" PRIu64
				 " (from 0): guest RAM covers the interrupt page of "
				 "0x%" PRIx64 "; give a higher --guest-base or less --guest-mem",
				 path, record, trace->records[record].pa);
	default:
		return refuse_row(command, path, trace, record, guest);
	}
}

/* --- what the view needs --- */

int cli_view_check(const char *command, const char *path, const struct sv3_trace *trace,
		   bool iova_view)
{
	const uint8_t needed = iova_view ? SV3_TRACE_HAS_IOVA : SV3_TRACE_HAS_PA;
	uint64_t access_count = 0;
	bool has_map = false;

	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		has_map |= rec->op == SV3_TRACE_MAP;
		if ((rec->has & SV3_TRACE_HAS_SID) != 0 && rec->sid >= STREAM_ID_LIMIT)
			return cli_error(command,
					 "%s: record %" PRIu64 " (from 0): StreamID 0x%" PRIx32
					 " is above 0xffff, the last the Stream table has",
					 path, i, rec->sid);
		if (!sv3_trace_is_access(rec))
			continue;
		access_count++;
		if ((rec->has & needed) == 0)
			return cli_error(
				command,
				"%s: record %" PRIu64 " (from 0): no %s, which --view %s needs; "
				"give --view %s",
				path, i, iova_view ? "iova" : "pa", iova_view ? "iova" : "guest",
				iova_view ? "guest" : "iova");
	}
	if (access_count == 0)
		return cli_error(command, "%s: the trace has no R or W row: nothing to replay",
				 path);
	if (iova_view && !has_map)
		return cli_error(command,
				 "%s: the trace has no MAP row, from which --view iova builds its "
				 "tables; give --view guest",
				 path);
	return CLI_OK;
}

/* --- who is in the trace --- */

/** Adds @value to a set kept as an array; the sets are small. */
static bool add_distinct(uint64_t **values, uint32_t *count, uint64_t value)
{
	uint64_t *grown;

	for (uint32_t i = 0; i < *count; i++) {
		if ((*values)[i] == value)
			return true;
	}
	grown = realloc(*values, ((size_t)*count + 1) * sizeof(*grown));
	if (grown == NULL)
		return false;
	*values = grown;
	grown[(*count)++] = value;
	return true;
}

int cli_masters_find(const char *command, const struct sv3_trace *trace,
		     struct cli_masters *masters)
{
	uint64_t *sids = NULL;
	bool ok = true;

	*masters = (struct cli_masters){ 0 };
	for (uint64_t i = 0; ok && i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		if ((rec->has & SV3_TRACE_HAS_SID) != 0 || sv3_trace_is_access(rec))
			ok = add_distinct(&sids, &masters->stream_count, rec->sid);
		if (ok && sv3_trace_is_access(rec) && rec->aux == SV3_TRACE_AUX_MSI)
			ok = add_distinct(&masters->msi_pages, &masters->msi_page_count,
					  rec->pa & ~(SV3_PAGE_SIZE - 1));
	}
	masters->stream_ids = calloc((size_t)masters->stream_count + 1, sizeof(uint32_t));
	ok = ok && masters->stream_ids != NULL;
	for (uint32_t i = 0; ok && i < masters->stream_count; i++)
		masters->stream_ids[i] = (uint32_t)sids[i];
	free(sids);
	if (ok)
		return CLI_OK;
	cli_masters_free(masters);
	return cli_error(command, "%s", sv3_strerror(SV3_ERR_NOMEM));
}

void cli_masters_free(struct cli_masters *masters)
{
	free(masters->stream_ids);
	free(masters->msi_pages);
	*masters = (struct cli_masters){ 0 };
}

/* --- hardware --- */

/* @entries of a cache into @config, with as many ways as fit; @option names it if no SMMU could
 * have it. */
static int set_cache(const char *command, struct sv3_smmu_config *config, uint32_t *cache_entries,
		     uint32_t *cache_ways, uint64_t entries, const char *option,
		     const char *example)
{
	const char *why = NULL;

	*cache_entries = (uint32_t)entries;
	if (entries != 0 && *cache_ways > entries)
		*cache_ways = (uint32_t)entries;
	if (sv3_smmu_config_check(config, &why) < 0)
		return cli_error(command,
				 "%s: '%" PRIu64
				 "' cannot be: %s; give 0 or a power of two such as %s",
				 option, entries, why, example);
	return CLI_OK;
}

int cli_tlb_size(const char *command, struct sv3_smmu_config *config, uint64_t entries)
{
	return set_cache(command, config, &config->tlb_entries, &config->tlb_ways, entries,
			 "--tlb-entries", "4096");
}

int cli_walk_cache_size(const char *command, struct sv3_smmu_config *config, uint64_t entries)
{
	return set_cache(command, config, &config->walk_cache_entries, &config->walk_cache_ways,
			 entries, "--walk-cache-entries", "64");
}
