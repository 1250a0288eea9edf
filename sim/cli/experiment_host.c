/* SPDX-License-Identifier: MIT */
/*
 * experiment_host.c - what barriers cost on this host: pairs of stores, and pages with a flag
 * behind them, without a barrier, with a releasing store and with a full barrier.
 *
 * The thread was asked for CPU time for each unit of work beside the throughput, so both are told.
 * One thread, warm caches, nobody reads: the cost of the barrier itself, not of sharing lines. The
 * best of several passes; nothing is judged. [policies 1, thread 001]
 */
#include "cli.h"
#include "experiment.h"

#include <string.h>
#include <time.h>

#define PASSES     25u /* short ones: most are not interrupted */
#define PAIRS      1000000u
#define PAGES      5000u
#define PAGE_BYTES 4096u
#define LINE_BYTES 64u

enum order { PLAIN, RELEASE, FULL, FULL_LINES, ORDERS };

/** Of one pass. */
struct span {
	uint64_t cpu_ns, host_ns;
};

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/** The second of two stores. */
static inline void store_flag(uint64_t *flag, uint64_t value, enum order order)
{
	if (order == FULL || order == FULL_LINES)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (order == RELEASE)
		__atomic_store_n(flag, value, __ATOMIC_RELEASE);
	else
		__atomic_store_n(flag, value, __ATOMIC_RELAXED);
}

static inline void store_pairs(enum order order)
{
	/* A line of its own each, as payload and flag have. */
	static _Alignas(LINE_BYTES) uint64_t payload;
	static _Alignas(LINE_BYTES) uint64_t flag;

	for (uint64_t i = 0; i < PAIRS; i++) {
		__atomic_store_n(&payload, i, __ATOMIC_RELAXED);
		store_flag(&flag, i, order);
	}
}

static inline void store_pages(enum order order)
{
	static uint8_t source[PAGE_BYTES], target[PAGE_BYTES];
	static uint64_t flag;
	const uint32_t piece = order == FULL_LINES ? LINE_BYTES : PAGE_BYTES;

	for (uint64_t i = 0; i < PAGES; i++) {
		source[i % PAGE_BYTES]++;
		for (uint32_t at = 0; at < PAGE_BYTES; at += piece) {
			if (order == FULL_LINES)
				__atomic_thread_fence(__ATOMIC_SEQ_CST);
			memcpy(target + at, source + at, piece);
			/* The copy is to happen. */
			__asm__ volatile("" : : "r"(target) : "memory");
		}
		store_flag(&flag, i, order);
	}
}

/* The order is a constant in each call, so that no test of it is in the loops. */
static void run_pass(bool pages, enum order order)
{
	switch (order) {
	case PLAIN:
		pages ? store_pages(PLAIN) : store_pairs(PLAIN);
		break;
	case RELEASE:
		pages ? store_pages(RELEASE) : store_pairs(RELEASE);
		break;
	case FULL:
		pages ? store_pages(FULL) : store_pairs(FULL);
		break;
	default:
		store_pages(FULL_LINES);
		break;
	}
}

static struct span best_of(bool pages, enum order order)
{
	struct span best = { UINT64_MAX, UINT64_MAX };

	for (unsigned int i = 0; i < PASSES; i++) {
		const uint64_t host_start = cli_host_ns(), cpu_start = cpu_ns();
		struct span span;

		run_pass(pages, order);
		span.cpu_ns = cpu_ns() - cpu_start;
		span.host_ns = cli_host_ns() - host_start;
		best.cpu_ns = span.cpu_ns < best.cpu_ns ? span.cpu_ns : best.cpu_ns;
		best.host_ns = span.host_ns < best.host_ns ? span.host_ns : best.host_ns;
	}
	return best;
}

static void add(struct sv3_experiment_report *report, const char *name, const char *question,
		const char *unit, uint64_t value, uint32_t digits)
{
	const struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = unit,
		.kind = SV3_EXPERIMENT_HOST,
		.digits = digits,
		.measured = value,
	};

	sv3_experiment_add(report, &row);
}

void experiment_measure(struct sv3_experiment_report *report)
{
	static const struct {
		const char *pair, *page, *rate, *what;
	} names[ORDERS] = {
		[PLAIN] = { "pair-plain", "page-plain", "rate-plain", "plain stores" },
		[RELEASE] = { "pair-release", "page-release", "rate-release", "releasing store" },
		[FULL] = { "pair-full", "page-full", "rate-full", "full barrier" },
		[FULL_LINES] = { NULL, "page-lines", "rate-lines", "full barrier each 64 bytes" },
	};

	for (unsigned int i = 0; i < ORDERS; i++) {
		if (names[i].pair != NULL)
			add(report, names[i].pair, names[i].what, "CPU ns a pair of stores",
			    best_of(false, (enum order)i).cpu_ns * 1000 / PAIRS, 3);
	}
	for (unsigned int i = 0; i < ORDERS; i++) {
		const struct span span = best_of(true, (enum order)i);
		const uint64_t bits = UINT64_C(8) * PAGE_BYTES * PAGES;

		add(report, names[i].page, names[i].what, "CPU ns a page", span.cpu_ns * 10 / PAGES,
		    1);
		add(report, names[i].rate, names[i].what, "Mbit/s",
		    span.host_ns > 0 ? bits * 1000 / span.host_ns : 0, 0);
	}
}
