/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - what software owes the SMMU: a checker beside a run that finds driver bugs.
 *
 * Concepts:
 *   door      a bus or register port of software that the monitor looks through.
 *   change    a store to a live descriptor or structure; the SMMU may still hold the old one.
 *   owed      a change whose invalidation is not complete.
 *   reliance  what must not happen meanwhile: a copy, memory given away, an address mapped anew.
 *   finding   a rule broken, by stream and kind of entry: how often, where first, and why.
 * It knows what the SMMU may hold by the architecture, not what a model's TLB does hold: memory is
 * read through a bus, registers and commands are seen as software writes them. It changes nothing,
 * needs no world and no clock, and takes all its memory before the run. docs/MONITOR.md.
 */
#ifndef SV3_MONITOR_H
#define SV3_MONITOR_H

#include <sv3/base.h>
#include <sv3/bus.h>
#include <sv3/txn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sv3_monitor;

enum sv3_monitor_rule {
	SV3_MONITOR_NONE,
#define RULE(name, text, source, what, remedy) SV3_MONITOR_##name,
#include <sv3/monitor.def>
#undef RULE
	SV3_MONITOR_RULE_COUNT
};

/** A rule, for people. */
struct sv3_monitor_rule_info {
	const char *name, *source, *what, *remedy;
};
/** sv3_monitor_rule_info - row @rule, from 1; NULL behind the last. */
SV3_API const struct sv3_monitor_rule_info *sv3_monitor_rule_info(unsigned int rule);

struct sv3_monitor_config {
	struct sv3_bus memory; /* as the hardware sees it; read only, and at no cost */
	uint32_t idr0, idr3;   /* of the SMMU: S2P, BBML */
	/* A register as it stands, changing nothing: CMDQ_CONS, CR0ACK and the like. NULL: known is
	 * what software reads of them. */
	uint64_t (*peek)(void *context, uint32_t offset, uint32_t size);
	/* Where the run is, in the embedder's unit; NULL: sv3_monitor_set_position(). */
	uint64_t (*position)(void *context);
	void *context; /* of both */
	/* Software's stores do not all come through a door: descriptors that were used are compared
	 * with memory now and then, and a change is dated when it is found. */
	bool stores_are_hidden;
	/* Software waits for a CMD_SYNC by reading CMDQ_CONS, not by MSI or event: it is complete
	 * when software has read so, and not yet when it could have. */
	bool sync_is_read;
	/* Memory of the monitor; 0: 65,536 areas, 262,144 changes, 256 findings. */
	uint32_t area_count, owed_count, finding_count;
};

/** sv3_monitor_create - -SV3_ERR_NOMEM, -SV3_ERR_INVAL (memory that cannot be read). */
SV3_API SV3_MUST_CHECK int sv3_monitor_create(const struct sv3_monitor_config *config,
					      struct sv3_monitor **monitor);
SV3_API void sv3_monitor_destroy(struct sv3_monitor *monitor);
/**
 * sv3_monitor_copy - @to becomes what @from is, for whoever goes back to an earlier state of a run
 * Doors stay with the monitor they were made for. Takes no memory, and costs what is in use.
 * Returns: 0, -SV3_ERR_INVAL: they were made with memory of different sizes.
 */
SV3_API SV3_MUST_CHECK int sv3_monitor_copy(struct sv3_monitor *to, const struct sv3_monitor *from);
/** sv3_monitor_set_position - of all that follows: a record, a step, a time. */
SV3_API void sv3_monitor_set_position(struct sv3_monitor *monitor, uint64_t position);

/* --- what software does --- */

/** A bus that is looked through; caller-owned, and as long in use as the bus made of it. */
struct sv3_monitor_bus {
	struct sv3_monitor *monitor;
	struct sv3_bus bus;
};
/** sv3_monitor_bus - software's memory, every store noted; windows are given out for reading, and
 *  who writes through one says so (sv3_bus_wrote()). */
SV3_API struct sv3_bus sv3_monitor_bus(struct sv3_monitor_bus *door);

/** The same of registers. */
struct sv3_monitor_port {
	struct sv3_monitor *monitor;
	struct sv3_regport port;
};
SV3_API struct sv3_regport sv3_monitor_port(struct sv3_monitor_port *door);

/* What the doors say, for embedders that have none of the kind. */
/** A doubleword of memory, in host byte order, was changed by software. */
SV3_API void sv3_monitor_store(struct sv3_monitor *monitor, sv3_pa pa, uint64_t before,
			       uint64_t now);
/**
 * sv3_monitor_area - number @index of what a store to means anything, besides the command queue
 * For embedders that hear nothing of stores and compare memory with a copy. Areas are added as
 * walks and structures lead to them, and never taken out.
 * @pa, @len: out, in bytes
 * Returns: false: there are no more.
 */
SV3_API bool sv3_monitor_area(const struct sv3_monitor *monitor, uint32_t index, sv3_pa *pa,
			      uint64_t *len);
/** A register is about to be written. */
SV3_API void sv3_monitor_reg_write(struct sv3_monitor *monitor, uint32_t offset, uint32_t size,
				   uint64_t value);
/** A register was read. */
SV3_API void sv3_monitor_reg_read(struct sv3_monitor *monitor, uint32_t offset, uint32_t size,
				  uint64_t value);

/* What software relies on. Copies may be told in any number of pieces. */
/** [pa, pa + len) was read, to be the last that is known of it unless it is copied again. */
SV3_API void sv3_monitor_copied(struct sv3_monitor *monitor, sv3_pa pa, uint64_t len);
/** [iova, iova + len) of a stream was unmapped by its owner: the device is to access it no more. */
SV3_API void sv3_monitor_unmapped(struct sv3_monitor *monitor, uint32_t stream_id, sv3_iova iova,
				  uint64_t len);
/** The order of events is that of a recording, not always that of their causes: a TLBI by address
 * that was sent before and that nothing was owed for counts for what was unmapped of [iova, iova +
 * len) just now. */
SV3_API void sv3_monitor_forgive(struct sv3_monitor *monitor, uint32_t stream_id, sv3_iova iova,
				 uint64_t len);
/** [pa, pa + len) is someone else's from now on. */
SV3_API void sv3_monitor_freed(struct sv3_monitor *monitor, sv3_pa pa, uint64_t len);

/* --- what devices do --- */

/** A transaction was translated. */
SV3_API void sv3_monitor_translated(struct sv3_monitor *monitor, const struct sv3_txn *txn,
				    const struct sv3_result *result);
/** A write of a device is in memory. @pa: of its first byte, within one page. */
SV3_API void sv3_monitor_landed(struct sv3_monitor *monitor, uint32_t stream_id, sv3_iova iova,
				sv3_pa pa);

/* --- what was found --- */

/** What became of an entry. */
enum sv3_monitor_change {
	SV3_CHANGE_NONE,
	SV3_CHANGE_CLEANED,    /* writable-dirty to writable-clean */
	SV3_CHANGE_RESTRICTED, /* an access it allowed is allowed no more */
	SV3_CHANGE_UNMAPPED,   /* a leaf became invalid */
	SV3_CHANGE_UNLINKED,   /* a table did */
	SV3_CHANGE_RESIZED,    /* between block and table, or nT */
	SV3_CHANGE_REPLACED,   /* another output address or other attributes */
	SV3_CHANGE_COUNT
};
/** sv3_monitor_change_text - "cleaned" and so on. */
SV3_API const char *sv3_monitor_change_text(enum sv3_monitor_change change);

struct sv3_monitor_finding {
	enum sv3_monitor_rule rule;
	enum sv3_monitor_change change; /* NONE: no descriptor */
	uint32_t stream_id;             /* UINT32_MAX: none */
	uint32_t asid;
	uint8_t level;        /* of a descriptor */
	uint64_t count;       /* times */
	uint64_t first, last; /* input addresses, inclusive; structures and queues: physical
				 addresses; registers: offset and offset */
	/* The first time: */
	uint64_t changed, found; /* positions: of the change, and of what broke the rule */
	uint64_t input;          /* the address it was about, in the kind of @first */
	sv3_pa pa;               /* of the descriptor or doubleword */
	uint64_t before, now;    /* what it held, and holds */
};

/**
 * sv3_monitor_finish - the run is over, or is judged as if it were
 * What was copied too early and never again is found now, and what was changed and never
 * invalidated. May be called again later; nothing is found twice.
 */
SV3_API void sv3_monitor_finish(struct sv3_monitor *monitor);
/** sv3_monitor_finding - number @index, in the order of their first times; NULL behind the last. */
SV3_API const struct sv3_monitor_finding *sv3_monitor_finding(const struct sv3_monitor *monitor,
							      uint32_t index);
/**
 * sv3_monitor_describe - a finding in one sentence, without its positions
 * @text: out, ended by a zero byte; @size: bytes, > 0
 */
SV3_API void sv3_monitor_describe(const struct sv3_monitor_finding *finding, char *text,
				  size_t size);

/** What it saw, and what it could not see. */
struct sv3_monitor_stats {
	uint64_t stores, commands, translations, copies;
	uint64_t tables;    /* translation tables known */
	uint64_t changes;   /* that owed an invalidation */
	uint64_t owed;      /* of them now */
	uint64_t owed_most; /* at any time */
	/* Left out for want of memory: areas, changes, findings. Of streams with both stages stage
	 * 1 is not followed. */
	uint64_t areas_lost, changes_lost, findings_lost, nested_streams;
};
SV3_API const struct sv3_monitor_stats *sv3_monitor_stats(const struct sv3_monitor *monitor);

#ifdef __cplusplus
}
#endif

#endif
