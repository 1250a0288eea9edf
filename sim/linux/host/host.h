/* SPDX-License-Identifier: MIT */
/* host.h - what the files of the host half share. */
#ifndef SV3_LINUX_HOST_H
#define SV3_LINUX_HOST_H

#include <sv3/monitor.h>
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

/* monitor.c: the monitor beside the machine; without one these do nothing. Under the lock. */
/** Whether the run is to have one; the one there is; where it is. */
extern bool host_is_monitored;
extern struct sv3_monitor *host_monitor;
extern uint64_t host_monitor_steps;
void host_monitor_create(const struct sv3_smmu_config *smmu);
/** Software meets hardware: what it stored until now is told; and behind what hardware did. */
void host_monitor_enter(void);
void host_monitor_leave(void);
/** Hardware wrote there. */
void host_monitor_written(sv3_pa pa);
void host_monitor_reg_read(uint32_t offset, uint32_t size, uint64_t value);
void host_monitor_reg_write(uint32_t offset, uint32_t size, uint64_t value);
void host_monitor_translated(const struct sv3_txn *txn, const struct sv3_result *result);
void host_monitor_landed(uint32_t stream_id, sv3_iova iova, sv3_pa pa);
void host_monitor_freed(const void *pages, uint64_t size);
/** The rows of a case about it; not under the lock. */
void host_monitor_rows(void);

/* stores.c: how it hears stores. */
void host_stores_init(void);
/**
 * host_stored - a store of kernel code is done; not under the lock
 * For who hears stores one by one: those the kernel marks (seam_stored), or, where a compiler is
 * told to name each, all.
 * @where: in the window or not; @size: bytes
 */
void host_stored(const volatile void *where, unsigned long size);
/** What the monitor has met by now is watched. */
void host_stores_watch(void);
/** Under the lock: all stores that were not heard one by one. */
void host_stores_compare(void);
/** The same: pages are handed out, and what stood there before is nobody's. */
void host_stores_forget(const void *pages, uint64_t size);
/** Hardware or a device swapped a doubleword, or wrote within a page. */
void host_stores_swapped(sv3_pa pa, uint64_t before, uint64_t now);
void host_stores_written(sv3_pa pa, const void *data, uint32_t size);
/** Memory as the monitor reads it. */
enum sv3_bus_status host_stores_peek(void *context, sv3_pa pa, void *data, uint32_t size);

/** The case that runs, for messages; and how many of its rows failed. */
extern const char *host_case_name;
extern unsigned int host_failures;
/** The messages of the case, indented, as details of a failure. */
void host_log_print(void);

#endif
