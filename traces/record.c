/* SPDX-License-Identifier: MIT */
/*
 * record.c - names of ops and classes, the rules every record keeps, growing and freeing a trace.
 *
 * Readers check each record here, so that whoever replays a trace need not; writers check too, so
 * that what was written can be read. The rules are data: one row per op.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "traces_priv.h"

#define AUX(name) (1u << SV3_TRACE_AUX_##name)
#define AUX_CLASSES                                                                                \
	(AUX(SQE) | AUX(CQE) | AUX(PRPLIST) | AUX(DBBUF) | AUX(DATA) | AUX(RXDESC) | AUX(TXDESC) | \
	 AUX(PKT) | AUX(MSI) | AUX(UNKNOWN))
#define AUX_PERMS (AUX(PERM_R) | AUX(PERM_W) | AUX(PERM_RW))
#define HAS(name) SV3_TRACE_HAS_##name

/** What an op must have, may have, and which aux values (or none) go with it. */
struct op_rule {
	uint8_t required, optional;
	bool within_page;  /* an access: 1 to 4096 bytes of one page */
	bool page_aligned; /* a mapping: whole pages */
	uint32_t aux_mask;
	const char *aux_expected;
};

static const struct op_rule op_rules[SV3_TRACE_OP_COUNT] = {
	[SV3_TRACE_R] = { SV3_TRACE_HAS_ALL, 0, true, false, AUX_CLASSES,
			  "a class (sqe, cqe, prplist, dbbuf, data, rxdesc, txdesc, pkt, msi, "
			  "unknown) or nothing" },
	[SV3_TRACE_W] = { SV3_TRACE_HAS_ALL, 0, true, false, AUX_CLASSES,
			  "a class (sqe, cqe, prplist, dbbuf, data, rxdesc, txdesc, pkt, msi, "
			  "unknown) or nothing" },
	[SV3_TRACE_MAP] = { SV3_TRACE_HAS_ALL, 0, false, true, AUX_PERMS,
			    "a permission (r, w, rw) or nothing" },
	[SV3_TRACE_UNMAP] = { HAS(SID) | HAS(IOVA) | HAS(LEN), 0, false, true, 0, "nothing" },
	[SV3_TRACE_TLBI_VA] = { HAS(IOVA) | HAS(LEN), HAS(SID), false, true, AUX(LEAF),
				"leaf or nothing" },
	[SV3_TRACE_TLBI_ASID] = { 0, HAS(SID), false, false, 0, "nothing" },
	[SV3_TRACE_TLBI_ALL] = { 0, 0, false, false, 0, "nothing" },
	[SV3_TRACE_SYNC] = { 0, 0, false, false, 0, "nothing" },
};

const char *sv3_trace_op_name(unsigned int op)
{
	static const char *const names[] = {
#define X(name, text) text,
		SV3_TRACE_OP_MAP(X)
#undef X
	};

	return op < SV3_TRACE_OP_COUNT ? names[op] : NULL;
}

const char *sv3_trace_aux_name(unsigned int aux)
{
	static const char *const names[] = {
#define X(name, text) text,
		SV3_TRACE_AUX_MAP(X)
#undef X
	};

	return aux < SV3_TRACE_AUX_COUNT ? names[aux] : NULL;
}

const char *sv3__trace_column_name(enum sv3__trace_column column)
{
	static const char *const names[SV3__TRACE_COLUMN_COUNT] = { "time_ns", "sid", "op", "iova",
								    "len",     "pa",  "aux" };

	return names[column];
}

static bool fault_set(struct sv3__trace_fault *fault, enum sv3__trace_column column,
		      const char *expected)
{
	*fault = (struct sv3__trace_fault){ column, expected };
	return false;
}

/** A column that is missing, or that should be. */
static bool presence_check(const struct sv3_trace_rec *rec, const struct op_rule *rule,
			   struct sv3__trace_fault *fault)
{
	static const enum sv3__trace_column columns[] = { SV3__TRACE_COLUMN_SID,
							  SV3__TRACE_COLUMN_IOVA,
							  SV3__TRACE_COLUMN_LEN,
							  SV3__TRACE_COLUMN_PA };

	for (unsigned int i = 0; i < 4; i++) {
		if (!(rec->has & (1u << i)) && (rule->required & (1u << i)))
			return fault_set(fault, columns[i], "a number, which this op needs");
		if ((rec->has & (1u << i)) && !((rule->required | rule->optional) & (1u << i)))
			return fault_set(fault, columns[i],
					 "nothing, which is all this op may have");
	}
	return fault_set(fault, SV3__TRACE_COLUMN_OP,
			 "a record with no more than its four columns");
}

/** Columns a record does not have are 0, so that equal records are equal bytes. */
static bool absent_check(const struct sv3_trace_rec *rec, struct sv3__trace_fault *fault)
{
	if (!(rec->has & SV3_TRACE_HAS_SID) && rec->sid != 0)
		return fault_set(fault, SV3__TRACE_COLUMN_SID, "0 where the column is absent");
	if (!(rec->has & SV3_TRACE_HAS_IOVA) && rec->iova != 0)
		return fault_set(fault, SV3__TRACE_COLUMN_IOVA, "0 where the column is absent");
	if (!(rec->has & SV3_TRACE_HAS_LEN) && rec->len != 0)
		return fault_set(fault, SV3__TRACE_COLUMN_LEN, "0 where the column is absent");
	if (!(rec->has & SV3_TRACE_HAS_PA) && rec->pa != 0)
		return fault_set(fault, SV3__TRACE_COLUMN_PA, "0 where the column is absent");
	return true;
}

static bool access_check(const struct sv3_trace_rec *rec, struct sv3__trace_fault *fault)
{
	uint64_t offset = rec->iova & (SV3_PAGE_SIZE - 1);

	if (rec->len == 0 || rec->len > SV3_PAGE_SIZE - offset)
		return fault_set(fault, SV3__TRACE_COLUMN_LEN,
				 "1 to 4096 bytes that do not cross a 4 KiB page");
	if ((rec->pa & (SV3_PAGE_SIZE - 1)) != offset)
		return fault_set(fault, SV3__TRACE_COLUMN_PA,
				 "the same offset within a 4 KiB page as iova");
	if (rec->pa >= SV3__TRACE_PA_LIMIT)
		return fault_set(fault, SV3__TRACE_COLUMN_PA, "at most 52 bits");
	return true;
}

static bool mapping_check(const struct sv3_trace_rec *rec, struct sv3__trace_fault *fault)
{
	uint64_t within = SV3_PAGE_SIZE - 1;

	if (rec->iova & within)
		return fault_set(fault, SV3__TRACE_COLUMN_IOVA, "a multiple of 4096");
	if (rec->len == 0 || (rec->len & within))
		return fault_set(fault, SV3__TRACE_COLUMN_LEN, "a multiple of 4096, not 0");
	if (rec->len - 1 > UINT64_MAX - rec->iova)
		return fault_set(fault, SV3__TRACE_COLUMN_LEN, "an end within 64-bit addresses");
	if (rec->pa & within)
		return fault_set(fault, SV3__TRACE_COLUMN_PA, "a multiple of 4096");
	if (rec->pa >= SV3__TRACE_PA_LIMIT)
		return fault_set(fault, SV3__TRACE_COLUMN_PA, "at most 52 bits");
	if ((rec->has & SV3_TRACE_HAS_PA) && rec->len > SV3__TRACE_PA_LIMIT - rec->pa)
		return fault_set(fault, SV3__TRACE_COLUMN_LEN, "an end within 52-bit pa");
	return true;
}

bool sv3__trace_rec_check(const struct sv3_trace_rec *rec, uint64_t previous_ns,
			  struct sv3__trace_fault *fault)
{
	const struct op_rule *rule;

	if (rec->op >= SV3_TRACE_OP_COUNT)
		return fault_set(fault, SV3__TRACE_COLUMN_OP,
				 "R, W, MAP, UNMAP, TLBI_VA, TLBI_ASID, TLBI_ALL or SYNC");
	rule = &op_rules[rec->op];
	if (rec->time_ns < previous_ns)
		return fault_set(fault, SV3__TRACE_COLUMN_TIME,
				 "no time before that of the row above");
	if (rec->time_ns > SV3__TRACE_TIME_MAX_NS)
		return fault_set(fault, SV3__TRACE_COLUMN_TIME, "at most 18446744073709551 ns");
	if ((rec->has & rule->required) != rule->required ||
	    (rec->has & ~(unsigned int)(rule->required | rule->optional)))
		return presence_check(rec, rule, fault);
	if (rec->has != SV3_TRACE_HAS_ALL && !absent_check(rec, fault))
		return false;
	if (rule->within_page && !access_check(rec, fault))
		return false;
	if (rule->page_aligned && !mapping_check(rec, fault))
		return false;
	if (rec->aux >= SV3_TRACE_AUX_COUNT || !((rule->aux_mask | AUX(NONE)) & (1u << rec->aux)))
		return fault_set(fault, SV3__TRACE_COLUMN_AUX, rule->aux_expected);
	if (rec->reserved != 0)
		return fault_set(fault, SV3__TRACE_COLUMN_OP, "a record whose reserved byte is 0");
	return true;
}

int sv3__trace_fail(struct sv3_trace_error *error, enum sv3_error code, const char *format, ...)
{
	va_list arguments;

	if (error != NULL) {
		va_start(arguments, format);
		(void)vsnprintf(error->text, sizeof(error->text), format, arguments);
		va_end(arguments);
	}
	return -(int)code;
}

int sv3__trace_reserve(struct sv3_trace *trace, uint64_t count)
{
	struct sv3_trace_rec *records;

	if (count > SV3__TRACE_RECORD_MAX)
		return -SV3_ERR_NOMEM;
	records = realloc(trace->records, (size_t)count * sizeof(*records));
	if (records == NULL)
		return -SV3_ERR_NOMEM;
	trace->records = records;
	return 0;
}

struct sv3_trace_rec *sv3__trace_builder_room(struct sv3__trace_builder *builder)
{
	uint64_t capacity = builder->capacity;

	if (builder->trace->count == capacity) {
		if (capacity == SV3__TRACE_RECORD_MAX)
			return NULL;
		capacity = capacity == 0 ? 1024 : capacity * 2;
		if (sv3__trace_reserve(builder->trace, capacity) < 0)
			return NULL;
		builder->capacity = capacity;
	}
	return &builder->trace->records[builder->trace->count];
}

void sv3__trace_builder_trim(struct sv3__trace_builder *builder)
{
	if (builder->trace->count == 0 || builder->trace->count == builder->capacity)
		return;
	/* When shrinking fails, which no allocator does, the longer block serves as well. */
	if (sv3__trace_reserve(builder->trace, builder->trace->count) == 0)
		builder->capacity = builder->trace->count;
}

void sv3_trace_free(struct sv3_trace *trace)
{
	if (trace == NULL)
		return;
	free(trace->records);
	memset(trace, 0, sizeof(*trace));
}
