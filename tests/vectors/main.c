/* SPDX-License-Identifier: MIT */
/*
 * main.c - sv3-vectors: replays recorded accesses of another SMMUv3 on this one and compares.
 *
 * Usage: sv3-vectors [-d DEVIATIONS] FILE...
 * Each case is a fresh SMMU in fresh memory: words, register writes, then accesses with their
 * results. Where the two disagree and the architecture is on our side, a row of the deviations file
 * says so; a row that no longer disagrees is an error. The last line is "N passed, N failed, N
 * skipped": deviations are the skipped ones.
 */
#include "tests/vectors/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>
#include <sv3/sim.h>

#define DEVIATIONS_FILE "tests/vectors/deviations.txt"
#define ROWS_MAX        96u
#define POINTS_MAX      640u
#define REASONS_MAX     12u
#define TOKENS_MAX      40u

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x10000000)
#define RAM_PAGES (RAM_SIZE / SV3_PAGE_SIZE)

/* ---- words of a line ---- */

struct line {
	const char *path;
	unsigned int number;
	unsigned int count;
	char *tokens[TOKENS_MAX];
};

/* Input that is not in the format: one line, and that is the end. */
__attribute__((format(printf, 2, 3), noreturn)) static void bad_input(const struct line *line,
								      const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	if (line->number)
		fprintf(stderr, "sv3-vectors: %s:%u: ", line->path, line->number);
	else
		fprintf(stderr, "sv3-vectors: %s: ", line->path);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

/* Cut the next line off @text into tokens. Returns: false at the end. */
static bool next_line(char **text, struct line *line)
{
	char *start = *text, *end = strchr(start, '\n'), *save = NULL;

	if (!*start)
		return false;
	*text = end ? end + 1 : start + strlen(start);
	if (end)
		*end = 0;
	line->number++;
	line->count = 0;
	for (char *token = strtok_r(start, " \t\r", &save); token;
	     token = strtok_r(NULL, " \t\r", &save)) {
		if (line->count == TOKENS_MAX)
			bad_input(line, "more than %u words", TOKENS_MAX);
		line->tokens[line->count++] = token;
	}
	return true;
}

static uint64_t number(const struct line *line, unsigned int index, uint64_t max)
{
	const char *token;
	char *end;
	unsigned long long value;

	if (index >= line->count)
		bad_input(line, "a number is missing");
	token = line->tokens[index];
	errno = 0;
	value = strtoull(token, &end, 0);
	if (*token < '0' || *token > '9' || *end || errno)
		bad_input(line, "'%s' is not a number", token);
	if (value > max)
		bad_input(line, "%s is too large", token);
	return value;
}

/* ---- deviations ---- */

struct deviation {
	char file[64], reason[32];
	uint64_t case_number, txn_number;
	bool seen;
};

struct deviations {
	unsigned int row_count, count, reason_count;
	struct deviation points[POINTS_MAX];
	char reasons[REASONS_MAX][32];
};

/* "FILE CASE TXNS REASON": one point for each number of "1,5-7". */
static void read_row(struct deviations *all, struct line *line)
{
	uint64_t case_number = number(line, 1, UINT32_MAX);
	unsigned int reason = 0;
	char *save = NULL, *list = line->tokens[2];

	while (reason < all->reason_count && strcmp(all->reasons[reason], line->tokens[3]))
		reason++;
	if (reason == all->reason_count)
		bad_input(line, "reason %s is not declared", line->tokens[3]);
	for (char *part = strtok_r(list, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		char *dash = strchr(part, '-');
		uint64_t first, last;

		if (dash)
			*dash = 0;
		line->tokens[2] = part;
		first = last = number(line, 2, UINT16_MAX);
		if (dash) {
			line->tokens[2] = dash + 1;
			last = number(line, 2, UINT16_MAX);
		}
		for (uint64_t txn = first; txn <= last; txn++) {
			struct deviation *point = &all->points[all->count];

			if (all->count++ == POINTS_MAX)
				bad_input(line, "more than %u points", POINTS_MAX);
			snprintf(point->file, sizeof(point->file), "%s", line->tokens[0]);
			snprintf(point->reason, sizeof(point->reason), "%s", line->tokens[3]);
			point->case_number = case_number;
			point->txn_number = txn;
		}
	}
}

/* "reason ID clause and text" declares a reason; all else are rows. */
static void read_deviations(const char *path, bool required, struct deviations *all)
{
	struct line line = { .path = path };
	const char *why;
	char *text = load_text(path, &why), *rest = text;

	if (!text && !required)
		return;
	if (!text)
		bad_input(&line, "%s", why);
	while (next_line(&rest, &line)) {
		if (!line.count || line.tokens[0][0] == '#')
			continue;
		if (!strcmp(line.tokens[0], "reason")) {
			if (line.count < 3 || all->reason_count == REASONS_MAX)
				bad_input(&line, "a reason is an ID and a text, at most %u of them",
					  REASONS_MAX);
			snprintf(all->reasons[all->reason_count++], sizeof(all->reasons[0]), "%s",
				 line.tokens[1]);
			continue;
		}
		if (line.count != 4 || all->row_count++ == ROWS_MAX)
			bad_input(&line, "a row is FILE CASE TXNS REASON, at most %u of them",
				  ROWS_MAX);
		read_row(all, &line);
	}
	free(text);
}

static struct deviation *find_deviation(struct deviations *all, const char *file,
					uint64_t case_number, uint64_t txn_number)
{
	for (unsigned int i = 0; i < all->count; i++)
		if (all->points[i].case_number == case_number &&
		    all->points[i].txn_number == txn_number && !strcmp(all->points[i].file, file))
			return &all->points[i];
	return NULL;
}

/* ---- the machine of a case ---- */

/* Memory that is made zero again by the pages that were written, an SMMU, and the runner. */
struct machine {
	struct sv3_ram ram;
	struct sv3_bus plain;
	struct sv3_smmu *smmu;
	struct sv3_fast fast;
	uint32_t touched_count;
	uint32_t touched[RAM_PAGES];
	bool is_touched[RAM_PAGES];
};

static void touch(struct machine *machine, sv3_pa pa, uint32_t size)
{
	for (sv3_pa page = pa - pa % SV3_PAGE_SIZE; page < pa + size; page += SV3_PAGE_SIZE) {
		uint64_t index = (page - RAM_BASE) / SV3_PAGE_SIZE;

		if (index < RAM_PAGES && !machine->is_touched[index]) {
			machine->is_touched[index] = true;
			machine->touched[machine->touched_count++] = (uint32_t)index;
		}
	}
}

static enum sv3_bus_status machine_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return sv3_bus_read(&((struct machine *)context)->plain, pa, data, size);
}

static enum sv3_bus_status machine_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct machine *machine = (struct machine *)context;

	touch(machine, pa, size);
	return sv3_bus_write(&machine->plain, pa, data, size);
}

static enum sv3_bus_status machine_cas64(void *context, sv3_pa pa, uint64_t expect,
					 uint64_t desired, uint64_t *old)
{
	struct machine *machine = (struct machine *)context;

	touch(machine, pa, 8);
	return sv3_bus_cas64(&machine->plain, pa, expect, desired, old);
}

/* The profile the vectors were recorded with: OAS 44 bit, HTTU = 0, and terminations are aborts. */
static void machine_config(struct sv3_smmu_config *config)
{
	sv3_smmu_config_default(config);
	config->idr0 &= ~(uint32_t)SV3_IDR0_HTTU;
	config->idr0 |= (uint32_t)(SV3_IDR0_TERM_MODEL | SV3_IDR0_S2P | SV3_IDR0_VMID16);
	config->idr3 |= (uint32_t)(SV3_IDR3_XNX | SV3_IDR3_FWB);
	config->idr5 = (config->idr5 & ~(uint32_t)SV3_IDR5_OAS) | 4;
}

static struct machine *machine_create(void)
{
	static const struct sv3_bus_ops ops = {
		.read = machine_read,
		.write = machine_write,
		.cas64 = machine_cas64,
	};
	static const struct sv3_ram_region region = { .base = RAM_BASE, .size = RAM_SIZE };
	struct machine *machine = (struct machine *)calloc(1, sizeof(*machine));
	struct sv3_smmu_config config;
	const char *why = "out of memory";
	size_t size;
	void *block;

	machine_config(&config);
	if (!machine || sv3_smmu_config_check(&config, &why))
		goto fail;
	size = (sv3_smmu_size(&config) + 63) & ~(size_t)63;
	block = aligned_alloc(64, size);
	if (!block || sv3_ram_init(&machine->ram, &region, 1) ||
	    sv3_smmu_init(block, size, &config, &machine->smmu))
		goto fail;
	machine->plain = sv3_ram_bus(&machine->ram);
	machine->fast.smmu = machine->smmu;
	machine->fast.bus = (struct sv3_bus){ .ops = &ops, .context = machine };
	return machine;
fail:
	fprintf(stderr, "sv3-vectors: %s\n", why);
	exit(1);
}

static void machine_destroy(struct machine *machine)
{
	sv3_ram_fini(&machine->ram);
	free(machine->smmu);
	free(machine);
}

static void machine_reset(struct machine *machine)
{
	uint8_t *memory = (uint8_t *)sv3_bus_window(&machine->plain, RAM_BASE, RAM_SIZE);

	for (uint32_t i = 0; i < machine->touched_count; i++) {
		memset(memory + machine->touched[i] * SV3_PAGE_SIZE, 0, SV3_PAGE_SIZE);
		machine->is_touched[machine->touched[i]] = false;
	}
	machine->touched_count = 0;
	sv3_smmu_reset(machine->smmu);
}

/* ---- results ---- */

enum kind { KIND_OK, KIND_BYPASS, KIND_ABORT, KIND_RAZ_WI, KIND_EVENT };

struct outcome {
	enum kind kind;
	uint64_t pa;       /* OK, BYPASS */
	uint64_t words[4]; /* EVENT: the record */
};

/* The record an access left, if any; it is consumed. */
static bool take_record(struct machine *machine, uint64_t words[4])
{
	struct sv3_smmu *smmu = machine->smmu;
	uint64_t base = sv3_smmu_reg_read(smmu, SV3_REG_EVENTQ_BASE, 8);
	uint64_t prod = sv3_smmu_reg_read(smmu, SV3_REG_EVENTQ_PROD, 4);
	uint64_t cons = sv3_smmu_reg_read(smmu, SV3_REG_EVENTQ_CONS, 4);
	uint64_t lg2 = SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, base);
	uint64_t index = cons & ((UINT64_C(1) << lg2) - 1);
	uint8_t bytes[SV3_EVENT_SIZE_BYTES];

	if (SV3_GET(SV3_QUEUE_INDEX, prod) == SV3_GET(SV3_QUEUE_INDEX, cons))
		return false;
	sv3_smmu_reg_write(smmu, SV3_REG_EVENTQ_CONS, 4, prod);
	if (sv3_bus_read(&machine->plain,
			 (base & SV3_QUEUE_BASE_ADDR) + index * SV3_EVENT_SIZE_BYTES, bytes,
			 SV3_EVENT_SIZE_BYTES))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		words[i] = sv3_le64(bytes + 8 * i);
	return true;
}

static void run_access(struct machine *machine, uint32_t stream_id, bool write, sv3_iova iova,
		       struct outcome *got)
{
	struct sv3_txn txn = {
		.iova = iova, .stream_id = stream_id, .write = write, .privileged = true
	};
	struct sv3_result result;

	memset(got, 0, sizeof(*got));
	sv3_translate(&machine->fast, &txn, &result);
	sv3_fast_drain(&machine->fast);
	if (take_record(machine, got->words)) {
		got->kind = KIND_EVENT;
	} else if (result.outcome == SV3_OUTCOME_OK) {
		got->kind = result.flags & SV3_RESULT_BYPASS ? KIND_BYPASS : KIND_OK;
		got->pa = result.pa;
	} else {
		got->kind = result.outcome == SV3_OUTCOME_ABORT ? KIND_ABORT : KIND_RAZ_WI;
	}
}

/* "ok PA", "bypass", "abort", "event W0 .. W7": from token 4 on. */
static void parse_outcome(const struct line *line, sv3_iova iova, struct outcome *want)
{
	static const struct {
		const char *word;
		enum kind kind;
		unsigned int count;
	} rows[] = {
		{ "ok", KIND_OK, 6 },
		{ "bypass", KIND_BYPASS, 5 },
		{ "abort", KIND_ABORT, 5 },
		{ "event", KIND_EVENT, 13 },
	};

	memset(want, 0, sizeof(*want));
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (line->count != rows[i].count || strcmp(line->tokens[4], rows[i].word))
			continue;
		want->kind = rows[i].kind;
		if (want->kind == KIND_OK)
			want->pa = number(line, 5, UINT64_MAX);
		if (want->kind == KIND_BYPASS)
			want->pa = iova;
		for (unsigned int w = 0; want->kind == KIND_EVENT && w < 8; w++)
			want->words[w / 2] |= number(line, 5 + w, UINT32_MAX) << (w % 2 * 32);
		return;
	}
	bad_input(line, "a result is 'ok PA', 'bypass', 'abort' or 'event' and eight words");
}

/* Fields that both sides must agree in; privilege is not among them, see the list's README. */
static bool records_agree(const uint64_t a[4], const uint64_t b[4])
{
	uint64_t event = SV3_GET(SV3_EVT0_NUMBER, a[0]);
	uint64_t access = SV3_EVT1_RNW | SV3_EVT1_S2 | SV3_EVT1_CLASS;
	/* IPA stands in bits 55:12 where S2 = 1. [IHI0070 7.3.13] */
	uint64_t ipa = a[1] & SV3_EVT1_S2 ? SV3_BITS(55, 12) : 0;

	if ((a[0] ^ b[0]) & (SV3_EVT0_NUMBER | SV3_EVT0_SID))
		return false;
	if (event != SV3_EVENT_F_WALK_EABT &&
	    (event < SV3_EVENT_F_TRANSLATION || event > SV3_EVENT_F_PERMISSION))
		return true;
	return !((a[1] ^ b[1]) & access) && a[2] == b[2] && !((a[3] ^ b[3]) & ipa);
}

static bool outcomes_agree(const struct outcome *a, const struct outcome *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == KIND_EVENT ? records_agree(a->words, b->words) : a->pa == b->pa;
}

static const char *outcome_text(const struct outcome *outcome, char *text, size_t size)
{
	static const char *const names[] = { "ok", "bypass", "abort", "RAZ/WI", "event" };
	unsigned long long words[4];

	for (unsigned int i = 0; i < 4; i++)
		words[i] = outcome->words[i];
	if (outcome->kind == KIND_EVENT)
		snprintf(text, size, "event %#llx: %#llx %#llx %#llx %#llx", words[0] & 0xff,
			 words[0], words[1], words[2], words[3]);
	else if (outcome->kind == KIND_ABORT || outcome->kind == KIND_RAZ_WI)
		snprintf(text, size, "%s", names[outcome->kind]);
	else
		snprintf(text, size, "%s %#llx", names[outcome->kind],
			 (unsigned long long)outcome->pa);
	return text;
}

/* ---- files ---- */

struct replay {
	struct machine *machine;
	struct deviations *deviations;
	const char *file; /* base name without .xz, as deviations name it */
	uint64_t case_number, txn_number;
	bool in_case;
	uint64_t passed, failed, skipped;
};

static void replay_txn(struct replay *replay, const struct line *line)
{
	struct outcome want, got;
	struct deviation *row;
	uint32_t stream_id = (uint32_t)number(line, 1, UINT32_MAX);
	sv3_iova iova = number(line, 3, UINT64_MAX);
	const char *direction = line->tokens[2];
	char want_text[128], got_text[128];
	bool agree;

	if ((direction[0] != 'R' && direction[0] != 'W') || direction[1])
		bad_input(line, "an access is R or W, not '%s'", direction);
	parse_outcome(line, iova, &want);
	run_access(replay->machine, stream_id, direction[0] == 'W', iova, &got);
	agree = outcomes_agree(&want, &got);
	row = find_deviation(replay->deviations, replay->file, replay->case_number,
			     replay->txn_number);
	if (row)
		row->seen = true;
	if (agree && !row) {
		replay->passed++;
	} else if (agree) {
		replay->failed++;
		printf("FAIL %s case %llu txn %llu: agrees, but is listed as deviation %s\n",
		       replay->file, (unsigned long long)replay->case_number,
		       (unsigned long long)replay->txn_number, row->reason);
	} else {
		replay->failed += !row;
		replay->skipped += row != NULL;
		printf("%s %s case %llu txn %llu: %s %#llx: recorded %s, got %s%s%s\n",
		       row ? "known" : "FAIL", replay->file,
		       (unsigned long long)replay->case_number,
		       (unsigned long long)replay->txn_number, direction, (unsigned long long)iova,
		       outcome_text(&want, want_text, sizeof(want_text)),
		       outcome_text(&got, got_text, sizeof(got_text)), row ? ": " : "",
		       row ? row->reason : "");
	}
	replay->txn_number++;
}

static void replay_mem(struct replay *replay, const struct line *line)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, number(line, 2, UINT64_MAX));
	if (sv3_bus_write(&replay->machine->fast.bus, number(line, 1, UINT64_MAX), bytes, 8))
		bad_input(line, "%s is not in memory", line->tokens[1]);
}

static void replay_reg(struct replay *replay, const struct line *line)
{
	uint32_t offset = (uint32_t)number(line, 1, SV3_REG_SPAN_BYTES - 1);
	uint32_t size = (uint32_t)number(line, 2, 8);

	if (size != 4 && size != 8)
		bad_input(line, "a register has 4 or 8 bytes");
	sv3_smmu_reg_write(replay->machine->smmu, offset, size, number(line, 3, UINT64_MAX));
	sv3_fast_drain(&replay->machine->fast);
}

static void replay_line(struct replay *replay, const struct line *line)
{
	const char *word = line->tokens[0];

	if (!strcmp(word, "case")) {
		if (replay->in_case)
			bad_input(line, "a case in a case");
		replay->case_number = number(line, 1, UINT32_MAX);
		replay->txn_number = 0;
		replay->in_case = true;
		machine_reset(replay->machine);
		return;
	}
	if (!replay->in_case)
		bad_input(line, "'%s' outside a case", word);
	if (!strcmp(word, "mem") && line->count == 3)
		replay_mem(replay, line);
	else if (!strcmp(word, "reg") && line->count == 4)
		replay_reg(replay, line);
	else if (!strcmp(word, "txn") && line->count >= 5)
		replay_txn(replay, line);
	else if (!strcmp(word, "end") && line->count == 1)
		replay->in_case = false;
	else
		bad_input(line, "'%s' with %u words is no line of this format", word, line->count);
}

static void replay_file(struct replay *replay, const char *path)
{
	struct line line = { .path = path };
	const char *why, *slash = strrchr(path, '/');
	char file[64], *text = load_text(path, &why), *rest = text, *dot;
	bool cases = false;

	if (!text)
		bad_input(&line, "%s", why);
	snprintf(file, sizeof(file), "%s", slash ? slash + 1 : path);
	dot = strrchr(file, '.');
	if (dot && !strcmp(dot, ".xz"))
		*dot = 0;
	replay->file = file;
	while (next_line(&rest, &line)) {
		if (!line.count || line.tokens[0][0] == '#')
			continue;
		replay_line(replay, &line);
		cases = true;
	}
	if (!cases)
		bad_input(&line, "there is no case in it");
	if (replay->in_case)
		bad_input(&line, "the file ends inside case %llu",
			  (unsigned long long)replay->case_number);
	/* A row for an access this file does not have cannot disagree either. */
	for (unsigned int i = 0; i < replay->deviations->count; i++) {
		const struct deviation *row = &replay->deviations->points[i];

		if (!row->seen && !strcmp(row->file, file)) {
			replay->failed++;
			printf("FAIL %s case %llu txn %llu: a deviation without an access\n", file,
			       (unsigned long long)row->case_number,
			       (unsigned long long)row->txn_number);
		}
	}
	free(text);
}

int main(int argc, char **argv)
{
	struct deviations deviations = { 0 };
	struct replay replay = { .deviations = &deviations };
	bool named = argc > 2 && !strcmp(argv[1], "-d");
	int first = named ? 3 : 1;

	if (first >= argc || (argv[first][0] == '-' && argv[first][1])) {
		fprintf(stderr, "usage: sv3-vectors [-d DEVIATIONS] FILE...\n");
		return 1;
	}
	read_deviations(named ? argv[2] : DEVIATIONS_FILE, named, &deviations);
	replay.machine = machine_create();
	for (int i = first; i < argc; i++)
		replay_file(&replay, argv[i]);
	machine_destroy(replay.machine);
	printf("%llu passed, %llu failed, %llu skipped\n", (unsigned long long)replay.passed,
	       (unsigned long long)replay.failed, (unsigned long long)replay.skipped);
	return replay.failed != 0;
}
