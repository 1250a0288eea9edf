/* SPDX-License-Identifier: MIT */
/*
 * hw.h - the hardware as the harness drives it: registers, steps, DMA, interrupts, what was seen
 * of the command queue.
 *
 * Plain C types only, no includes: both halves use it. Every way from kernel code into the
 * hardware model goes through the functions here.
 */
#ifndef SV3_LINUX_HW_H
#define SV3_LINUX_HW_H

/** What SMMU stands there. Zero-initialised is not a configuration: hw_config_default() first. */
struct hw_config {
	unsigned int idr0, idr1, idr3, idr5, aidr; /* [IHI0070 6.3] */
	unsigned int tlb_entries, walk_cache_entries, config_cache_entries;
	unsigned int config_fetch_bytes; /* 64, or 8: an STE is read in eight pieces */
	_Bool lazy; /* a register write runs nothing: hardware goes on when someone waits or reads
		     */
};

/** The profile "linux" of libsv3. */
void hw_config_default(struct hw_config *config);
/** hw_create - memory and hardware, once in a process. A configuration that cannot be is the end.
 */
void hw_create(const struct hw_config *config);

/* --- registers --- */

unsigned long long hw_reg_read(unsigned int offset, unsigned int size);
void hw_reg_write(unsigned int offset, unsigned int size, unsigned long long value);
/** hw_step - let the hardware go on until it has nothing to do. Returns: whether anything ran. */
_Bool hw_step(void);

/** hw_freeze - while it is frozen nothing of the hardware goes on; registers can be read. */
void hw_freeze(_Bool frozen);
/** hw_spoil_command - the first command of the next batch gets this opcode. */
void hw_spoil_command(unsigned int opcode);

/* --- DMA --- */

enum hw_outcome { HW_OK, HW_ABORT, HW_RAZ_WI, HW_STALLED, HW_BUSY };
#define HW_NO_PASID (~0u)

/** One access of a device, of 8 bytes. */
struct hw_dma {
	unsigned int stream_id, pasid; /* HW_NO_PASID: none */
	unsigned long long iova;
	_Bool write;
	unsigned long long value; /* written, or read */
	/* out */
	unsigned long long pa;
	unsigned int event; /* its number, 0: none */
	_Bool tlb_hit, made_dirty;
};
enum hw_outcome hw_dma(struct hw_dma *dma);
/** What a device of libsv3 does: reads and writes, uniform over pages, drawn by a seed. */
struct hw_traffic {
	unsigned int stream_id, pages, write_percent;
	unsigned long long iova, accesses, seed;
	unsigned long long
		*written; /* out, shape [(pages + 63) / 64]: a bit is set for each page written */
};
/** hw_run_traffic - Returns: accesses that were refused. */
unsigned long hw_run_traffic(const struct hw_traffic *traffic);

/** hw_resumed - how the stalled access that ended last ended; HW_STALLED: none did. */
enum hw_outcome hw_resumed(unsigned long long *pa);

/* --- an endpoint with an address translation cache on one stream --- */

/** hw_ats_write - a write through its cache, asking for a translation first if it has none. */
enum hw_outcome hw_ats_write(unsigned int stream_id, unsigned long long iova);
/** Invalidations its cache was told of, and answers to page requests (enum sv3_pri_response). */
unsigned long hw_atc_invalidations(void);
/** hw_page_request - it asks for a page. Returns: false: there was no room. */
_Bool hw_page_request(unsigned int stream_id, unsigned int pasid, unsigned long long iova,
		      unsigned int group);
unsigned long hw_page_answers(int *last);

/* --- interrupts --- */

enum hw_irq { HW_IRQ_EVENTQ, HW_IRQ_GERROR, HW_IRQ_SYNC, HW_IRQ_PRIQ, HW_IRQ_COUNT };
/** Where messages of interrupts go: data is an enum hw_irq. */
#define HW_DOORBELL 0x8090040ull
/** hw_irq_take - and forget the interrupts that were raised, a bit each; by wire and by message. */
unsigned int hw_irq_take(void);
unsigned long hw_irq_messages(void);

/* --- what was seen --- */

/** Commands as they stood in the queue when CMDQ_PROD was written, in order. */
struct hw_command {
	unsigned long long words[2];
};
unsigned long hw_command_count(void);
const struct hw_command *hw_command(unsigned long index);
/** hw_commands_of - how many with this opcode since @from. */
unsigned long hw_commands_of(unsigned int opcode, unsigned long from);

/** Counters of the hardware since reset. */
struct hw_counts {
	unsigned long long events_written, events_dropped, made_dirty, software_errors;
	unsigned long long commands, faults;
};
void hw_counts(struct hw_counts *counts);

/* --- the monitor (docs/MONITOR.md); where the run has none these say and do nothing --- */

_Bool hw_is_monitored(void);
/** hw_monitor_steps - where the run is, as findings say it. */
unsigned long long hw_monitor_steps(void);
/** hw_copied - [pa, + len) was read, to be the last that is known of it unless it is again. */
void hw_copied(unsigned long long pa, unsigned long long len);
/** hw_expect_findings - the case breaks this rule so often; by default none is broken. */
void hw_expect_findings(const char *rule, unsigned long long count);
/** What software changed that owed an invalidation until now, and what of it still does. */
struct hw_owed {
	unsigned long long changes, owed;
};
void hw_owed(struct hw_owed *owed);
/** hw_judge - what is owed now is judged as it will be at the end of the case. */
void hw_judge(void);
/** hw_note_findings - print them, in words; NULL: of all rules. */
void hw_note_findings(const char *rule);
/** A finding: input addresses, inclusive; steps of the change and of what broke the rule. */
struct hw_finding {
	unsigned long long first, last, changed, found;
};
/** hw_finding - the first of . Returns: false: there is none. */
_Bool hw_finding(const char *rule, struct hw_finding *finding);

#endif
