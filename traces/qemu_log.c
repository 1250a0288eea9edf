/* SPDX-License-Identifier: MIT */
/*
 * qemu_log.c - raw QEMU trace logs: `PID@SEC.USEC:event text`. Only translations are taken.
 *
 * Each smmuv3_translate_success line becomes one record. The log says neither direction nor length:
 * the direction is the most the page permits (perm & 2: W), the length goes to the end of the page,
 * so directions and lengths are bounds. Where threads logged out of order by a little, the order of
 * the log is kept and the time held at that of the line above.
 */
#include <string.h>

#include "traces_priv.h"

static const char event_name[] = "smmuv3_translate_success";

/** A clock that runs back further than this is not a matter of threads. */
#define BACKWARD_MAX_US UINT64_C(1000000)

struct stamp {
	uint64_t time_us;
	const uint8_t *event; /* behind the colon */
};

/** PID@SEC.USEC: at the start of a line that ends in a newline. */
static bool stamp_scan(const uint8_t *at, struct stamp *stamp)
{
	uint64_t pid, seconds, microseconds;
	const uint8_t *fraction;

	if (!sv3__trace_scan_number(&at, &pid) || *at++ != '@' ||
	    !sv3__trace_scan_number(&at, &seconds) || *at++ != '.')
		return false;
	fraction = at;
	if (!sv3__trace_scan_number(&at, &microseconds) || at - fraction != 6 ||
	    microseconds > 999999 || *at++ != ':' || seconds > UINT64_MAX / 1000000 - 1)
		return false;
	stamp->time_us = seconds * 1000000 + microseconds;
	stamp->event = at;
	return true;
}

/** Looks at the first lines: other messages may stand before the first event. */
bool sv3__trace_qemu_detect(const struct sv3__trace_source *source)
{
	const uint8_t *at = source->bytes, *end = source->bytes + source->size, *newline;
	struct stamp stamp;

	for (unsigned int line = 0; line < 100 && at < end; line++) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			return false;
		if (stamp_scan(at, &stamp))
			return true;
		if ((size_t)(newline - at) >= sizeof(event_name) - 1 &&
		    memcmp(at, event_name, sizeof(event_name) - 1) == 0)
			return true;
		at = newline + 1;
	}
	return false;
}

static int line_fail(const struct sv3__trace_source *source, const uint8_t *line, const char *what,
		     struct sv3_trace_error *error)
{
	return sv3__trace_fail(error, SV3_ERR_FORMAT, "%s:%llu: %s", source->name,
			       (unsigned long long)sv3__trace_line_number(source, line), what);
}

/** " name=0x..." somewhere behind @at on its line, in this order; @at moves behind it. */
static bool field_scan(const uint8_t **at, const uint8_t *line_end, const char *name,
		       uint64_t *value)
{
	const uint8_t *found = memmem(*at, (size_t)(line_end - *at), name, strlen(name));

	if (found == NULL)
		return false;
	*at = found + strlen(name);
	return sv3__trace_scan_number(at, value);
}

/** The text behind the event's name: REGION sid=0x8 iova=0x... translated=0x... perm=0x3 */
static bool fields_scan(const uint8_t *at, const uint8_t *line_end, struct sv3_trace_rec *rec)
{
	uint64_t sid, perm;

	if (!field_scan(&at, line_end, " sid=", &sid) || sid > UINT32_MAX || *at != ' ' ||
	    !field_scan(&at, line_end, " iova=", &rec->iova) || *at != ' ' ||
	    !field_scan(&at, line_end, " translated=", &rec->pa) || *at != ' ' ||
	    !field_scan(&at, line_end, " perm=", &perm) || perm < 1 || perm > 3)
		return false;
	while (*at == ' ' || *at == '\r')
		at++;
	if (*at != '\n')
		return false;
	rec->sid = (uint32_t)sid;
	rec->op = perm & 2 ? SV3_TRACE_W : SV3_TRACE_R;
	rec->aux = SV3_TRACE_AUX_UNKNOWN;
	rec->has = SV3_TRACE_HAS_ALL;
	rec->reserved = 0;
	rec->len = SV3_PAGE_SIZE - (rec->iova & (SV3_PAGE_SIZE - 1));
	return true;
}

/** Clock of the log, made to never run back. */
struct log_clock {
	bool started;
	uint64_t first_us, latest_us;
};

static int clock_advance(struct log_clock *clock, const struct sv3__trace_source *source,
			 const uint8_t *line, uint64_t time_us, struct sv3_trace_error *error)
{
	if (!clock->started) {
		*clock = (struct log_clock){ true, time_us, time_us };
		return 0;
	}
	if (time_us >= clock->latest_us) {
		clock->latest_us = time_us;
		return 0;
	}
	if (clock->latest_us - time_us > BACKWARD_MAX_US)
		return line_fail(source, line,
				 "the clock runs back by more than a second: are these two logs "
				 "in one file?",
				 error);
	return 0;
}

/** A line that holds the event's name, wherever. One that only quotes it is skipped. */
static int line_read(const struct sv3__trace_source *source, const uint8_t *line,
		     const uint8_t *line_end, struct log_clock *clock,
		     struct sv3__trace_builder *builder, struct sv3_trace_error *error)
{
	const size_t name_size = sizeof(event_name) - 1;
	struct sv3__trace_fault fault;
	struct sv3_trace_rec *rec;
	struct stamp stamp;
	int status;

	if (!stamp_scan(line, &stamp))
		return line_fail(source, line,
				 "expected PID@SEC.USEC: before the event; run QEMU with -msg "
				 "timestamp=on, or repair the line",
				 error);
	if ((size_t)(line_end - stamp.event) <= name_size ||
	    memcmp(stamp.event, event_name, name_size) != 0 || stamp.event[name_size] != ' ')
		return 0;
	rec = sv3__trace_builder_room(builder);
	if (rec == NULL)
		return sv3__trace_fail(error, SV3_ERR_NOMEM, "%s: out of memory after %llu records",
				       source->name, (unsigned long long)builder->trace->count);
	if (!fields_scan(stamp.event + name_size, line_end, rec))
		return line_fail(source, line,
				 "expected sid=0x.. iova=0x.. translated=0x.. perm=0x1 to 0x3; the "
				 "line is torn: take the log again or drop the line",
				 error);
	status = clock_advance(clock, source, line, stamp.time_us, error);
	if (status < 0)
		return status;
	if (clock->latest_us - clock->first_us > SV3__TRACE_TIME_MAX_NS / 1000)
		return line_fail(source, line, "more than 213 days after the first record", error);
	rec->time_ns = (clock->latest_us - clock->first_us) * 1000;
	if (!sv3__trace_rec_check(rec, 0, &fault))
		return line_fail(source, line, fault.expected, error);
	builder->trace->count++;
	return 0;
}

int sv3__trace_qemu_read(const struct sv3__trace_source *source, struct sv3_trace *trace,
			 struct sv3_trace_error *error)
{
	struct sv3__trace_builder builder = { .trace = trace };
	const uint8_t *line = source->bytes, *end = source->bytes + source->size, *line_end;
	struct log_clock clock = { .started = false };
	int status;

	trace->direction_is_bound = true;
	for (; line < end; line = line_end + 1) {
		line_end = memchr(line, '\n', (size_t)(end - line));
		if (line_end == NULL)
			return line_fail(
				source, line,
				"the last line has no newline: the log is cut short; fetch "
				"it again or drop the line",
				error);
		if (memmem(line, (size_t)(line_end - line), event_name, sizeof(event_name) - 1) ==
		    NULL)
			continue;
		status = line_read(source, line, line_end, &clock, &builder, error);
		if (status < 0)
			return status;
	}
	if (trace->count == 0)
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s: no smmuv3_translate_success line: is this a QEMU trace "
				       "log taken with -trace smmuv3_translate_success?",
				       source->name);
	sv3__trace_builder_trim(&builder);
	return 0;
}
