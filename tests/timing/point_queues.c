/* SPDX-License-Identifier: MIT */
/*
 * point_queues.c - Poisson arrivals wait as long as queueing theory says.
 *
 *   M/D/1  data of one length at memory: a pipe.
 *   M/D/c  walks that all take as long: c walk slots.
 *   M/M/c  walks that begin anew until the swap of their leaf succeeds: a number of equal turns
 *          that is geometric, and of many turns nearly exponential.
 * A mean must be within 5 % and within the 99.9 % interval of its replications.
 */
#include "load.h"

#include <math.h>
#include <stdio.h>

#define REPLICATIONS 20u
#define STUDENT      3.883 /* 99.9 % of 19 degrees of freedom, two-sided */
#define PERCENT      5.0
#define TURNS_MEAN   50
#define ACCESSES     750u  /* of a replication, by what enough() says it needs */
#define UPDATES      8000u /* accesses of a machine whose walks begin anew */

/* --- theory --- */

/* Crommelin: who is served now is through a service later, so the number in the system then is who
 * waits now and the arrivals meanwhile. Its stationary distribution by iteration. Mean wait in
 * units of a service. */
static double mdc_wait(unsigned int servers, double rho)
{
	enum { STATES = 512, ARRIVALS = 64, TURNS = 20000 };
	const double rate = servers * rho;
	static double here[STATES], then[STATES], arrivals[ARRIVALS];
	double waiting = 0;

	arrivals[0] = exp(-rate);
	for (int k = 1; k < ARRIVALS; k++)
		arrivals[k] = arrivals[k - 1] * rate / k;
	for (int n = 0; n < STATES; n++)
		here[n] = n == 0;
	for (int turn = 0; turn < TURNS; turn++) {
		double moved = 0;

		for (int n = 0; n < STATES; n++)
			then[n] = 0;
		for (int n = 0; n < STATES; n++) {
			const int left = n > (int)servers ? n - (int)servers : 0;

			for (int k = 0; k < ARRIVALS && left + k < STATES; k++)
				then[left + k] += here[n] * arrivals[k];
		}
		for (int n = 0; n < STATES; n++) {
			moved += fabs(then[n] - here[n]);
			here[n] = then[n];
		}
		if (moved < 1e-12)
			break;
	}
	for (int n = (int)servers; n < STATES; n++)
		waiting += (n - (int)servers) * here[n];
	return waiting / rate;
}

/* Erlang C: the chance to wait. */
static double mmc_waits(unsigned int servers, double rho)
{
	const double load = servers * rho;
	double term = 1, sum = 0;

	for (unsigned int k = 0; k < servers; k++) {
		sum += term;
		term *= load / (k + 1);
	}
	return term / (1 - rho) / (sum + term / (1 - rho));
}

/* Mean wait in units of a mean service. */
static double mmc_wait(unsigned int servers, double rho)
{
	return mmc_waits(servers, rho) / (servers * (1 - rho));
}

/* --- measurement --- */

/* Mean wait of all that came to a unit, in cycles. */
static double wait_at(const struct sv3_timed_stats *stats, enum sv3_timed_unit unit,
		      uint64_t accesses)
{
	const double parts = load_is_pool(unit) ? 1 : SV3_TIMED_PIPE_PARTS;

	return (double)stats->units[unit].wait_cycles / parts / (double)accesses;
}

struct queue {
	const char *what;
	enum sv3_timed_unit unit;
	struct machine machine; /* its configuration */
	struct load_kind kind;  /* its count: accesses of one machine */
	double service;         /* mean, cycles */
	unsigned int servers;
	uint64_t runs; /* machines of one replication */
};

/* Mean wait of one machine, in services; @at is in its count, and so in the seed of its arrivals.
 */
static double wait_of_run(const struct queue *queue, double rho, uint64_t at)
{
	struct machine m = queue->machine;
	struct load_kind kind = queue->kind;
	struct load_result result;
	double waited;

	kind.count += at;
	kind.mean_gap = queue->service / (queue->servers * rho);
	load_run(&m, &kind, &result);
	waited = wait_at(result.stats, queue->unit, kind.count) / queue->service;
	machine_close(&m);
	return waited;
}

/* How many accesses it takes to see a mean wait to a hundredth or so: many where a long queue has a
 * long memory, and many where few wait at all. Of one replication. */
static uint64_t enough(unsigned int servers, double rho, uint64_t effort)
{
	const double needed = 1 / ((1 - rho) * (1 - rho)) + 1 / mmc_waits(servers, rho);

	return (uint64_t)(needed * ACCESSES) * effort;
}

static void measure(struct ledger *ledger, const struct queue *queue, double rho, double wait)
{
	double sum = 0, squares = 0, mean, error;
	char what[80];

	for (uint64_t i = 0; i < REPLICATIONS; i++) {
		double waited = 0;

		for (uint64_t run = 0; run < queue->runs; run++)
			waited += wait_of_run(queue, rho, i * queue->runs + run);
		waited /= (double)queue->runs;
		sum += waited;
		squares += waited * waited;
	}
	mean = sum / REPLICATIONS;
	error = sqrt((squares / REPLICATIONS - mean * mean) / (REPLICATIONS - 1));
	snprintf(what, sizeof(what), "%s, rho %.1f (interval +-%.4f)", queue->what, rho,
		 STUDENT * error);
	ledger_near(ledger, what, "services", wait, mean,
		    fmin(wait * PERCENT / 100, STUDENT * error));
}

/* --- the three --- */

static void at_memory(struct ledger *ledger, uint64_t effort)
{
	struct queue queue = {
		.what = "M/D/1, memory",
		.unit = SV3_TIMED_MEMORY,
		.kind = { .way = { .by = WAY_UTLB, .len = 512 } },
		.service = 1024,
		.servers = 1,
		.runs = 1,
	};

	load_config(&queue.machine);
	queue.machine.timing.mem_mbyte_per_s = 500; /* 512 bytes in 1,024 cycles of 1 ns */
	queue.machine.timing.tbu_slots = 4096;
	queue.machine.timing.pcie_request_bytes = 0;
	for (int tenths = 1; tenths <= 9; tenths++) {
		const double rho = tenths / 10.0;

		queue.kind.count = enough(queue.servers, rho, effort);
		measure(ledger, &queue, rho, rho / (2 * (1 - rho)));
	}
}

static void at_walk_slots(struct ledger *ledger, unsigned int servers, uint64_t effort)
{
	struct queue queue = {
		.unit = SV3_TIMED_WALK,
		.kind = { .way = { .by = WAY_WALK, .len = 64, .first_level = 3, .last_level = 3 } },
		.servers = servers,
		.runs = 1,
	};
	struct way_times times;
	char what[40];

	load_config(&queue.machine);
	queue.machine.timing.tcu_walk_slots = servers;
	queue.machine.timing.mem_llc_ns = 1000;
	queue.machine.timing.tbu_slots = 4096;
	queue.machine.timing.pcie_request_bytes = 0;
	formula_times(&queue.machine.timing, &queue.kind.way, &times);
	queue.service = (double)times.in_walk;
	snprintf(what, sizeof(what), "M/D/%u, walk slots", servers);
	queue.what = what;
	for (int tenths = servers > 2 ? 5 : 1; tenths <= 9; tenths += 2) {
		const double rho = tenths / 10.0;

		queue.kind.count = enough(servers, rho, effort);
		measure(ledger, &queue, rho, mdc_wait(servers, rho));
	}
}

/* A turn is a walk and its swap: 50 of them on the average. All but the first begin at level 0. */
static void at_walk_slots_again(struct ledger *ledger, unsigned int servers, double rho,
				uint64_t count)
{
	struct queue queue = {
		.unit = SV3_TIMED_WALK,
		.kind = { .way = { .by = WAY_WALK,
				   .write = true,
				   .len = 64,
				   .first_level = 3,
				   .last_level = 3,
				   .update = WAY_UPDATE_IN_LLC },
			  .count = UPDATES },
		.servers = servers,
		.runs = (count - 1) / (REPLICATIONS * UPDATES) + 1,
	};
	struct way again = queue.kind.way;
	struct way_times times;
	char what[40];

	load_config(&queue.machine);
	queue.machine.lost_permille = (uint32_t)(1000 - 1000 / TURNS_MEAN);
	queue.machine.timing.tcu_walk_slots = servers;
	queue.machine.timing.tbu_slots = 4096;
	queue.machine.timing.pcie_request_bytes = 0;
	queue.machine.timing.pcie_ordered = 0;
	formula_times(&queue.machine.timing, &queue.kind.way, &times);
	queue.service = (double)times.in_walk;
	again.first_level = 0;
	formula_times(&queue.machine.timing, &again, &times);
	queue.service += (double)times.in_walk * (TURNS_MEAN - 1);
	snprintf(what, sizeof(what), "M/M/%u, walk slots", servers);
	queue.what = what;
	measure(ledger, &queue, rho, mmc_wait(servers, rho));
}

void point_queues(struct ledger *ledger, uint64_t effort)
{
	at_memory(ledger, effort);
	at_walk_slots(ledger, 1, effort);
	at_walk_slots(ledger, 2, effort);
	at_walk_slots(ledger, 8, effort);
	at_walk_slots_again(ledger, 1, 0.5, 160000 * effort);
	at_walk_slots_again(ledger, 4, 0.7, 320000 * effort);
}
