/* SPDX-License-Identifier: MIT */
/*
 * text.c - the text form, for people: `1200 W sid=0x10 iova=0x40001000 len=64 pa=0x80001000
 * class=data`.
 *
 * A header line, then one record a line: time in ns, op, and name=number in any order. `#` starts a
 * comment, blank lines are skipped. It keeps every column and the direction-is-bound remark.
 */
#include <string.h>

#include "traces_priv.h"

static const char text_magic[] = "# sv3-trace";
static const char text_header[] = "# sv3-trace 1";
static const char text_bound[] = " direction-is-bound";

bool sv3__trace_text_detect(const struct sv3__trace_source *source)
{
	return source->size >= sizeof(text_magic) - 1 &&
	       memcmp(source->bytes, text_magic, sizeof(text_magic) - 1) == 0;
}

/** Reading one line; @at never passes the newline at its end. */
struct text_line {
	const uint8_t *at;
	const uint8_t *start[SV3__TRACE_COLUMN_COUNT]; /* of what was given; else of the line */
	struct sv3__trace_fault fault;
};

static bool line_fail(struct text_line *line, enum sv3__trace_column column, const uint8_t *at,
		      const char *expected)
{
	line->start[column] = at;
	line->fault = (struct sv3__trace_fault){ column, expected };
	return false;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/** Skips blanks; true when the line (or what is no comment of it) ends here. */
static bool line_ends(struct text_line *line)
{
	while (is_blank(*line->at))
		line->at++;
	return *line->at == '\n' || *line->at == '#';
}

static size_t word_size(const uint8_t *at)
{
	const uint8_t *end = at;

	while (!is_blank(*end) && *end != '\n' && *end != '#')
		end++;
	return (size_t)(end - at);
}

/** Names before the '='. Several stand for the aux column: which one fits is said by the op. */
static const struct text_key {
	const char *name;
	enum sv3__trace_column column;
	uint32_t ops; /* an aux name goes only with these */
} text_keys[] = {
	{ "sid=", SV3__TRACE_COLUMN_SID, UINT32_MAX },
	{ "iova=", SV3__TRACE_COLUMN_IOVA, UINT32_MAX },
	{ "len=", SV3__TRACE_COLUMN_LEN, UINT32_MAX },
	{ "pa=", SV3__TRACE_COLUMN_PA, UINT32_MAX },
	{ "class=", SV3__TRACE_COLUMN_AUX, 1u << SV3_TRACE_R | 1u << SV3_TRACE_W },
	{ "perm=", SV3__TRACE_COLUMN_AUX, 1u << SV3_TRACE_MAP },
	{ "scope=", SV3__TRACE_COLUMN_AUX, 1u << SV3_TRACE_TLBI_VA },
};

static const struct text_key *key_find(const uint8_t *at, unsigned int op)
{
	for (size_t i = 0; i < sizeof(text_keys) / sizeof(text_keys[0]); i++) {
		if ((text_keys[i].ops & 1u << op) &&
		    strncmp((const char *)at, text_keys[i].name, strlen(text_keys[i].name)) == 0)
			return &text_keys[i];
	}
	return NULL;
}

static bool aux_scan(struct text_line *line, struct sv3_trace_rec *rec)
{
	const uint8_t *start = line->at;
	size_t size = word_size(start);
	int aux = size != 0 ? sv3__trace_scan_aux(start, size) : -1;

	if (aux < 0)
		return line_fail(line, SV3__TRACE_COLUMN_AUX, start,
				 "sqe, cqe, prplist, dbbuf, data, rxdesc, txdesc, pkt, msi, "
				 "unknown, r, w, rw or leaf");
	rec->aux = (uint8_t)aux;
	line->at += size;
	return true;
}

static bool value_scan(struct text_line *line, enum sv3__trace_column column,
		       struct sv3_trace_rec *rec)
{
	const uint8_t *start = line->at;
	uint64_t value = 0;
	size_t size = word_size(start);

	if (!sv3__trace_scan_number(&line->at, &value) || line->at != start + size)
		return line_fail(line, column, start, "a decimal or 0x number of at most 64 bits");
	switch (column) {
	case SV3__TRACE_COLUMN_SID:
		if (value > UINT32_MAX)
			return line_fail(line, column, start, "at most 32 bits");
		rec->sid = (uint32_t)value;
		rec->has |= SV3_TRACE_HAS_SID;
		return true;
	case SV3__TRACE_COLUMN_IOVA:
		rec->iova = value;
		rec->has |= SV3_TRACE_HAS_IOVA;
		return true;
	case SV3__TRACE_COLUMN_LEN:
		rec->len = value;
		rec->has |= SV3_TRACE_HAS_LEN;
		return true;
	default:
		rec->pa = value;
		rec->has |= SV3_TRACE_HAS_PA;
		return true;
	}
}

/** The name=value words behind the op. */
static bool pairs_scan(struct text_line *line, struct sv3_trace_rec *rec)
{
	const struct text_key *key;
	unsigned int seen = 0;

	while (!line_ends(line)) {
		key = key_find(line->at, rec->op);
		if (key == NULL)
			return line_fail(line, SV3__TRACE_COLUMN_AUX, line->at,
					 "sid=, iova=, len=, pa=, or class= (of R, W), perm= (of "
					 "MAP), scope= (of TLBI_VA)");
		if (seen & 1u << key->column)
			return line_fail(line, key->column, line->at, "each name at most once");
		seen |= 1u << key->column;
		line->at += strlen(key->name);
		line->start[key->column] = line->at;
		if (!(key->column == SV3__TRACE_COLUMN_AUX ? aux_scan(line, rec)
							   : value_scan(line, key->column, rec)))
			return false;
	}
	return true;
}

static bool line_scan(struct text_line *line, struct sv3_trace_rec *rec)
{
	const uint8_t *start = line->at;
	size_t size = word_size(start);
	int op;

	memset(rec, 0, sizeof(*rec));
	for (unsigned int i = 0; i < SV3__TRACE_COLUMN_COUNT; i++)
		line->start[i] = start;
	if (!sv3__trace_scan_number(&line->at, &rec->time_ns) || line->at != start + size)
		return line_fail(line, SV3__TRACE_COLUMN_TIME, start, "a time in ns");
	if (line_ends(line))
		return line_fail(line, SV3__TRACE_COLUMN_OP, start, "an op behind the time");
	size = word_size(line->at);
	op = sv3__trace_scan_op(line->at, size);
	if (op < 0)
		return line_fail(line, SV3__TRACE_COLUMN_OP, line->at,
				 "R, W, MAP, UNMAP, TLBI_VA, TLBI_ASID, TLBI_ALL or SYNC");
	rec->op = (uint8_t)op;
	line->start[SV3__TRACE_COLUMN_OP] = line->at;
	line->at += size;
	return pairs_scan(line, rec);
}

static int header_scan(const struct sv3__trace_source *source, struct text_line *line,
		       struct sv3_trace *trace, struct sv3_trace_error *error)
{
	if (source->bytes[source->size - 1] != '\n')
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s:%llu: the last line has no newline: the file is cut "
				       "short; fetch it again",
				       source->name,
				       (unsigned long long)sv3__trace_line_number(
					       source, source->bytes + source->size));
	if (strncmp((const char *)line->at, text_header, sizeof(text_header) - 1) == 0) {
		line->at += sizeof(text_header) - 1;
		trace->direction_is_bound =
			strncmp((const char *)line->at, text_bound, sizeof(text_bound) - 1) == 0;
		if (trace->direction_is_bound)
			line->at += sizeof(text_bound) - 1;
		while (is_blank(*line->at))
			line->at++;
		if (*line->at == '\n')
			return 0;
	}
	return sv3__trace_fail(error, SV3_ERR_FORMAT,
			       "%s:1: expected the header line '%s' or '%s%s'", source->name,
			       text_header, text_header, text_bound);
}

int sv3__trace_text_read(const struct sv3__trace_source *source, struct sv3_trace *trace,
			 struct sv3_trace_error *error)
{
	struct sv3__trace_builder builder = { .trace = trace };
	struct text_line line = { .at = source->bytes };
	const uint8_t *end = source->bytes + source->size;
	struct sv3_trace_rec *rec;
	uint64_t previous_ns = 0;
	int status;

	status = header_scan(source, &line, trace, error);
	if (status < 0)
		return status;
	for (; line.at < end;
	     line.at = (const uint8_t *)memchr(line.at, '\n', (size_t)(end - line.at)) + 1) {
		if (line_ends(&line))
			continue;
		rec = sv3__trace_builder_room(&builder);
		if (rec == NULL)
			return sv3__trace_fail(error, SV3_ERR_NOMEM,
					       "%s: out of memory after %llu records", source->name,
					       (unsigned long long)trace->count);
		if (!line_scan(&line, rec) || !sv3__trace_rec_check(rec, previous_ns, &line.fault))
			return sv3__trace_scan_fail(source, line.start[line.fault.column],
						    &line.fault, error);
		previous_ns = rec->time_ns;
		trace->count++;
	}
	sv3__trace_builder_trim(&builder);
	return 0;
}

static const char *aux_key(unsigned int op)
{
	switch (op) {
	case SV3_TRACE_MAP:
		return " perm=";
	case SV3_TRACE_TLBI_VA:
		return " scope=";
	default:
		return " class=";
	}
}

/** The longest line: five numbers, their names, an op, an aux. */
#define TEXT_LINE_MAX 200

void sv3__trace_text_write(struct sv3__trace_sink *sink, const struct sv3_trace *trace)
{
	const struct sv3_trace_rec *rec;
	uint8_t *line, *at;

	sv3__trace_sink_put(sink, text_header, sizeof(text_header) - 1);
	if (trace->direction_is_bound)
		sv3__trace_sink_put(sink, text_bound, sizeof(text_bound) - 1);
	sv3__trace_sink_put(sink, "\n", 1);
	for (uint64_t i = 0; i < trace->count; i++) {
		rec = &trace->records[i];
		line = at = sv3__trace_sink_room(sink, TEXT_LINE_MAX);
		if (line == NULL)
			return;
		at = sv3__trace_put_decimal(at, rec->time_ns);
		*at++ = ' ';
		at = sv3__trace_put_text(at, sv3_trace_op_name(rec->op));
		if (rec->has & SV3_TRACE_HAS_SID)
			at = sv3__trace_put_hex(sv3__trace_put_text(at, " sid="), rec->sid);
		if (rec->has & SV3_TRACE_HAS_IOVA)
			at = sv3__trace_put_hex(sv3__trace_put_text(at, " iova="), rec->iova);
		if (rec->has & SV3_TRACE_HAS_LEN)
			at = sv3__trace_put_decimal(sv3__trace_put_text(at, " len="), rec->len);
		if (rec->has & SV3_TRACE_HAS_PA)
			at = sv3__trace_put_hex(sv3__trace_put_text(at, " pa="), rec->pa);
		if (rec->aux != SV3_TRACE_AUX_NONE) {
			at = sv3__trace_put_text(at, aux_key(rec->op));
			at = sv3__trace_put_text(at, sv3_trace_aux_name(rec->aux));
		}
		*at++ = '\n';
		sink->used += (size_t)(at - line);
	}
}
