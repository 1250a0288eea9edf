/* SPDX-License-Identifier: MIT */
/* host.h - what the files of the host half share. */
#ifndef SV3_LINUX_HOST_H
#define SV3_LINUX_HOST_H

#include <sv3/sim.h>

#include "../shim/seam.h"

/** How the process of a case says that a row failed; a checker ends it with another status. */
#define HOST_EXIT_FAILED 77
#define HOST_WINDOW_PA   UINT64_C(0x80000000)
#define HOST_WINDOW_SIZE (UINT64_C(512) << 20)

/** The machine: what hw.h is about. */
struct host_machine {
	struct sv3_ram ram;
	struct sv3_bus memory; /* of the RAM */
	struct sv3_smmu *smmu;
	struct sv3_fast fast;
	bool lazy, frozen;
	unsigned int raised; /* interrupts, a bit each */
	unsigned long messages;
	bool has_resumed;
	struct sv3_result resumed;
};
extern struct host_machine host_machine;

void host_memory_init(void);

/** One lock around the hardware, as sv3/smmu.h asks of threads. */
void host_lock(void);
void host_unlock(void);
/** More than one thread runs: time is real. */
extern bool host_is_threaded;

/** hw_ats.c */
extern const struct sv3_endpoint_ops host_endpoint_ops;
/** hw_commands.c: the driver is about to write CMDQ_PROD. */
void host_commands_submitted(uint32_t prod);

/** The case that runs, for messages; and how many of its rows failed. */
extern const char *host_case_name;
extern unsigned int host_failures;
/** The messages of the case, indented, as details of a failure. */
void host_log_print(void);

#endif
