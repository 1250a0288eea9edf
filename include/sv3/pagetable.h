/* SPDX-License-Identifier: MIT */
/*
 * pagetable.h - what software writes: translation tables, Stream table, CDs, commands.
 *
 * Concepts:
 *   pt       one stage-1 translation table in memory behind a bus: map, unmap, protect, walk.
 *   dirty    scan and clear of its hardware dirty state. Invalidation is always a step of its own.
 *   log      a bitmap the caller owns, one bit per 4 KiB page.
 *   queue    the command queue's producer side.
 *   resize   split and merge of live leaves, step by step.
 * Tables are little-endian. Live descriptors are changed by atomic operations only.
 * Memory for tables comes from the caller through sv3_pt_pages, by physical address.
 * A bus with maintenance says that the hardware does not snoop the CPU (IDR0.COHACC = 0): all that
 * is written through it is cleaned before the function returns, and what the hardware may have
 * written is invalidated before it is read. No line of this memory may be dirty otherwise.
 */
#ifndef SV3_PAGETABLE_H
#define SV3_PAGETABLE_H

#include <sv3/base.h>
#include <sv3/bus.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where table memory comes from: [next, end), the caller's. Freed tables are kept on a list
 *  threaded through the tables themselves. */
struct sv3_pt_pages {
	sv3_pa next, end;
	sv3_pa free_head;         /* 0: none */
	uint64_t free_size_bytes; /* of a table on the list: one granule per region */
};

/** Permissions and kind of a mapping. */
enum sv3_pt_flag {
	SV3_PT_READ = 1u << 0,   /* implied: stage 1 has no unreadable leaves */
	SV3_PT_WRITE = 1u << 1,  /* with dbm: writable-clean or -dirty; without: plainly writable */
	SV3_PT_UNPRIV = 1u << 2, /* AP[1] = 1: unprivileged accesses allowed */
	SV3_PT_BORN_DIRTY = 1u << 3, /* writable mappings start -dirty (Linux), not -clean */
	SV3_PT_GLOBAL = 1u << 4,     /* nG = 0 */
	SV3_PT_NO_AF = 1u << 5,      /* AF = 0: for tests of the access flag */
	SV3_PT_NO_EXEC = 1u << 6,
};

struct sv3_pt_config {
	uint32_t granule_lg2;    /* 12, 14 or 16 */
	uint32_t input_size_lg2; /* 64 - TxSZ: 25..48 */
	bool dbm;                /* set DBM on writable leaves */
	bool upper;              /* TTB1: input addresses have VA[63:input_size] = 1 */
};

/** One translation table. Plain data; copied with its owner. */
struct sv3_pt {
	struct sv3_bus bus;
	struct sv3_pt_pages *pages;
	struct sv3_pt_config config;
	sv3_pa root; /* for CD.TTBx */
};

/**
 * sv3_pt_init - an empty table
 * @bus:   where tables live; coherent with the walker, or with maintenance
 * @pages: table memory, shared between tables of one granule; aligned to the granule
 * Returns: 0, -SV3_ERR_INVAL (geometry), -SV3_ERR_NOMEM, -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_init(struct sv3_pt *pt, const struct sv3_bus *bus,
				       struct sv3_pt_pages *pages,
				       const struct sv3_pt_config *config);

/**
 * sv3_pt_fini - give all tables back to the pages they came from, leaves or not
 * Returns: 0 or -SV3_ERR_BUS. Effects: none on hardware; nothing may walk the table any more.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_fini(struct sv3_pt *pt);

/**
 * sv3_pt_map - map [iova, iova + len) to [pa, pa + len)
 * @len:            bytes, > 0; iova, pa, len multiples of the granule
 * @leaf_max_lg2:   largest leaf to use (12: pages only, 21: 2 MiB blocks where aligned, ...);
 *                  where a table stands, be it empty, smaller leaves go into it
 * @flags:          enum sv3_pt_flag
 * Returns: 0; -SV3_ERR_RANGE, -SV3_ERR_EXIST (part of it is mapped), -SV3_ERR_NOMEM: nothing is
 *          changed then; -SV3_ERR_BUS.
 * Effects: no TLBI is owed: entries were invalid before, and invalid ones are never cached.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_map(struct sv3_pt *pt, sv3_iova iova, sv3_pa pa, uint64_t len,
				      unsigned int leaf_max_lg2, uint32_t flags);

/** One leaf as sv3_pt_lookup() and the visitors see it. */
struct sv3_pt_leaf {
	sv3_iova iova;        /* first byte of its span */
	sv3_pa pa;            /* output address of its first byte */
	sv3_pa descriptor_pa; /* where it stands in memory */
	uint64_t descriptor;
	uint32_t span_lg2; /* log2 bytes */
	uint32_t level;
};

typedef void (*sv3_pt_leaf_visitor)(void *context, const struct sv3_pt_leaf *leaf);

/**
 * sv3_pt_unmap - take leaves out by atomic exchange
 * @visit: called with each leaf as it was at the exchange (its dirty state is thereby kept); may
 *         be NULL; must not change the table or let another master run
 * Tables left empty stay in place, so that no walk-cache invalidation is owed.
 * Returns: bytes unmapped (holes are skipped); -SV3_ERR_RANGE (a leaf only partly covered: nothing
 *          is changed then), -SV3_ERR_BUS.
 * Effects: the caller owes TLBI + SYNC before it reuses IOVA or memory.
 */
SV3_API SV3_MUST_CHECK int64_t sv3_pt_unmap(struct sv3_pt *pt, sv3_iova iova, uint64_t len,
					    sv3_pt_leaf_visitor visit, void *context);

/**
 * sv3_pt_protect - change permissions of mapped leaves in place, by compare-and-swap
 * @flags: as for map; a leaf that stays writable keeps its dirty state, whatever BORN_DIRTY says.
 *         One that becomes read-only loses it: collect it first. One that was not armed is armed
 *         if it stays writable (sv3_pt_arm()).
 * Returns: 0; -SV3_ERR_NOENT (a hole), -SV3_ERR_RANGE (partial leaf): nothing is changed then;
 *          -SV3_ERR_BUS.
 * Effects: the caller owes TLBI + SYNC.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_protect(struct sv3_pt *pt, sv3_iova iova, uint64_t len,
					  uint32_t flags);

/**
 * sv3_pt_arm - let hardware track writes of a range, or keep writes out of it
 * Armed leaves are writable-clean or -dirty. A leaf that is not armed is read-only to hardware
 * (DBM = 0, AP[2] = 1) and marked as writable for software (SV3_PTE_UNARMED): a write faults, and
 * who handles the fault arms its surroundings. [policies 7, P12]
 * @on: arm what is not; else disarm what is clean
 * Holes, read-only leaves and those that are not tracked are passed over. A dirty leaf stays armed,
 * because it has no other place for its dirty state: clear it first.
 * Returns: 0; 1: dirty leaves stayed armed (only without @on); -SV3_ERR_RANGE (a leaf only partly
 *          covered: nothing is changed then), -SV3_ERR_BUS.
 * Effects: the caller owes TLBI + SYNC: before a write is tried again that faulted, and before it
 *          relies on writes faulting.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_arm(struct sv3_pt *pt, sv3_iova iova, uint64_t len, bool on);

/**
 * sv3_pt_visit - look at the leaves of [iova, iova + len), whole or in part, in order
 * @visit: must not change the table or let another master run
 * Returns: 0, -SV3_ERR_RANGE (beyond what the table can map), -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_visit(const struct sv3_pt *pt, sv3_iova iova, uint64_t len,
					sv3_pt_leaf_visitor visit, void *context);

/** sv3_pt_lookup - the leaf that maps @iova. Returns: 0, -SV3_ERR_NOENT, -SV3_ERR_BUS. */
SV3_API SV3_MUST_CHECK int sv3_pt_lookup(const struct sv3_pt *pt, sv3_iova iova,
					 struct sv3_pt_leaf *leaf);

/* --- Dirty state --- */

/**
 * A dirty log: one bit per 4 KiB page of [base, base + 4096 * page_count), bit n of word n / 64.
 * @base is in the address kind the log is kept by: output addresses (pa) here.
 */
struct sv3_dirty_log {
	uint64_t *words; /* caller-owned, shape [(page_count + 63) / 64] */
	uint64_t page_count;
	sv3_pa base;
};

/** sv3_dirty_log_words - doublewords for @page_count pages. */
static inline uint64_t sv3_dirty_log_words(uint64_t page_count)
{
	return (page_count + 63) / 64;
}

/**
 * sv3_dirty_log_part - the pages of [*page, end), not empty, whose bits stand in one doubleword
 * @page: becomes the first behind them
 * @word: out: index of the doubleword
 * Returns: their bits.
 */
static inline uint64_t sv3_dirty_log_part(uint64_t *page, uint64_t end, uint64_t *word)
{
	const uint64_t shift = *page % 64;
	const uint64_t left = end - *page;
	const uint64_t count = left < 64 - shift ? left : 64 - shift;

	*word = *page / 64;
	*page += count;
	return (UINT64_MAX >> (64 - count)) << shift;
}

/** Set the bits of every page of [pa, pa + len) inside the log. Returns: bits newly set. */
SV3_API uint64_t sv3_dirty_log_set(struct sv3_dirty_log *log, sv3_pa pa, uint64_t len);
/** Clear them. Returns: bits newly clear. */
SV3_API uint64_t sv3_dirty_log_clear(struct sv3_dirty_log *log, sv3_pa pa, uint64_t len);
SV3_API bool sv3_dirty_log_test(const struct sv3_dirty_log *log, sv3_pa pa);
SV3_API uint64_t sv3_dirty_log_count(const struct sv3_dirty_log *log);
SV3_API void sv3_dirty_log_clear_all(struct sv3_dirty_log *log);
SV3_API void sv3_dirty_log_set_all(struct sv3_dirty_log *log);
/** First page index >= @from whose bit is set, or page_count. */
SV3_API uint64_t sv3_dirty_log_next(const struct sv3_dirty_log *log, uint64_t from);

enum sv3_dirty_flag {
	SV3_DIRTY_CLEAR = 1u << 0, /* clean what was found dirty: read-and-clear in one walk */
};

/** The IOVAs that an invalidation must cover, gathered as one span. Empty: first > last. */
struct sv3_pt_gather {
	sv3_iova first, last;       /* inclusive bytes */
	uint64_t leaf_count;        /* leaves cleared */
	uint32_t leaf_span_lg2;     /* smallest among them: the stride without range commands */
	uint32_t leaf_span_max_lg2; /* largest: equal to the smallest, a level hint may be used */
};

SV3_API void sv3_pt_gather_init(struct sv3_pt_gather *gather);
/** sv3_pt_gather_add - widen it by a leaf that was changed: @iova is its first byte. */
SV3_API void sv3_pt_gather_add(struct sv3_pt_gather *gather, sv3_iova iova, uint32_t span_lg2);

/** Where a scan stands. Plain data: a scan may be left and resumed between any two leaves. */
struct sv3_dirty_scan {
	const struct sv3_pt *pt;
	sv3_iova next, end; /* bytes still to visit: [next, end) */
	uint32_t flags;
	uint64_t leaves_visited; /* valid leaves read so far */
	uint64_t leaves_dirty;   /* of them dirty */
	uint64_t pages_reported; /* bits newly set */
};

/**
 * sv3_dirty_scan_begin - scan [iova, iova + len) for dirty leaves
 * The range is widened to whole leaves where it begins or ends inside one: a block is never half
 * reported. What lies outside the table's input range is left out.
 */
SV3_API void sv3_dirty_scan_begin(struct sv3_dirty_scan *scan, const struct sv3_pt *pt,
				  sv3_iova iova, uint64_t len, uint32_t flags);

/**
 * sv3_dirty_scan_run - go on with a scan
 * @leaf_budget:  stop after so many valid leaves were visited (> 0)
 * @dirty_budget: stop after so many dirty leaves (> 0)
 * @log:    out; a dirty leaf sets the bits of all pages of its output span; bits are only ever set
 * @gather: widened by what was cleared (SV3_DIRTY_CLEAR); may be NULL without that flag
 * Returns: 1 when the end is reached, 0 if there is more, -SV3_ERR_BUS.
 * Effects: with SV3_DIRTY_CLEAR the caller owes TLBI + SYNC over @gather before it copies a page.
 *          A leaf is cleaned by compare-and-swap: if it changed meanwhile it is read again, and if
 *          another took it out it is neither reported nor counted.
 * Plain memory (sv3_bus_window) is scanned many descriptors at a time.
 * Source:  [DDI0487 M.a.a D8.5.2.1], [IHI0070 3.13.4].
 */
SV3_API SV3_MUST_CHECK int sv3_dirty_scan_run(struct sv3_dirty_scan *scan, uint64_t leaf_budget,
					      uint64_t dirty_budget, struct sv3_dirty_log *log,
					      struct sv3_pt_gather *gather);

/**
 * sv3_dirty_scan_all - begin and run to the end in one call (scan, or read-and-clear)
 * Returns: pages newly reported, or -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int64_t sv3_dirty_scan_all(const struct sv3_pt *pt, sv3_iova iova,
						  uint64_t len, uint32_t flags,
						  struct sv3_dirty_log *log,
						  struct sv3_pt_gather *gather);

/**
 * sv3_dirty_clear - clean the leaf that maps @iova, if it is dirty and all its pages were reported
 * @reported: pages the caller was told of and has not read since; a leaf of which any page inside
 *            the log is not set there is left alone: it would hide a write nobody was told of.
 *            NULL: no such check.
 * @gather:   widened when a leaf was cleaned
 * Returns: span_lg2 of the leaf cleaned, 0 if nothing was to be cleaned, -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int sv3_dirty_clear(const struct sv3_pt *pt, sv3_iova iova,
					   const struct sv3_dirty_log *reported,
					   struct sv3_pt_gather *gather);

/** Judges a leaf as it was read. Returns: true: clean it, if it is dirty. */
typedef bool (*sv3_dirty_judge)(void *context, const struct sv3_pt_leaf *leaf);

/**
 * sv3_dirty_visit - show every leaf of [iova, iova + len), by ascending IOVA, and clean some
 * For whoever keeps dirty state by IOVA, or cleans by a rule of its own. A leaf is shown whole even
 * where the range begins or ends inside it; what lies outside the input range is left out.
 * @judge:  asked before a leaf is cleaned, and again, with what stands there then, if another
 *          changed it in between; it must not change the table
 * @gather: widened by what was cleaned
 * Returns: 0 or -SV3_ERR_BUS.
 * Effects: the caller owes TLBI + SYNC over @gather before it copies a page.
 */
SV3_API SV3_MUST_CHECK int sv3_dirty_visit(const struct sv3_pt *pt, sv3_iova iova, uint64_t len,
					   sv3_dirty_judge judge, void *context,
					   struct sv3_pt_gather *gather);

/**
 * sv3_dirty_set - what hardware does at a first write, done by software: clean to dirty
 * For tables whose hardware updates are off (CD.HD = 0): a write to a clean leaf faults there, and
 * who handles the fault plays the hardware's part. [policies 1, thread 004]
 * @gather: widened when a leaf was changed; may be NULL
 * Returns: span_lg2 of the leaf of @iova made writable-dirty, 0 if it was dirty already,
 *          -SV3_ERR_NOENT (no leaf, or none whose writes are tracked), -SV3_ERR_BUS.
 * Effects: TLBs may hold the leaf as read-only: the caller owes TLBI + SYNC before the write is
 *          tried again.
 */
SV3_API SV3_MUST_CHECK int sv3_dirty_set(const struct sv3_pt *pt, sv3_iova iova,
					 struct sv3_pt_gather *gather);

/* --- Structures --- */

/** A linear or two-level stream table in memory. */
struct sv3_strtab {
	struct sv3_bus bus;
	sv3_pa base;
	uint32_t log2size; /* StreamIDs: 2^log2size */
	uint32_t split;    /* 0: linear; else 6, 8 or 10 */
	sv3_pa next, end;  /* two-level: memory for level-2 arrays */
};

/**
 * sv3_strtab_init - an all-invalid stream table at @base
 * @base:  aligned to the level-1 (or linear) size, at least 64
 * @end:   behind the memory for the table, and for level-2 arrays if it has two levels
 * Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_NOMEM (region too small), -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int sv3_strtab_init(struct sv3_strtab *strtab, const struct sv3_bus *bus,
					   sv3_pa base, sv3_pa end, uint32_t log2size,
					   uint32_t split);

/** Values of STRTAB_BASE and STRTAB_BASE_CFG. */
SV3_API uint64_t sv3_strtab_base(const struct sv3_strtab *strtab);
SV3_API uint32_t sv3_strtab_base_cfg(const struct sv3_strtab *strtab);

/** sv3_ste_make_* - the eight doublewords of an STE. */
SV3_API void sv3_ste_make_bypass(uint64_t ste[8]);
SV3_API void sv3_ste_make_abort(uint64_t ste[8]);
/** Stage 1 through the CD table at @cd_table; @cd_max: log2 of its entries (S1CDMax), 0: one CD. */
SV3_API void sv3_ste_make_s1(uint64_t ste[8], sv3_pa cd_table, uint32_t cd_max);

/**
 * sv3_strtab_write - install an STE by 8-byte writes: doublewords 1..7, then doubleword 0 with V
 * Returns: 0, -SV3_ERR_RANGE (StreamID), -SV3_ERR_NOMEM (no level-2 memory), -SV3_ERR_BUS.
 * Effects: the caller owes CFGI_STE + SYNC, not leaf-only where a level-2 array may be new.
 */
SV3_API SV3_MUST_CHECK int sv3_strtab_write(struct sv3_strtab *strtab, uint32_t stream_id,
					    const uint64_t ste[8]);

/** What a stage-1 CD says; see sv3_cd_make(). */
struct sv3_cd_config {
	sv3_pa ttb;
	uint32_t granule_lg2;
	uint32_t input_size_lg2;
	uint32_t output_size_lg2; /* 32, 36, 40, 42, 44 or 48 */
	uint32_t asid;
	bool ha, hd; /* hardware access flag, hardware dirty state */
	bool upper;  /* the table is TTB1 (TTB0 disabled), else TTB0 (TTB1 disabled) */
	bool record; /* R: record faults */
	bool abort;  /* A: abort rather than RAZ/WI */
	bool stall;  /* S: faults stall; not where IDR0.STALL_MODEL only terminates */
	bool top_byte_ignore;
};
SV3_API SV3_MUST_CHECK int sv3_cd_make(uint64_t cd[8], const struct sv3_cd_config *config);

/** sv3_cd_write - install CD @index of a linear table, in the order of sv3_strtab_write().
 *  Effects: the caller owes CFGI_CD + SYNC. */
SV3_API SV3_MUST_CHECK int sv3_cd_write(const struct sv3_bus *bus, sv3_pa cd_table, uint32_t index,
					const uint64_t cd[8]);

/* --- Command queue --- */

/** The producer side of the command queue. */
/** What one TLBI command names. */
enum sv3_tlbi_scope {
	SV3_TLBI_ALL,
	SV3_TLBI_ASID,
	SV3_TLBI_RANGE, /* by its range fields */
	SV3_TLBI_VA,    /* one address */
	SV3_TLBI_SCOPE_COUNT
};

struct sv3_cmdq {
	struct sv3_bus bus;
	struct sv3_regport regs;
	sv3_pa base;
	uint32_t log2size;
	uint32_t prod;   /* as in CMDQ_PROD, with what is not rung yet */
	uint32_t cons;   /* as last read from CMDQ_CONS */
	bool has_ranges; /* IDR3.RIL */
	uint64_t tlbi_count, sync_count, cfgi_count;  /* commands pushed */
	uint64_t tlbi_by_scope[SV3_TLBI_SCOPE_COUNT]; /* of tlbi_count */
	uint64_t atc_inv_count, atc_inv_all_count;    /* the second: those of all addresses */
	uint64_t atc_over_pages; /* of 4 KiB, named by the others beyond what was asked for */
};

/**
 * sv3_cmdq_init - program CMDQ_BASE, PROD, CONS and enable the queue (CR0.CMDQEN, other bits kept)
 * @base: aligned to the queue's size, 16 << log2size bytes, at least 32
 * Reads IDR1.CMDQS and IDR3.RIL. A queue that is enabled is first disabled.
 * Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_TIMEOUT (no acknowledge).
 */
SV3_API SV3_MUST_CHECK int sv3_cmdq_init(struct sv3_cmdq *cmdq, const struct sv3_bus *bus,
					 const struct sv3_regport *regs, sv3_pa base,
					 uint32_t log2size);

/**
 * sv3_cmdq_push - write one command, not seen by hardware until sv3_cmdq_ring()
 * Room is waited for; what was pushed before is rung then.
 * Returns: 0, -SV3_ERR_TIMEOUT (full and stuck, be it by a command error), -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int sv3_cmdq_push(struct sv3_cmdq *cmdq, uint64_t dw0, uint64_t dw1);
SV3_API void sv3_cmdq_ring(struct sv3_cmdq *cmdq); /* writes CMDQ_PROD */

SV3_API SV3_MUST_CHECK int sv3_cmdq_cfgi_all(struct sv3_cmdq *cmdq);
SV3_API SV3_MUST_CHECK int sv3_cmdq_cfgi_ste(struct sv3_cmdq *cmdq, uint32_t stream_id, bool leaf);
SV3_API SV3_MUST_CHECK int sv3_cmdq_cfgi_cd(struct sv3_cmdq *cmdq, uint32_t stream_id,
					    uint32_t substream_id, bool leaf);
SV3_API SV3_MUST_CHECK int sv3_cmdq_tlbi_all(struct sv3_cmdq *cmdq); /* NSNH_ALL */
SV3_API SV3_MUST_CHECK int sv3_cmdq_tlbi_asid(struct sv3_cmdq *cmdq, uint32_t asid);
/**
 * sv3_cmdq_tlbi_range - invalidate [iova, iova + len) of one ASID
 * With range commands: one per non-zero 5-bit group of the page count. Without: one per stride.
 * @granule_lg2:   12, 14, 16
 * @stride_lg2:    bytes between leaves, for SMMUs without range commands; >= granule
 * @level_hint:    1..3: only leaves of that level need go; 0: any. Given with range commands whose
 *                 address is aligned to such a leaf; others go without it
 * @leaf:          walk-cache entries may stay
 * Returns: commands pushed, or as sv3_cmdq_push().
 */
struct sv3_tlbi_range {
	sv3_iova iova;
	uint64_t len;
	uint32_t asid;
	uint32_t granule_lg2;
	uint32_t stride_lg2;
	uint32_t level_hint;
	bool leaf;
};
SV3_API SV3_MUST_CHECK int sv3_cmdq_tlbi_range(struct sv3_cmdq *cmdq,
					       const struct sv3_tlbi_range *range);

/** How the invalidation after a clear is done. */
enum sv3_flush_scope {
	SV3_FLUSH_NONE,         /* seeded bug B02 */
	SV3_FLUSH_RANGE,        /* the gathered span */
	SV3_FLUSH_ALL,          /* the whole ASID */
	SV3_FLUSH_RANGE_NO_RIL, /* the span by plain addresses, though there are range commands */
	SV3_FLUSH_RUNS,         /* RANGE for a caller that gathers neighbours only */
	SV3_FLUSH_PAGE,         /* RANGE for a caller that gathers single leaves */
	SV3_FLUSH_COUNT
};

/** sv3_cmdq_flush_gather - the TLBI that @gather owes, by scope; none if it is empty.
 *  Returns: commands pushed, or as sv3_cmdq_push(). */
SV3_API SV3_MUST_CHECK int sv3_cmdq_flush_gather(struct sv3_cmdq *cmdq, uint32_t asid,
						 uint32_t granule_lg2,
						 const struct sv3_pt_gather *gather,
						 enum sv3_flush_scope scope);

/**
 * sv3_cmdq_atc_inv - CMD_ATC_INV: the endpoint of a stream gives up what it was granted of a range
 * @len: bytes, 0: nothing is pushed; the command names the smallest aligned power of two that holds
 * the range The SMMU must have forgotten it before: behind the TLBI a CMD_SYNC, complete before
 * this begins, or the endpoint may be granted the old translation again. A CMD_SYNC behind this is
 * complete when the endpoint has answered, and no access that was translated by it is in flight any
 * more. Returns: as sv3_cmdq_push(). Source: [IHI0070 3.9.1, 4.5.1, 4.7.3].
 */
SV3_API SV3_MUST_CHECK int sv3_cmdq_atc_inv(struct sv3_cmdq *cmdq, uint32_t stream_id,
					    sv3_iova iova, uint64_t len);
/** sv3_cmdq_atc_inv_all - the same for all it was ever granted. */
SV3_API SV3_MUST_CHECK int sv3_cmdq_atc_inv_all(struct sv3_cmdq *cmdq, uint32_t stream_id);

/**
 * sv3_cmdq_resume - say how a stalled transaction goes on
 * @stag:  of its event record; no effect where @stream_id has no such stall
 * @retry: translate it anew; else it is aborted
 * What makes a retry succeed, invalidations included, stands before it in the queue.
 * Returns: as sv3_cmdq_push(). Source: [IHI0070 4.7.1].
 */
SV3_API SV3_MUST_CHECK int sv3_cmdq_resume(struct sv3_cmdq *cmdq, uint32_t stream_id, uint32_t stag,
					   bool retry);
/** sv3_cmdq_stall_term - abort whatever of a stream is stalled. [IHI0070 4.7.2] */
SV3_API SV3_MUST_CHECK int sv3_cmdq_stall_term(struct sv3_cmdq *cmdq, uint32_t stream_id);

/** A CMD_SYNC that was pushed: the first CONS value that shows it consumed. */
struct sv3_cmdq_ticket {
	uint32_t cons;
};

/**
 * sv3_cmdq_barrier - a CMD_SYNC that nobody looks at, not rung
 * The queue stands at it until what was pushed before is complete [IHI0070 4.7.3].
 * Returns: as sv3_cmdq_push().
 */
SV3_API SV3_MUST_CHECK int sv3_cmdq_barrier(struct sv3_cmdq *cmdq);
/** sv3_cmdq_sync_begin - push CMD_SYNC (CS = 0) and ring. */
SV3_API SV3_MUST_CHECK int sv3_cmdq_sync_begin(struct sv3_cmdq *cmdq,
					       struct sv3_cmdq_ticket *ticket);
/** The same with completion by MSI: @msi_data is written to @msi_pa. Who looks for it through a
 * bus with maintenance invalidates before each look. */
SV3_API SV3_MUST_CHECK int sv3_cmdq_sync_begin_msi(struct sv3_cmdq *cmdq,
						   struct sv3_cmdq_ticket *ticket, sv3_pa msi_pa,
						   uint32_t msi_data);
/** sv3_cmdq_sync_done - one look at CMDQ_CONS. Returns: 1 consumed, 0 not yet, -SV3_ERR_FORMAT: not
 *  yet, and the queue stopped on a command error (CMDQ_CONS.ERR). */
SV3_API SV3_MUST_CHECK int sv3_cmdq_sync_done(struct sv3_cmdq *cmdq,
					      const struct sv3_cmdq_ticket *ticket);
/** sv3_cmdq_sync - begin, then poll to the end. Returns: 0 or as above, or -SV3_ERR_TIMEOUT. */
SV3_API SV3_MUST_CHECK int sv3_cmdq_sync(struct sv3_cmdq *cmdq);

/* --- Leaf sizes --- */

/**
 * A split or a merge of live leaves. Plain data. It may be left between any two steps and gone on
 * with later; dropped only where phase and table are 0 and nothing is owed: between two leaves.
 */
struct sv3_pt_resize {
	struct sv3_pt *pt;
	uint64_t first, next, end;   /* the range, and what is still to visit: bytes of the table */
	uint32_t leaf_lg2;           /* log2 bytes */
	uint32_t bbml;               /* 0, 1, 2 */
	bool merges;                 /* else it splits */
	struct sv3_tlbi_range owed;  /* len 0: nothing; asid is the caller's to fill in */
	uint64_t changed;            /* blocks split, or tables merged, so far */
	uint64_t skipped;            /* left as they are, see there */
	uint32_t phase;              /* what the next step does; 0: looks for a leaf */
	uint32_t level;              /* of the block in hand */
	sv3_pa descriptor_pa, table; /* its place; the table that goes in, or came out */
	uint64_t descriptor;         /* as it was left */
};

/**
 * sv3_pt_split_begin - make the leaves of [iova, iova + len) smaller
 * @leaf_lg2: blocks of more bytes than 1 << leaf_lg2 are split, their parts too: 12, pages only.
 *            A block that lies only partly in the range is split as a whole. Skipped are blocks
 *            with the Contiguous bit.
 * @bbml:     how live tables may be changed: IDR3.BBML, the lowest of all that walk this table
 *	0  translation faults may be seen between two steps
 *	1  blocks have nT = 1 for a while
 *	2  one swap
 * Children have all attributes of their block, its dirty state among them. Each split takes a
 * table.
 * Returns: 0, -SV3_ERR_INVAL (bbml), -SV3_ERR_RANGE. Nothing is changed yet.
 * Source:  [IHI0070 3.21.1.1 to 3.21.1.3].
 */
SV3_API SV3_MUST_CHECK int sv3_pt_split_begin(struct sv3_pt_resize *resize, struct sv3_pt *pt,
					      sv3_iova iova, uint64_t len, unsigned int leaf_lg2,
					      unsigned int bbml);

/**
 * sv3_pt_merge_begin - make the leaves of [iova, iova + len) larger, from the smallest on
 * @leaf_lg2: largest block to make, log2 bytes
 * A table becomes a block if it lies in the range as a whole, is full of leaves that are alike but
 * for access flag and dirty state, and these map one aligned block. Others are skipped, as are
 * leaves with the Contiguous bit and tables whose descriptor has limits. The block is dirty if one
 * of the leaves is, accessed if one is.
 * Else as sv3_pt_split_begin(). Each merge gives back a table.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_merge_begin(struct sv3_pt_resize *resize, struct sv3_pt *pt,
					      sv3_iova iova, uint64_t len, unsigned int leaf_lg2,
					      unsigned int bbml);

/**
 * sv3_pt_resize_step - one atomic update
 * To call it says that what resize->owed asked for is complete: TLBI and CMD_SYNC, for every ASID
 * and SMMU that walks the table. Between two steps the device goes on, and software may scan and
 * clear, but until the last step
 *	- nobody clears before what is owed is complete: an invalidation that names leaves of the
 *	  new size would leave an entry of the old one, through which writes are silent;
 *	- nobody maps, unmaps or protects in the range;
 *	- dirty state may stand in a table that is out, or nowhere (bbml 0): a scan that may miss
 *	  nothing comes later.
 * Returns: 1; 0: the end, nothing is owed. -SV3_ERR_NOMEM (before a block is touched),
 *          -SV3_ERR_EXIST (other software changed the leaf in hand), -SV3_ERR_BUS: this step has
 *          changed nothing and may be done again.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_resize_step(struct sv3_pt_resize *resize);

/**
 * sv3_pt_resize_run - all steps, each with its TLBI and CMD_SYNC
 * Returns: 0, or as sv3_pt_resize_step(), sv3_cmdq_push() and sv3_cmdq_sync(): what is owed is kept
 *          then, and another call goes on.
 */
SV3_API SV3_MUST_CHECK int sv3_pt_resize_run(struct sv3_pt_resize *resize, struct sv3_cmdq *cmdq,
					     uint32_t asid);

#ifdef __cplusplus
}
#endif

#endif
