/* SPDX-License-Identifier: MIT */
/*
 * bench.c - how fast the simulator is, beside what the machine under it can do in the same run.
 *
 * Each figure is the best of several passes; a ratio compares two figures of one run, so that it
 * holds when the machine's speed drifts. Nothing is asserted: docs/PERFORMANCE.md says what was
 * seen and on what machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sv3/migration.h>
#include <sv3/prng.h>
#include <sv3/sim.h>
#include <sv3/trace.h>

#define GUEST_BASE UINT64_C(0x40000000)
#define PAGE_COUNT UINT64_C(65536) /* 256 MiB: four levels, 128 leaf tables */
#define HIT_PAGES  UINT64_C(1024)  /* half of the default TLB */
#define ACCESSES   UINT64_C(2000000)
#define PASSES     5
#define STREAM_ID  0x10u
#define MSI_PAGE   UINT64_C(0x8090000)
#define SAMPLE     "traces/samples/nvme-rand-strict.s3t"

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, sv3_strerror(rc));
	exit(1);
}

/* Keeps results alive without storing them anywhere. */
static void keep(uint64_t value)
{
	__asm__ volatile("" : : "r"(value));
}

/* --- A booted world whose guest memory is mapped by 4 KiB pages --- */

struct bench {
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_fast fast;
	sv3_iova *iovas; /* shape [ACCESSES] */
};

static struct bench bench_open(uint64_t random_pages, bool caches)
{
	struct bench b;
	struct sv3_world_config config = { .guest_base = GUEST_BASE,
					   .guest_size = PAGE_COUNT * SV3_PAGE_SIZE };
	uint32_t stream_id = STREAM_ID;
	struct sv3_host_config host = { .view = SV3_VIEW_GUEST,
					.granule_lg2 = 12,
					.leaf_max_lg2 = 12,
					.stream_ids = &stream_id,
					.stream_count = 1,
					.hd = true };
	struct sv3_prng prng;

	memset(&b, 0, sizeof(b));
	sv3_smmu_config_default(&config.smmu);
	if (!caches)
		config.smmu.tlb_entries = config.smmu.walk_cache_entries = 0;
	must(sv3_world_create(&config, &b.world), "world");
	must(sv3_host_create(b.world, &host, &b.host), "host");
	b.fast =
		(struct sv3_fast){ .smmu = sv3_world_smmu(b.world), .bus = sv3_world_bus(b.world) };
	b.iovas = malloc(ACCESSES * sizeof(*b.iovas));
	if (!b.iovas)
		must(-SV3_ERR_NOMEM, "addresses");
	sv3_prng_seed(&prng, 1);
	for (uint64_t i = 0; i < ACCESSES; i++)
		b.iovas[i] = GUEST_BASE + sv3_prng_below(&prng, random_pages) * SV3_PAGE_SIZE;
	return b;
}

static void bench_close(struct bench *b)
{
	free(b->iovas);
	sv3_host_destroy(b->host);
	sv3_world_destroy(b->world);
}

static double translate_pass(struct bench *b, bool write)
{
	struct sv3_txn txn = { .stream_id = STREAM_ID, .write = write };
	struct sv3_result result;
	uint64_t sum = 0;
	double begin = now_ns();

	for (uint64_t i = 0; i < ACCESSES; i++) {
		txn.iova = b->iovas[i];
		sv3_translate(&b->fast, &txn, &result);
		sum += result.pa;
	}
	keep(sum);
	return (now_ns() - begin) / (double)ACCESSES;
}

static double translate_best(struct bench *b, bool write)
{
	double best = translate_pass(b, write);

	for (int pass = 1; pass < PASSES; pass++) {
		double ns = translate_pass(b, write);

		best = ns < best ? ns : best;
	}
	return best;
}

/* What the machine needs for the loads of such a walk alone: no checks, no decisions, each after
 * the other. */
static double raw_walk_best(struct bench *b)
{
	const struct sv3_pt *pt = &sv3_host_domain(b->host, 0)->pt;
	const uint8_t *memory = sv3_bus_window(&pt->bus, SV3_WORLD_HOST_BASE, 1 << 20);
	double best = 1e9;

	if (!memory)
		return 0;
	for (int pass = 0; pass < PASSES; pass++) {
		uint64_t dependency = 0;
		double begin = now_ns(), ns;

		for (uint64_t i = 0; i < ACCESSES; i++) {
			/* the dependency makes each walk wait for the one before, as a device's
			 * would */
			sv3_iova iova = b->iovas[i] + (dependency & 1 & (dependency >> 63));
			sv3_pa table = pt->root;
			uint64_t descriptor = 0;

			for (unsigned int level = 0; level <= 3; level++) {
				uint64_t index = iova >> (39 - 9 * level) & 511;

				memcpy(&descriptor,
				       memory + (table - SV3_WORLD_HOST_BASE) + 8 * index, 8);
				table = descriptor & UINT64_C(0xfffffffff000);
			}
			dependency = descriptor;
		}
		keep(dependency);
		ns = (now_ns() - begin) / (double)ACCESSES;
		best = ns < best ? ns : best;
	}
	return best;
}

static void bench_translate(void)
{
	struct bench hit = bench_open(HIT_PAGES, true);
	struct bench miss = bench_open(PAGE_COUNT, false);
	struct bench dirty = bench_open(PAGE_COUNT, false);
	double hit_ns = translate_best(&hit, false);
	double miss_ns = translate_best(&miss, false);
	double raw_ns = raw_walk_best(&miss);
	double first_write_ns;
	double begin;

	/* Each page once: every write finds its leaf writable-clean. */
	begin = now_ns();
	for (uint64_t page = 0; page < PAGE_COUNT; page++) {
		struct sv3_txn txn = { .iova = GUEST_BASE + page * SV3_PAGE_SIZE,
				       .stream_id = STREAM_ID,
				       .write = true };
		struct sv3_result result;

		sv3_translate(&dirty.fast, &txn, &result);
	}
	first_write_ns = (now_ns() - begin) / (double)PAGE_COUNT;

	printf("translation, one at a time                          ns      ratio\n");
	printf("  TLB hit, random in %5" PRIu64 " pages               %7.1f  %9s\n", HIT_PAGES,
	       hit_ns, "1.00");
	printf("  four-level miss, random in %5" PRIu64 " pages       %7.1f  %9.2f\n", PAGE_COUNT,
	       miss_ns, miss_ns / hit_ns);
	printf("  first write to a clean page (miss and CAS)     %7.1f  %9.2f\n", first_write_ns,
	       first_write_ns / hit_ns);
	printf("  the four loads alone, in plain C               %7.1f  %9.2f\n\n", raw_ns,
	       raw_ns / hit_ns);
	bench_close(&hit);
	bench_close(&miss);
	bench_close(&dirty);
}

/* --- Scans --- */

static void make_dirty(struct bench *b, uint64_t permille)
{
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 2);
	for (uint64_t page = 0; page < PAGE_COUNT; page++) {
		struct sv3_txn txn = { .iova = GUEST_BASE + page * SV3_PAGE_SIZE,
				       .stream_id = STREAM_ID,
				       .write = true };
		struct sv3_result result;

		if (sv3_prng_below(&prng, 1000) < permille)
			sv3_translate(&b->fast, &txn, &result);
	}
}

static double scan_ns(struct bench *b, struct sv3_dirty_log *log, uint32_t flags)
{
	struct sv3_domain *domain = sv3_host_domain(b->host, 0);
	struct sv3_pt_gather gather;
	double begin;

	sv3_pt_gather_init(&gather);
	sv3_dirty_log_clear_all(log);
	begin = now_ns();
	must((int)(sv3_dirty_scan_all(&domain->pt, domain->scan_base, domain->scan_size, flags, log,
				      &gather) < 0
			   ? -SV3_ERR_BUS
			   : 0),
	     "scan");
	return (now_ns() - begin) / (double)PAGE_COUNT;
}

static double scan_best(struct bench *b, struct sv3_dirty_log *log)
{
	double best = scan_ns(b, log, 0);

	for (int pass = 0; pass < 4 * PASSES; pass++) {
		double ns = scan_ns(b, log, 0);

		best = ns < best ? ns : best;
	}
	return best;
}

static void bench_scan(void)
{
	static const uint64_t permilles[] = { 0, 10, 1000 };
	uint64_t *words = calloc(sv3_dirty_log_words(PAGE_COUNT), sizeof(*words));
	struct sv3_dirty_log log = { .words = words, .page_count = PAGE_COUNT, .base = GUEST_BASE };
	double clean_ns = 0;

	if (!words)
		must(-SV3_ERR_NOMEM, "log");
	printf("scan of %" PRIu64
	       " descriptors (512 KiB)          scan ns      ratio   scan+clear ns\n",
	       PAGE_COUNT);
	for (int i = 0; i < 3; i++) {
		struct bench b = bench_open(PAGE_COUNT, true);
		double plain_ns, clear_ns;

		make_dirty(&b, permilles[i]);
		plain_ns = scan_best(&b, &log);
		clear_ns = scan_ns(&b, &log, SV3_DIRTY_CLEAR);
		clean_ns = i == 0 ? plain_ns : clean_ns;
		printf("  %3" PRIu64
		       " %% dirty                                %7.3f  %9.2f   %13.3f\n",
		       permilles[i] / 10, plain_ns, plain_ns / clean_ns, clear_ns);
		bench_close(&b);
	}
	printf("\n");
	free(words);
}

/* --- Traces --- */

/* All records of a trace through a world, once: no migration beside it. Returns: M records/s. */
static double replay_rate(const struct sv3_trace *trace, enum sv3_trace_view view, bool monitored)
{
	struct sv3_world_config config;
	struct sv3_replay_config replay = { .trace = trace,
					    .view = view,
					    .time_scale_ppm = 1000000 };
	uint32_t stream_ids[] = { 0x8, STREAM_ID };
	const sv3_pa msi_page = MSI_PAGE;
	struct sv3_host_config host_config = { .view = view,
					       .granule_lg2 = 12,
					       .leaf_max_lg2 = 12,
					       .stream_ids = stream_ids,
					       .stream_count = 2,
					       .msi_pages = &msi_page,
					       .msi_page_count = 1,
					       .hd = true };
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_device device;
	double begin, rate;

	sv3_world_config_default(&config);
	config.guest_base = GUEST_BASE;
	config.guest_size = sv3_guest_size_default(trace, GUEST_BASE);
	config.monitored = monitored;
	must(sv3_world_create(&config, &world), "world");
	must(sv3_host_create(world, &host_config, &host), "host");
	must(sv3_replay_create(&replay, &device), "device");
	sv3_world_attach_host(world, host);
	sv3_world_attach_device(world, &device);
	begin = now_ns();
	sv3_world_run_until(world, SV3_PS_NEVER);
	rate = (double)sv3_world_stats(world)->records * 1e3 / (now_ns() - begin);
	sv3_device_destroy(&device);
	sv3_host_destroy(host);
	sv3_world_destroy(world);
	return rate;
}

/* One policy while the trace goes by so densely that translations, not copies, are what takes
 * time. */
static double compare_rate(const struct sv3_trace *trace, enum sv3_trace_view view,
			   const char *policy, bool monitored)
{
	struct sv3_compare_config config;
	struct sv3_compare_result result;
	double begin, rate;

	sv3_compare_config_default(&config);
	config.traces = trace;
	config.trace_count = 1;
	config.view = view;
	config.guest_size = sv3_guest_size_default(trace, config.guest_base);
	config.time_scale_ppm = 10000;
	config.monitored = monitored;
	begin = now_ns();
	must(sv3_compare_run(&config, policy, &result), "compare");
	rate = (double)result.records_used * 1e3 / (now_ns() - begin);
	sv3_compare_result_free(&result);
	return rate;
}

static void bench_views(const struct sv3_trace *trace)
{
	static const enum sv3_trace_view views[] = { SV3_VIEW_GUEST, SV3_VIEW_IOVA };
	const struct sv3_policy_info *policy;

	printf("%-42s %9s %9s\n", "", "guest", "iova view");
	printf("  %-40s", "replay");
	for (int view = 0; view < 2; view++) {
		double best = 0;

		for (int pass = 0; pass < PASSES; pass++) {
			double rate = replay_rate(trace, views[view], false);

			best = rate > best ? rate : best;
		}
		printf(" %9.2f", best);
	}
	printf("\n");
	for (unsigned int i = 0; (policy = sv3_policy_info(i)) != NULL; i++) {
		if (strncmp(policy->name, "hw-", 3) != 0)
			continue;
		printf("  compare, %-31s", policy->name);
		for (int view = 0; view < 2; view++) {
			double best = 0;

			for (int pass = 0; pass < PASSES; pass++) {
				double rate = compare_rate(trace, views[view], policy->name, false);

				best = rate > best ? rate : best;
			}
			printf(" %9.2f", best);
		}
		printf("\n");
	}
}

/* --- The monitor --- */

/* One after the other in each pass, so that both meet the same machine. */
static double monitor_ratio(const struct sv3_trace *trace, enum sv3_trace_view view,
			    const char *policy)
{
	double plain = 0, monitored = 0;

	for (int pass = 0; pass < PASSES; pass++) {
		const double off = policy ? compare_rate(trace, view, policy, false)
					  : replay_rate(trace, view, false);
		const double on = policy ? compare_rate(trace, view, policy, true)
					 : replay_rate(trace, view, true);

		plain = off > plain ? off : plain;
		monitored = on > monitored ? on : monitored;
	}
	return plain / monitored;
}

static void bench_monitor(const struct sv3_trace *trace)
{
	const struct sv3_policy_info *policy;

	printf("\nthe monitor: time with it / without it   %9s %9s\n", "guest", "iova view");
	printf("  %-40s %9.2f %9.2f\n", "replay", monitor_ratio(trace, SV3_VIEW_GUEST, NULL),
	       monitor_ratio(trace, SV3_VIEW_IOVA, NULL));
	for (unsigned int i = 0; (policy = sv3_policy_info(i)) != NULL; i++)
		if (policy->is_default || strcmp(policy->name, "pml") == 0)
			printf("  compare, %-31s %9.2f %9.2f\n", policy->name,
			       monitor_ratio(trace, SV3_VIEW_GUEST, policy->name),
			       monitor_ratio(trace, SV3_VIEW_IOVA, policy->name));
}

static void bench_traces(void)
{
	struct sv3_trace trace;
	struct sv3_trace_error error;
	double begin = now_ns(), ns;

	if (sv3_trace_read(SAMPLE, &trace, &error) != 0) {
		fprintf(stderr, "bench: %s\n", error.text);
		exit(1);
	}
	ns = now_ns() - begin;
	printf("traces (%s, %" PRIu64 " records)   M records/s\n", SAMPLE, trace.count);
	printf("  %-40s %9.2f\n", "read, binary form", (double)trace.count * 1e3 / ns);
	bench_views(&trace);
	bench_monitor(&trace);
	sv3_trace_free(&trace);
}

int main(void)
{
	bench_translate();
	bench_scan();
	bench_traces();
	return 0;
}
