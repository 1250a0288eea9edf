/* SPDX-License-Identifier: MIT */
/*
 * test_cpu_cache.c - does the CPU cache keep software and memory apart until maintenance, and only
 * until then? Does it lose what real ones lose?
 */
#include <string.h>

#include "ctest.h"
#include "test_ram.h"
#include <sv3/prng.h>
#include <sv3/sim.h>

#define BASE UINT64_C(0x40000000)
#define SIZE UINT64_C(0x20000)
#define LINE 64u

struct fx {
	struct test_ram ram;
	struct sv3_bus memory; /* as hardware sees it */
	struct sv3_bus cpu;
	struct sv3_cpu_cache *cache;
};

static void fx_fini(struct fx *fx)
{
	sv3_cpu_cache_destroy(fx->cache);
	test_ram_fini(&fx->ram);
}

static void fx_init(struct fx *fx, struct sv3_cpu_cache_config config)
{
	memset(fx, 0, sizeof(*fx));
	test_ram_add(&fx->ram, BASE, SIZE);
	fx->memory = test_ram_bus(&fx->ram);
	if (sv3_cpu_cache_create(&fx->memory, &config, &fx->cache))
		ctest_fail(__FILE__, __LINE__, "no cache");
	fx->cpu = sv3_cpu_cache_bus(fx->cache);
}

#define FX(name, ...)                                     \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name, (struct sv3_cpu_cache_config){ __VA_ARGS__ })

static uint64_t load(struct fx *fx, sv3_pa pa)
{
	uint8_t bytes[8];

	return sv3_bus_read(&fx->cpu, pa, bytes, 8) == SV3_BUS_OK ? sv3_le64(bytes) : UINT64_MAX;
}

static void store(struct fx *fx, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, value);
	EXPECT_EQ_INT(sv3_bus_write(&fx->cpu, pa, bytes, 8), SV3_BUS_OK);
}

/* --- the two views --- */

TEST_C(cpu_cache, software_goes_on_reading_what_it_loaded)
{
	FX(fx, 0);

	test_ram_poke(&fx.ram, BASE, 1);
	EXPECT_EQ_U64(load(&fx, BASE), 1);
	test_ram_poke(&fx.ram, BASE, 2);
	test_ram_poke(&fx.ram, BASE + 56, 3);
	test_ram_poke(&fx.ram, BASE + 64, 4);
	EXPECT_EQ_U64(load(&fx, BASE), 1);
	EXPECT_EQ_U64(load(&fx, BASE + 56), 0);
	EXPECT_EQ_U64(load(&fx, BASE + 64), 4); /* another line */
	sv3_bus_maintain(&fx.cpu, BASE + 8, 1, SV3_MAINTAIN_INVALIDATE);
	EXPECT_EQ_U64(load(&fx, BASE), 2);
	EXPECT_EQ_U64(load(&fx, BASE + 56), 3);
}

TEST_C(cpu_cache, what_software_writes_stays_there_until_it_is_cleaned)
{
	FX(fx, 0);

	store(&fx, BASE + 8, 7);
	EXPECT_EQ_U64(load(&fx, BASE + 8), 7);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 8), 0);
	sv3_bus_maintain(&fx.cpu, BASE + 64, 4096, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 8), 0);
	sv3_bus_maintain(&fx.cpu, BASE, 1, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 8), 7);
	/* Clean again: nothing goes out, so nothing is overwritten. */
	test_ram_poke(&fx.ram, BASE + 8, 9);
	sv3_bus_maintain(&fx.cpu, BASE, 64, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 8), 9);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->write_backs, 1);
}

TEST_C(cpu_cache, invalidation_throws_away_what_was_not_cleaned)
{
	FX(fx, 0);

	store(&fx, BASE, 7);
	sv3_bus_maintain(&fx.cpu, BASE, 8, SV3_MAINTAIN_INVALIDATE);
	EXPECT_EQ_U64(load(&fx, BASE), 0);
	store(&fx, BASE, 8);
	sv3_bus_maintain(&fx.cpu, BASE, 8, SV3_MAINTAIN_BOTH);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 8);
	test_ram_poke(&fx.ram, BASE, 9);
	EXPECT_EQ_U64(load(&fx, BASE), 9);
}

TEST_C(cpu_cache, a_line_goes_out_whole_over_what_others_wrote_into_it)
{
	FX(fx, 0);

	store(&fx, BASE, 7);
	test_ram_poke(&fx.ram, BASE + 8, 1);
	sv3_bus_maintain(&fx.cpu, BASE, 8, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 8), 0);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->lines_overwritten, 1);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->first_overwritten, BASE);
}

TEST_C(cpu_cache, nothing_is_counted_as_overwritten_where_nobody_else_wrote)
{
	FX(fx, 0);

	for (uint64_t i = 0; i < 100; i++) {
		store(&fx, BASE + 8 * (i % 20), i + 1);
		sv3_bus_maintain(&fx.cpu, BASE, 256, SV3_MAINTAIN_CLEAN);
	}
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->write_backs, 100);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->lines_overwritten, 0);
}

TEST_C(cpu_cache, maintenance_reaches_every_line_that_a_range_touches)
{
	FX(fx, 0);

	for (sv3_pa pa = BASE; pa < BASE + 4 * LINE; pa += LINE)
		store(&fx, pa, 5);
	sv3_bus_maintain(&fx.cpu, BASE + LINE + 63, LINE + 2, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 0);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + LINE), 5);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 2 * LINE), 5);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 3 * LINE), 5);
	store(&fx, BASE, 6);
	sv3_bus_maintain(&fx.cpu, BASE, 0, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 0);
}

/* --- atomics --- */

TEST_C(cpu_cache, a_compare_and_swap_compares_with_the_line)
{
	FX(fx, 0);
	uint64_t old = 99;

	EXPECT_EQ_U64(load(&fx, BASE), 0);
	test_ram_poke(&fx.ram, BASE, 5);
	EXPECT_EQ_INT(sv3_bus_cas64(&fx.cpu, BASE, 0, 6, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 0);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 5);
	EXPECT_EQ_INT(sv3_bus_cas64(&fx.cpu, BASE, 0, 7, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 6);
	EXPECT_EQ_U64(load(&fx, BASE), 6);
	sv3_bus_maintain(&fx.cpu, BASE, 8, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 6);
}

TEST_C(cpu_cache, a_swap_that_fails_makes_nothing_dirty)
{
	FX(fx, 0);
	uint64_t old;

	EXPECT_EQ_INT(sv3_bus_cas64(&fx.cpu, BASE, 1, 2, &old), SV3_BUS_OK);
	test_ram_poke(&fx.ram, BASE, 5);
	sv3_bus_maintain(&fx.cpu, BASE, 8, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 5);
}

TEST_C(cpu_cache, fetch_or_acts_on_the_line)
{
	FX(fx, 0);
	uint64_t old = 99;

	store(&fx, BASE, 1);
	EXPECT_EQ_INT(fx.cpu.ops->fetch_or64(fx.cpu.context, BASE, 6, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 1);
	EXPECT_EQ_U64(load(&fx, BASE), 7);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 0);
}

TEST_C(cpu_cache, what_is_misaligned_or_not_there_aborts_and_changes_nothing)
{
	FX(fx, 0);
	uint8_t bytes[128];
	uint64_t old;

	EXPECT_EQ_INT(sv3_bus_read(&fx.cpu, BASE - 8, bytes, 8), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_read(&fx.cpu, BASE + SIZE - 8, bytes, 16), SV3_BUS_ABORT);
	memset(bytes, 1, sizeof(bytes));
	EXPECT_EQ_INT(sv3_bus_write(&fx.cpu, BASE + SIZE - 64, bytes, 128), SV3_BUS_ABORT);
	EXPECT_EQ_U64(load(&fx, BASE + SIZE - 64), 0);
	EXPECT_EQ_INT(sv3_bus_cas64(&fx.cpu, BASE + 4, 0, 1, &old), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_cas64(&fx.cpu, BASE + SIZE, 0, 1, &old), SV3_BUS_ABORT);
	EXPECT_EQ_INT(fx.cpu.ops->fetch_or64(fx.cpu.context, BASE + 4, 1, &old), SV3_BUS_ABORT);
	EXPECT_TRUE(sv3_bus_window(&fx.cpu, BASE, 64) == NULL);
}

/* --- size --- */

TEST_C(cpu_cache, a_bounded_cache_evicts_in_turn_and_writes_back_what_is_dirty)
{
	FX(fx, .line_count = 2);

	store(&fx, BASE, 1);
	EXPECT_EQ_U64(load(&fx, BASE + LINE), 0);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 0);
	EXPECT_EQ_U64(load(&fx, BASE + 2 * LINE), 0); /* the first goes */
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 1);
	test_ram_poke(&fx.ram, BASE + LINE, 3);
	EXPECT_EQ_U64(load(&fx, BASE + LINE), 0);
	EXPECT_EQ_U64(load(&fx, BASE), 1); /* the second goes */
	EXPECT_EQ_U64(load(&fx, BASE + LINE), 3);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->evictions, 3);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->write_backs, 1);
}

TEST_C(cpu_cache, an_eviction_loses_what_others_wrote_too)
{
	FX(fx, .line_count = 1);

	store(&fx, BASE, 1);
	test_ram_poke(&fx.ram, BASE + 32, 2);
	EXPECT_EQ_U64(load(&fx, BASE + LINE), 0);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE), 1);
	EXPECT_EQ_U64(test_ram_peek(&fx.ram, BASE + 32), 0);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->lines_overwritten, 1);
}

TEST_C(cpu_cache, an_unbounded_cache_evicts_nothing)
{
	FX(fx, 0);

	for (sv3_pa pa = BASE; pa < BASE + SIZE; pa += LINE)
		store(&fx, pa, pa);
	for (sv3_pa pa = BASE; pa < BASE + SIZE; pa += LINE) {
		ASSERT_EQ_U64(test_ram_peek(&fx.ram, pa), 0);
		ASSERT_EQ_U64(load(&fx, pa), pa);
	}
	EXPECT_EQ_U64(sv3_cpu_cache_stats(fx.cache)->evictions, 0);
	sv3_bus_maintain(&fx.cpu, BASE, SIZE, SV3_MAINTAIN_CLEAN);
	for (sv3_pa pa = BASE; pa < BASE + SIZE; pa += LINE)
		ASSERT_EQ_U64(test_ram_peek(&fx.ram, pa), pa);
}

TEST_C(cpu_cache, impossible_caches_are_refused)
{
	FX(fx, 0);
	const struct sv3_cpu_cache_config config = { .line_count = SV3_CPU_CACHE_LINES_MAX + 1 };
	struct sv3_cpu_cache *cache;

	EXPECT_EQ_INT(sv3_cpu_cache_create(&fx.memory, &config, &cache), -SV3_ERR_INVAL);
}

/* --- one master sees plain memory --- */

/* Random accesses, cleans and evictions against a plain array; at the end memory is that array. */
static void run_alone(uint32_t line_count, uint64_t seed)
{
	FX(fx, .line_count = line_count);
	static uint8_t model[SIZE];
	uint8_t bytes[200], expected[200];
	struct sv3_prng prng;

	memset(model, 0, sizeof(model));
	sv3_prng_seed(&prng, seed);
	for (uint32_t step = 0; step < 20000; step++) {
		const uint32_t size = 1 + (uint32_t)sv3_prng_below(&prng, 200);
		const uint64_t at = sv3_prng_below(&prng, 2048);
		const uint64_t word = at & ~UINT64_C(7);
		uint64_t old;

		switch (sv3_prng_below(&prng, 5)) {
		case 0:
			for (uint32_t i = 0; i < size; i++)
				model[at + i] = bytes[i] = (uint8_t)sv3_prng_next(&prng);
			ASSERT_EQ_INT(sv3_bus_write(&fx.cpu, BASE + at, bytes, size), SV3_BUS_OK);
			break;
		case 1:
			memcpy(expected, model + at, size);
			ASSERT_EQ_INT(sv3_bus_read(&fx.cpu, BASE + at, bytes, size), SV3_BUS_OK);
			ASSERT_EQ_MEM(bytes, expected, size);
			break;
		case 2:
			ASSERT_EQ_INT(sv3_bus_cas64(&fx.cpu, BASE + word, sv3_le64(model + word),
						    step, &old),
				      SV3_BUS_OK);
			ASSERT_EQ_U64(old, sv3_le64(model + word));
			sv3_put_le64(model + word, step);
			break;
		case 3:
			sv3_bus_maintain(&fx.cpu, BASE + at, size, SV3_MAINTAIN_CLEAN);
			break;
		default:
			sv3_bus_maintain(&fx.cpu, BASE + at, size, SV3_MAINTAIN_BOTH);
		}
	}
	sv3_bus_maintain(&fx.cpu, BASE, SIZE, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_MEM(test_ram_at(&fx.ram, BASE, SIZE), model, SIZE);
}

TEST_C(cpu_cache, software_alone_sees_plain_memory)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		run_alone(0, seed);
		run_alone(1, seed);
		run_alone(3, seed);
		run_alone(20, seed);
	}
}
