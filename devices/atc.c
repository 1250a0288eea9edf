/* SPDX-License-Identifier: MIT */
/*
 * atc.c - an address translation cache and the writes that were made by it.
 *
 * Small and fully associative: every look is a search from the first entry on. Nothing here knows
 * what a device does, or when.
 */
#include <stdlib.h>

#include "devices_priv.h"

int sv3__atc_init(struct sv3__atc *atc, uint32_t entry_count, uint32_t flight_count)
{
	*atc = (struct sv3__atc){
		.entries = (struct sv3__atc_entry *)calloc(entry_count, sizeof(*atc->entries)),
		.flights = (struct sv3__flight *)calloc(flight_count, sizeof(*atc->flights)),
		.entry_count = entry_count,
		.flight_count = flight_count,
	};
	if (atc->entries && atc->flights)
		return 0;
	sv3__atc_fini(atc);
	return -SV3_ERR_NOMEM;
}

void sv3__atc_fini(struct sv3__atc *atc)
{
	free(atc->entries);
	free(atc->flights);
	*atc = (struct sv3__atc){ 0 };
}

static uint64_t mask_of(unsigned int span_lg2)
{
	return span_lg2 >= 64 ? UINT64_MAX : (UINT64_C(1) << span_lg2) - 1;
}

static bool overlaps(const struct sv3__granted *granted, sv3_iova first, sv3_iova last)
{
	return granted->first <= last && first <= granted->last;
}

/* --- entries --- */

static bool serves(const struct sv3__who *granted, const struct sv3__who *asking)
{
	return granted->stream_id == asking->stream_id &&
	       granted->substream_valid == asking->substream_valid &&
	       granted->privileged == asking->privileged &&
	       (granted->global || granted->substream_id == asking->substream_id);
}

const struct sv3__granted *sv3__atc_lookup(struct sv3__atc *atc, const struct sv3__who *who,
					   sv3_iova iova)
{
	for (uint32_t i = 0; i < atc->entry_count; i++) {
		struct sv3__atc_entry *entry = &atc->entries[i];

		if (entry->last_use && serves(&entry->granted.who, who) &&
		    overlaps(&entry->granted, iova, iova)) {
			entry->last_use = ++atc->use_clock;
			return &entry->granted;
		}
	}
	return NULL;
}

/* A free entry, or the one whose last use is longest ago. */
static struct sv3__atc_entry *victim_of(const struct sv3__atc *atc)
{
	struct sv3__atc_entry *victim = &atc->entries[0];

	for (uint32_t i = 1; i < atc->entry_count; i++)
		if (atc->entries[i].last_use < victim->last_use)
			victim = &atc->entries[i];
	return victim;
}

const struct sv3__granted *sv3__atc_fill(struct sv3__atc *atc, const struct sv3__who *who,
					 sv3_iova iova, const struct sv3_result *result)
{
	const uint64_t mask = mask_of(result->span_lg2);
	const struct sv3__granted granted = {
		.who = *who,
		.first = iova & ~mask,
		.last = iova | mask,
		.pa = result->pa & ~mask,
		.rights = result->ats,
	};
	struct sv3__atc_entry *entry;

	for (uint32_t i = 0; i < atc->entry_count; i++) {
		entry = &atc->entries[i];
		if (serves(&entry->granted.who, who) &&
		    overlaps(&entry->granted, granted.first, granted.last))
			entry->last_use = 0;
	}
	entry = victim_of(atc);
	entry->granted = granted;
	entry->granted.who.global = who->substream_valid && (result->ats & SV3_ATS_GLOBAL);
	entry->last_use = ++atc->use_clock;
	return &entry->granted;
}

/* --- flights --- */

bool sv3__atc_flight_begin(struct sv3__atc *atc, const struct sv3__granted *by, uint64_t serial)
{
	for (uint32_t i = 0; i < atc->flight_count; i++) {
		if (atc->flights[i].active)
			continue;
		atc->flights[i] =
			(struct sv3__flight){ .by = *by, .serial = serial, .active = true };
		return true;
	}
	return false;
}

void sv3__atc_flight_end(struct sv3__atc *atc, uint64_t serial)
{
	for (uint32_t i = 0; i < atc->flight_count; i++) {
		struct sv3__flight *flight = &atc->flights[i];

		if (!flight->active || flight->serial != serial)
			continue;
		atc->awaited_count -= flight->awaited;
		*flight = (struct sv3__flight){ 0 };
		return;
	}
}

/* --- invalidation --- */

static bool concerns(const struct sv3_ats_message *message, const struct sv3__granted *granted)
{
	const uint64_t mask = mask_of(message->size_lg2);
	const struct sv3__who *who = &granted->who;

	if (message->stream_id != who->stream_id)
		return false;
	/* A message without PASID means whatever is in its range, got with a PASID or without. */
	if (message->substream_valid && !who->substream_valid)
		return false;
	/* IMPDEF(I-051): what was granted for all substreams goes only with all of them. */
	if (message->substream_valid && !message->global &&
	    (who->global || message->substream_id != who->substream_id))
		return false;
	return overlaps(granted, message->iova & ~mask, message->iova | mask);
}

uint32_t sv3__atc_invalidate(struct sv3__atc *atc, const struct sv3_ats_message *message)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < atc->entry_count; i++) {
		struct sv3__atc_entry *entry = &atc->entries[i];

		if (entry->last_use && concerns(message, &entry->granted)) {
			entry->last_use = 0;
			count++;
		}
	}
	for (uint32_t i = 0; i < atc->flight_count; i++) {
		struct sv3__flight *flight = &atc->flights[i];

		if (flight->active && !flight->awaited && concerns(message, &flight->by)) {
			flight->awaited = true;
			atc->awaited_count++;
		}
	}
	return count;
}
