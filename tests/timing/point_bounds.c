/* SPDX-License-Identifier: MIT */
/*
 * point_bounds.c - no unit does more than its parameters allow; where one is scarce, it does 98 %
 * of it. Each unit that has a parameter is scarce once.
 */
#include "load.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ACCESSES UINT64_C(20000)
#define MACHINES 60u /* of random parameters */
/* A byte's time is rounded down to 2^-20 of a cycle. */
#define ROUNDING 1e-4

static struct load_kind hits(bool write, uint32_t len, uint64_t effort)
{
	return (struct load_kind){
		.way = { .by = WAY_UTLB, .write = write, .len = len },
		.count = ACCESSES * effort,
	};
}

static struct load_kind walks(bool write, uint32_t len, uint64_t effort)
{
	return (struct load_kind){
		.way = { .by = WAY_WALK,
			 .write = write,
			 .len = len,
			 .first_level = 3,
			 .last_level = 3 },
		.count = ACCESSES * effort,
	};
}

static struct load_kind updates(void)
{
	struct load_kind kind = walks(true, 64, 1);

	kind.way.update = WAY_UPDATE_IN_LLC;
	kind.count = LOAD_UPDATES_MAX;
	return kind;
}

/* --- one thing scarce --- */

static void scarce(struct ledger *ledger, const char *what, const char *name, uint32_t value,
		   enum sv3_timed_unit unit, const struct load_kind *kind)
{
	struct load_result result;
	struct machine m;
	char text[80];

	load_config(&m);
	if (sv3_timing_set(&m.timing, name, value))
		ledger_exact(ledger, name, "errors", 0, 1);
	load_run(&m, kind, &result);
	snprintf(text, sizeof(text), "%s: %s %u", what, name, value);
	ledger_within(ledger, text, "accesses/1000 cycles", result.bound * 1000,
		      result.per_cycle * 1000, 2);
	if (result.binds != unit || result.excess > ROUNDING)
		ledger_exact(ledger, "unit that binds, and excess over any bound", "", unit,
			     (double)result.binds + result.excess);
	machine_close(&m);
}

/* --- anything scarce --- */

static void draw_machine(struct machine *m, struct sv3_prng *prng)
{
	static const struct {
		const char *name;
		uint32_t low, high;
	} ranges[] = {
		{ "pcie.mbit_per_s", 10000, 500000 },
		{ "pcie.rc_lines", 1, 200 },
		{ "device.tags", 1, 300 },
		{ "tbu.port_bytes", 8, 128 },
		{ "tbu.write_beats", 4, 128 },
		{ "tbu.slots", 1, 256 },
		{ "tcu.slots", 1, 64 },
		{ "tcu.walk_slots", 1, 32 },
		{ "mem.mbyte_per_s", 4000, 200000 },
		{ "pcie.ordered", 0, 1 },
		{ "tbu.merge", 0, 1 },
		{ "dti.cycles", 0, 30 },
	};

	load_config(m);
	for (unsigned int i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		(void)!sv3_timing_set(&m->timing, ranges[i].name,
				      machine_draw(prng, ranges[i].low, ranges[i].high));
}

static void any_scarce(struct ledger *ledger, uint64_t effort)
{
	double excess = -1;
	struct sv3_prng prng;
	char what[80];

	sv3_prng_seed(&prng, 2);
	for (uint64_t i = 0; i < MACHINES * effort; i++) {
		const bool write = sv3_prng_below(&prng, 2);
		const uint32_t len = (uint32_t)machine_draw(&prng, 1, 1024);
		struct load_kind kind =
			sv3_prng_below(&prng, 2) ? hits(write, len, 1) : walks(write, len, 1);
		struct load_result result;
		struct machine m;

		kind.count /= 10;
		draw_machine(&m, &prng);
		load_run(&m, &kind, &result);
		excess = fmax(excess, result.excess);
		machine_close(&m);
	}
	snprintf(what, sizeof(what), "most used unit of %" PRIu64 " random machines, by its bound",
		 MACHINES * effort);
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_MOST,
					   .unit = "%",
					   .expected = 100,
					   .measured = 100 * (1 + excess),
					   .tolerance = 100 * ROUNDING });
	memcpy(ledger->rows[ledger->count - 1].what, what, sizeof(what));
}

void point_bounds(struct ledger *ledger, uint64_t effort)
{
	const struct load_kind read = hits(false, 64, effort), page = hits(false, 512, effort);
	const struct load_kind write = hits(true, 256, effort), miss = walks(false, 64, effort);
	const struct load_kind first = updates();

	scarce(ledger, "link", "pcie.mbit_per_s", 50000, SV3_TIMED_WIRE, &write);
	scarce(ledger, "link, back", "pcie.mbit_per_s", 50000, SV3_TIMED_WIRE_BACK, &page);
	scarce(ledger, "device, writes", "device.write_ns", 50, SV3_TIMED_WIRE, &write);
	scarce(ledger, "device, reads", "device.tags", 16, SV3_TIMED_TAGS, &read);
	scarce(ledger, "root complex", "pcie.rc_lines", 32, SV3_TIMED_RC, &write);
	scarce(ledger, "TBU", "tbu.slots", 8, SV3_TIMED_TBU, &read);
	scarce(ledger, "write buffer", "tbu.write_beats", 1, SV3_TIMED_WRITE_BUFFER, &write);
	scarce(ledger, "port", "tbu.port_bytes", 1, SV3_TIMED_PORT_IN, &write);
	scarce(ledger, "TCU", "tcu.slots", 4, SV3_TIMED_TCU, &miss);
	scarce(ledger, "walks", "tcu.walk_slots", 4, SV3_TIMED_WALK, &miss);
	scarce(ledger, "walks with updates", "tcu.walk_slots", 2, SV3_TIMED_WALK, &first);
	scarce(ledger, "memory", "mem.mbyte_per_s", 5000, SV3_TIMED_MEMORY, &page);
	any_scarce(ledger, effort);
}
