/* SPDX-License-Identifier: MIT */
/*
 * test_split_rules.c - the rules of a split get and clear, each by its letter: a user that keeps
 * it loses nothing, one that breaks it does. [policies 13]
 *
 * The same user runs on the log of KVM with manual protect and on VFIO with manual clear. It reads
 * the log, clears by chunks that are no multiple of 64 pages (so its clears are widened), copies,
 * and writes come in between. In the end all is quiet, and the copy must be the guest.
 */
#include <string.h>

#include "fixture.h"

#define PAGES  200u /* the last word of a bitmap is not full */
#define CHUNK  24u
#define BYTES  ((PAGES + 63) / 64 * 8)
#define ROUNDS 6u

/* --- two logs with one face --- */

struct log {
	struct fe *fe;
	struct sv3_kvm *kvm;   /* or */
	struct sv3_vfio *vfio; /* one of them is there */
};

static bool log_begin(struct log *log, struct fe *fe, bool kvm)
{
	const struct sv3_kvm_region region = { 0, SV3_KVM_LOG_DIRTY_PAGES, FE_DATA,
					       PAGES * FE_PAGE };

	*log = (struct log){ .fe = fe };
	if (kvm)
		return sv3_kvm_create(&log->kvm) == 0 &&
		       sv3_kvm_enable_manual_protect(log->kvm, SV3_KVM_MANUAL_PROTECT) == 0 &&
		       sv3_kvm_set_region(log->kvm, &region) == 0;
	return fe_vfio_open(fe, &log->vfio) && fe_vfio_map(log->vfio, 0, PAGES * FE_PAGE) == 0 &&
	       sv3_vfio_check_extension(log->vfio, SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR) == 1 &&
	       fe_vfio_switch(log->vfio, SV3_VFIO_DIRTY_START) == 0;
}

static void log_end(struct log *log)
{
	sv3_kvm_destroy(log->kvm);
	sv3_vfio_destroy(log->vfio);
}

static void log_get(struct log *log, uint8_t *bits)
{
	const struct sv3_kvm_dirty_log get = { 0, bits };

	if (log->kvm)
		EXPECT_DONE(sv3_kvm_get_dirty_log(log->kvm, &get));
	else
		EXPECT_DONE(fe_vfio_dirty(log->vfio, SV3_VFIO_DIRTY_GET_BITMAP, 0, PAGES * FE_PAGE,
					  bits));
}

static void log_clear(struct log *log, uint64_t first, uint64_t count, uint8_t *bits)
{
	const struct sv3_kvm_clear_dirty_log clear = { 0, first, count, bits };

	if (log->kvm)
		EXPECT_DONE(sv3_kvm_clear_dirty_log(log->kvm, &clear));
	else
		EXPECT_DONE(fe_vfio_dirty(log->vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, first * FE_PAGE,
					  count * FE_PAGE, bits));
}

static void guest_write(struct log *log, uint64_t page, uint64_t value)
{
	uint8_t bytes[8];

	if (log->vfio) {
		EXPECT_TRUE(fe_write(log->fe, 0, FE_IOVA + page * FE_PAGE, value));
		return;
	}
	EXPECT_TRUE(sv3_kvm_write(log->kvm, FE_DATA + page * FE_PAGE) >= 0);
	sv3_put_le64(bytes, value);
	EXPECT_EQ_INT(sv3_bus_write(&log->fe->memory, FE_DATA + page * FE_PAGE, bytes, 8),
		      SV3_BUS_OK);
}

/* --- the user --- */

enum breach {
	KEEPS_ALL,
	BREAKS_A, /* a widened clear names every page it was widened by */
	BREAKS_B, /* copy first, then clear */
	BREAKS_C, /* what was cleared still counts as to be cleared */
};

struct user {
	struct log *log;
	struct sv3_prng prng;
	enum breach breach;
	uint8_t to_send[BYTES];  /* reported, and not copied yet */
	uint8_t to_clear[BYTES]; /* reported, and not cleared since */
	uint64_t image[PAGES];
	uint64_t writes;
};

static void some_writes(struct user *user, uint64_t most)
{
	for (uint64_t i = sv3_prng_below(&user->prng, most + 1); i > 0; i--)
		guest_write(user->log, sv3_prng_below(&user->prng, PAGES), ++user->writes);
}

static void read_log(struct user *user)
{
	uint8_t bits[BYTES] = { 0 };

	log_get(user->log, bits);
	for (size_t i = 0; i < BYTES; i++) {
		user->to_send[i] |= bits[i];
		user->to_clear[i] |= bits[i];
	}
}

static void write_bit(uint8_t *bits, uint64_t bit, bool value)
{
	const uint8_t mask = (uint8_t)(1u << bit % 8);

	bits[bit / 8] = (uint8_t)(value ? bits[bit / 8] | mask : bits[bit / 8] & ~mask);
}

/* Clears [first, end), widened to whole words or the end. */
static void clear_widened(struct user *user, uint64_t first, uint64_t end)
{
	const uint64_t wide_first = first & ~UINT64_C(63);
	const uint64_t wide_end =
		((end + 63) & ~UINT64_C(63)) < PAGES ? (end + 63) & ~UINT64_C(63) : PAGES;
	uint8_t named[BYTES] = { 0 };

	for (uint64_t page = wide_first; page < wide_end; page++) {
		const bool asked = page >= first && page < end;

		write_bit(named, page - wide_first,
			  (asked && fe_bit(user->to_clear, page)) ||
				  (!asked && user->breach == BREAKS_A));
	}
	log_clear(user->log, wide_first, wide_end - wide_first, named);
	for (uint64_t page = first; page < end && user->breach != BREAKS_C; page++)
		write_bit(user->to_clear, page, false);
}

static void copy_chunk(struct user *user, uint64_t first, uint64_t end, uint64_t writes)
{
	for (uint64_t page = first; page < end; page++) {
		if (!fe_bit(user->to_send, page))
			continue;
		user->image[page] = fe_value(user->log->fe, page * FE_PAGE);
		write_bit(user->to_send, page, false);
		some_writes(user, writes);
	}
}

/* Somebody else who uses the same bitmap: a second device, free pages of the guest. */
static void second_user_clears(struct user *user)
{
	const uint64_t first = sv3_prng_below(&user->prng, PAGES);

	clear_widened(user, first, first + 1 + sv3_prng_below(&user->prng, PAGES - first));
}

static void one_round(struct user *user, uint64_t writes)
{
	read_log(user);
	for (uint64_t first = 0; first < PAGES; first += CHUNK) {
		const uint64_t end = first + CHUNK < PAGES ? first + CHUNK : PAGES;

		some_writes(user, writes);
		if (user->breach == BREAKS_B)
			copy_chunk(user, first, end, writes);
		clear_widened(user, first, end);
		some_writes(user, writes);
		if (user->breach != BREAKS_B)
			copy_chunk(user, first, end, writes);
		if (writes && sv3_prng_below(&user->prng, 4) == 0)
			second_user_clears(user);
	}
}

/* Returns: pages that differ in the end. */
static unsigned int lost_pages(bool kvm, enum breach breach, uint64_t seed)
{
	struct user user = { .breach = breach };
	unsigned int lost = 0;
	struct log log;

	FE(fe);
	if (!ctest_bool(CTEST_AT("the log comes up", ""), true, log_begin(&log, &fe, kvm)))
		return 0;
	user.log = &log;
	sv3_prng_seed(&user.prng, seed);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		some_writes(&user, 60);
		one_round(&user, 2);
	}
	one_round(&user, 0); /* all is quiet */
	for (uint64_t page = 0; page < PAGES; page++)
		lost += user.image[page] != fe_value(&fe, page * FE_PAGE);
	log_end(&log);
	return lost;
}

static void check_breach(enum breach breach)
{
	unsigned int lost[2] = { 0, 0 };

	for (uint64_t seed = 0; seed < 10; seed++) {
		lost[0] += lost_pages(false, breach, seed);
		lost[1] += lost_pages(true, breach, seed);
	}
	EXPECT_GE_U64(lost[0], 1);
	EXPECT_GE_U64(lost[1], 1);
}

TEST_C(split_rules, who_keeps_all_loses_nothing)
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		EXPECT_EQ_U64(lost_pages(false, KEEPS_ALL, seed), 0);
		EXPECT_EQ_U64(lost_pages(true, KEEPS_ALL, seed), 0);
	}
}

TEST_C(split_rules, rule_a_a_widened_clear_names_only_pages_that_were_reported)
{
	check_breach(BREAKS_A);
}

TEST_C(split_rules, rule_b_clear_comes_before_the_copy)
{
	check_breach(BREAKS_B);
}

TEST_C(split_rules, rule_c_what_was_cleared_is_not_cleared_again)
{
	check_breach(BREAKS_C);
}

TEST_C(split_rules, rule_d_a_page_of_a_cleared_chunk_written_before_it_is_sent_is_reported_again)
{
	for (unsigned int kvm = 0; kvm < 2; kvm++) {
		uint8_t bits[BYTES] = { 0 };
		struct log log;

		FE(fe);
		ASSERT_TRUE(log_begin(&log, &fe, kvm));
		guest_write(&log, 70, 1);
		guest_write(&log, 90, 1);
		log_get(&log, bits);
		log_clear(&log, 64, 64, bits + 8);
		guest_write(&log, 90, 2); /* the copy will have it, and yet it counts */
		memset(bits, 0, sizeof(bits));
		log_get(&log, bits);
		EXPECT_TRUE(fe_bit(bits, 90));
		EXPECT_FALSE(fe_bit(bits, 70));
		log_end(&log);
	}
}

TEST_C(split_rules, rule_e_initially_set_the_first_get_returns_all_ones)
{
	static const uint64_t sizes[] = { 1, 7, 63, 64, 65, 200 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct sv3_kvm_region region = { 0, SV3_KVM_LOG_DIRTY_PAGES, FE_DATA,
						       sizes[i] * FE_PAGE };
		uint8_t bits[40];
		const struct sv3_kvm_dirty_log get = { 0, bits };
		struct sv3_kvm *kvm;

		memset(bits, 0x5a, sizeof(bits));
		ASSERT_DONE(sv3_kvm_create(&kvm));
		EXPECT_DONE(sv3_kvm_enable_manual_protect(kvm, SV3_KVM_MANUAL_PROTECT |
								       SV3_KVM_INITIALLY_SET));
		EXPECT_DONE(sv3_kvm_set_region(kvm, &region));
		EXPECT_DONE(sv3_kvm_get_dirty_log(kvm, &get));
		EXPECT_EQ_U64(fe_count(bits, sizes[i]), sizes[i]);
		EXPECT_EQ_U64(fe_count(bits, (sizes[i] + 63) / 64 * 64), sizes[i]);
		sv3_kvm_destroy(kvm);
	}
}

/* A mapping goes while tracking is on: the user's picture of its pages, with and without asking. */
static unsigned int lost_by_unmap(bool fetch)
{
	uint8_t bits[BYTES] = { 0 };
	struct sv3_vfio_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = fetch ? SV3_VFIO_UNMAP_GET_DIRTY_BITMAP : 0u,
		.iova = FE_IOVA,
		.size = PAGES * FE_PAGE,
		.bitmap = { .pgsize = FE_PAGE, .size = sizeof(bits), .data = bits },
	};
	uint64_t image[PAGES] = { 0 };
	unsigned int lost = 0;
	struct log log;

	FE(fe);
	if (!ctest_bool(CTEST_AT("the log comes up", ""), true, log_begin(&log, &fe, false)))
		return 0;
	log_get(&log, bits);
	log_clear(&log, 0, PAGES, bits);
	memset(bits, 0, sizeof(bits));
	for (uint64_t page = 0; page < PAGES; page += 3)
		guest_write(&log, page, page + 1);
	EXPECT_DONE(sv3_vfio_unmap(log.vfio, &unmap));
	for (uint64_t page = 0; page < PAGES; page++) {
		if (fe_bit(bits, page))
			image[page] = fe_value(&fe, page * FE_PAGE);
		lost += image[page] != fe_value(&fe, page * FE_PAGE);
	}
	log_end(&log);
	return lost;
}

TEST_C(split_rules, rule_h_an_unmap_while_tracking_fetches_the_bits_first)
{
	EXPECT_EQ_U64(lost_by_unmap(true), 0);
	EXPECT_EQ_U64(lost_by_unmap(false), (PAGES + 2) / 3);
}

/* The same by iommufd, whose unmap has no bitmap: with the device quiet, read and then unmap. */
TEST_C(split_rules, rule_h_by_iommufd_with_the_device_quiet)
{
	uint64_t length = PAGES * FE_PAGE;
	uint8_t bits[BYTES] = { 0 };
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, length));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	for (uint64_t page = 0; page < PAGES; page += 3)
		EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA + page * FE_PAGE));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, length, SV3_IOMMUFD_DIRTY_NO_CLEAR, bits));
	EXPECT_DONE(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length));
	EXPECT_EQ_U64(fe_count(bits, PAGES), (PAGES + 2) / 3);
	sv3_iommufd_destroy(iommufd.fd);
}
