/* SPDX-License-Identifier: MIT */
/*
 * devices_priv.h - what the files of devices/ share.
 *
 * Concepts:
 *   ATC     an address translation cache: what Translation Completions granted, to whom.
 *   flight  a translated write on its way to memory. An invalidation of what it was translated by
 *           is complete only when it has arrived. [IHI0070 4.5.1]
 */
#ifndef SV3_DEVICES_PRIV_H
#define SV3_DEVICES_PRIV_H

#include <sv3/device.h>

/** Who is allowed what: rights of one privilege say nothing of the other's. [IHI0070 13.7] */
struct sv3__who {
	uint32_t stream_id, substream_id;
	bool substream_valid, privileged;
	bool global; /* granted for all substreams */
};

struct sv3__granted {
	struct sv3__who who;
	sv3_iova first, last; /* inclusive bytes */
	sv3_pa pa;            /* of the first byte */
	uint8_t rights;       /* enum sv3_ats_grant */
};

struct sv3__atc_entry {
	struct sv3__granted granted;
	uint64_t last_use; /* 0: no entry */
};

struct sv3__flight {
	struct sv3__granted by; /* the entry that was used */
	uint64_t serial;
	bool active;
	bool awaited; /* by an invalidation */
};

struct sv3__atc {
	struct sv3__atc_entry *entries; /* shape [entry_count], fully associative */
	struct sv3__flight *flights;    /* shape [flight_count] */
	uint32_t entry_count, flight_count;
	uint32_t awaited_count; /* flights that an invalidation waits for */
	uint64_t use_clock;
};

int sv3__atc_init(struct sv3__atc *atc, uint32_t entry_count, uint32_t flight_count);
void sv3__atc_fini(struct sv3__atc *atc);

/** What @who was granted at @iova, or NULL. */
const struct sv3__granted *sv3__atc_lookup(struct sv3__atc *atc, const struct sv3__who *who,
					   sv3_iova iova);
/** Keep what the completion @result grants; older rights over the same addresses give way. */
const struct sv3__granted *sv3__atc_fill(struct sv3__atc *atc, const struct sv3__who *who,
					 sv3_iova iova, const struct sv3_result *result);
/** Returns: entries that went. Flights they were used for are awaited from now on. */
uint32_t sv3__atc_invalidate(struct sv3__atc *atc, const struct sv3_ats_message *message);

/** Returns: false: as many are in flight as there may be. */
bool sv3__atc_flight_begin(struct sv3__atc *atc, const struct sv3__granted *by, uint64_t serial);
/** Harmless if there is no such flight. */
void sv3__atc_flight_end(struct sv3__atc *atc, uint64_t serial);

#endif
