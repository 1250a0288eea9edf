/* SPDX-License-Identifier: MIT */
/*
 * ats.h - a stream with ATS on, and what its endpoint sends.
 */
#ifndef SV3_TESTS_MODEL_ATS_H
#define SV3_TESTS_MODEL_ATS_H

#include "tests/model/nested.h"

/* STE.EATS. */
#define ATS_FULL  FX_STE_EATS(1)
#define ATS_SPLIT FX_STE_EATS(2)
/* A grant of both. */
#define ATS_RW (SV3_ATS_READ | SV3_ATS_WRITE)
/** The answer to a request in one number: its grant, or this with the outcome. */
#define ATS_REFUSED(outcome) (0x100u | (outcome))

/** The profile "full" with CR2.REC_CFG_ATS; CR0.ATSCHK = 1; FX_SID has full ATS. */
#define FX_ATS(name, flags, choices)                      \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	ats_boot(&name, flags, choices)

void ats_boot(struct fx *f, unsigned int flags, uint32_t choices);
/** ats_request - without PASID, so unprivileged and of data; @write: NW = 0. Returns: the answer.
 */
unsigned int ats_request(struct fx *f, sv3_iova iova, bool write);
/** ats_go - any request. Returns: the answer. */
unsigned int ats_go(struct fx *f, const struct sv3_txn *txn);
/** ats_translated - an access to an address that was got by ATS. Returns as fx_go(). */
uint64_t ats_translated(struct fx *f, uint64_t address, bool write);

#endif
