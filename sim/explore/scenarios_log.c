/* SPDX-License-Identifier: MIT */
/*
 * scenarios_log.c - dirty pages that software itself notes in a shared bitmap, beside a migration
 * that reads it: a device emulated by software, a CPU, a logger of any kind. No hardware.
 *
 * The bitmap is a doubleword of memory; behind it stands another that says that the writer has
 * ended, and a third that says that marks are missing.
 */
#include "scenario.h"

static sv3_pa bitmap_pa(const struct sv3_explore *x)
{
	return sv3_explore_setup(x)->cds + 0x800;
}

uint64_t sv3__shared_read(struct sv3_explore *x, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	(void)sv3_bus_read(&sv3_explore_setup(x)->bus, pa, bytes, 8);
	return sv3_le64(bytes);
}

void sv3__shared_write(struct sv3_explore *x, sv3_pa pa, uint64_t word)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, word);
	(void)sv3_bus_write(&sv3_explore_setup(x)->bus, pa, bytes, 8);
}

static void mark(struct sv3_explore *x, uint64_t bits)
{
	const struct sv3_bus *bus = &sv3_explore_setup(x)->bus;
	uint64_t old;

	/* B46: two of them at once lose a bit. */
	if (sv3__mistaken(x, B46))
		sv3__shared_write(x, bitmap_pa(x), sv3__shared_read(x, bitmap_pa(x)) | bits);
	else
		(void)bus->ops->fetch_or64(bus->context, bitmap_pa(x), bits, &old);
}

/* Takes what is marked: from then on it is marked anew. */
static uint64_t take(struct sv3_explore *x)
{
	uint64_t old, bits = sv3__shared_read(x, bitmap_pa(x));

	while (bits &&
	       sv3_bus_cas64(&sv3_explore_setup(x)->bus, bitmap_pa(x), bits, 0, &old) ==
		       SV3_BUS_OK &&
	       old != bits)
		bits = old;
	return bits;
}

/* --- who writes --- */

static void write_and_mark(struct sv3_explore *x, uint32_t page)
{
	if (sv3__mistaken(x, B54))
		mark(x, UINT64_C(1) << page);
	sv3_explore_write(x, page);
	if (!sv3__mistaken(x, B54))
		mark(x, UINT64_C(1) << page);
}

static void writer(struct sv3_explore *x)
{
	write_and_mark(x, 0);
	write_and_mark(x, 0);
	sv3__shared_write(x, bitmap_pa(x) + 8, 1);
}

/* Its log is full: it says that anything may be dirty. */
static void writer_without_log(struct sv3_explore *x)
{
	sv3_explore_write(x, 0);
	sv3__shared_write(x, bitmap_pa(x) + 16, 1);
	sv3__shared_write(x, bitmap_pa(x) + 8, 1);
}

/* --- who migrates --- */

static void round_of_log(struct sv3_explore *x)
{
	uint64_t bits;

	if (sv3__mistaken(x, B52)) {
		bits = sv3__shared_read(x, bitmap_pa(x));
		sv3_explore_copy_all(x, bits);
		(void)take(x);
		return;
	}
	bits = take(x);
	if (!sv3__mistaken(x, B51) && sv3__shared_read(x, bitmap_pa(x) + 16))
		bits = 3;
	if (sv3__mistaken(x, B53))
		bits &= bits - 1; /* an entry is skipped */
	sv3_explore_copy_all(x, bits);
}

static void migrate_log(struct sv3_explore *x)
{
	round_of_log(x);
	while (sv3__shared_read(x, bitmap_pa(x) + 8) == 0)
		sv3_explore_wait(x);
	round_of_log(x);
}

/* This one finds dirty pages, too, and marks them where the other does. */
static void migrate_with_scan(struct sv3_explore *x)
{
	write_and_mark(x, 1);
	migrate_log(x);
}

/* --- who takes a mapping down --- */

/* In the doubleword of page 0's marks, above them: software has it mapped, to write it. */
#define MAPPED (UINT64_C(1) << 63)

/* Writes the page through its mapping, not yet marked. */
static void map_and_write(struct sv3_explore *x)
{
	sv3__shared_write(x, bitmap_pa(x), MAPPED);
	sv3_explore_write(x, 0);
}

/* Who takes the mapping marks the page, in one step: behind it nobody writes. Who comes second
 * finds none, and must not mark it: it may be clean by then. */
static void take_mapping(struct sv3_explore *x)
{
	const struct sv3_bus *bus = &sv3_explore_setup(x)->bus;
	uint64_t old;

	(void)sv3_bus_cas64(bus, bitmap_pa(x), MAPPED, 1, &old);
	if (sv3__mistaken(x, B61) && old != MAPPED)
		mark(x, 1);
}

static void second_notifier(struct sv3_explore *x)
{
	take_mapping(x);
	sv3__shared_write(x, bitmap_pa(x) + 8, 1);
}

static void notify_and_clean(struct sv3_explore *x)
{
	take_mapping(x);
	sv3_explore_copy_all(x, take(x));
	while (sv3__shared_read(x, bitmap_pa(x) + 8) == 0)
		sv3_explore_wait(x);
	sv3_explore_expect(x, sv3__shared_read(x, bitmap_pa(x)) == 0, SV3_EXPLORE_OVER,
			   "a page is dirty after it was cleaned, and nobody wrote");
}

static void nothing(struct sv3_explore *x)
{
	(void)x;
}

#define COMMON .smmu_count = 1, .program_count = 2, .queue_lg2 = 3, .bbml = 2

const struct sv3_explore_scenario sv3__scenarios_log[] = {
	{
		COMMON,
		.prepare = nothing,
		.name = "software-log",
		.about = "software writes pages and marks them; the marks are taken and copied",
		.programs = { migrate_log, writer },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.prepare = nothing,
		.name = "log-error",
		.about = "a log fails: what it covers counts as dirty",
		.programs = { migrate_log, writer_without_log },
		.migrates = true,
	},
	{
		COMMON,
		.prepare = nothing,
		.name = "shared-log",
		.about = "two mark pages in one bitmap",
		.programs = { migrate_with_scan, writer },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.prepare = map_and_write,
		.name = "two-notifiers",
		.about = "two take a written mapping down; its page is marked once, and cleaned",
		.programs = { notify_and_clean, second_notifier },
		.migrates = true,
		.is_exact = true,
	},
	{ .name = NULL },
};
