/* SPDX-License-Identifier: MIT */
/*
 * csv.c - the CSV form: one header line, then time_ns,sid,op,iova,len,pa,aux.
 *
 * The scanner walks memory once, byte by byte, and trusts only that the last byte is a newline (it
 * checks that first: a file that ends within a line was cut short). What it writes is canonical:
 * reading and writing a canonical file gives the same bytes.
 */
#include <string.h>

#include "traces_priv.h"

static const char csv_header[] = "time_ns,sid,op,iova,len,pa,aux\n";

bool sv3__trace_csv_detect(const struct sv3__trace_source *source)
{
	static const char start[] = "time_ns";

	return source->size >= sizeof(start) - 1 &&
	       memcmp(source->bytes, start, sizeof(start) - 1) == 0;
}

/** Where each column of the row starts, so that a message can show what stands there. */
struct csv_row {
	const uint8_t *start[SV3__TRACE_COLUMN_COUNT];
	struct sv3__trace_fault fault;
};

static bool row_fail(struct csv_row *row, enum sv3__trace_column column, const char *expected)
{
	row->fault = (struct sv3__trace_fault){ column, expected };
	return false;
}

/** A numeric column and the comma behind it; an empty one is told by *@present. */
static inline bool number_column(struct csv_row *row, const uint8_t **at,
				 enum sv3__trace_column column, uint64_t *value, bool *present)
{
	row->start[column] = *at;
	*present = **at != ',';
	*value = 0;
	if (*present && !sv3__trace_scan_number(at, value))
		return row_fail(row, column, "a decimal or 0x number of at most 64 bits");
	if (**at != ',')
		return row_fail(row, column, "a number and a comma (a row has 7 columns)");
	(*at)++;
	return true;
}

static inline bool op_column(struct csv_row *row, const uint8_t **at, struct sv3_trace_rec *rec)
{
	const uint8_t *start = *at, *end = start;
	int op;

	row->start[SV3__TRACE_COLUMN_OP] = start;
	while (*end != ',' && *end != '\n')
		end++;
	if (*end != ',')
		return row_fail(row, SV3__TRACE_COLUMN_OP,
				"an op and a comma (a row has 7 columns)");
	op = sv3__trace_scan_op(start, (size_t)(end - start));
	if (op < 0)
		return row_fail(row, SV3__TRACE_COLUMN_OP,
				"R, W, MAP, UNMAP, TLBI_VA, TLBI_ASID, TLBI_ALL or SYNC");
	rec->op = (uint8_t)op;
	*at = end + 1;
	return true;
}

static inline bool aux_column(struct csv_row *row, const uint8_t **at, struct sv3_trace_rec *rec)
{
	const uint8_t *start = *at, *end = start;
	size_t size;
	int aux;

	row->start[SV3__TRACE_COLUMN_AUX] = start;
	while (*end != ',' && *end != '\n')
		end++;
	if (*end == ',')
		return row_fail(row, SV3__TRACE_COLUMN_AUX,
				"the end of the line (a row has 7 columns)");
	size = (size_t)(end - start);
	if (size != 0 && start[size - 1] == '\r')
		size--;
	aux = sv3__trace_scan_aux(start, size);
	if (aux < 0)
		return row_fail(
			row, SV3__TRACE_COLUMN_AUX,
			"sqe, cqe, prplist, dbbuf, data, rxdesc, txdesc, pkt, msi, unknown, "
			"r, w, rw, leaf or nothing");
	rec->aux = (uint8_t)aux;
	*at = end + 1;
	return true;
}

/** One row into @rec; *@at moves behind its newline. */
static inline bool row_scan(struct csv_row *row, const uint8_t **at, struct sv3_trace_rec *rec)
{
	bool has_time, has_sid, has_iova, has_len, has_pa;
	uint64_t sid;

	if (!number_column(row, at, SV3__TRACE_COLUMN_TIME, &rec->time_ns, &has_time))
		return false;
	if (!has_time)
		return row_fail(row, SV3__TRACE_COLUMN_TIME, "a time in ns");
	if (!number_column(row, at, SV3__TRACE_COLUMN_SID, &sid, &has_sid))
		return false;
	if (sid > UINT32_MAX)
		return row_fail(row, SV3__TRACE_COLUMN_SID, "at most 32 bits");
	if (!op_column(row, at, rec) ||
	    !number_column(row, at, SV3__TRACE_COLUMN_IOVA, &rec->iova, &has_iova) ||
	    !number_column(row, at, SV3__TRACE_COLUMN_LEN, &rec->len, &has_len) ||
	    !number_column(row, at, SV3__TRACE_COLUMN_PA, &rec->pa, &has_pa) ||
	    !aux_column(row, at, rec))
		return false;
	rec->sid = (uint32_t)sid;
	rec->has = (uint8_t)((has_sid ? SV3_TRACE_HAS_SID : 0u) |
			     (has_iova ? SV3_TRACE_HAS_IOVA : 0u) |
			     (has_len ? SV3_TRACE_HAS_LEN : 0u) | (has_pa ? SV3_TRACE_HAS_PA : 0u));
	rec->reserved = 0;
	return true;
}

static int header_skip(const struct sv3__trace_source *source, const uint8_t **at,
		       struct sv3_trace_error *error)
{
	const uint8_t *line_end;
	size_t size;

	if (source->bytes[source->size - 1] != '\n')
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s:%llu: the last line has no newline: the file is cut "
				       "short; fetch it again",
				       source->name,
				       (unsigned long long)sv3__trace_line_number(
					       source, source->bytes + source->size));
	line_end = memchr(source->bytes, '\n', source->size);
	size = (size_t)(line_end - source->bytes);
	if (size != 0 && line_end[-1] == '\r')
		size--;
	if (size != sizeof(csv_header) - 2 || memcmp(source->bytes, csv_header, size) != 0)
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s:1: expected the header line "
				       "'time_ns,sid,op,iova,len,pa,aux'",
				       source->name);
	*at = line_end + 1;
	return 0;
}

int sv3__trace_csv_read(const struct sv3__trace_source *source, struct sv3_trace *trace,
			struct sv3_trace_error *error)
{
	struct sv3__trace_builder builder = { .trace = trace };
	const uint8_t *at, *end = source->bytes + source->size;
	struct csv_row row = { .fault = { SV3__TRACE_COLUMN_TIME, NULL } };
	struct sv3_trace_rec *rec;
	uint64_t previous_ns = 0;
	int status;

	status = header_skip(source, &at, error);
	if (status < 0)
		return status;
	while (at < end) {
		rec = sv3__trace_builder_room(&builder);
		if (rec == NULL)
			return sv3__trace_fail(error, SV3_ERR_NOMEM,
					       "%s: out of memory after %llu records", source->name,
					       (unsigned long long)trace->count);
		if (!row_scan(&row, &at, rec) ||
		    !sv3__trace_rec_check(rec, previous_ns, &row.fault))
			return sv3__trace_scan_fail(source, row.start[row.fault.column], &row.fault,
						    error);
		previous_ns = rec->time_ns;
		trace->count++;
	}
	sv3__trace_builder_trim(&builder);
	return 0;
}

/** The longest row: five numbers, an op, an aux, commas. */
#define CSV_ROW_MAX 160

void sv3__trace_csv_write(struct sv3__trace_sink *sink, const struct sv3_trace *trace)
{
	const struct sv3_trace_rec *rec;
	uint8_t *row, *at;

	sv3__trace_sink_put(sink, csv_header, sizeof(csv_header) - 1);
	for (uint64_t i = 0; i < trace->count; i++) {
		rec = &trace->records[i];
		row = at = sv3__trace_sink_room(sink, CSV_ROW_MAX);
		if (row == NULL)
			return;
		at = sv3__trace_put_decimal(at, rec->time_ns);
		*at++ = ',';
		if (rec->has & SV3_TRACE_HAS_SID)
			at = sv3__trace_put_hex(at, rec->sid);
		*at++ = ',';
		at = sv3__trace_put_text(at, sv3_trace_op_name(rec->op));
		*at++ = ',';
		if (rec->has & SV3_TRACE_HAS_IOVA)
			at = sv3__trace_put_hex(at, rec->iova);
		*at++ = ',';
		if (rec->has & SV3_TRACE_HAS_LEN)
			at = sv3__trace_put_decimal(at, rec->len);
		*at++ = ',';
		if (rec->has & SV3_TRACE_HAS_PA)
			at = sv3__trace_put_hex(at, rec->pa);
		*at++ = ',';
		at = sv3__trace_put_text(at, sv3_trace_aux_name(rec->aux));
		*at++ = '\n';
		sink->used += (size_t)(at - row);
	}
}
