/* SPDX-License-Identifier: MIT */
/*
 * ring.h - a receiver of packets of a page each behind an SMMU in strict mode.
 *
 * The device reads a line of four receive descriptors, writes each packet into its page, then a
 * completion; now and then it fetches an acknowledgement to send, from a page of its own. Software
 * takes no time: when the device is through with enough pages they are unmapped and invalidated;
 * when the CMD_SYNC behind that is consumed they are mapped anew, and it looks again.
 */
#ifndef SV3_TESTS_TIMING_RING_H
#define SV3_TESTS_TIMING_RING_H

#include "machine.h"

struct ring_config {
	uint32_t batch;        /* pages that one TLBI takes, a power of two up to 32 */
	uint32_t acks_percent; /* acknowledgements for 100 packets */
	bool leaf_only;        /* TLBI with Leaf = 1: tables stay in the walk cache */
	uint64_t packets;
};

struct ring_result {
	double gbit_per_s;    /* of packets */
	double misses, reads; /* walks, and descriptors they read, for each packet */
};

/** ring_run - on an open machine of any preset. */
void ring_run(struct machine *m, const struct ring_config *config, struct ring_result *result);

#endif
