/* SPDX-License-Identifier: MIT */
/*
 * waveform.c - levels and events of the timed runner as a value change dump. [IEEE 1364 18]
 *
 * Levels are integers, whether something is going on is a wire, and what has no duration is a wire
 * that is 1 for a cycle. Of a cycle only what it came to is written, and only if it changed.
 */
#include <sv3/timeline.h>

#include <sv3/arch.h>

#include <inttypes.h>
#include <stdlib.h>

/* name, scope, width: one of each */
#define SHARED_MAP(X)                        \
	X(TAGS, "tags", "device", 32)        \
	X(LINK, "link", "device", 32)        \
	X(RC, "buffers", "root_complex", 32) \
	X(TCU, "slots", "tcu", 32)           \
	X(WALK, "walks", "tcu", 32)          \
	X(HTTU, "httu", "tcu", 1)            \
	X(CMDQ, "busy", "cmdq", 32)          \
	X(TLBI, "tlbi", "cmdq", 1)           \
	X(SYNC, "sync", "cmdq", 1)

/* likewise, for each TBU */
#define TBU_MAP(X)                           \
	X(SLOTS, "slots", "tbu", 32)         \
	X(BUFFER, "write_buffer", "tbu", 32) \
	X(UTLB_HIT, "utlb_hit", "tbu", 1)    \
	X(TLB_HIT, "tlb_hit", "tbu", 1)      \
	X(TLB_MISS, "tlb_miss", "tbu", 1)

enum signal {
#define X(id, name, scope, width) SIGNAL_##id,
	SHARED_MAP(X) SIGNAL_SHARED_COUNT
#undef X
};

enum tbu_signal {
#define X(id, name, scope, width) TBU_##id,
	TBU_MAP(X) TBU_SIGNAL_COUNT
#undef X
};

static const struct {
	const char *name, *scope;
	unsigned int width;
} texts[] = {
#define X(id, name, scope, width) { name, scope, width },
	SHARED_MAP(X) TBU_MAP(X)
#undef X
};

#define TBUS_MAX    16u
#define SIGNALS_MAX (SIGNAL_SHARED_COUNT + TBUS_MAX * TBU_SIGNAL_COUNT)

struct variable {
	uint64_t value, written;
	bool is_pulse; /* back to 0 in the next cycle */
};

struct sv3_waveform {
	FILE *file;
	uint32_t cycle_ps, variable_count;
	uint64_t limit, written, left_out;
	uint64_t updates; /* atomics of HTTU that are out */
	sv3_cycle now;    /* of the values */
	bool has_changes, has_pulses;
	struct variable variables[SIGNALS_MAX];
};

/* --- the file --- */

static unsigned int text_of(unsigned int variable)
{
	if (variable < SIGNAL_SHARED_COUNT)
		return variable;
	return SIGNAL_SHARED_COUNT + (variable - SIGNAL_SHARED_COUNT) % TBU_SIGNAL_COUNT;
}

/** One or two printable characters. */
static const char *code_of(unsigned int variable, char *code)
{
	enum { FIRST = '!', COUNT = '~' - '!' + 1 };

	code[0] = (char)(FIRST + variable % COUNT);
	code[1] = variable < COUNT ? '\0' : (char)(FIRST + variable / COUNT - 1);
	code[2] = '\0';
	return code;
}

static void put_value(const struct sv3_waveform *waveform, unsigned int variable)
{
	const uint64_t value = waveform->variables[variable].value;
	unsigned int bit = 0;
	char code[4];

	code_of(variable, code);
	if (texts[text_of(variable)].width == 1) {
		fprintf(waveform->file, "%c%s\n", value != 0 ? '1' : '0', code);
		return;
	}
	while (bit < 31 && value >> (bit + 1) != 0)
		bit++;
	fputc('b', waveform->file);
	for (;; bit--) {
		fputc(value >> bit & 1 ? '1' : '0', waveform->file);
		if (bit == 0)
			break;
	}
	fprintf(waveform->file, " %s\n", code);
}

static void put_time(const struct sv3_waveform *waveform, sv3_cycle at)
{
	fprintf(waveform->file, "#%" PRIu64 "\n", at * waveform->cycle_ps);
}

static void declare(const struct sv3_waveform *waveform, unsigned int variable)
{
	const unsigned int text = text_of(variable);
	char code[4];

	fprintf(waveform->file, "$var %s %u %s %s $end\n",
		texts[text].width == 1 ? "wire" : "integer", texts[text].width,
		code_of(variable, code), texts[text].name);
}

/** Signals of one scope stand together. */
static void declare_all(const struct sv3_waveform *waveform)
{
	const char *scope = NULL;

	for (unsigned int i = 0; i < SIGNAL_SHARED_COUNT; i++) {
		if (scope != texts[i].scope) {
			if (scope != NULL)
				fputs("$upscope $end\n", waveform->file);
			scope = texts[i].scope;
			fprintf(waveform->file, "$scope module %s $end\n", scope);
		}
		declare(waveform, i);
	}
	for (unsigned int i = SIGNAL_SHARED_COUNT; i < waveform->variable_count; i++) {
		const unsigned int tbu = (i - SIGNAL_SHARED_COUNT) / TBU_SIGNAL_COUNT;

		if ((i - SIGNAL_SHARED_COUNT) % TBU_SIGNAL_COUNT == 0)
			fprintf(waveform->file, "$upscope $end\n$scope module tbu%u $end\n", tbu);
		declare(waveform, i);
	}
	fputs("$upscope $end\n", waveform->file);
}

int sv3_waveform_begin(const struct sv3_timeline_config *config, struct sv3_waveform **out)
{
	struct sv3_waveform *waveform = calloc(1, sizeof(*waveform));

	*out = waveform;
	if (waveform == NULL)
		return -SV3_ERR_NOMEM;
	SV3_ASSERT(config->tbu_count <= TBUS_MAX);
	waveform->file = config->file;
	waveform->cycle_ps = 1000000 / config->clock_mhz;
	waveform->limit = config->limit;
	waveform->variable_count = SIGNAL_SHARED_COUNT + config->tbu_count * TBU_SIGNAL_COUNT;
	fprintf(waveform->file,
		"$version sv3 %s $end\n$timescale 1 ps $end\n$scope module sv3 $end\n",
		sv3_version());
	declare_all(waveform);
	fputs("$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n", waveform->file);
	for (unsigned int i = 0; i < waveform->variable_count; i++)
		put_value(waveform, i);
	fputs("$end\n", waveform->file);
	return 0;
}

/* --- changes --- */

/** What has changed, as changes of the cycle @at. */
static void put_changes(struct sv3_waveform *waveform, sv3_cycle at)
{
	bool has_time = false;

	waveform->has_changes = false;
	for (unsigned int i = 0; i < waveform->variable_count; i++) {
		struct variable *variable = &waveform->variables[i];

		if (variable->value == variable->written)
			continue;
		if (waveform->limit != 0 && waveform->written >= waveform->limit) {
			waveform->left_out++;
			continue;
		}
		if (!has_time)
			put_time(waveform, at);
		has_time = true;
		put_value(waveform, i);
		variable->written = variable->value;
		waveform->written++;
	}
}

static void end_pulses(struct sv3_waveform *waveform)
{
	waveform->has_pulses = false;
	waveform->has_changes = true;
	for (unsigned int i = 0; i < waveform->variable_count; i++) {
		if (waveform->variables[i].is_pulse)
			waveform->variables[i].value = 0;
		waveform->variables[i].is_pulse = false;
	}
}

/** All before @at is written. */
static void go_on(struct sv3_waveform *waveform, sv3_cycle at)
{
	if (at == waveform->now)
		return;
	if (waveform->has_changes)
		put_changes(waveform, waveform->now);
	if (waveform->has_pulses) {
		end_pulses(waveform);
		if (at > waveform->now + 1)
			put_changes(waveform, waveform->now + 1);
	}
	waveform->now = at;
}

static void set(struct sv3_waveform *waveform, unsigned int variable, sv3_cycle at, uint64_t value)
{
	go_on(waveform, at);
	waveform->variables[variable].value = value;
	waveform->has_changes = true;
}

static unsigned int of_tbu(uint32_t tbu, enum tbu_signal which)
{
	return SIGNAL_SHARED_COUNT + tbu * TBU_SIGNAL_COUNT + (unsigned int)which;
}

static void pulse(struct sv3_waveform *waveform, unsigned int variable, sv3_cycle at)
{
	set(waveform, variable, at, 1);
	waveform->variables[variable].is_pulse = true;
	waveform->has_pulses = true;
}

/* --- what is told --- */

static void level(void *context, const struct sv3_timed_level *now)
{
	struct sv3_waveform *waveform = context;
	unsigned int variable;

	switch (now->unit) {
	case SV3_TIMED_TAGS:
		variable = SIGNAL_TAGS;
		break;
	case SV3_TIMED_LINK:
		variable = SIGNAL_LINK;
		break;
	case SV3_TIMED_RC:
		variable = SIGNAL_RC;
		break;
	case SV3_TIMED_TCU:
		variable = SIGNAL_TCU;
		break;
	case SV3_TIMED_WALK:
		variable = SIGNAL_WALK;
		break;
	case SV3_TIMED_CMDQ:
		variable = SIGNAL_CMDQ;
		break;
	case SV3_TIMED_TBU:
		variable = of_tbu(now->tbu, TBU_SLOTS);
		break;
	case SV3_TIMED_WRITE_BUFFER:
		variable = of_tbu(now->tbu, TBU_BUFFER);
		break;
	default:
		return;
	}
	set(waveform, variable, now->at, now->taken);
}

/* [IHI0070 4.1.3] */
static bool is_tlbi(unsigned int opcode)
{
	return opcode >= SV3_CMD_TLBI_NH_ALL && opcode <= SV3_CMD_TLBI_NSNH_ALL;
}

static void command(struct sv3_waveform *waveform, const struct sv3_timed_span *span, bool begins)
{
	if (span->opcode == SV3_CMD_SYNC)
		set(waveform, SIGNAL_SYNC, span->at, begins);
	else if (is_tlbi(span->opcode))
		set(waveform, SIGNAL_TLBI, span->at, begins);
}

static void begins(void *context, const struct sv3_timed_span *span)
{
	struct sv3_waveform *waveform = context;

	if (span->kind == SV3_TIMED_SPAN_COMMAND)
		command(waveform, span, true);
	else if (span->kind == SV3_TIMED_SPAN_UPDATE)
		set(waveform, SIGNAL_HTTU, span->at, ++waveform->updates != 0);
}

static void ends(void *context, const struct sv3_timed_span *span)
{
	static const enum tbu_signal founds[] = { TBU_SIGNAL_COUNT, TBU_UTLB_HIT, TBU_TLB_HIT,
						  TBU_TLB_MISS };
	struct sv3_waveform *waveform = context;

	if (span->kind == SV3_TIMED_SPAN_COMMAND)
		command(waveform, span, false);
	else if (span->kind == SV3_TIMED_SPAN_UPDATE && waveform->updates > 0)
		set(waveform, SIGNAL_HTTU, span->at, --waveform->updates != 0);
	else if (span->kind == SV3_TIMED_SPAN_TRANSLATION && span->found != SV3_TIMED_FOUND_NOT)
		pulse(waveform, of_tbu(span->end->access.txn.tbu_index, founds[span->found]),
		      span->at);
}

struct sv3_timed_observer sv3_waveform_observer(struct sv3_waveform *waveform)
{
	return (struct sv3_timed_observer){ begins, ends, level, NULL, waveform };
}

void sv3_waveform_end(struct sv3_waveform *waveform, sv3_cycle now, uint64_t *left_out)
{
	/* What happened at @now is written as well. */
	go_on(waveform, now + 1);
	put_changes(waveform, now + 1);
	put_time(waveform, now + 2);
	if (left_out != NULL)
		*left_out = waveform->left_out;
	free(waveform);
}
