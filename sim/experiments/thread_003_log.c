/* SPDX-License-Identifier: MIT */
/*
 * thread_003_log.c - what it costs to set bits of a dirty log that is in a user's memory: atomic
 * operations counted, by three ways that must leave the same bitmap.
 *
 * Written pages come in short ascending runs, as buffers do. A bit of the log is an atomic
 * read-modify-write, since other writers share its word; so is each change of a page's reference
 * count, and the first setting of a page's dirty flag. [policies 1, thread 003]
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/prng.h>

#include "experiments_priv.h"

#define WORDS_PER_PAGE (SV3_PAGE_SIZE / 8)
#define RUN_MAX        16u /* pages written one after the other */

/** The pages that hold the bitmap, as the kernel sees them. */
struct log_page {
	uint32_t references;
	bool dirty;
};

struct log {
	uint64_t *words;        /* shape [word_count] */
	struct log_page *pages; /* shape [(word_count + WORDS_PER_PAGE - 1) / WORDS_PER_PAGE] */
	uint64_t word_count;
	uint64_t atomics;
	/* of the way that gathers: bits of one word, not yet written */
	uint64_t gathered_word, gathered;
};

static int log_init(struct log *log, uint32_t page_count)
{
	const uint64_t words = ((uint64_t)page_count + 63) / 64;

	*log = (struct log){ .word_count = words };
	log->words = (uint64_t *)calloc(words, sizeof(*log->words));
	log->pages = (struct log_page *)calloc(words / WORDS_PER_PAGE + 1, sizeof(*log->pages));
	return log->words && log->pages ? 0 : -SV3_ERR_NOMEM;
}

static void log_fini(struct log *log)
{
	free(log->words);
	free(log->pages);
}

static void atomic_or(struct log *log, uint64_t word, uint64_t bits)
{
	log->words[word] |= bits;
	log->atomics++;
}

/* --- three ways --- */

/* Pin, map, set the bit, unmap, mark the page dirty, unpin. Mapping takes no atomic. */
static void set_pinned(struct log *log, uint32_t page)
{
	const uint64_t word = page / 64;
	struct log_page *holder = &log->pages[word / WORDS_PER_PAGE];

	holder->references++;
	log->atomics++;
	atomic_or(log, word, UINT64_C(1) << (page % 64));
	/* Tested first: only the change of the flag is atomic. */
	if (!holder->dirty) {
		holder->dirty = true;
		log->atomics++;
	}
	holder->references--;
	log->atomics++;
}

/* The log is mapped already and stays so. */
static void set_direct(struct log *log, uint32_t page)
{
	atomic_or(log, page / 64, UINT64_C(1) << (page % 64));
}

static void flush_gathered(struct log *log)
{
	if (log->gathered)
		atomic_or(log, log->gathered_word, log->gathered);
	log->gathered = 0;
}

/* Bits of one word are gathered until another word comes, then written at once. */
static void set_batched(struct log *log, uint32_t page)
{
	if (log->gathered_word != page / 64)
		flush_gathered(log);
	log->gathered_word = page / 64;
	log->gathered |= UINT64_C(1) << (page % 64);
}

typedef void set_fn(struct log *log, uint32_t page);

/* The same pages whatever the way: they depend on the seed. */
static void log_writes(struct log *log, set_fn *set, uint32_t page_count, uint32_t write_count,
		       uint64_t seed)
{
	struct sv3_prng prng;
	uint32_t page = 0, left = 0;

	sv3_prng_seed(&prng, seed);
	for (uint32_t i = 0; i < write_count; i++) {
		if (!left) {
			page = (uint32_t)sv3_prng_below(&prng, page_count);
			left = 1 + (uint32_t)sv3_prng_below(&prng, RUN_MAX);
		}
		set(log, page);
		page = (page + 1) % page_count;
		left--;
	}
	flush_gathered(log);
}

/* --- rows --- */

enum { PINNED, DIRECT, BATCHED, WAYS };

static void add_cost(struct sv3_experiment_report *report, const char *name, const char *question,
		     const struct log *log, uint32_t write_count)
{
	const struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "atomics a bit",
		.kind = SV3_EXPERIMENT_FIGURE,
		.digits = 3,
		.measured = (2000 * log->atomics + write_count) / (2 * (uint64_t)write_count),
	};

	sv3_experiment_add(report, &row);
}

/* Atomics of one way less than those of a dearer one. */
static void check_cheaper(struct sv3_experiment_report *report, const char *name,
			  const char *question, const struct log *log, const struct log *dearer)
{
	const struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "atomics",
		.kind = SV3_EXPERIMENT_AT_MOST,
		.expected = dearer->atomics - 1,
		.measured = log->atomics,
	};

	sv3_experiment_add(report, &row);
}

static void check_same(struct sv3_experiment_report *report, const struct log *logs)
{
	struct sv3_experiment_row row = {
		.name = "log-same",
		.question = "words in which the three bitmaps differ",
		.unit = "words",
		.kind = SV3_EXPERIMENT_EQUAL,
		.total = logs[0].word_count,
	};

	for (uint64_t i = 0; i < logs[0].word_count; i++)
		row.measured += logs[DIRECT].words[i] != logs[PINNED].words[i] ||
				logs[BATCHED].words[i] != logs[PINNED].words[i];
	sv3_experiment_add(report, &row);
}

static void add_rows(struct sv3_experiment_report *report, const struct log *logs,
		     uint32_t write_count)
{
	add_cost(report, "log-pinned", "pin, map, set bit, unmap, mark dirty, unpin", &logs[PINNED],
		 write_count);
	add_cost(report, "log-direct", "set bit in a log that stays mapped", &logs[DIRECT],
		 write_count);
	add_cost(report, "log-batched", "bits of one word gathered, then one or", &logs[BATCHED],
		 write_count);
	check_cheaper(report, "log-direct-cheaper", "atomics of setting bits directly",
		      &logs[DIRECT], &logs[PINNED]);
	check_cheaper(report, "log-batched-cheaper", "atomics of gathering bits of a word",
		      &logs[BATCHED], &logs[DIRECT]);
	check_same(report, logs);
}

int sv3__thread_003_log(struct sv3_experiment_report *report, uint32_t page_count,
			uint32_t write_count, uint64_t seed)
{
	static set_fn *const ways[WAYS] = {
		[PINNED] = set_pinned,
		[DIRECT] = set_direct,
		[BATCHED] = set_batched,
	};
	struct log logs[WAYS];
	int rc = 0;

	memset(logs, 0, sizeof(logs));
	for (unsigned int i = 0; i < WAYS && !rc; i++) {
		rc = log_init(&logs[i], page_count);
		if (!rc)
			log_writes(&logs[i], ways[i], page_count, write_count, seed);
	}
	if (!rc)
		add_rows(report, logs, write_count);
	for (unsigned int i = 0; i < WAYS; i++)
		log_fini(&logs[i]);
	return rc;
}
