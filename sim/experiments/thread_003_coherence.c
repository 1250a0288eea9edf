/* SPDX-License-Identifier: MIT */
/*
 * thread_003_coherence.c - table walks that do not snoop the CPU's cache (IDR0.COHACC = 0): a scan
 * or a clear without cache maintenance loses dirty bits. On sv3 worlds with that cache.
 *
 * One migration of a small guest: the device writes a page, a round of scan, clear, TLBI, SYNC and
 * copy runs, then another. A second write and the eviction of a cache line fall between any two of
 * its steps. What the destination then lacks is lost. [policies 1, thread 003; 8, B59]
 * DEVIATION(D-021) lets a world have hardware updates and COHACC = 0, to show this.
 */
#include <string.h>

#include <sv3/arch.h>

#include "small_world.h"

#define GUEST_BASE  SV3__SMALL_GUEST_BASE
#define GUEST_PAGES SV3__SMALL_GUEST_PAGES
#define NEVER       UINT32_MAX

/* In front of which step of the first round something falls, or behind the last. */
enum place { BEFORE_SCAN, BEFORE_CLEAR, BEFORE_TLBI, BEFORE_COPY, AFTER_COPY, PLACES };

struct migration;

/** The CPU's memory, with or without maintenance, and a device that may write in between. */
struct door {
	struct migration *migration;
	struct sv3_bus memory;
	bool maintains;
	uint32_t calls;     /* accesses and maintenance so far */
	uint32_t strike_at; /* the call in front of which the device writes its second page */
	uint64_t maintenance;
};

struct plan {
	bool scan_maintains, clear_maintains;
	uint32_t second_page;
	uint32_t second_at; /* enum place; or NEVER: inside the first clear, see strike_at */
	uint32_t evict_at;  /* enum place, or NEVER */
	uint32_t strike_at; /* NEVER: not at all */
};

struct migration {
	const struct plan *plan;
	struct sv3__small_world small;
	struct door scan_door, clear_door;
	uint8_t memory[GUEST_PAGES], destination[GUEST_PAGES]; /* a version of each page */
	bool reported[GUEST_PAGES];
	uint32_t next_place; /* enum place; beyond them in the second round */
	sv3_pa line_pa;      /* descriptors of the guest's first pages */
};

static sv3_pa page_at(uint32_t page)
{
	return GUEST_BASE + page * SV3_PAGE_SIZE;
}

/* The write is translated, and lands at once. */
static void device_writes(struct migration *m, uint32_t page)
{
	sv3__small_world_write(&m->small, page_at(page), page_at(page));
	m->memory[page]++;
}

/* --- the doors of scan and clear --- */

static void pass(struct door *door)
{
	if (door->calls++ == door->strike_at)
		device_writes(door->migration, door->migration->plan->second_page);
}

static enum sv3_bus_status door_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct door *door = (struct door *)context;

	pass(door);
	return sv3_bus_read(&door->memory, pa, data, size);
}

static enum sv3_bus_status door_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct door *door = (struct door *)context;

	pass(door);
	return sv3_bus_write(&door->memory, pa, data, size);
}

static enum sv3_bus_status door_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				      uint64_t *old)
{
	struct door *door = (struct door *)context;

	pass(door);
	return sv3_bus_cas64(&door->memory, pa, expect, desired, old);
}

static void door_maintain(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what)
{
	struct door *door = (struct door *)context;

	if (!door->maintains)
		return;
	pass(door);
	door->maintenance++;
	sv3_bus_maintain(&door->memory, pa, len, what);
}

/* The guest's table, as software reaches it through a door. */
static struct sv3_pt table_behind(struct migration *m, struct door *door)
{
	static const struct sv3_bus_ops ops = {
		.read = door_read,
		.write = door_write,
		.cas64 = door_cas64,
		.maintain = door_maintain,
	};
	struct sv3_pt pt = sv3_host_domain(m->small.host, 0)->pt;

	pt.bus = (struct sv3_bus){ .ops = &ops, .context = door };
	return pt;
}

static struct door make_door(struct migration *m, bool maintains)
{
	return (struct door){
		.migration = m,
		.memory = sv3_world_software_bus(m->small.world),
		.maintains = maintains,
		.strike_at = NEVER,
	};
}

/* --- the migration --- */

static int open_world(struct migration *m, bool non_coherent)
{
	struct sv3_world_config world;
	struct sv3_host_config host;
	struct sv3_pt_leaf leaf = { 0 };
	int rc;

	sv3__small_world_defaults(&world, &host);
	world.costs = (struct sv3_costs){ 0 };
	world.non_coherent = non_coherent;
	rc = sv3__small_world_open(&m->small, &world, &host);
	if (rc)
		return rc;
	rc = sv3_pt_lookup(&sv3_host_domain(m->small.host, 0)->pt, page_at(0), &leaf);
	m->line_pa = leaf.descriptor_pa;
	return rc;
}

/* The line of the guest's first descriptors leaves the cache: what is dirty in it goes out. */
static void evict(struct migration *m)
{
	const struct sv3_bus bus = sv3_world_software_bus(m->small.world);

	sv3_bus_maintain(&bus, m->line_pa, 8, SV3_MAINTAIN_BOTH);
}

static void at_place(struct migration *m, uint32_t place)
{
	if (m->plan->second_at == place)
		device_writes(m, m->plan->second_page);
	if (m->plan->evict_at == place)
		evict(m);
}

static int scan(struct migration *m)
{
	const struct sv3_pt pt = table_behind(m, &m->scan_door);
	uint64_t word = 0;
	struct sv3_dirty_log log = { &word, GUEST_PAGES, GUEST_BASE };
	const int64_t found =
		sv3_dirty_scan_all(&pt, GUEST_BASE, GUEST_PAGES * SV3_PAGE_SIZE, 0, &log, NULL);

	for (uint32_t page = 0; page < GUEST_PAGES; page++)
		m->reported[page] = word >> page & 1;
	return found < 0 ? (int)found : 0;
}

static int clear(struct migration *m)
{
	const struct sv3_pt pt = table_behind(m, &m->clear_door);
	int rc = 0;

	for (uint32_t page = 0; page < GUEST_PAGES && rc >= 0; page++)
		if (m->reported[page])
			rc = sv3_dirty_clear(&pt, page_at(page), NULL, NULL);
	return rc < 0 ? rc : 0;
}

static int invalidate(struct migration *m)
{
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->small.host);
	const int rc = sv3_cmdq_tlbi_asid(cmdq, sv3_host_domain(m->small.host, 0)->asid);

	return rc < 0 ? rc : sv3_cmdq_sync(cmdq);
}

static void copy(struct migration *m)
{
	for (uint32_t page = 0; page < GUEST_PAGES; page++)
		if (m->reported[page])
			m->destination[page] = m->memory[page];
}

static int run_round(struct migration *m)
{
	int rc;

	at_place(m, m->next_place++);
	rc = scan(m);
	at_place(m, m->next_place++);
	if (!rc)
		rc = clear(m);
	at_place(m, m->next_place++);
	if (!rc)
		rc = invalidate(m);
	at_place(m, m->next_place++);
	copy(m);
	return rc;
}

/** What came of one migration. */
struct outcome {
	bool lost;
	bool struck;          /* the clear made as many calls as strike_at asks for */
	uint64_t maintenance; /* calls, of scans and clears */
};

static int migrate(const struct plan *plan, struct outcome *outcome)
{
	struct migration m = { .plan = plan };
	int rc = open_world(&m, true);

	*outcome = (struct outcome){ 0 };
	if (!rc) {
		m.scan_door = make_door(&m, plan->scan_maintains);
		m.clear_door = make_door(&m, plan->clear_maintains);
		device_writes(&m, 0);
		m.clear_door.strike_at = plan->strike_at;
		rc = run_round(&m);
		outcome->struck = m.clear_door.calls > plan->strike_at;
		m.clear_door.strike_at = NEVER;
	}
	if (!rc)
		rc = run_round(&m);
	outcome->lost = memcmp(m.memory, m.destination, sizeof(m.memory)) != 0;
	outcome->maintenance = m.scan_door.maintenance + m.clear_door.maintenance;
	sv3__small_world_close(&m.small);
	return rc;
}

/* --- rows --- */

/* The second write to the same page, to one of the same cache line and to one of another, at every
 * place; the eviction at every place and nowhere. */
static int check_maintenance(struct sv3_experiment_report *report, const char *name,
			     const char *question, bool scan_maintains, bool clear_maintains)
{
	static const uint32_t pages[] = { 0, 1, GUEST_PAGES - 1 };
	const bool all = scan_maintains && clear_maintains;
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "migrations",
		.kind = all ? SV3_EXPERIMENT_EQUAL : SV3_EXPERIMENT_AT_LEAST,
		.expected = all ? 0 : 1,
	};

	for (uint32_t i = 0; i < SV3__COUNT(pages) * PLACES * (PLACES + 1); i++) {
		const uint32_t evict_at = i % (PLACES + 1);
		const struct plan plan = {
			.scan_maintains = scan_maintains,
			.clear_maintains = clear_maintains,
			.second_page = pages[i / (PLACES * (PLACES + 1))],
			.second_at = i / (PLACES + 1) % PLACES,
			.evict_at = evict_at < PLACES ? evict_at : NEVER,
			.strike_at = NEVER,
		};
		struct outcome outcome;
		const int rc = migrate(&plan, &outcome);

		if (rc)
			return rc;
		row.measured += outcome.lost;
		row.total++;
	}
	sv3_experiment_add(report, &row);
	return 0;
}

/* The second write in front of each access of the first clear, its maintenance included. */
static int check_window(struct sv3_experiment_report *report)
{
	struct sv3_experiment_row row = {
		.name = "clear-window",
		.question = "all maintenance, but a write inside the clear itself: dirty bit lost",
		.unit = "migrations",
		.kind = SV3_EXPERIMENT_AT_LEAST,
		.expected = 1,
		.note = "why tracking is refused there",
	};
	struct plan plan = {
		.scan_maintains = true,
		.clear_maintains = true,
		.second_page = 1,
		.second_at = NEVER,
		.evict_at = NEVER,
	};
	struct outcome outcome = { .struck = true };

	while (outcome.struck) {
		const int rc = migrate(&plan, &outcome);

		if (rc)
			return rc;
		row.measured += outcome.struck && outcome.lost;
		row.total += outcome.struck;
		plan.strike_at++;
	}
	sv3_experiment_add(report, &row);
	return 0;
}

static int add_cost(struct sv3_experiment_report *report)
{
	const struct plan plan = {
		.scan_maintains = true,
		.clear_maintains = true,
		.second_page = 1,
		.second_at = BEFORE_SCAN,
		.evict_at = NEVER,
		.strike_at = NEVER,
	};
	struct sv3_experiment_row row = {
		.name = "maintenance-cost",
		.question = "cache maintenance calls of two scans and two clears",
		.unit = "calls",
		.kind = SV3_EXPERIMENT_FIGURE,
		.note = "16 leaves a scan, all maintenance",
	};
	struct outcome outcome;
	const int rc = migrate(&plan, &outcome);

	row.measured = outcome.maintenance;
	if (!rc)
		sv3_experiment_add(report, &row);
	return rc;
}

/* What a driver asks before it offers tracking: hardware dirty state, and coherent walks. Linux
 * v6.12 asks for both. [policies 1, thread 003] */
static bool tracking_is_offered(struct migration *m)
{
	const struct sv3_regport regs = sv3_world_regport(m->small.world);
	const uint64_t idr0 = regs.ops->read(regs.context, SV3_REG_IDR0, 4);

	return SV3_GET(SV3_IDR0_HTTU, idr0) == 2 && (idr0 & SV3_IDR0_COHACC);
}

static int check_offer(struct sv3_experiment_report *report, const char *name, const char *question,
		       bool non_coherent)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "offers",
		.kind = SV3_EXPERIMENT_EQUAL,
		.expected = non_coherent ? 0 : 1,
	};
	struct migration m = { 0 };
	const int rc = open_world(&m, non_coherent);

	if (!rc) {
		row.measured = tracking_is_offered(&m);
		sv3_experiment_add(report, &row);
	}
	sv3__small_world_close(&m.small);
	return rc;
}

int sv3__thread_003_coherence(struct sv3_experiment_report *report)
{
	int rc = check_offer(report, "offer-coherent",
			     "HTTU and coherent walks: dirty tracking is offered", false);

	if (!rc)
		rc = check_offer(report, "offer-non-coherent",
				 "HTTU, but COHACC = 0: dirty tracking is offered", true);
	if (!rc)
		rc = check_maintenance(report, "maintained",
				       "COHACC = 0, used all the same, all maintenance: bits lost",
				       true, true);
	if (!rc)
		rc = check_maintenance(report, "scan-unmaintained",
				       "the scan does not invalidate: bits lost", false, true);
	if (!rc)
		rc = check_maintenance(report, "clear-unmaintained",
				       "the clear does not clean: bits lost", true, false);
	if (!rc)
		rc = check_maintenance(report, "nothing-maintained", "neither does: bits lost",
				       false, false);
	if (!rc)
		rc = check_window(report);
	return rc ? rc : add_cost(report);
}
