/* SPDX-License-Identifier: MIT */
/*
 * jobs.h - for tests of stalls, endpoints and signals: the world answered by hand.
 *
 * The fast runner hides what the hardware asks of endpoints, and runs a resumed transaction on its
 * own. Here each need that is not memory is counted or kept, and each transaction's last need is
 * remembered. Registers are written directly; nothing runs before jobs_run().
 */
#ifndef SV3_TESTS_MODEL_JOBS_H
#define SV3_TESTS_MODEL_JOBS_H

#include "tests/model/fx.h"

#define JOBS_SLOTS    8u
#define JOBS_MESSAGES 16u

/** What jobs_code() gives for a transaction that waits. */
#define JOBS_STALLED UINT64_C(0xd000000000000000)

struct jobs {
	struct fx *f;
	enum sv3_need_kind last[JOBS_SLOTS]; /* of each transaction */
	enum sv3_need_kind kinds[JOBS_MESSAGES];
	struct sv3_ats_message messages[JOBS_MESSAGES]; /* to endpoints, in order */
	unsigned int message_count;
	unsigned int sev_count, irq_count[SV3_IRQ_COUNT];
	enum sv3_bus_status atc_status; /* how the endpoint answers an invalidation */
};

/** jobs_config - the default configuration with stalls: STALL_MODEL = 0 and this STALL_MAX. */
void jobs_config(struct sv3_smmu_config *config, unsigned int stall_max);
/** jobs_full_config - with stage 2, EL2, ATS, PRI, SEV, wildcards and stalls. */
void jobs_full_config(struct sv3_smmu_config *config);
/** jobs_stall_cd - let FX_SID stall: CD.S = 1; no CFGI. */
void jobs_stall_cd(struct fx *f, unsigned int flags);

/** jobs_start - fx_power_on() and fx_boot(); fx_fini() ends it. */
struct jobs jobs_start(struct fx *f, const struct sv3_smmu_config *config, unsigned int flags);
/** An SMMU with everything, , and what runs its jobs, ; gone when their scope ends. */
#define JOBS_FULL(f, j, flags)                         \
	__attribute__((cleanup(fx_fini))) struct fx f; \
	struct sv3_smmu_config config_of_##f;          \
	jobs_full_config(&config_of_##f);              \
	struct jobs j = jobs_start(&f, &config_of_##f, flags)

/** jobs_begin - run a transaction until it is DONE or waits. Returns: its slot. */
uint32_t jobs_begin(struct jobs *jobs, const struct sv3_txn *txn);
/** jobs_run - everything that is ready, until nothing is. */
void jobs_run(struct jobs *jobs);
/** jobs_cmd - one command, and everything that becomes ready. */
void jobs_cmd(struct jobs *jobs, uint64_t word0, uint64_t word1);
/** jobs_reg - write a 32-bit register, and run everything that becomes ready. */
void jobs_reg(struct jobs *jobs, uint32_t offset, uint32_t value);
/** jobs_code - how the transaction of @slot stands: as fx_go(), or JOBS_STALLED. */
uint64_t jobs_code(struct jobs *jobs, uint32_t slot);
/** jobs_read - a read of FX_SID from begin to end. Returns: as fx_go(). */
uint64_t jobs_read(struct jobs *jobs, sv3_iova iova);
/** jobs_land - the transaction is DONE and its access is over. */
void jobs_land(struct jobs *jobs, uint32_t slot);

#endif
