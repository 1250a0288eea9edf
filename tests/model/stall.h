/* SPDX-License-Identifier: MIT */
/*
 * stall.h - what the tests of stalls share: an SMMU where two streams stall, and their records.
 */
#ifndef SV3_TESTS_MODEL_STALL_H
#define SV3_TESTS_MODEL_STALL_H

#include "tests/model/jobs.h"

#define SID2  0x11u
#define IOVA2 (FX_IOVA + 0x1000)

#define STALL (UINT64_C(1) << 31)
#define OVFLG (UINT64_C(1) << 31)

#define RETRY  (UINT64_C(1) << 12) /* Ac */
#define ABORT  (UINT64_C(1) << 13) /* Ab */
#define RAZ_WI UINT64_C(0)

#define STALL_TERM UINT64_C(0x45)

static inline struct jobs stall_start(struct fx *f, const struct sv3_smmu_config *config,
				      unsigned int flags)
{
	fx_power_on(f, config);
	fx_boot(f, flags);
	jobs_stall_cd(f, flags);
	fx_ste(f, SID2, FX_STE_S1 | FX_CD, 0);
	return (struct jobs){ .f = f };
}

/* An SMMU that stalls, with a name for what runs its jobs. */
#define STALLING(f, j, stall_max, flags)               \
	__attribute__((cleanup(fx_fini))) struct fx f; \
	struct sv3_smmu_config config_of_##f;          \
	jobs_config(&config_of_##f, stall_max);        \
	struct jobs j = stall_start(&f, &config_of_##f, flags)

static inline uint32_t begin(struct jobs *j, uint32_t sid, sv3_iova iova, bool write)
{
	struct sv3_txn txn = fx_txn(iova, write);

	txn.stream_id = sid;
	return jobs_begin(j, &txn);
}

static inline void resume(struct jobs *j, uint32_t sid, uint64_t stag, uint64_t action)
{
	jobs_cmd(j, 0x44 | action | FX_CMD_SID(sid), stag);
}

/* The record of a stall at FX_SID: all words. Returns: its STAG. */
static inline uint64_t expect_record(struct fx *f, uint32_t sid, sv3_iova iova, uint64_t attributes)
{
	if (fx_event(f) != FX_F_TRANSLATION)
		ctest_fail(__FILE__, __LINE__, "no F_TRANSLATION on record");
	EXPECT_EQ_U64(f->event[0], FX_F_TRANSLATION | (uint64_t)sid << 32);
	EXPECT_EQ_U64(f->event[1] & ~UINT64_C(0xffff),
		      STALL | attributes | UINT64_C(2) << 40 /* IN */);
	EXPECT_EQ_U64(f->event[2], iova);
	EXPECT_EQ_U64(f->event[3], 0);
	return f->event[1] & 0xffff;
}

#define PRIV_READ  (UINT64_C(1) << 33 | UINT64_C(1) << 35)
#define PRIV_WRITE (UINT64_C(1) << 33)

#endif
