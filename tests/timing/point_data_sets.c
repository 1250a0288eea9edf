/* SPDX-License-Identifier: MIT */
/*
 * point_data_sets.c - two public measurements, each by a preset.
 *
 *   pcie-bench      DMA of one size at random in a window that grows, preset "intel-bdw".
 *   Fast and Safe   a strict receiver of 100 Gb/s at two rates of walks, preset "fast-and-safe".
 */
#include "load.h"
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)

/* --- pcie-bench --- */

struct window {
	struct machine m;
	struct sv3_prng prng;
	uint64_t pages, left;
	bool write;
	uint32_t len;
};

static struct sv3_timed_access draw_access(struct window *w)
{
	const uint64_t page = sv3_prng_below(&w->prng, w->pages);
	const uint64_t at = sv3_prng_below(&w->prng, SV3_PAGE_SIZE / w->len) * w->len;

	return machine_access(MACHINE_IOVA + page * SV3_PAGE_SIZE + at, w->write, w->len);
}

static void issue_all(void *context)
{
	struct window *w = (struct window *)context;

	while (w->left) {
		const struct sv3_prng before = w->prng;
		const struct sv3_timed_access access = draw_access(w);

		if (sv3_timed_issue(w->m.timed, &access) < 0) {
			w->prng = before;
			return;
		}
		w->left--;
	}
}

static void open_window(struct window *w, uint64_t bytes, bool write, uint32_t len)
{
	*w = (struct window){ .pages = bytes / SV3_PAGE_SIZE, .write = write, .len = len };
	machine_preset(&w->m, "intel-bdw");
	machine_open(&w->m, 1);
	machine_map_pages(&w->m, MACHINE_IOVA, w->pages, MACHINE_RW);
	sv3_prng_seed(&w->prng, bytes);
}

static void run_window(struct window *w, uint64_t count)
{
	w->left = count;
	w->m.on_room = issue_all;
	w->m.context = w;
	issue_all(w);
	sv3_timed_run(w->m.timed, SV3_CYCLE_NEVER);
}

/* Gb/s of data, of warm caches. */
static double rate_of(uint64_t window, bool write, uint32_t len, uint64_t count)
{
	struct window w;
	sv3_cycle begin;
	double ns;

	open_window(&w, window, write, len);
	run_window(&w, count / 10 + 2 * w.pages);
	begin = sv3_timed_now(w.m.timed);
	run_window(&w, count);
	ns = (double)(w.m.ended - begin) * 1000 / w.m.timing.clock_mhz;
	machine_close(&w.m);
	return (double)count * len * 8 / ns;
}

static int by_value(const void *a, const void *b)
{
	const sv3_cycle x = *(const sv3_cycle *)a, y = *(const sv3_cycle *)b;

	return x < y ? -1 : x > y;
}

/* Median of reads of 64 bytes, one after the other, in cycles of 1 ns. */
static double latency_of(uint64_t window)
{
	enum { READS = 1001 };
	static sv3_cycle latencies[READS];
	struct window w;

	open_window(&w, window, false, 64);
	run_window(&w, 8 * w.pages);
	for (int i = 0; i < READS; i++) {
		const struct sv3_timed_access access = draw_access(&w);

		w.m.on_room = NULL;
		machine_go(&w.m, access.txn.iova, false, 64);
		latencies[i] = w.m.ended - w.m.end.issued;
	}
	machine_close(&w.m);
	qsort(latencies, READS, sizeof(latencies[0]), by_value);
	return (double)latencies[READS / 2];
}

static double loss_percent(double hit, double miss)
{
	return 100 * (1 - miss / hit);
}

/* NULL: no plots are wanted. */
static FILE *plot_file(const struct ledger *ledger, const char *name)
{
	char path[512];
	FILE *file;

	if (!ledger->plots)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", ledger->plots, name);
	file = fopen(path, "w");
	if (file)
		return file;
	fprintf(stderr, "sv3-timing: %s cannot be written\n", path);
	exit(2);
}

/* A row of a window for each line: KiB, reads of 64 bytes, writes of 64, reads of 512; Gb/s. */
static void plot_windows(const struct ledger *ledger, uint64_t count)
{
	FILE *file = plot_file(ledger, "pcie-bench.dat");

	for (uint64_t kib = 16; file && kib <= 16 * 1024; kib *= 2)
		fprintf(file, "%u %.2f %.2f %.2f\n", (unsigned int)kib,
			rate_of(kib * KIB, false, 64, count), rate_of(kib * KIB, true, 64, count),
			rate_of(kib * KIB, false, 512, count));
	if (file)
		fclose(file);
}

static void pcie_bench(struct ledger *ledger, uint64_t count)
{
	const double warm = latency_of(256 * KIB), cold = latency_of(16 * MIB);
	const double read = rate_of(64 * KIB, false, 64, count);
	const double write = rate_of(64 * KIB, true, 64, count);
	const double page = rate_of(64 * KIB, false, 512, count);

	ledger_within(ledger, "pcie-bench: read of 64 bytes, TLB hit", "ns", 480, warm, 10);
	ledger_within(ledger, "pcie-bench: a miss more", "ns", 280, cold - warm, 10);
	ledger_within(ledger, "pcie-bench: reads of 64 bytes, all hit", "Gb/s", 32.4, read, 10);
	ledger_near(ledger, "pcie-bench: reads of 64 bytes, loss in 16 MiB", "%", 70,
		    loss_percent(read, rate_of(16 * MIB, false, 64, count)), 5);
	ledger_within(ledger, "pcie-bench: writes of 64 bytes, all hit", "Gb/s", 24.3, write, 10);
	ledger_near(ledger, "pcie-bench: writes of 64 bytes, loss in 16 MiB", "%", 54,
		    loss_percent(write, rate_of(16 * MIB, true, 64, count)), 7);
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_MOST,
					   .what = "pcie-bench: reads of 512 bytes, loss in 16 MiB",
					   .unit = "%",
					   .expected = 7,
					   .measured = loss_percent(
						   page, rate_of(16 * MIB, false, 512, count)) });
	/* The knee: nothing is lost up to 256 KiB, much by 512 KiB. */
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_MOST,
					   .what = "pcie-bench: reads of 64 bytes, loss in 256 KiB",
					   .unit = "%",
					   .expected = 5,
					   .measured = loss_percent(
						   read, rate_of(256 * KIB, false, 64, count)) });
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_LEAST,
					   .what = "pcie-bench: reads of 64 bytes, loss in 512 KiB",
					   .unit = "%",
					   .expected = 25,
					   .measured = loss_percent(
						   read, rate_of(512 * KIB, false, 64, count)) });
	plot_windows(ledger, count);
}

/* --- Fast and Safe --- */

static struct ring_result receive(const struct ring_config *config)
{
	struct ring_result result;
	struct machine m;

	machine_preset(&m, "fast-and-safe");
	machine_open(&m, 1);
	ring_run(&m, config, &result);
	machine_close(&m);
	return result;
}

static void receiver(struct ledger *ledger, const char *name, const struct ring_config *config,
		     double reads, double gbit_per_s)
{
	const struct ring_result result = receive(config);
	char what[80];

	snprintf(what, sizeof(what), "Fast and Safe, %s: memory reads (%.2f misses)", name,
		 result.misses);
	ledger_within(ledger, what, "a page", reads, result.reads, 5);
	snprintf(what, sizeof(what), "Fast and Safe, %s: throughput", name);
	ledger_within(ledger, what, "Gb/s", gbit_per_s, result.gbit_per_s, 10);
}

/* A row of a workload for each line: memory reads a page, Gb/s; what the formula says of it. */
static void plot_receivers(const struct ledger *ledger, uint64_t packets)
{
	FILE *file = plot_file(ledger, "fast-and-safe.dat");

	for (uint32_t acks = 30; file && acks <= 120; acks += 90)
		for (uint32_t batch = 1; batch <= 32; batch *= 2) {
			const struct ring_config config = { .batch = batch,
							    .acks_percent = acks,
							    .packets = packets };
			const struct ring_result result = receive(&config);

			fprintf(file, "%.3f %.2f\n", result.reads, result.gbit_per_s);
		}
	if (file)
		fclose(file);
}

void point_data_sets(struct ledger *ledger, uint64_t effort)
{
	/* Pages that are taken down together, and acknowledgements: for few connections, and many.
	 */
	const struct ring_config few = { .batch = 16,
					 .acks_percent = 30,
					 .packets = 4000 * effort };
	const struct ring_config many = { .batch = 8,
					  .acks_percent = 120,
					  .packets = 4000 * effort };

	pcie_bench(ledger, 30000 * effort);
	receiver(ledger, "few walks", &few, 1.76, 79.6);
	receiver(ledger, "many walks", &many, 4.36, 35.5);
	plot_receivers(ledger, 4000 * effort);
}
