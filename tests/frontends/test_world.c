/* SPDX-License-Identifier: MIT */
/*
 * test_world.c - whole migrations in a world, by a user of the front ends: a device that goes on
 * between any two accesses, writes that land later than they are translated, and the oracle of the
 * laboratory to say which pages are stale in the end.
 */
#include <string.h>

#include <sv3/migration.h>

#include "fixture.h"
#include "set_bbml.h"

#define GUEST  UINT64_C(0x40000000)
#define PAGES  1024u
#define SIZE   (PAGES * FE_PAGE)
#define IOVA   UINT64_C(0x7f0000000000)
#define SID    8u
#define ROUNDS 5u
#define BYTES  (PAGES / 8)

enum user { USER_IOMMUFD, USER_VFIO, USER_VFIO_MANUAL };

struct trial {
	enum user user;
	bool maps; /* the front end maps, at IOVA; else it adopts what the host mapped */
	enum sv3_flush_scope flush;
	uint64_t seed;
	bool non_coherent;
	uint64_t chunk; /* pages of a clear, manual */
	uint32_t bbml;  /* not 0: blocks, and how live ones may be changed */
	bool keep_blocks;
};

struct run {
	const struct trial *trial;
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_device device;
	struct sv3_truth *truth;
	struct sv3_frontend_config config;
	struct sv3_iommufd *iommufd;
	uint32_t hwpt;
	struct sv3_vfio *vfio;
	sv3_iova base;
	uint64_t reported;
};

/* --- the world --- */

static int world_begin(struct run *run)
{
	static const uint32_t stream = SID;
	const struct sv3_host_config host = {
		.view = run->trial->maps ? SV3_VIEW_IOVA : SV3_VIEW_GUEST,
		.granule_lg2 = 12,
		.leaf_max_lg2 = run->trial->bbml ? 21 : 12,
		.stream_ids = &stream,
		.stream_count = 1,
		.hd = true,
	};
	const struct sv3_synthetic_config device = {
		.pattern = SV3_PATTERN_ZIPF,
		.base = run->trial->maps ? IOVA : GUEST,
		.page_count = PAGES,
		.stream_id = SID,
		.write_percent = 90,
		.len = 64,
		/* Behind the maps: they take time, too. */
		.start = (run->trial->maps ? 60 : 1) * SV3_PS_PER_US,
		.period = 700 * SV3_PS_PER_NS,
		.jitter = true,
		.zipf_exponent = 1.0,
		.seed = run->trial->seed,
	};
	struct sv3_world_config config;
	struct sv3_world_observer observer;
	int rc;

	sv3_world_config_default(&config);
	config.guest_base = GUEST;
	config.guest_size = SIZE;
	config.non_coherent = run->trial->non_coherent;
	if (run->trial->bbml)
		set_bbml(&config.smmu, run->trial->bbml);
	config.costs.access = 40 * SV3_PS_PER_NS;
	config.costs.post_delay = 3 * SV3_PS_PER_US;
	run->base = device.base;
	rc = sv3_truth_create(GUEST, PAGES, &run->truth);
	if (!rc)
		rc = sv3_world_create(&config, &run->world);
	if (!rc)
		rc = sv3_host_create(run->world, &host, &run->host);
	if (!rc)
		rc = sv3_synthetic_create(&device, &run->device);
	if (rc)
		return rc;
	observer = sv3_truth_world_observer(run->truth);
	sv3_world_attach_host(run->world, run->host);
	rc = sv3_world_observe(run->world, &observer);
	sv3_world_attach_device(run->world, &run->device);
	run->config = (struct sv3_frontend_config){ .bus = sv3_world_software_bus(run->world),
						    .cmdq = sv3_host_cmdq(run->host),
						    .flush = run->trial->flush,
						    .leaf_max_lg2 = run->trial->bbml ? 21 : 12,
						    .keep_blocks = run->trial->keep_blocks };
	return rc;
}

static void world_end(struct run *run)
{
	sv3_iommufd_destroy(run->iommufd);
	sv3_vfio_destroy(run->vfio);
	sv3_host_destroy(run->host);
	sv3_world_destroy(run->world);
	sv3_truth_destroy(run->truth);
	sv3_device_destroy(&run->device);
}

static struct sv3_frontend_domain domain_of(struct run *run)
{
	const struct sv3_domain *domain = sv3_host_domain(run->host, 0);

	return (struct sv3_frontend_domain){ &domain->pt, domain->asid };
}

/* --- the user --- */

static int iommufd_begin(struct run *run)
{
	const struct sv3_frontend_domain domain = domain_of(run);
	struct sv3_iommufd_set_dirty_tracking args = { .size = sizeof(args),
						       .flags = SV3_IOMMUFD_DIRTY_ENABLE };
	int rc = sv3_iommufd_create(&run->config, &run->iommufd);

	if (!rc)
		rc = sv3_iommufd_hwpt_alloc(run->iommufd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING, &domain,
					    NULL, &run->hwpt);
	if (!rc && run->trial->maps)
		rc = sv3_iommufd_map(run->iommufd,
				     SV3_IOMMUFD_MAP_FIXED_IOVA | SV3_IOMMUFD_MAP_WRITEABLE, IOVA,
				     GUEST, SIZE);
	else if (!rc)
		rc = sv3_iommufd_adopt(run->iommufd, GUEST, SIZE);
	args.hwpt_id = run->hwpt;
	return rc ? rc : sv3_iommufd_set_dirty_tracking(run->iommufd, &args);
}

static int vfio_begin(struct run *run)
{
	const struct sv3_frontend_domain domain = domain_of(run);
	const struct sv3_vfio_dma_map map = { .argsz = sizeof(map),
					      .flags = SV3_VFIO_MAP_READ | SV3_VFIO_MAP_WRITE,
					      .pa = GUEST,
					      .iova = IOVA,
					      .size = SIZE };
	int rc = sv3_vfio_create(&run->config, &run->vfio);

	if (!rc)
		rc = sv3_vfio_attach(run->vfio, &domain);
	if (!rc)
		rc = run->trial->maps ? sv3_vfio_map(run->vfio, &map)
				      : sv3_vfio_adopt(run->vfio, GUEST, SIZE);
	if (run->trial->user == USER_VFIO_MANUAL)
		EXPECT_EQ_INT(sv3_vfio_check_extension(run->vfio, SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR),
			      1);
	return rc ? rc : fe_vfio_switch(run->vfio, SV3_VFIO_DIRTY_START);
}

static int vfio_call(struct run *run, uint32_t flag, uint64_t first, uint64_t count, void *bits)
{
	const struct sv3_vfio_dirty_pages args = {
		.argsz = sizeof(args),
		.flags = flag,
		.iova = run->base + first * FE_PAGE,
		.size = count * FE_PAGE,
		.bitmap = { FE_PAGE, (count + 63) / 64 * 8, bits },
	};

	return sv3_vfio_dirty_pages(run->vfio, &args);
}

static int read_log(struct run *run, uint8_t *bits)
{
	const struct sv3_iommufd_get_dirty_bitmap args = { .size = sizeof(args),
							   .hwpt_id = run->hwpt,
							   .iova = run->base,
							   .length = SIZE,
							   .page_size = FE_PAGE,
							   .data = bits };

	if (run->iommufd)
		return sv3_iommufd_get_dirty_bitmap(run->iommufd, &args);
	return vfio_call(run, SV3_VFIO_DIRTY_GET_BITMAP, 0, PAGES, bits);
}

/* A page is read now, and takes its time. */
static void send_page(struct run *run, uint64_t page, bool bulk)
{
	const struct sv3_migration_observer observer = sv3_truth_migration_observer(run->truth);

	observer.pages_copied(observer.context,
			      &(const struct sv3_copy){ .first_page = page,
							.page_count = 1,
							.at = sv3_world_now(run->world),
							.bulk = bulk });
	sv3_world_advance(run->world, 900 * SV3_PS_PER_NS);
}

static int one_round(struct run *run)
{
	const uint64_t chunk = run->trial->chunk ? run->trial->chunk : 64;
	uint8_t bits[BYTES] = { 0 };
	int rc = read_log(run, bits);

	run->reported += fe_count(bits, PAGES);
	for (uint64_t first = 0; first < PAGES && !rc; first += chunk) {
		if (run->trial->user == USER_VFIO_MANUAL)
			rc = vfio_call(run, SV3_VFIO_DIRTY_CLEAR_BITMAP, first, chunk,
				       bits + first / 8);
		for (uint64_t page = first; page < first + chunk && !rc; page++)
			if (fe_bit(bits, page))
				send_page(run, page, false);
	}
	return rc;
}

static int migrate(struct run *run)
{
	int rc = run->trial->user == USER_IOMMUFD ? iommufd_begin(run) : vfio_begin(run);

	for (uint64_t page = 0; page < PAGES && !rc; page++)
		send_page(run, page, true);
	for (unsigned int round = 0; round < ROUNDS && !rc; round++)
		rc = one_round(run);
	sv3_world_stop_device(run->world);
	sv3_world_drain(run->world);
	return rc ? rc : one_round(run);
}

/* Returns: pages lost; @reported is added to. */
static uint64_t lost_pages(const struct trial *trial, uint64_t *reported)
{
	struct run run = { .trial = trial };
	uint64_t lost = 0;

	EXPECT_OK(world_begin(&run));
	if (run.device.ops) {
		EXPECT_DONE(migrate(&run));
		lost = sv3_truth_lost_count(run.truth);
		EXPECT_EQ_U64(sv3_world_stats(run.world)->faults, 0);
		EXPECT_GE_U64(sv3_world_stats(run.world)->writes_landed, 400);
	}
	*reported += run.reported;
	world_end(&run);
	return lost;
}

static void check(struct trial trial)
{
	uint64_t reported = 0;

	for (trial.seed = 1; trial.seed <= 6; trial.seed++)
		EXPECT_EQ_U64(lost_pages(&trial, &reported), 0);
	EXPECT_GE_U64(reported, PAGES);
}

TEST_C(frontends_world, a_migration_by_iommufd_loses_nothing)
{
	check((struct trial){ .user = USER_IOMMUFD, .flush = SV3_FLUSH_RANGE });
	check((struct trial){ .user = USER_IOMMUFD, .flush = SV3_FLUSH_ALL });
	check((struct trial){ .user = USER_IOMMUFD, .flush = SV3_FLUSH_RANGE, .maps = true });
}

TEST_C(frontends_world, a_migration_by_vfio_loses_nothing)
{
	check((struct trial){ .user = USER_VFIO, .flush = SV3_FLUSH_RANGE });
	check((struct trial){ .user = USER_VFIO, .flush = SV3_FLUSH_RANGE, .maps = true });
}

TEST_C(frontends_world, a_migration_by_vfio_with_manual_clear_loses_nothing)
{
	check((struct trial){ .user = USER_VFIO_MANUAL, .flush = SV3_FLUSH_RANGE });
	check((struct trial){ .user = USER_VFIO_MANUAL, .flush = SV3_FLUSH_ALL, .chunk = PAGES });
	check((struct trial){ .user = USER_VFIO_MANUAL, .flush = SV3_FLUSH_ALL, .maps = true });
}

/* Blocks of 2 MiB, split at START while the device writes: less is reported than of kept ones. */
TEST_C(frontends_world, a_migration_by_vfio_that_splits_blocks_loses_nothing)
{
	uint64_t reported[2] = { 0 };

	for (uint32_t bbml = 1; bbml < 3; bbml++) {
		check((struct trial){ .user = USER_VFIO, .flush = SV3_FLUSH_RANGE, .bbml = bbml });
		check((struct trial){
			.user = USER_VFIO_MANUAL, .flush = SV3_FLUSH_RANGE, .bbml = bbml });
	}
	for (unsigned int kept = 0; kept < 2; kept++) {
		const struct trial trial = { .user = USER_VFIO,
					     .flush = SV3_FLUSH_RANGE,
					     .seed = 1,
					     .bbml = 2,
					     .keep_blocks = kept };

		EXPECT_EQ_U64(lost_pages(&trial, &reported[kept]), 0);
	}
	EXPECT_LT_U64(reported[0], reported[1]);
}

TEST_C(frontends_world, without_tlbi_pages_are_lost)
{
	static const enum user users[] = { USER_IOMMUFD, USER_VFIO, USER_VFIO_MANUAL };

	for (size_t i = 0; i < 3; i++) {
		const struct trial trial = { .user = users[i], .flush = SV3_FLUSH_NONE, .seed = 1 };
		uint64_t reported = 0;

		EXPECT_GE_U64(lost_pages(&trial, &reported), 1);
	}
}

/* [policies 1, thread 003] Linux tracks only where walks are coherent; so do the front ends. */
TEST_C(frontends_world, where_walks_are_not_coherent_there_is_no_tracking)
{
	const struct trial trial = { .user = USER_IOMMUFD, .non_coherent = true };
	const struct trial vfio_trial = { .user = USER_VFIO, .non_coherent = true };
	struct run run = { .trial = &trial };
	uint64_t reported = 0;

	ASSERT_OK(world_begin(&run));
	EXPECT_ERRNO(iommufd_begin(&run), EOPNOTSUPP);
	world_end(&run);
	EXPECT_EQ_U64(lost_pages(&vfio_trial, &reported), 0);
	EXPECT_EQ_U64(reported, (ROUNDS + 1) * PAGES);
}
