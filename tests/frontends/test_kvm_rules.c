/* SPDX-License-Identifier: MIT */
/*
 * test_kvm_rules.c - the dirty log for writes of CPUs: what is refused and by which error, when a
 * write faults, and everything at random against a twin that keeps one record a page.
 */
#include <string.h>

#include "fixture.h"

#define GPA FE_DATA

static struct sv3_kvm *kvm_with(uint64_t manual)
{
	struct sv3_kvm *kvm = NULL;

	EXPECT_DONE(sv3_kvm_create(&kvm));
	EXPECT_DONE(sv3_kvm_enable_manual_protect(kvm, manual));
	return kvm;
}

static int set_region(struct sv3_kvm *kvm, uint32_t slot, uint32_t flags, uint64_t first,
		      uint64_t pages)
{
	const struct sv3_kvm_region region = { slot, flags, GPA + first * FE_PAGE,
					       pages * FE_PAGE };

	return sv3_kvm_set_region(kvm, &region);
}

static int get(struct sv3_kvm *kvm, uint32_t slot, void *bits)
{
	const struct sv3_kvm_dirty_log log = { slot, bits };

	return sv3_kvm_get_dirty_log(kvm, &log);
}

static int clear(struct sv3_kvm *kvm, uint32_t slot, uint64_t first, uint64_t count,
		 const void *bits)
{
	const struct sv3_kvm_clear_dirty_log args = { slot, first, count, bits };

	return sv3_kvm_clear_dirty_log(kvm, &args);
}

static int write_page(struct sv3_kvm *kvm, uint64_t page)
{
	return sv3_kvm_write(kvm, GPA + page * FE_PAGE + 123);
}

/* --- rules --- */

TEST_C(kvm_rules, of_manual_protect)
{
	struct sv3_kvm *kvm = kvm_with(0);

	EXPECT_ERRNO(sv3_kvm_enable_manual_protect(kvm, SV3_KVM_INITIALLY_SET), EINVAL);
	EXPECT_ERRNO(sv3_kvm_enable_manual_protect(kvm, 4), EINVAL);
	EXPECT_ERRNO(sv3_kvm_enable_manual_protect(kvm, 1 | 4), EINVAL);
	EXPECT_DONE(sv3_kvm_enable_manual_protect(kvm, 3));
	EXPECT_DONE(sv3_kvm_enable_manual_protect(kvm, 1));
	EXPECT_DONE(sv3_kvm_enable_manual_protect(kvm, 0));
	sv3_kvm_destroy(kvm);
}

TEST_C(kvm_rules, of_slots)
{
	static const struct {
		struct sv3_kvm_region region;
		const char *error;
	} rows[] = {
		{ { SV3_KVM_SLOTS_MAX, 0, GPA, FE_PAGE }, "EINVAL" },
		{ { 0, 4, GPA, FE_PAGE }, "EINVAL" },
		{ { 0, 0, GPA + 8, FE_PAGE }, "EINVAL" },
		{ { 0, 0, GPA, FE_PAGE + 8 }, "EINVAL" },
		{ { 0, 0, UINT64_MAX - 0xfff, 2 * FE_PAGE }, "EINVAL" },
		{ { 0, 0, 0, FE_PAGE << 31 }, "EINVAL" }, /* one page too many */
		{ { 0, 0, GPA, 0 }, "EINVAL" },           /* nothing to delete */
		{ { 0, 0, GPA, 16 * FE_PAGE }, "done" },
		{ { 1, 0, GPA + 15 * FE_PAGE, 2 * FE_PAGE }, "EEXIST" },
		{ { 1, 0, GPA - FE_PAGE, 2 * FE_PAGE }, "EEXIST" },
		{ { 1, 0, GPA + 16 * FE_PAGE, FE_PAGE }, "done" },
		{ { 0, 0, GPA, 17 * FE_PAGE }, "EINVAL" },             /* another size */
		{ { 0, 2, GPA, 16 * FE_PAGE }, "EINVAL" },             /* read-only now */
		{ { 0, 0, GPA + FE_PAGE, 16 * FE_PAGE }, "EEXIST" },   /* moved onto slot 1 */
		{ { 0, 1, GPA - 4 * FE_PAGE, 16 * FE_PAGE }, "done" }, /* moved, and logged */
		{ { 1, 0, 0, 0 }, "done" },
		{ { 1, 0, 0, 0 }, "EINVAL" },
	};
	struct sv3_kvm *kvm = kvm_with(0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ_STR(fe_error(sv3_kvm_set_region(kvm, &rows[i].region)), rows[i].error);
	sv3_kvm_destroy(kvm);
}

TEST_C(kvm_rules, of_get)
{
	uint8_t bits[16];
	struct sv3_kvm *kvm = kvm_with(0);

	EXPECT_ERRNO(get(kvm, SV3_KVM_SLOTS_MAX, bits), EINVAL);
	EXPECT_ERRNO(get(kvm, 0, bits), ENOENT);
	EXPECT_DONE(set_region(kvm, 0, 0, 0, 70));
	EXPECT_ERRNO(get(kvm, 0, bits), ENOENT); /* it is not logged */
	EXPECT_DONE(set_region(kvm, 0, SV3_KVM_LOG_DIRTY_PAGES, 0, 70));
	EXPECT_ERRNO(get(kvm, 0, NULL), EFAULT);
	memset(bits, 0xff, sizeof(bits));
	EXPECT_DONE(get(kvm, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 128), 0); /* whole words, behind the slot's end too */
	EXPECT_DONE(set_region(kvm, 0, 0, 0, 70));
	EXPECT_ERRNO(get(kvm, 0, bits), ENOENT);
	sv3_kvm_destroy(kvm);
}

TEST_C(kvm_rules, a_clear_is_aligned_to_64_pages_or_ends_with_the_slot)
{
	static const struct {
		uint64_t first, count;
		const char *error;
	} rows[] = {
		{ 0, 200, "done" },
		{ 0, 64, "done" },
		{ 64, 136, "done" },
		{ 128, 64, "done" },
		{ 192, 8, "done" },
		{ 0, 0, "done" },
		{ 1, 64, "EINVAL" },
		{ 32, 32, "EINVAL" },
		{ 0, 63, "EINVAL" },
		{ 0, 199, "EINVAL" },
		{ 64, 137, "EINVAL" },
		{ 192, 64, "EINVAL" },
		{ 256, 64, "EINVAL" },
		{ 0, UINT64_MAX, "EINVAL" },
		{ UINT64_C(1) << 63, 64, "EINVAL" },
	};
	static const uint8_t bits[32];
	struct sv3_kvm *kvm = kvm_with(1);

	EXPECT_ERRNO(clear(kvm, 0, 0, 64, bits), ENOENT);
	EXPECT_ERRNO(clear(kvm, SV3_KVM_SLOTS_MAX, 0, 64, bits), EINVAL);
	EXPECT_ERRNO(clear(kvm, 0, 1, 64, bits), EINVAL); /* before the slot is looked for */
	EXPECT_DONE(set_region(kvm, 0, SV3_KVM_LOG_DIRTY_PAGES, 0, 200));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ_STR(fe_error(clear(kvm, 0, rows[i].first, rows[i].count, bits)),
			      rows[i].error);
	EXPECT_ERRNO(clear(kvm, 0, 0, 64, NULL), EFAULT);
	sv3_kvm_destroy(kvm);
}

/* --- when a write faults --- */

TEST_C(kvm_rules, a_write_faults_once_after_each_get_that_reported_it)
{
	uint8_t bits[8];
	struct sv3_kvm *kvm = kvm_with(0);

	EXPECT_ERRNO(write_page(kvm, 0), EFAULT);
	EXPECT_DONE(set_region(kvm, 3, 0, 0, 10));
	EXPECT_EQ_INT(write_page(kvm, 4), 0); /* nobody asked */
	EXPECT_DONE(set_region(kvm, 3, SV3_KVM_LOG_DIRTY_PAGES, 0, 10));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ_INT(write_page(kvm, 4), 1);
		EXPECT_EQ_INT(write_page(kvm, 4), 0);
		EXPECT_DONE(get(kvm, 3, bits));
		EXPECT_EQ_U64(bits[0], 1u << 4);
		EXPECT_DONE(get(kvm, 3, bits));
		EXPECT_EQ_U64(bits[0], 0);
	}
	EXPECT_ERRNO(write_page(kvm, 10), EFAULT);
	EXPECT_ERRNO(sv3_kvm_write(kvm, GPA - 1), EFAULT);
	EXPECT_DONE(set_region(kvm, 4, SV3_KVM_READONLY, 10, 1));
	EXPECT_ERRNO(write_page(kvm, 10), EFAULT);
	sv3_kvm_destroy(kvm);
}

TEST_C(kvm_rules, with_manual_protect_only_a_clear_takes_a_mark_away)
{
	uint8_t bits[8], named[8] = { 0 };
	struct sv3_kvm *kvm = kvm_with(SV3_KVM_MANUAL_PROTECT);

	EXPECT_DONE(set_region(kvm, 0, SV3_KVM_LOG_DIRTY_PAGES, 0, 10));
	EXPECT_EQ_INT(write_page(kvm, 4), 1);
	EXPECT_EQ_INT(write_page(kvm, 5), 1);
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_DONE(get(kvm, 0, bits));
		EXPECT_EQ_U64(bits[0], 0x30);
		EXPECT_EQ_INT(write_page(kvm, 4), 0);
	}
	/* Named: 4, which is marked, 6, which is not, and pages behind the slot's end. */
	named[0] = 0x50;
	named[1] = 0xfc;
	EXPECT_DONE(clear(kvm, 0, 0, 10, named));
	EXPECT_DONE(get(kvm, 0, bits));
	EXPECT_EQ_U64(bits[0], 0x20);
	EXPECT_EQ_U64(bits[1], 0);
	EXPECT_EQ_INT(write_page(kvm, 4), 1);
	EXPECT_EQ_INT(write_page(kvm, 6), 1); /* protected from the beginning */
	EXPECT_EQ_INT(write_page(kvm, 5), 0);
	sv3_kvm_destroy(kvm);
}

TEST_C(kvm_rules, initially_set_protects_nothing_before_the_first_clear)
{
	uint8_t bits[16], named[8];
	struct sv3_kvm *kvm = kvm_with(SV3_KVM_MANUAL_PROTECT | SV3_KVM_INITIALLY_SET);

	EXPECT_DONE(set_region(kvm, 0, SV3_KVM_LOG_DIRTY_PAGES, 0, 100));
	for (uint64_t page = 0; page < 100; page++)
		EXPECT_EQ_INT(write_page(kvm, page), 0);
	memset(named, 0xff, sizeof(named));
	EXPECT_DONE(clear(kvm, 0, 0, 64, named));
	EXPECT_EQ_INT(write_page(kvm, 63), 1);
	EXPECT_EQ_INT(write_page(kvm, 64), 0); /* its chunk was not cleared yet */
	EXPECT_DONE(get(kvm, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 128), 1 + 36);
	sv3_kvm_destroy(kvm);
}

TEST_C(kvm_rules, a_slot_that_moves_keeps_its_marks_and_is_protected_anew)
{
	uint8_t bits[8];
	struct sv3_kvm *kvm = kvm_with(SV3_KVM_MANUAL_PROTECT);

	EXPECT_DONE(set_region(kvm, 0, SV3_KVM_LOG_DIRTY_PAGES, 0, 10));
	EXPECT_EQ_INT(write_page(kvm, 4), 1);
	EXPECT_DONE(set_region(kvm, 0, SV3_KVM_LOG_DIRTY_PAGES, 100, 10));
	EXPECT_ERRNO(write_page(kvm, 4), EFAULT);
	EXPECT_EQ_INT(write_page(kvm, 104), 1);
	EXPECT_EQ_INT(write_page(kvm, 105), 1);
	EXPECT_DONE(get(kvm, 0, bits));
	EXPECT_EQ_U64(bits[0], 0x30);
	sv3_kvm_destroy(kvm);
}

/* --- at random --- */

#define SLOTS      3u
#define SLOT_PAGES 333u

struct twin_page {
	bool marked, protected;
};

struct twin {
	struct twin_page page[SLOTS][SLOT_PAGES];
	bool logged[SLOTS];
	uint64_t manual;
};

/* Slots lie apart: slot s begins at page s * 512 + 7. */
static uint64_t slot_first(uint32_t slot)
{
	return slot * UINT64_C(512) + 7;
}

static void toggle_log(struct sv3_kvm *kvm, struct twin *twin, uint32_t slot)
{
	const bool initially_set = (twin->manual & SV3_KVM_INITIALLY_SET) != 0;
	const bool on = !twin->logged[slot];

	ASSERT_DONE(set_region(kvm, slot, on ? SV3_KVM_LOG_DIRTY_PAGES : 0u, slot_first(slot),
			       SLOT_PAGES));
	twin->logged[slot] = on;
	for (uint64_t page = 0; page < SLOT_PAGES; page++)
		twin->page[slot][page] =
			(struct twin_page){ on && initially_set, on && !initially_set };
}

static void check_write(struct sv3_kvm *kvm, struct twin *twin, uint32_t slot, uint64_t page)
{
	struct twin_page *record = &twin->page[slot][page];

	ASSERT_EQ_INT(write_page(kvm, slot_first(slot) + page), record->protected);
	if (record->protected)
		*record = (struct twin_page){ true, false };
}

static void check_get(struct sv3_kvm *kvm, struct twin *twin, uint32_t slot, uint64_t unaligned)
{
	uint8_t memory[64], expected[64];

	memset(memory, 0x5a, sizeof(memory));
	memcpy(expected, memory, sizeof(expected));
	if (!twin->logged[slot]) {
		EXPECT_ERRNO(get(kvm, slot, memory), ENOENT);
		return;
	}
	memset(expected + unaligned, 0, (SLOT_PAGES + 63) / 64 * 8);
	for (uint64_t page = 0; page < SLOT_PAGES; page++) {
		struct twin_page *record = &twin->page[slot][page];

		if (!record->marked)
			continue;
		expected[unaligned + page / 8] |= (uint8_t)(1u << page % 8);
		if (!twin->manual)
			*record = (struct twin_page){ false, true };
	}
	ASSERT_DONE(get(kvm, slot, memory + unaligned));
	ASSERT_EQ_MEM(memory, expected, sizeof(memory));
}

static void check_clear(struct sv3_kvm *kvm, struct twin *twin, struct sv3_prng *prng,
			uint32_t slot)
{
	const uint64_t first = sv3_prng_below(prng, 6) * 64;
	uint64_t count = (1 + sv3_prng_below(prng, 6)) * 64;
	uint8_t memory[72];
	const uint8_t *bits = memory + sv3_prng_below(prng, 9);

	if (count > SLOT_PAGES - first)
		count = SLOT_PAGES - first;
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)sv3_prng_next(prng);
	if (!twin->logged[slot]) {
		EXPECT_ERRNO(clear(kvm, slot, first, count, bits), ENOENT);
		return;
	}
	ASSERT_DONE(clear(kvm, slot, first, count, bits));
	for (uint64_t i = 0; i < count; i++)
		if (fe_bit(bits, i) && twin->page[slot][first + i].marked)
			twin->page[slot][first + i] = (struct twin_page){ false, true };
}

TEST_C(kvm_rules, everything_agrees_with_one_record_a_page)
{
	static const uint64_t manuals[] = { 0, 1, 3 };
	static struct twin twin;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 5);
	for (unsigned int round = 0; round < 30; round++) {
		struct sv3_kvm *kvm = kvm_with(manuals[round % 3]);

		memset(&twin, 0, sizeof(twin));
		twin.manual = manuals[round % 3];
		for (uint32_t slot = 0; slot < SLOTS; slot++)
			EXPECT_DONE(set_region(kvm, slot, 0, slot_first(slot), SLOT_PAGES));
		for (unsigned int step = 0; step < 2000; step++) {
			const uint32_t slot = (uint32_t)sv3_prng_below(&prng, SLOTS);
			const uint64_t kind = sv3_prng_below(&prng, 100);

			if (kind < 1)
				toggle_log(kvm, &twin, slot);
			else if (kind < 5)
				check_get(kvm, &twin, slot, sv3_prng_below(&prng, 8));
			else if (kind < 10)
				check_clear(kvm, &twin, &prng, slot);
			else
				check_write(kvm, &twin, slot, sv3_prng_below(&prng, SLOT_PAGES));
		}
		sv3_kvm_destroy(kvm);
	}
}
