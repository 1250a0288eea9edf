/* SPDX-License-Identifier: MIT */
/*
 * test_strtab.c - Stream tables and Context descriptors, with all layouts encoded by hand.
 */
#include "ctest.h"
#include "test_ram.h"

#include <sv3/pagetable.h>

#define BASE UINT64_C(0x10000)

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_strtab strtab;
	sv3_pa written[64]; /* addresses in the order of the writes */
	unsigned int write_count;
};

static void note_write(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct fx *f = (struct fx *)context;

	if (access == TEST_RAM_WRITE && f->write_count < 64)
		f->written[f->write_count++] = pa;
}

static void fx_init(struct fx *f, uint64_t size)
{
	memset(f, 0, sizeof *f);
	test_ram_add(&f->ram, BASE, size);
	memset(test_ram_at(&f->ram, BASE, size), 0xff, size);
	f->bus = test_ram_bus(&f->ram);
}

static void fx_watch(struct fx *f)
{
	f->ram.hook = note_write;
	f->ram.hook_context = f;
}

TEST_C(strtab, linear_table_is_zeroed_and_written_v_last)
{
	uint64_t ste[8];
	struct fx f;

	fx_init(&f, 0x1000);
	ASSERT_OK(sv3_strtab_init(&f.strtab, &f.bus, BASE, BASE + 0x1000, 4, 0));
	for (uint64_t pa = BASE; pa < BASE + 16 * 64; pa += 8)
		EXPECT_EQ_U64(test_ram_peek(&f.ram, pa), 0);
	EXPECT_EQ_U64(test_ram_peek(&f.ram, BASE + 16 * 64), UINT64_MAX);
	EXPECT_EQ_U64(sv3_strtab_base(&f.strtab), BASE);
	EXPECT_EQ_U64(sv3_strtab_base_cfg(&f.strtab), 4);
	for (uint64_t i = 0; i < 8; i++)
		ste[i] = 0x1111 * (i + 1);
	fx_watch(&f);
	EXPECT_OK(sv3_strtab_write(&f.strtab, 15, ste));
	EXPECT_EQ_U64(f.write_count, 8);
	for (unsigned int i = 0; i < 8; i++) {
		EXPECT_EQ_U64(f.written[i], BASE + 15 * 64 + 8 * ((i + 1) % 8));
		EXPECT_EQ_U64(test_ram_peek(&f.ram, BASE + 15 * 64 + 8 * i), ste[i]);
	}
	EXPECT_EQ_INT(sv3_strtab_write(&f.strtab, 16, ste), -SV3_ERR_RANGE);
	test_ram_fini(&f.ram);
}

TEST_C(strtab, two_level_table_takes_arrays_as_needed)
{
	static const uint32_t splits[] = { 6, 8, 10 };

	for (unsigned int i = 0; i < 3; i++) {
		const uint32_t split = splits[i];
		const uint64_t array_size = UINT64_C(64) << split;
		const sv3_pa first_array = (BASE + 32 + array_size - 1) & ~(array_size - 1);
		uint64_t ste[8];
		struct fx f;

		fx_init(&f, 4 * array_size);
		ASSERT_OK(sv3_strtab_init(&f.strtab, &f.bus, BASE, first_array + 2 * array_size,
					  split + 2, split));
		EXPECT_EQ_U64(sv3_strtab_base_cfg(&f.strtab), 1 << 16 | split << 6 | (split + 2));
		sv3_ste_make_bypass(ste);
		EXPECT_OK(sv3_strtab_write(&f.strtab, (2u << split) + 5, ste));
		/* Span n means 2^(n-1) entries. */
		EXPECT_EQ_U64(test_ram_peek(&f.ram, BASE + 16), first_array | (split + 1));
		EXPECT_EQ_U64(test_ram_peek(&f.ram, first_array + 5 * 64), 1 | 4 << 1);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, first_array + 4 * 64), 0);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, first_array + array_size - 8), 0);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, BASE), 0);
		EXPECT_OK(sv3_strtab_write(&f.strtab, (2u << split) + 6, ste)); /* same array */
		EXPECT_OK(sv3_strtab_write(&f.strtab, 0, ste));
		EXPECT_EQ_U64(test_ram_peek(&f.ram, BASE),
			      (first_array + array_size) | (split + 1));
		EXPECT_EQ_INT(sv3_strtab_write(&f.strtab, 1u << split, ste), -SV3_ERR_NOMEM);
		EXPECT_EQ_INT(sv3_strtab_write(&f.strtab, 4u << split, ste), -SV3_ERR_RANGE);
		test_ram_fini(&f.ram);
	}
}

TEST_C(strtab, level_2_array_is_linked_when_complete)
{
	uint64_t ste[8];
	struct fx f;

	fx_init(&f, 0x10000);
	ASSERT_OK(sv3_strtab_init(&f.strtab, &f.bus, BASE, BASE + 0x10000, 8, 6));
	sv3_ste_make_abort(ste);
	f.ram.no_window = true;
	fx_watch(&f);
	EXPECT_OK(sv3_strtab_write(&f.strtab, 64, ste));
	EXPECT_EQ_U64(f.written[f.write_count - 1], BASE + 8);
	test_ram_fini(&f.ram);
}

TEST_C(strtab, init_refuses_bad_arguments)
{
	struct fx f;

	fx_init(&f, 0x10000);
	EXPECT_EQ_INT(sv3_strtab_init(&f.strtab, &f.bus, BASE + 64, BASE + 0x10000, 4, 0),
		      -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_strtab_init(&f.strtab, &f.bus, BASE, BASE + 0x10000, 33, 10),
		      -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_strtab_init(&f.strtab, &f.bus, BASE, BASE + 0x10000, 8, 7),
		      -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_strtab_init(&f.strtab, &f.bus, BASE, BASE + 0x3ff, 4, 0), -SV3_ERR_NOMEM);
	EXPECT_EQ_INT(sv3_strtab_init(&f.strtab, &f.bus, BASE + 0x100000, BASE + 0x200000, 4, 0),
		      -SV3_ERR_BUS);
	/* No more streams than one array: still one level-1 descriptor. */
	EXPECT_OK(sv3_strtab_init(&f.strtab, &f.bus, BASE + 64, BASE + 0x10000, 3, 6));
	EXPECT_EQ_U64(f.strtab.next, BASE + 64 + 8);
	test_ram_fini(&f.ram);
}

TEST_C(strtab, stage_1_entry)
{
	uint64_t ste[8];

	sv3_ste_make_s1(ste, 0x12340, 0);
	EXPECT_EQ_U64(ste[0], 1 | 5 << 1 | 0x12340);
	/* S1DSS 2, S1CIR 1, S1COR 1, S1CSH 3, SHCFG 1 */
	EXPECT_EQ_U64(ste[1], 2 | 1 << 2 | 1 << 4 | 3 << 6 | UINT64_C(1) << 44);
	for (unsigned int i = 2; i < 8; i++)
		EXPECT_EQ_U64(ste[i], 0);
	sv3_ste_make_s1(ste, 0x12000, 10);
	EXPECT_EQ_U64(ste[0], 1 | 5 << 1 | 0x12000 | UINT64_C(10) << 59);
	sv3_ste_make_abort(ste);
	EXPECT_EQ_U64(ste[0], 1);
}

TEST_C(ctxdesc, fields_of_both_halves)
{
	struct sv3_cd_config config = { .ttb = 0x40000,
					.granule_lg2 = 16,
					.input_size_lg2 = 42,
					.output_size_lg2 = 44,
					.asid = 0xbeef,
					.ha = true,
					.hd = true,
					.record = true,
					.abort = true };
	/* V, IPS 4, AA64, HD, HA, R, A, ASET, ASID */
	const uint64_t common = UINT64_C(1) << 31 | UINT64_C(4) << 32 | UINT64_C(1) << 41 |
				UINT64_C(3) << 42 | UINT64_C(7) << 45 | UINT64_C(0xbeef) << 48;
	uint64_t cd[8];

	/* T0SZ 22, TG0 1, IR0 1, OR0 1, SH0 3, EPD1 */
	ASSERT_OK(sv3_cd_make(cd, &config));
	EXPECT_EQ_U64(cd[0], common | 22 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30);
	EXPECT_EQ_U64(cd[1], 0x40000);
	EXPECT_EQ_U64(cd[2], 0);
	EXPECT_EQ_U64(cd[3] & 0xff, 0xff);
	config.upper = true;
	config.top_byte_ignore = true;
	config.hd = false;
	/* T1SZ 22, TG1 3, IR1 1, OR1 1, SH1 3, EPD0, TBI1 */
	ASSERT_OK(sv3_cd_make(cd, &config));
	EXPECT_EQ_U64(cd[0], (common & ~(UINT64_C(1) << 42)) | 22 << 16 | 3 << 22 | 1 << 24 |
				     1 << 26 | 3 << 28 | 1 << 14 | UINT64_C(1) << 39);
	EXPECT_EQ_U64(cd[1], 0);
	EXPECT_EQ_U64(cd[2], 0x40000);
	EXPECT_EQ_U64(cd[0] >> 44 & 1, 0);
	config.stall = true;
	ASSERT_OK(sv3_cd_make(cd, &config));
	EXPECT_EQ_U64(cd[0] >> 44 & 1, 1);
}

TEST_C(ctxdesc, granules_are_encoded_per_half)
{
	static const struct {
		uint32_t granule_lg2, tg0, tg1;
	} rows[] = { { 12, 0, 2 }, { 14, 2, 1 }, { 16, 1, 3 } };
	uint64_t cd[8];

	for (unsigned int i = 0; i < 3; i++) {
		struct sv3_cd_config config = { .granule_lg2 = rows[i].granule_lg2,
						.input_size_lg2 = 48,
						.output_size_lg2 = 48 };

		ASSERT_OK(sv3_cd_make(cd, &config));
		EXPECT_EQ_U64(cd[0] >> 6 & 3, rows[i].tg0);
		config.upper = true;
		ASSERT_OK(sv3_cd_make(cd, &config));
		EXPECT_EQ_U64(cd[0] >> 22 & 3, rows[i].tg1);
	}
}

TEST_C(ctxdesc, make_refuses_what_cannot_be_encoded)
{
	const struct sv3_cd_config good = { .granule_lg2 = 12,
					    .input_size_lg2 = 48,
					    .output_size_lg2 = 48 };
	struct sv3_cd_config bad = good;
	uint64_t cd[8];

	bad.granule_lg2 = 13;
	EXPECT_EQ_INT(sv3_cd_make(cd, &bad), -SV3_ERR_INVAL);
	bad = good;
	bad.output_size_lg2 = 43;
	EXPECT_EQ_INT(sv3_cd_make(cd, &bad), -SV3_ERR_INVAL);
	bad = good;
	bad.input_size_lg2 = 49;
	EXPECT_EQ_INT(sv3_cd_make(cd, &bad), -SV3_ERR_INVAL);
	bad = good;
	bad.asid = 0x10000;
	EXPECT_EQ_INT(sv3_cd_make(cd, &bad), -SV3_ERR_INVAL);
	bad = good;
	bad.ttb = 8;
	EXPECT_EQ_INT(sv3_cd_make(cd, &bad), -SV3_ERR_INVAL);
}

TEST_C(ctxdesc, write_puts_v_last)
{
	const uint64_t cd[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct fx f;

	fx_init(&f, 0x1000);
	fx_watch(&f);
	EXPECT_OK(sv3_cd_write(&f.bus, BASE, 3, cd));
	EXPECT_EQ_U64(f.write_count, 8);
	EXPECT_EQ_U64(f.written[7], BASE + 3 * 64);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ_U64(test_ram_peek(&f.ram, BASE + 3 * 64 + 8 * i), cd[i]);
	EXPECT_EQ_INT(sv3_cd_write(&f.bus, 0, 0, cd), -SV3_ERR_BUS);
	test_ram_fini(&f.ram);
}
