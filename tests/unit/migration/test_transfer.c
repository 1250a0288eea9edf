/* SPDX-License-Identifier: MIT */
/*
 * test_transfer.c - is a page, packed in whatever way, the same page at the destination?
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "sim/migration/migration_priv.h"

#include <sv3/prng.h>

#define BASE  UINT64_C(0x40000000)
#define PAGES 32u

struct fx {
	struct sv3_ram ram;
	struct sv3_bus bus;
	struct sv3__transfer transfer;
	struct sv3__image image;
};

static int fx_init(struct fx *fx, enum sv3_transfer mode, uint64_t cache_bytes)
{
	const struct sv3_ram_region region = { BASE, PAGES * SV3_PAGE_SIZE };
	int rc = sv3_ram_init(&fx->ram, &region, 1);

	fx->bus = sv3_ram_bus(&fx->ram);
	if (!rc)
		rc = sv3__transfer_init(&fx->transfer, mode, cache_bytes, &fx->bus, BASE, PAGES);
	return rc ? rc : sv3__image_init(&fx->image, &fx->bus, BASE, PAGES);
}

static void fx_fini(struct fx *fx)
{
	sv3__transfer_fini(&fx->transfer);
	sv3__image_fini(&fx->image);
	sv3_ram_fini(&fx->ram);
}

static void put(struct fx *fx, uint64_t page, uint32_t offset, const void *bytes, uint32_t length)
{
	EXPECT_TRUE(sv3_bus_write(&fx->bus, BASE + page * SV3_PAGE_SIZE + offset, bytes, length) ==
		    SV3_BUS_OK);
}

/* One page is packed, received, and compared. */
static struct sv3_wire send(struct fx *fx, uint64_t page, bool bulk)
{
	uint8_t there[SV3_PAGE_SIZE];
	struct sv3_copy copy = { .first_page = page, .page_count = 1 };
	struct sv3_wire wire;

	sv3__transfer_pack(&fx->transfer, page, bulk, &wire);
	copy.wire = &wire;
	sv3__image_receive(&fx->image, &copy);
	(void)sv3_bus_read(&fx->bus, BASE + page * SV3_PAGE_SIZE, there, SV3_PAGE_SIZE);
	EXPECT_EQ_MEM(fx->image.bytes + page * SV3_PAGE_SIZE, there, SV3_PAGE_SIZE);
	return wire;
}

TEST_C(transfer, a_zero_page_is_its_header)
{
	struct fx fx;
	const uint8_t one = 1, none = 0;

	ASSERT_OK(fx_init(&fx, SV3_TRANSFER_ZERO, 0));
	EXPECT_EQ_U64(send(&fx, 3, true).bytes, 8);
	/* The last byte counts, and a page that became zero again must be zeroed there. */
	put(&fx, 3, SV3_PAGE_SIZE - 1, &one, 1);
	EXPECT_EQ_U64(send(&fx, 3, false).bytes, SV3_PAGE_SIZE);
	put(&fx, 3, SV3_PAGE_SIZE - 1, &none, 1);
	EXPECT_EQ_U64(send(&fx, 3, false).bytes, 8);
	fx_fini(&fx);
}

TEST_C(transfer, a_page_sent_twice_unchanged_is_its_header)
{
	struct fx fx;
	const uint8_t one = 1;

	ASSERT_OK(fx_init(&fx, SV3_TRANSFER_HASH_SKIP, 0));
	EXPECT_EQ_U64(send(&fx, 0, true).bytes, SV3_PAGE_SIZE);
	EXPECT_EQ_U64(send(&fx, 0, false).bytes, 8);
	put(&fx, 0, 77, &one, 1);
	EXPECT_EQ_U64(send(&fx, 0, false).bytes, SV3_PAGE_SIZE);
	EXPECT_EQ_U64(send(&fx, 0, false).bytes, 8);
	fx_fini(&fx);
}

/* Bulk is not remembered; the first resend is a page, the next one what changed since. */
TEST_C(transfer, a_delta_is_what_changed_since_the_last_send)
{
	struct fx fx;
	const uint8_t bytes[3] = { 1, 2, 3 };

	ASSERT_OK(fx_init(&fx, SV3_TRANSFER_XOR, 4 * SV3_PAGE_SIZE));
	EXPECT_EQ_U64(send(&fx, 1, true).bytes, SV3_PAGE_SIZE);
	EXPECT_EQ_U64(send(&fx, 1, false).bytes, SV3_PAGE_SIZE);
	put(&fx, 1, 1000, bytes, 3);
	/* Header, two bytes for 1000, one for 3, three bytes. */
	EXPECT_EQ_U64(send(&fx, 1, false).bytes, 8 + 2 + 1 + 3);
	EXPECT_EQ_U64(send(&fx, 1, false).bytes, 8);
	/* Page 5 falls into the same place of the cache. */
	EXPECT_EQ_U64(send(&fx, 5, false).bytes, SV3_PAGE_SIZE);
	EXPECT_EQ_U64(send(&fx, 1, false).bytes, SV3_PAGE_SIZE);
	fx_fini(&fx);
}

TEST_C(transfer, any_sequence_of_writes_and_sends_arrives)
{
	for (unsigned int mode = SV3_TRANSFER_ZERO; mode < SV3_TRANSFER_COUNT; mode++) {
		struct sv3_prng prng;
		struct fx fx;

		sv3_prng_seed(&prng, mode);
		ASSERT_OK(fx_init(&fx, (enum sv3_transfer)mode, 8 * SV3_PAGE_SIZE));
		for (unsigned int i = 0; i < 5000; i++) {
			const uint64_t page = sv3_prng_below(&prng, PAGES);
			uint8_t bytes[64];
			const uint32_t length = 1 + (uint32_t)sv3_prng_below(&prng, 64);

			/* Few values, so that bytes often stay what they were. */
			for (uint32_t k = 0; k < length; k++)
				bytes[k] = (uint8_t)sv3_prng_below(&prng, 2);
			put(&fx, page, (uint32_t)sv3_prng_below(&prng, SV3_PAGE_SIZE - length),
			    bytes, length);
			send(&fx, sv3_prng_below(&prng, PAGES), false);
		}
		fx_fini(&fx);
	}
}

TEST_C(transfer, a_delta_that_would_be_longer_is_none)
{
	uint8_t old[SV3_PAGE_SIZE] = { 0 }, now[SV3_PAGE_SIZE], delta[SV3_PAGE_SIZE];

	/* Every other byte changes: three bytes for each. */
	for (uint32_t i = 0; i < SV3_PAGE_SIZE; i++)
		now[i] = (uint8_t)(i & 1);
	EXPECT_EQ_U64(sv3__delta_encode(old, now, delta), SV3_PAGE_SIZE);
	memset(now, 1, sizeof(now));
	EXPECT_EQ_U64(sv3__delta_encode(old, now, delta), SV3_PAGE_SIZE);
	/* All but the last hundred. */
	memset(now + SV3_PAGE_SIZE - 100, 0, 100);
	EXPECT_EQ_U64(sv3__delta_encode(old, now, delta), 1 + 2 + SV3_PAGE_SIZE - 100);
	EXPECT_TRUE(sv3__delta_apply(old, delta, 1 + 2 + SV3_PAGE_SIZE - 100));
	EXPECT_EQ_MEM(old, now, sizeof(now));
}

TEST_C(transfer, a_delta_that_nobody_wrote_is_refused)
{
	static const uint8_t beyond_page[] = { 0xff, 0x1f, 2, 1, 1 };
	static const uint8_t beyond_end[] = { 0, 5, 1 };
	uint8_t page[SV3_PAGE_SIZE] = { 0 };

	EXPECT_FALSE(sv3__delta_apply(page, beyond_page, sizeof(beyond_page)));
	EXPECT_FALSE(sv3__delta_apply(page, beyond_end, sizeof(beyond_end)));
}

/* A destination that holds nothing of a page holds zero. */
TEST_C(transfer, a_page_that_never_arrived_differs_unless_it_is_zero)
{
	struct fx fx;
	const uint8_t one = 1, none = 0;
	const struct sv3_copy copy = { .first_page = 2, .page_count = 1 };

	ASSERT_OK(fx_init(&fx, SV3_TRANSFER_PLAIN, 0));
	EXPECT_EQ_U64(sv3__image_differing(&fx.image), 0);
	(void)sv3_bus_write(&fx.bus, BASE + 2 * SV3_PAGE_SIZE + 4095, &one, 1);
	EXPECT_EQ_U64(sv3__image_differing(&fx.image), 1);
	sv3__image_receive(&fx.image, &copy);
	EXPECT_EQ_U64(sv3__image_differing(&fx.image), 0);
	(void)sv3_bus_write(&fx.bus, BASE + 2 * SV3_PAGE_SIZE + 4095, &none, 1);
	EXPECT_EQ_U64(sv3__image_differing(&fx.image), 1);
	sv3__image_receive(&fx.image, &copy);
	EXPECT_EQ_U64(sv3__image_differing(&fx.image), 0);
	fx_fini(&fx);
}
