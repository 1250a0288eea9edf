/* SPDX-License-Identifier: MIT */
/*
 * test_snapshot.c - a file holds a machine whole, and whatever is not that file is refused.
 */
#include "ctest.h"

#include <sv3/sim.h>
#include <sv3/snapshot.h>

#include <stdlib.h>
#include <string.h>

#define RAM_BASE UINT64_C(0x40000000)
#define HIGH     UINT64_C(0x400000000000)

/* A machine as small as can be: two regions, the later one first, three pages that hold bytes. */
struct fx {
	struct sv3_ram ram;
	struct sv3_smmu *smmu;
	void *block;
	struct sv3_snapshot snapshot;
	uint8_t *bytes; /* the file */
	size_t size;
};

static void fx_fini(struct fx *fx)
{
	sv3_snapshot_fini(&fx->snapshot);
	sv3_ram_fini(&fx->ram);
	free(fx->block);
	free(fx->bytes);
}

static void fx_config(struct sv3_smmu_config *config)
{
	sv3_smmu_config_default(config);
	config->slot_count = 1;
	config->tlb_entries = config->walk_cache_entries = config->config_cache_entries = 0;
}

static void fx_fill(struct fx *fx)
{
	static const uint64_t pas[] = { RAM_BASE, RAM_BASE + 0x3ff8, HIGH + 0x1230 };
	const struct sv3_bus bus = sv3_ram_bus(&fx->ram);

	for (unsigned int i = 0; i < 3; i++)
		(void)sv3_bus_write(&bus, pas[i], "sv3sv3!", 8);
}

static bool fx_init(struct fx *fx)
{
	static const struct sv3_ram_region regions[] = { { HIGH, 0x2000 }, { RAM_BASE, 0x4000 } };
	struct sv3_need need = { .kind = SV3_NEED_ATC_INV, .unit = SV3_UNIT_ATS, .size = 9 };
	struct sv3_smmu_config config;

	memset(fx, 0, sizeof(*fx));
	fx_config(&config);
	fx->block = aligned_alloc(64, sv3_smmu_size(&config));
	if (sv3_smmu_init(fx->block, sv3_smmu_size(&config), &config, &fx->smmu) ||
	    sv3_ram_init(&fx->ram, regions, 2))
		return false;
	fx_fill(fx);
	need.pa = 0x123456789abcdef0;
	need.desired = UINT64_MAX;
	memset(need.data, 0x5a, sizeof(need.data));
	need.ats = (struct sv3_ats_message){ .stream_id = 7,
					     .substream_id = 0xfffff,
					     .substream_valid = true,
					     .size_lg2 = 64,
					     .group = 511,
					     .iova = 0xfedc000 };
	return !sv3_snapshot_take(&fx->snapshot, fx->smmu, &fx->ram, 12345) &&
	       !sv3_snapshot_add_need(&fx->snapshot, 3, &need) &&
	       !sv3_snapshot_add_note(&fx->snapshot, "trace", "a=b c") &&
	       !sv3_snapshot_add_note(&fx->snapshot, "view", "") &&
	       !sv3_snapshot_encode(&fx->snapshot, &fx->bytes, &fx->size);
}

#define FX(name)                                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	ASSERT_TRUE(fx_init(&name))

TEST_C(snapshot, of_a_file_is_the_one_that_was_written)
{
	FX(fx);
	struct sv3_snapshot_error error;
	struct sv3_snapshot read;
	uint8_t *again;
	size_t size;

	ASSERT_OK(sv3_snapshot_decode(fx.bytes, fx.size, "file", &read, &error));
	EXPECT_EQ_U64(read.time, 12345);
	EXPECT_EQ_U64(read.page_count, 3);
	EXPECT_EQ_U64(read.pages[1], RAM_BASE + 0x3000);
	EXPECT_EQ_U64(read.regions[0].base, HIGH);
	EXPECT_EQ_U64(read.need_count, 1);
	EXPECT_EQ_U64(read.needs[0].need.pa, 0x123456789abcdef0);
	EXPECT_EQ_U64(read.needs[0].need.ats.iova, 0xfedc000);
	EXPECT_EQ_STR(sv3_snapshot_note(&read, "trace"), "a=b c");
	EXPECT_EQ_STR(sv3_snapshot_note(&read, "view"), "");
	EXPECT_TRUE(sv3_snapshot_note(&read, "a") == NULL);
	/* All else: what was read is written as the same bytes. */
	ASSERT_OK(sv3_snapshot_encode(&read, &again, &size));
	EXPECT_EQ_U64(size, fx.size);
	EXPECT_EQ_MEM(again, fx.bytes, fx.size);
	free(again);
	sv3_snapshot_fini(&read);
}

TEST_C(snapshot, restored_is_the_machine)
{
	FX(fx);
	void *block = aligned_alloc(64, fx.snapshot.block_size);
	struct sv3_smmu *smmu;
	struct sv3_ram ram;
	struct sv3_bus bus;
	char text[8] = "";

	ASSERT_OK(sv3_snapshot_restore(&fx.snapshot, block, fx.snapshot.block_size, &smmu, &ram));
	bus = sv3_ram_bus(&ram);
	EXPECT_EQ_U64(sv3_smmu_hash(smmu), sv3_smmu_hash(fx.smmu));
	EXPECT_EQ_U64(sv3_bus_read(&bus, RAM_BASE + 0x3ff8, text, 8), SV3_BUS_OK);
	EXPECT_EQ_STR(text, "sv3sv3!");
	EXPECT_EQ_U64(sv3_bus_read(&bus, RAM_BASE + 0x1000, text, 8), SV3_BUS_OK);
	EXPECT_EQ_STR(text, "");
	EXPECT_EQ_U64(sv3_bus_read(&bus, RAM_BASE + 0x4000, text, 8), SV3_BUS_ABORT);
	sv3_ram_fini(&ram);
	free(block);
}

TEST_C(snapshot, is_refused_when_any_byte_differs)
{
	FX(fx);
	struct sv3_snapshot_error error;
	struct sv3_snapshot read;

	for (size_t at = 0; at < fx.size; at++) {
		for (unsigned int flip = 1; flip < 256; flip++) {
			fx.bytes[at] ^= (uint8_t)flip;
			error.text[0] = '\0';
			if (sv3_snapshot_decode(fx.bytes, fx.size, "file", &read, &error) == 0)
				FAIL_C("byte %zu changed by 0x%x was taken", at, flip);
			if (strncmp(error.text, "file: offset ", 13) != 0 ||
			    strchr(error.text, '\n'))
				FAIL_C("byte %zu changed by 0x%x: \"%s\"", at, flip, error.text);
			fx.bytes[at] ^= (uint8_t)flip;
		}
	}
}

TEST_C(snapshot, is_refused_when_it_is_cut_or_goes_on)
{
	FX(fx);
	struct sv3_snapshot_error error;
	struct sv3_snapshot read;
	uint8_t *longer = malloc(fx.size + 1);

	for (size_t size = 0; size < fx.size; size++) {
		/* Its own memory, so that a checker sees a read behind the end. */
		uint8_t *cut = malloc(size + (size == 0));

		memcpy(cut, fx.bytes, size);
		if (sv3_snapshot_decode(cut, size, "file", &read, &error) == 0)
			FAIL_C("%zu of %zu bytes were taken", size, fx.size);
		free(cut);
	}
	memcpy(longer, fx.bytes, fx.size);
	longer[fx.size] = 0;
	EXPECT_EQ_INT(sv3_snapshot_decode(longer, fx.size + 1, "file", &read, &error),
		      -SV3_ERR_FORMAT);
	free(longer);
}

/* Encodes what a test made of the snapshot, with checksums that are right, and reads it. */
static int forge(struct fx *fx, struct sv3_snapshot_error *error)
{
	struct sv3_snapshot read;
	uint8_t *bytes;
	size_t size;
	int rc;

	error->text[0] = '\0';
	if (sv3_snapshot_encode(&fx->snapshot, &bytes, &size))
		return 1;
	rc = sv3_snapshot_decode(bytes, size, "file", &read, error);
	if (rc == 0)
		sv3_snapshot_fini(&read);
	free(bytes);
	return rc;
}

#define EXPECT_FORGED(change)                                                        \
	do {                                                                         \
		FX(fx_);                                                             \
		struct sv3_snapshot *s = &fx_.snapshot;                              \
		struct sv3_snapshot_error error_;                                    \
		change;                                                              \
		EXPECT_EQ_INT(forge(&fx_, &error_), -SV3_ERR_FORMAT);                \
		EXPECT_TRUE(strstr(error_.text, "take the snapshot again") != NULL); \
	} while (0)

TEST_C(snapshot, is_refused_when_its_checksums_are_right_and_its_contents_wrong)
{
	EXPECT_FORGED(s->pages[1] += 8);
	EXPECT_FORGED(s->pages[1] = s->pages[0]);
	EXPECT_FORGED(s->pages[2] = HIGH + 0x2000);
	EXPECT_FORGED(s->regions[1].size = 0);
	EXPECT_FORGED(s->regions[1].base += 1);
	EXPECT_FORGED(s->regions[1].base = UINT64_MAX - 0xfff);
	EXPECT_FORGED(s->region_count = 0);
	EXPECT_FORGED(s->needs[0].need.size = 65);
	EXPECT_FORGED(s->needs[0].need.kind = (enum sv3_need_kind)99);
	EXPECT_FORGED(s->needs[0].need.unit = SV3_UNIT_COUNT);
	EXPECT_FORGED(s->needs[0].need.irq = SV3_IRQ_COUNT);
	EXPECT_FORGED(s->block_size = 0);
	EXPECT_FORGED(s->notes[0].key[2] = '\n');
	EXPECT_FORGED(s->notes[0].value[0] = '\t');
	EXPECT_FORGED(s->notes[0].key[0] = '\0');
}

TEST_C(snapshot, of_a_block_that_is_none_is_not_restored)
{
	FX(fx);
	void *block = aligned_alloc(64, fx.snapshot.block_size);
	struct sv3_smmu *smmu;
	struct sv3_ram ram;

	EXPECT_EQ_INT(
		sv3_snapshot_restore(&fx.snapshot, block, fx.snapshot.block_size - 1, &smmu, &ram),
		-SV3_ERR_RANGE);
	fx.snapshot.block[0] ^= 1;
	EXPECT_EQ_INT(
		sv3_snapshot_restore(&fx.snapshot, block, fx.snapshot.block_size, &smmu, &ram),
		-SV3_ERR_FORMAT);
	free(block);
}

TEST_C(snapshot, notes_are_single_lines)
{
	FX(fx);

	EXPECT_EQ_INT(sv3_snapshot_add_note(&fx.snapshot, "", "x"), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_snapshot_add_note(&fx.snapshot, "a=b", "x"), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_snapshot_add_note(&fx.snapshot, "a", "x\ny"), -SV3_ERR_INVAL);
	EXPECT_OK(sv3_snapshot_add_note(&fx.snapshot, "a", "=="));
	EXPECT_EQ_STR(sv3_snapshot_note(&fx.snapshot, "a"), "==");
}

TEST_C(snapshot, that_cannot_be_read_says_why)
{
	struct sv3_snapshot_error error;
	struct sv3_snapshot read;

	EXPECT_EQ_INT(sv3_snapshot_read("/nonexistent/file", &read, &error), -SV3_ERR_IO);
	EXPECT_EQ_STR(error.text, "/nonexistent/file: cannot read: No such file or directory");
	EXPECT_EQ_INT(sv3_snapshot_read("/", &read, &error), -SV3_ERR_IO);
}
