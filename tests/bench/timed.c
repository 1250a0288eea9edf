/* SPDX-License-Identifier: MIT */
/*
 * timed.c - how many accesses a second of the host the timed runner takes, beside the fast runner
 * over the same addresses in the same run.
 *
 * Each figure is the best of several passes, as in bench.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sv3/prng.h>
#include <sv3/sim.h>

#define GUEST_BASE UINT64_C(0x40000000)
#define PAGE_COUNT UINT64_C(65536)
#define HIT_PAGES  UINT64_C(16) /* of the micro TLB's 32 */
#define ACCESSES   UINT64_C(1000000)
#define PASSES     3
#define STREAM_ID  0x10u

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

struct load {
	const char *what;
	uint64_t pages, accesses;
	bool write, clean; /* @clean: each access makes a page dirty: no more than there are */
	double target;     /* a second */
};

/* A device as fast as it is let, or all at once for the fast runner. Returns: accesses a second. */
static double rate_of(const struct load *load, bool is_timed, double *events)
{
	struct sv3_world_config config;
	struct sv3_host_config host_config = { .view = SV3_VIEW_GUEST,
					       .granule_lg2 = 12,
					       .leaf_max_lg2 = 12,
					       .stream_ids = (const uint32_t[]){ STREAM_ID },
					       .stream_count = 1,
					       .hd = load->clean };
	struct sv3_synthetic_config synthetic = { .pattern = load->clean ? SV3_PATTERN_SEQUENTIAL
									 : SV3_PATTERN_UNIFORM,
						  .base = GUEST_BASE,
						  .page_count = load->pages,
						  .stream_id = STREAM_ID,
						  .write_percent = load->write ? 100 : 0,
						  .len = 64,
						  .period = SV3_PS_PER_NS,
						  .limit = load->accesses,
						  .seed = 1 };
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_device device;
	double begin, seconds;

	sv3_world_config_default(&config);
	sv3_timing_default(&config.timing);
	config.guest_base = GUEST_BASE;
	config.guest_size = PAGE_COUNT * SV3_PAGE_SIZE;
	config.is_timed = config.closed_loop = is_timed;
	config.costs.post_delay = 0;
	must(sv3_world_create(&config, &world), "world");
	must(sv3_host_create(world, &host_config, &host), "host");
	sv3_world_attach_host(world, host);
	synthetic.start = sv3_world_now(world);
	must(sv3_synthetic_create(&synthetic, &device), "device");
	sv3_world_attach_device(world, &device);
	begin = now_ns();
	sv3_world_run_until(world, SV3_PS_NEVER);
	seconds = (now_ns() - begin) / 1e9;
	if (is_timed)
		*events = (double)sv3_world_timed_stats(world)->events / (double)load->accesses;
	sv3_host_destroy(host);
	sv3_world_destroy(world);
	sv3_device_destroy(&device);
	return (double)load->accesses / seconds;
}

static double best_of(const struct load *load, bool is_timed, double *events)
{
	double best = 0;

	for (int pass = 0; pass < PASSES; pass++) {
		const double rate = rate_of(load, is_timed, events);

		best = rate > best ? rate : best;
	}
	return best;
}

int main(void)
{
	static const struct load loads[] = {
		{ "timed: hits", HIT_PAGES, ACCESSES, false, false, 5e6 },
		{ "timed: walks", PAGE_COUNT, ACCESSES, false, false, 2e6 },
		{ "timed: first writes (HTTU)", PAGE_COUNT, PAGE_COUNT, true, true, 1.5e6 },
	};

	for (unsigned int i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		double events = 0;
		const double timed = best_of(&loads[i], true, &events);
		const double fast = best_of(&loads[i], false, NULL);

		printf("%-28s %6.2f M/s, %.1f events each; fast world %6.2f M/s, ratio %.2f; "
		       "target %.1f M/s\n",
		       loads[i].what, timed / 1e6, events, fast / 1e6, timed / fast,
		       loads[i].target / 1e6);
	}
	return 0;
}
