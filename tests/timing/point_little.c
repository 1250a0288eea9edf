/* SPDX-License-Identifier: MIT */
/*
 * point_little.c - what is in a unit is the rate of arrivals by the time spent there; nothing is
 * lost on the way, and no unit is used more than wholly.
 *
 * The runner counts a pool's slots as they are taken, and apart from that the time of each who held
 * one. The accesses in flight are counted here, from outside, at each event.
 */
#include "load.h"

#include <math.h>
#include <stdio.h>

#define ACCESSES UINT64_C(20000)
#define RUNS     8u

struct sums {
	double occupied[SV3_TIMED_UNIT_COUNT], time_in[SV3_TIMED_UNIT_COUNT];
	double apart, use; /* largest over runs and units */
	double issued, ended;
};

static void add(struct sums *sums, const struct sv3_timed_stats *stats, sv3_cycle now)
{
	for (unsigned int i = 0; i < SV3_TIMED_UNIT_COUNT; i++) {
		const struct sv3_timed_unit_stats *unit = &stats->units[i];
		const bool is_pool = load_is_pool((enum sv3_timed_unit)i);
		const double parts = is_pool ? 1 : SV3_TIMED_PIPE_PARTS;

		sums->use = fmax(sums->use, (double)unit->occupied / parts /
						    ((double)now * (double)unit->capacity));
		if (!is_pool)
			continue;
		sums->occupied[i] += (double)unit->occupied;
		sums->time_in[i] += (double)unit->time_in;
		sums->apart += fabs((double)unit->occupied - (double)unit->time_in);
		sums->apart += (double)(unit->entered - unit->left);
		sums->use = fmax(sums->use, (double)unit->occupied_max / (double)unit->capacity);
	}
	sums->issued += (double)stats->issued;
	sums->ended += (double)(stats->done + stats->faulted);
}

/* Reads and writes, hits and walks, crowded and not, with scarce slots. */
static void draw(struct machine *m, struct load_kind *kind, unsigned int run)
{
	load_config(m);
	m->timing.tbu_slots = 64;
	m->timing.tcu_slots = 16;
	m->timing.tcu_walk_slots = 4;
	m->timing.pcie_rc_lines = 100;
	m->timing.device_tags = 64;
	m->timing.tbu_write_beats = 64;
	m->timing.tbu_port_bytes = 32;
	*kind = (struct load_kind){
		.way = { .by = run & 1 ? WAY_WALK : WAY_UTLB,
			 .write = run & 2,
			 .len = run & 4 ? 512 : 64,
			 .first_level = 3,
			 .last_level = 3 },
		.count = ACCESSES,
	};
}

/* --- from outside --- */

struct watch {
	struct machine *m;
	struct sv3_prng prng;
	double in_flight_cycles, time_in; /* by looking, and by asking each */
};

static void note_end(void *context, const struct sv3_timed_end *end)
{
	struct watch *watch = (struct watch *)context;

	watch->time_in += (double)(sv3_timed_now(watch->m->timed) - end->issued);
}

static void look(struct watch *watch, sv3_cycle until)
{
	while (sv3_timed_now(watch->m->timed) < until) {
		const sv3_cycle now = sv3_timed_now(watch->m->timed);
		const sv3_cycle next = sv3_timed_next(watch->m->timed);
		const sv3_cycle to = next < until ? next : until;

		watch->in_flight_cycles +=
			(double)sv3_timed_in_flight(watch->m->timed, NULL) * (double)(to - now);
		sv3_timed_run(watch->m->timed, to);
	}
}

/* Half of the accesses at random moments, a fourth of them faults, and every page at random. */
static void watch_run(struct watch *watch)
{
	struct machine *m = watch->m;

	machine_map_pages(m, MACHINE_IOVA, 96, MACHINE_CLEAN);
	m->on_end = note_end;
	m->context = watch;
	for (uint64_t i = 0; i < ACCESSES; i++) {
		const struct sv3_timed_access access = machine_access(
			MACHINE_IOVA + sv3_prng_below(&watch->prng, 128) * SV3_PAGE_SIZE,
			sv3_prng_below(&watch->prng, 2),
			(uint32_t)machine_draw(&watch->prng, 1, 4096));

		(void)!sv3_timed_issue(m->timed, &access);
		look(watch, sv3_timed_now(m->timed) + sv3_prng_below(&watch->prng, 60));
	}
	look(watch, sv3_timed_now(m->timed) + 100000);
}

void point_little(struct ledger *ledger, uint64_t effort)
{
	struct sums sums = { .apart = 0 };
	struct machine m;
	struct watch watch = { .m = &m };

	for (unsigned int run = 0; run < RUNS; run++) {
		struct load_kind kind;
		struct load_result result;

		draw(&m, &kind, run);
		kind.count *= effort;
		load_run(&m, &kind, &result);
		add(&sums, result.stats, sv3_timed_now(m.timed));
		machine_close(&m);
	}
	machine_config(&m);
	machine_open(&m, 3);
	sv3_prng_seed(&watch.prng, 3);
	watch_run(&watch);
	add(&sums, sv3_timed_stats(m.timed), sv3_timed_now(m.timed));
	machine_close(&m);

	for (unsigned int i = 0; i < SV3_TIMED_UNIT_COUNT; i++)
		if (load_is_pool((enum sv3_timed_unit)i))
			ledger_within(ledger, sv3_timed_unit_text((enum sv3_timed_unit)i),
				      "slots x cycles", sums.time_in[i], sums.occupied[i], 1);
	ledger_exact(ledger, "all of them: sum of all differences", "slots x cycles", 0,
		     sums.apart);
	ledger_exact(ledger, "accesses in flight, counted from outside", "x cycles", watch.time_in,
		     watch.in_flight_cycles);
	ledger_exact(ledger, "accesses done or faulted, of those issued", "", sums.issued,
		     sums.ended);
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_MOST,
					   .what = "largest use of any unit",
					   .unit = "%",
					   .expected = 100,
					   .measured = 100 * sums.use });
}
