/* SPDX-License-Identifier: MIT */
/*
 * trace.h - streams of DMA records: what devices replay and observers write.
 *
 * Concepts:
 *   record  one row: an access, or what the driver did to the mapping (MAP, UNMAP, TLBI, SYNC).
 *   trace   records in time order, wholly in memory, with what was learnt while reading them.
 *   format  a reader, a writer or both, one row of traces/registry.c; told apart by content.
 * A record keeps every column of its source; which columns it has is said by SV3_TRACE_HAS_x.
 */
#ifndef SV3_TRACE_H
#define SV3_TRACE_H

#include <sv3/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*   name       text in the files */
#define SV3_TRACE_OP_MAP(X)       \
	X(R, "R")                 \
	X(W, "W")                 \
	X(MAP, "MAP")             \
	X(UNMAP, "UNMAP")         \
	X(TLBI_VA, "TLBI_VA")     \
	X(TLBI_ASID, "TLBI_ASID") \
	X(TLBI_ALL, "TLBI_ALL")   \
	X(SYNC, "SYNC")

enum sv3_trace_op {
#define X(name, text) SV3_TRACE_##name,
	SV3_TRACE_OP_MAP(X)
#undef X
		SV3_TRACE_OP_COUNT
};

/* The aux column: the class of an access, the permission of a MAP, the scope of a TLBI. */
#define SV3_TRACE_AUX_MAP(X)  \
	X(NONE, "")           \
	X(SQE, "sqe")         \
	X(CQE, "cqe")         \
	X(PRPLIST, "prplist") \
	X(DBBUF, "dbbuf")     \
	X(DATA, "data")       \
	X(RXDESC, "rxdesc")   \
	X(TXDESC, "txdesc")   \
	X(PKT, "pkt")         \
	X(MSI, "msi")         \
	X(UNKNOWN, "unknown") \
	X(PERM_R, "r")        \
	X(PERM_W, "w")        \
	X(PERM_RW, "rw")      \
	X(LEAF, "leaf")

enum sv3_trace_aux {
#define X(name, text) SV3_TRACE_AUX_##name,
	SV3_TRACE_AUX_MAP(X)
#undef X
		SV3_TRACE_AUX_COUNT
};

enum sv3_trace_has {
	SV3_TRACE_HAS_SID = 1u << 0,
	SV3_TRACE_HAS_IOVA = 1u << 1,
	SV3_TRACE_HAS_LEN = 1u << 2,
	SV3_TRACE_HAS_PA = 1u << 3,
	SV3_TRACE_HAS_ALL =
		SV3_TRACE_HAS_SID | SV3_TRACE_HAS_IOVA | SV3_TRACE_HAS_LEN | SV3_TRACE_HAS_PA,
};

/** One record. Columns it does not have are 0. */
struct sv3_trace_rec {
	uint64_t time_ns; /* from the first record of the file */
	sv3_iova iova;
	sv3_pa pa;
	uint64_t len; /* bytes */
	uint32_t sid; /* StreamID */
	uint8_t op;   /* enum sv3_trace_op */
	uint8_t aux;  /* enum sv3_trace_aux */
	uint8_t has;  /* enum sv3_trace_has, or-ed */
	uint8_t reserved;
};

/** sv3_trace_is_access - a device reads or writes: not a row of the driver. */
static inline bool sv3_trace_is_access(const struct sv3_trace_rec *rec)
{
	return rec->op == SV3_TRACE_R || rec->op == SV3_TRACE_W;
}

/** sv3_trace_is_interrupt - an access that is an interrupt (class msi), never memory. */
static inline bool sv3_trace_is_interrupt(const struct sv3_trace_rec *rec)
{
	return sv3_trace_is_access(rec) && rec->aux == SV3_TRACE_AUX_MSI;
}

/** A trace in memory. @records is owned by the trace; shape [count]; times never decrease. */
struct sv3_trace {
	struct sv3_trace_rec *records;
	uint64_t count;
	const char *format;      /* name of the format it was read from, static */
	bool direction_is_bound; /* directions are upper bounds (raw QEMU logs do not record them)
				  */
};

/** Where and why reading or writing failed, one line for a person, without a newline at its end. */
struct sv3_trace_error {
	char text[512]; /* "file:line: what is wrong; what to do" or "file: offset N: ..." */
};

/**
 * sv3_trace_read - read a whole trace, whatever its format and compression
 * @path:  file name, or "-" for standard input
 * @trace: out; empty on failure; released with sv3_trace_free()
 * @error: out on failure; names file, line or offset and the remedy
 * The format is told by content: text, binary, CSV, raw QEMU log, each plain, .xz or .zst.
 * An empty trace (no records at all) is an error: nothing can be replayed from it.
 * Returns: 0, or -SV3_ERR_IO, -SV3_ERR_FORMAT, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_trace_read(const char *path, struct sv3_trace *trace,
					  struct sv3_trace_error *error);

/**
 * sv3_trace_read_memory - the same from bytes in memory (tests, fuzzers)
 * @name: used in messages in place of the file name
 */
SV3_API SV3_MUST_CHECK int sv3_trace_read_memory(const void *bytes, size_t size, const char *name,
						 struct sv3_trace *trace,
						 struct sv3_trace_error *error);

/**
 * sv3_trace_write - write a trace
 * @path:   file name, or "-"; a file appears whole or not at all (written beside, then renamed)
 * @format: "text", "binary" or "csv"; NULL: by the ending of the name (.trc, .s3t, .csv)
 * Returns: 0, or -SV3_ERR_IO, -SV3_ERR_INVAL (unknown format), -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_trace_write(const char *path, const char *format,
					   const struct sv3_trace *trace,
					   struct sv3_trace_error *error);

/**
 * sv3_trace_write_memory - the same into memory
 * @format: "text", "binary" or "csv"
 * @bytes:  out; malloc()ed, the caller frees it; NULL on failure
 * @size:   out; bytes
 * Returns: as sv3_trace_write().
 */
SV3_API SV3_MUST_CHECK int sv3_trace_write_memory(const char *format, const struct sv3_trace *trace,
						  void **bytes, size_t *size,
						  struct sv3_trace_error *error);

/** sv3_trace_free - release what a read or generated trace holds; harmless on an empty one. */
SV3_API void sv3_trace_free(struct sv3_trace *trace);

/** Text of an op or aux value as it stands in the files; NULL when out of range. */
SV3_API const char *sv3_trace_op_name(unsigned int op);
SV3_API const char *sv3_trace_aux_name(unsigned int aux);

/** One format. Rows are enumerated until NULL. */
struct sv3_trace_format_info {
	const char *name;        /* as sv3_trace_write() takes it */
	const char *extension;   /* with the dot */
	const char *description; /* one line */
	bool can_read, can_write;
};
SV3_API const struct sv3_trace_format_info *sv3_trace_format(unsigned int index);

/** What `sv3 trace info` prints. Page numbers are those of 4 KiB pages. */
struct sv3_trace_summary {
	uint64_t op_count[SV3_TRACE_OP_COUNT];
	uint64_t read_bytes, write_bytes;    /* MSI rows apart */
	uint64_t pa_pages, pa_pages_written; /* distinct, of R and W rows; MSI apart */
	uint64_t iova_pages;                 /* distinct (sid, page), of R and W rows */
	uint64_t pa_lowest,
		pa_highest; /* of R, W and MAP rows, MSI apart; highest is the last byte */
	uint64_t duration_ns;
	uint64_t stream_count;
};
SV3_API SV3_MUST_CHECK int sv3_trace_summarize(const struct sv3_trace *trace,
					       struct sv3_trace_summary *summary);

/** sv3_trace_find_time - index of the first record at or after @time_ns; the count when there is
 * none. */
SV3_API uint64_t sv3_trace_find_time(const struct sv3_trace *trace, uint64_t time_ns);

/**
 * sv3_trace_cut - a part of a trace that stands alone
 * @first: index of the first record of the part
 * @count: records, > 0; cut off at the end of the trace
 * @part:  out; empty on failure; released with sv3_trace_free()
 * The part begins with a MAP row, at time 0, for every mapping live at the cut (older MAP rows
 * whose UNMAP has not come, in their order, shortened where partly unmapped); then come the
 * records, with times counted from the first of them. Returns: 0, or -SV3_ERR_RANGE (nothing lies
 * in the range), -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_trace_cut(const struct sv3_trace *trace, uint64_t first,
					 uint64_t count, struct sv3_trace *part);

/*   name        text         what it touches */
#define SV3_TRACE_PATTERN_MAP(X)                                                        \
	X(FIXED, "fixed", "the start of each page in turn, over and over")              \
	X(SEQUENTIAL, "sequential", "one access right behind the other, over and over") \
	X(UNIFORM, "uniform", "a page at random, all alike")                            \
	X(ZIPF, "zipf", "a page at random, few of them hot, scattered over the area")

enum sv3_trace_pattern {
#define X(name, text, description) SV3_TRACE_PATTERN_##name,
	SV3_TRACE_PATTERN_MAP(X)
#undef X
		SV3_TRACE_PATTERN_COUNT
};

/** A synthetic trace. Integers only, so that the same numbers give the same trace on every host. */
struct sv3_trace_gen_config {
	enum sv3_trace_pattern pattern;
	uint64_t seed;
	uint64_t access_count;   /* R and W rows, > 0 */
	uint64_t page_count;     /* of 4 KiB; the area touched; at most 2^24 for zipf, else 2^36 */
	uint64_t rate_per_s;     /* accesses, evenly spaced; 1 to 10^9 */
	uint32_t write_permille; /* W of 1000 accesses, 0 to 1000 */
	uint32_t zipf_permille;  /* exponent times 1000, 0 to 4000: 1000 is the classic law */
	uint32_t access_bytes;   /* 1 to 4096; a power of two, so that no access crosses a page */
	uint32_t sid;
	sv3_iova iova_base; /* page aligned; the area is mapped rw by one MAP row at time 0 */
	sv3_pa pa_base;     /* page aligned */
};

/** sv3_trace_gen_config_init - usable defaults: a million uniform writes and reads over 256 MiB. */
SV3_API void sv3_trace_gen_config_init(struct sv3_trace_gen_config *config);

/**
 * sv3_trace_generate - make a synthetic trace
 * @trace: out; empty on failure; released with sv3_trace_free()
 * @error: out on failure; names the field and what it may be
 * Returns: 0, or -SV3_ERR_INVAL, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_trace_generate(const struct sv3_trace_gen_config *config,
					      struct sv3_trace *trace,
					      struct sv3_trace_error *error);

#ifdef __cplusplus
}
#endif

#endif
