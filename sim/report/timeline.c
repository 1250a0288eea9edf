/* SPDX-License-Identifier: MIT */
/*
 * timeline.c - what the timed runner does as JSON trace events, written as it happens.
 *
 * Spans of a track must lie within each other, so what happens at once is spread over lanes: a
 * span takes the first free lane of its group and gives it back at its end. A group is a process to
 * the programs that show it, a lane a thread, a pool a counter. B and E events come in the order of
 * time, so a file that was cut is as sound as a whole one.
 */
#include <sv3/timeline.h>

#include <sv3/arch.h>

#include <inttypes.h>
#include <stdlib.h>

#define NO_LANE UINT32_MAX

/* name, title, what a lane is */
#define GROUP_MAP(X)                            \
	X(DEVICE, "device", "access")           \
	X(TCU, "TCU", "slot")                   \
	X(WALKS, "walks", "walk slot")          \
	X(COMMANDS, "command queue", "command") \
	X(SOFTWARE, "software", "phase")        \
	X(LEVELS, "occupancy", "")

enum group {
#define X(name, title, lane) GROUP_##name,
	GROUP_MAP(X)
#undef X
		GROUP_COUNT
};

static const struct {
	const char *title, *lane;
} group_texts[] = {
#define X(name, title, lane) { title, lane },
	GROUP_MAP(X)
#undef X
};

/** Lanes of a group: which are taken, how deep the spans in each are, and who has which. */
struct lanes {
	uint32_t *depth;   /* of each lane; 0: it is free; shape [count] */
	uint32_t *lane_of; /* by number; NO_LANE: it has none; shape [number_count] */
	uint32_t count, number_count;
};

/** A level that is written when time goes on, so that of a cycle only the last one is. */
struct counter {
	uint64_t value;
	bool is_new;
};

#define TBUS_MAX 16u

struct sv3_timeline {
	FILE *file;
	uint32_t cycle_ps;
	uint64_t limit, written, left_out;
	bool is_cut, is_short_of_memory, is_first;
	struct lanes lanes[GROUP_COUNT];
	struct counter counters[SV3_TIMED_UNIT_COUNT][TBUS_MAX];
	bool has_new_counters;
	sv3_cycle counted_at; /* when the new counters became so */
};

/* --- events --- */

/** Time as microseconds, to the nanosecond, or to the picosecond where cycles need that. */
static void put_time(const struct sv3_timeline *timeline, sv3_cycle at)
{
	const uint64_t ps = at * timeline->cycle_ps;

	fprintf(timeline->file, "%" PRIu64 ".%03u", ps / 1000000, (unsigned int)(ps / 1000 % 1000));
	if (timeline->cycle_ps % 1000 != 0)
		fprintf(timeline->file, "%03u", (unsigned int)(ps % 1000));
}

static void next_event(struct sv3_timeline *timeline)
{
	fputs(timeline->is_first ? "\n" : ",\n", timeline->file);
	timeline->is_first = false;
}

/** The head of an event; "}" is to follow. */
static void put_event(struct sv3_timeline *timeline, char phase, enum group group, uint32_t lane,
		      sv3_cycle at)
{
	next_event(timeline);
	fprintf(timeline->file, "{\"ph\":\"%c\",\"pid\":%u,\"tid\":%" PRIu32 ",\"ts\":", phase,
		(unsigned int)group + 1, lane + 1);
	put_time(timeline, at);
	timeline->written++;
}

static void put_name(struct sv3_timeline *timeline, const char *kind, enum group group,
		     uint32_t lane, const char *name, const char *number)
{
	next_event(timeline);
	fprintf(timeline->file,
		"{\"ph\":\"M\",\"pid\":%u,\"tid\":%" PRIu32
		",\"name\":\"%s\",\"args\":{\"name\":\"%s%s\"}}",
		(unsigned int)group + 1, lane + 1, kind, name, number);
}

/* --- lanes --- */

static bool grow(uint32_t **values, uint32_t *count, uint32_t wanted, uint32_t value)
{
	uint32_t *grown;

	if (wanted <= *count)
		return true;
	grown = realloc(*values, wanted * sizeof(*grown));
	if (grown == NULL)
		return false;
	for (uint32_t i = *count; i < wanted; i++)
		grown[i] = value;
	*values = grown;
	*count = wanted;
	return true;
}

static uint32_t lane_of(const struct lanes *lanes, uint32_t number)
{
	return number < lanes->number_count ? lanes->lane_of[number] : NO_LANE;
}

/** A lane that was never there before gets its name. */
static bool add_lane(struct sv3_timeline *timeline, enum group group)
{
	struct lanes *lanes = &timeline->lanes[group];
	const uint32_t lane = lanes->count;
	char number[16];

	if (!grow(&lanes->depth, &lanes->count, lane + 1, 0))
		return false;
	snprintf(number, sizeof(number), " %" PRIu32, lane);
	put_name(timeline, "thread_name", group, lane, group_texts[group].lane, number);
	next_event(timeline);
	fprintf(timeline->file,
		"{\"ph\":\"M\",\"pid\":%u,\"tid\":%" PRIu32
		",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}",
		(unsigned int)group + 1, lane + 1, lane);
	return true;
}

/** The first free lane is @number's. NO_LANE: out of memory. */
static uint32_t take_lane(struct sv3_timeline *timeline, enum group group, uint32_t number)
{
	struct lanes *lanes = &timeline->lanes[group];
	uint32_t lane = 0;

	if (!grow(&lanes->lane_of, &lanes->number_count, number + 1, NO_LANE))
		return NO_LANE;
	while (lane < lanes->count && lanes->depth[lane] > 0)
		lane++;
	if (lane == lanes->count && !add_lane(timeline, group))
		return NO_LANE;
	lanes->lane_of[number] = lane;
	return lane;
}

/* --- levels --- */

static void put_counter(struct sv3_timeline *timeline, unsigned int unit, unsigned int tbu)
{
	const enum sv3_timed_unit which = (enum sv3_timed_unit)unit;
	struct counter *counter = &timeline->counters[unit][tbu];

	if (!counter->is_new)
		return;
	counter->is_new = false;
	put_event(timeline, 'C', GROUP_LEVELS, 0, timeline->counted_at);
	fprintf(timeline->file, ",\"name\":\"%s", sv3_timed_unit_text(which));
	if (tbu > 0)
		fprintf(timeline->file, " of TBU %u", tbu);
	fprintf(timeline->file, "\",\"args\":{\"taken\":%" PRIu64 "}}", counter->value);
}

/** Before anything later is written. */
static void put_counters(struct sv3_timeline *timeline)
{
	if (!timeline->has_new_counters)
		return;
	timeline->has_new_counters = false;
	for (unsigned int unit = 0; unit < SV3_TIMED_UNIT_COUNT; unit++) {
		for (unsigned int tbu = 0; tbu < TBUS_MAX; tbu++)
			put_counter(timeline, unit, tbu);
	}
}

/* --- the limit --- */

static void end_all(struct sv3_timeline *timeline, sv3_cycle now)
{
	for (unsigned int group = 0; group < GROUP_COUNT; group++) {
		struct lanes *lanes = &timeline->lanes[group];

		for (uint32_t lane = 0; lane < lanes->count; lane++) {
			for (; lanes->depth[lane] > 0; lanes->depth[lane]--) {
				put_event(timeline, 'E', (enum group)group, lane, now);
				fputc('}', timeline->file);
			}
		}
	}
}

/** Whether something at @now may be written; what is going on when the limit comes ends there. */
static bool has_room(struct sv3_timeline *timeline, sv3_cycle now)
{
	if (timeline->is_cut || timeline->is_short_of_memory) {
		timeline->left_out++;
		return false;
	}
	if (timeline->has_new_counters && now > timeline->counted_at)
		put_counters(timeline);
	if (timeline->limit == 0 || timeline->written < timeline->limit)
		return true;
	put_counters(timeline);
	end_all(timeline, now);
	put_event(timeline, 'i', GROUP_DEVICE, 0, now);
	fputs(",\"name\":\"cut: the limit of events\",\"s\":\"g\"}", timeline->file);
	timeline->is_cut = true;
	timeline->left_out++;
	return false;
}

/* --- spans --- */

/** Where a span goes: those that lie within another share its lane. */
static enum group group_of(const struct sv3_timeline *timeline, const struct sv3_timed_span *span)
{
	switch (span->kind) {
	case SV3_TIMED_SPAN_MISS:
		return GROUP_TCU;
	case SV3_TIMED_SPAN_WALK:
		return GROUP_WALKS;
	case SV3_TIMED_SPAN_FETCH:
	case SV3_TIMED_SPAN_UPDATE:
		return lane_of(&timeline->lanes[GROUP_WALKS], span->number) != NO_LANE ? GROUP_WALKS
										       : GROUP_TCU;
	case SV3_TIMED_SPAN_COMMAND:
		return GROUP_COMMANDS;
	default:
		return GROUP_DEVICE;
	}
}

/** [IHI0070 4.1.3] */
static const char *command_name(unsigned int opcode, char *text, size_t size)
{
	static const struct {
		unsigned int opcode;
		const char *name;
	} names[] = {
#define ROW(command) { SV3_CMD_##command, #command }
		ROW(CFGI_STE),       ROW(CFGI_STE_RANGE), ROW(CFGI_CD),       ROW(CFGI_CD_ALL),
		ROW(TLBI_NH_ALL),    ROW(TLBI_NH_ASID),   ROW(TLBI_NH_VA),    ROW(TLBI_NH_VAA),
		ROW(TLBI_EL2_ALL),   ROW(TLBI_EL2_ASID),  ROW(TLBI_EL2_VA),   ROW(TLBI_EL2_VAA),
		ROW(TLBI_S12_VMALL), ROW(TLBI_S2_IPA),    ROW(TLBI_NSNH_ALL), ROW(ATC_INV),
		ROW(PRI_RESP),       ROW(RESUME),         ROW(STALL_TERM),    ROW(SYNC),
#undef ROW
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].opcode == opcode)
			return names[i].name;
	}
	snprintf(text, size, "command 0x%02x", opcode);
	return text;
}

static void put_access(FILE *file, const struct sv3_timed_access *access)
{
	fprintf(file,
		",\"name\":\"%s\",\"args\":{\"stream\":\"0x%" PRIx32 "\",\"iova\":\"0x%" PRIx64
		"\",\"bytes\":%" PRIu32 ",\"tbu\":%u}}",
		access->txn.write ? "write" : "read", access->txn.stream_id, access->txn.iova,
		access->len, (unsigned int)access->txn.tbu_index);
}

static void put_fetch(FILE *file, const struct sv3_timed_span *span)
{
	const unsigned int level = (unsigned int)(span->unit - SV3_UNIT_S1_L0) % 4;
	const unsigned int stage = span->unit >= SV3_UNIT_S2_L0 ? 2 : 1;

	if (span->unit < SV3_UNIT_S1_L0 || span->unit > SV3_UNIT_S2_L3)
		fprintf(file, ",\"name\":\"%s\",\"args\":{",
			span->unit == SV3_UNIT_STE ? "STE" : "CD");
	else
		fprintf(file, ",\"name\":\"S%u L%u\",\"args\":{\"stage\":%u,\"level\":%u,", stage,
			level, stage, level);
	fprintf(file, "\"pa\":\"0x%" PRIx64 "\"}}", span->pa);
}

static void put_begin(FILE *file, const struct sv3_timed_span *span)
{
	char text[32];

	switch (span->kind) {
	case SV3_TIMED_SPAN_ACCESS:
		put_access(file, &span->end->access);
		return;
	case SV3_TIMED_SPAN_MISS:
	case SV3_TIMED_SPAN_WALK:
		fprintf(file,
			",\"name\":\"%s\",\"args\":{\"stream\":\"0x%" PRIx32
			"\",\"iova\":\"0x%" PRIx64 "\"}}",
			sv3_timed_span_text(span->kind), span->end->access.txn.stream_id,
			span->end->access.txn.iova);
		return;
	case SV3_TIMED_SPAN_FETCH:
		put_fetch(file, span);
		return;
	case SV3_TIMED_SPAN_UPDATE:
		fprintf(file, ",\"name\":\"HTTU\",\"args\":{\"pa\":\"0x%" PRIx64 "\"}}", span->pa);
		return;
	case SV3_TIMED_SPAN_COMMAND:
		fprintf(file, ",\"name\":\"%s\"}", command_name(span->opcode, text, sizeof(text)));
		return;
	default:
		fprintf(file, ",\"name\":\"%s\"}", sv3_timed_span_text(span->kind));
	}
}

static void begins(void *context, const struct sv3_timed_span *span)
{
	struct sv3_timeline *timeline = context;
	const enum group group = group_of(timeline, span);
	uint32_t lane;

	if (!has_room(timeline, span->at))
		return;
	lane = lane_of(&timeline->lanes[group], span->number);
	if (lane == NO_LANE)
		lane = take_lane(timeline, group, span->number);
	if (lane == NO_LANE) {
		timeline->is_short_of_memory = true;
		return;
	}
	timeline->lanes[group].depth[lane]++;
	put_event(timeline, 'B', group, lane, span->at);
	put_begin(timeline->file, span);
}

/** What is known at the end alone. */
static void put_end(FILE *file, const struct sv3_timed_span *span)
{
	static const char *const founds[] = { "nobody", "uTLB", "TLB", "a walk" };

	if (span->kind == SV3_TIMED_SPAN_TRANSLATION)
		fprintf(file, ",\"args\":{\"found_by\":\"%s\"}", founds[span->found]);
	else if (span->kind == SV3_TIMED_SPAN_ACCESS && span->end->result.outcome != SV3_OUTCOME_OK)
		fputs(",\"args\":{\"fault\":true}", file);
	fputc('}', file);
}

static void ends(void *context, const struct sv3_timed_span *span)
{
	struct sv3_timeline *timeline = context;
	const enum group group = group_of(timeline, span);
	struct lanes *lanes = &timeline->lanes[group];
	const uint32_t lane = lane_of(lanes, span->number);

	/* It may have begun before anyone watched, or been ended by the limit. */
	if (lane == NO_LANE || !has_room(timeline, span->at))
		return;
	put_event(timeline, 'E', group, lane, span->at);
	put_end(timeline->file, span);
	if (--lanes->depth[lane] == 0)
		lanes->lane_of[span->number] = NO_LANE;
}

static void level(void *context, const struct sv3_timed_level *now)
{
	struct sv3_timeline *timeline = context;
	struct counter *counter = &timeline->counters[now->unit][now->tbu];

	if (!has_room(timeline, now->at))
		return;
	timeline->has_new_counters = true;
	timeline->counted_at = now->at;
	counter->is_new = true;
	counter->value = now->taken;
}

/** Phases of software lie within each other: one lane. */
static void phase(void *context, const char *name, bool is_begin, sv3_cycle at)
{
	struct sv3_timeline *timeline = context;
	struct lanes *lanes = &timeline->lanes[GROUP_SOFTWARE];

	if (!has_room(timeline, at))
		return;
	if (lanes->count == 0 && !add_lane(timeline, GROUP_SOFTWARE)) {
		timeline->is_short_of_memory = true;
		return;
	}
	if (!is_begin && lanes->depth[0] == 0)
		return;
	lanes->depth[0] += is_begin ? 1 : UINT32_MAX;
	put_event(timeline, is_begin ? 'B' : 'E', GROUP_SOFTWARE, 0, at);
	fprintf(timeline->file, ",\"name\":\"%s\"}", name);
}

/* --- the file --- */

int sv3_timeline_begin(const struct sv3_timeline_config *config, struct sv3_timeline **out)
{
	struct sv3_timeline *timeline = calloc(1, sizeof(*timeline));
	char index[16];

	*out = timeline;
	if (timeline == NULL)
		return -SV3_ERR_NOMEM;
	SV3_ASSERT(config->tbu_count <= TBUS_MAX);
	timeline->file = config->file;
	timeline->cycle_ps = 1000000 / config->clock_mhz;
	timeline->limit = config->limit;
	timeline->is_first = true;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", timeline->file);
	for (unsigned int group = 0; group < GROUP_COUNT; group++) {
		put_name(timeline, "process_name", (enum group)group, 0, group_texts[group].title,
			 "");
		snprintf(index, sizeof(index), "%u", group);
		next_event(timeline);
		fprintf(timeline->file,
			"{\"ph\":\"M\",\"pid\":%u,\"tid\":1,\"name\":\"process_sort_index\","
			"\"args\":{\"sort_index\":%s}}",
			group + 1, index);
	}
	return 0;
}

struct sv3_timed_observer sv3_timeline_observer(struct sv3_timeline *timeline)
{
	return (struct sv3_timed_observer){ begins, ends, level, phase, timeline };
}

int sv3_timeline_end(struct sv3_timeline *timeline, sv3_cycle now, uint64_t *left_out)
{
	const int rc = timeline->is_short_of_memory ? -SV3_ERR_NOMEM : 0;

	put_counters(timeline);
	end_all(timeline, now);
	fputs("\n]}\n", timeline->file);
	if (left_out != NULL)
		*left_out = timeline->left_out;
	for (unsigned int group = 0; group < GROUP_COUNT; group++) {
		free(timeline->lanes[group].depth);
		free(timeline->lanes[group].lane_of);
	}
	free(timeline);
	return rc;
}
