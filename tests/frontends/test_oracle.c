/* SPDX-License-Identifier: MIT */
/*
 * test_oracle.c - the oracle of KVM's dirty_log_test, for all front ends: each write stores the
 * number of the iteration. [policies 5]
 *
 * After the log of an iteration was read (and cleared), of each page: the bit is set: its value is
 * this iteration's or the one before; the bit is clear: its value is older. A page that was caught
 * between its bit and its data, or written after its bit was read, must be set in the next log.
 * The device writes between any two accesses of software, at once or with the data later.
 */
#include <string.h>

#include "fixture.h"

#define PAGES      192u /* three words of a bitmap */
#define ITERATIONS 40u

struct oracle {
	struct fe *fe;
	struct sv3_prng prng;
	uint64_t iteration;
	uint64_t value[PAGES]; /* what a page has, as the user read it */
	bool due[PAGES];       /* the next log must have it */
	uint64_t caught;       /* pages written behind the walk */
	struct fe_iommufd iommufd;
	struct sv3_vfio *vfio;
	struct sv3_kvm *kvm;
};

/* --- writes --- */

static uint64_t random_page(struct oracle *o)
{
	/* Often the same few: those that the TLB knows. */
	return sv3_prng_below(&o->prng, sv3_prng_below(&o->prng, 2) ? 12 : PAGES);
}

/* DMA: it is in memory at once, or when software waits, or when the next one comes. */
static void device_writes(struct oracle *o)
{
	const sv3_iova iova = FE_IOVA + random_page(o) * FE_PAGE;

	if (sv3_prng_below(&o->prng, 3) == 0)
		EXPECT_TRUE(fe_hold(o->fe, 0, iova, o->iteration));
	else
		EXPECT_TRUE(fe_write(o->fe, 0, iova, o->iteration));
}

static void between(struct fe *fe)
{
	struct oracle *o = (struct oracle *)fe->context;

	if (sv3_prng_below(&o->prng, 6) == 0)
		device_writes(o);
}

/* --- the front ends --- */

static bool begin_iommufd(struct oracle *o)
{
	return fe_iommufd_open(o->fe, &o->iommufd) &&
	       fe_iommufd_map(&o->iommufd, 0, PAGES * FE_PAGE) == 0 &&
	       fe_iommufd_track(&o->iommufd, true) == 0;
}

static void log_iommufd(struct oracle *o, uint8_t *bits)
{
	EXPECT_DONE(fe_iommufd_get(&o->iommufd, 0, PAGES * FE_PAGE, 0, bits));
}

static bool begin_vfio(struct oracle *o)
{
	return fe_vfio_open(o->fe, &o->vfio) && fe_vfio_map(o->vfio, 0, PAGES * FE_PAGE) == 0 &&
	       fe_vfio_switch(o->vfio, SV3_VFIO_DIRTY_START) == 0;
}

static void log_vfio(struct oracle *o, uint8_t *bits)
{
	EXPECT_DONE(fe_vfio_dirty(o->vfio, SV3_VFIO_DIRTY_GET_BITMAP, 0, PAGES * FE_PAGE, bits));
}

/* Read, and then clear what was read, by chunks of 64 pages, before anything is copied. */
static void log_vfio_manual(struct oracle *o, uint8_t *bits)
{
	EXPECT_DONE(fe_vfio_dirty(o->vfio, SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR, 0, PAGES * FE_PAGE,
				  bits));
	for (uint64_t first = 0; first < PAGES; first += 64)
		EXPECT_DONE(fe_vfio_dirty(o->vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, first * FE_PAGE,
					  64 * FE_PAGE, bits + first / 8));
}

static bool begin_kvm(struct oracle *o)
{
	const struct sv3_kvm_region region = { 0, SV3_KVM_LOG_DIRTY_PAGES, FE_DATA,
					       PAGES * FE_PAGE };

	return sv3_kvm_create(&o->kvm) == 0 && sv3_kvm_set_region(o->kvm, &region) == 0;
}

static void log_kvm(struct oracle *o, uint8_t *bits)
{
	const struct sv3_kvm_dirty_log log = { 0, bits };

	EXPECT_DONE(sv3_kvm_get_dirty_log(o->kvm, &log));
}

static bool begin_kvm_manual(struct oracle *o)
{
	const struct sv3_kvm_region region = { 0, SV3_KVM_LOG_DIRTY_PAGES, FE_DATA,
					       PAGES * FE_PAGE };

	return sv3_kvm_create(&o->kvm) == 0 &&
	       sv3_kvm_enable_manual_protect(o->kvm,
					     SV3_KVM_MANUAL_PROTECT | SV3_KVM_INITIALLY_SET) == 0 &&
	       sv3_kvm_set_region(o->kvm, &region) == 0;
}

/* A CPU writes: first the mark, then the data. */
static void cpu_writes(struct oracle *o)
{
	const uint64_t page = random_page(o);
	uint8_t bytes[8];

	EXPECT_TRUE(sv3_kvm_write(o->kvm, FE_DATA + page * FE_PAGE) >= 0);
	sv3_put_le64(bytes, o->iteration);
	EXPECT_EQ_INT(sv3_bus_write(&o->fe->memory, FE_DATA + page * FE_PAGE, bytes, 8),
		      SV3_BUS_OK);
}

/* CPUs go on between get and clear, and between two clears. */
static void log_kvm_manual(struct oracle *o, uint8_t *bits)
{
	log_kvm(o, bits);
	for (uint64_t first = 0; first < PAGES; first += 64) {
		const struct sv3_kvm_clear_dirty_log clear = { 0, first, 64, bits + first / 8 };

		cpu_writes(o);
		EXPECT_DONE(sv3_kvm_clear_dirty_log(o->kvm, &clear));
	}
	cpu_writes(o);
}

struct front {
	bool (*begin)(struct oracle *o);
	void (*log)(struct oracle *o, uint8_t *bits);
	void (*writes)(struct oracle *o);
	enum sv3_flush_scope flush;
};

/* --- the oracle --- */

/* What every page has now, and what that means. Returns: pages for which the log lied. */
static unsigned int judge(struct oracle *o, const uint8_t *bits, bool first)
{
	unsigned int wrong = 0;

	for (uint64_t page = 0; page < PAGES; page++) {
		const uint64_t value = fe_value(o->fe, page * FE_PAGE);
		const bool newer = value != o->value[page];

		if (fe_bit(bits, page)) {
			/* What it has is of this iteration, the one before, or it was all set. */
			wrong += !first && !o->due[page] && value + 1 < o->iteration;
			o->due[page] = false;
		} else {
			/* Owed from before: the log should have had it. */
			wrong += o->due[page];
			/* Written meanwhile, behind the walk: in the next log. Older: lost. */
			wrong += newer && value < o->iteration;
			o->due[page] = newer && value == o->iteration;
			o->caught += o->due[page];
		}
		o->value[page] = value;
	}
	return wrong;
}

static unsigned int run(const struct front *front, uint64_t seed, uint64_t *caught)
{
	struct oracle o = { .iteration = 1 };
	unsigned int wrong = 0;

	FE(fe);
	fe.config.flush = front->flush;
	o.fe = &fe;
	sv3_prng_seed(&o.prng, seed);
	if (!ctest_bool(CTEST_AT("the front end comes up", ""), true, front->begin(&o)))
		return 0;
	fe.context = &o;
	for (; o.iteration <= ITERATIONS; o.iteration++) {
		uint8_t bits[PAGES / 8] = { 0 };

		for (unsigned int i = 0; i < 30; i++)
			front->writes(&o);
		if (o.iteration < ITERATIONS) /* the last one is quiet */
			fe.between = front->writes == device_writes ? between : NULL;
		front->log(&o, bits);
		fe.between = NULL;
		fe_land(&fe);
		wrong += judge(&o, bits, o.iteration == 1);
	}
	*caught += o.caught;
	sv3_iommufd_destroy(o.iommufd.fd);
	sv3_vfio_destroy(o.vfio);
	sv3_kvm_destroy(o.kvm);
	return wrong;
}

static void check(const struct front *front)
{
	uint64_t caught = 0;

	for (uint64_t seed = 0; seed < 20; seed++)
		EXPECT_EQ_U64(run(front, seed, &caught), 0);
	/* DMA did come in the middle. */
	if (front->writes == device_writes)
		EXPECT_GE_U64(caught, 20);
}

TEST_C(oracle, iommufd)
{
	static const struct front front = { begin_iommufd, log_iommufd, device_writes,
					    SV3_FLUSH_RANGE };

	check(&front);
}

TEST_C(oracle, vfio)
{
	static const struct front front = { begin_vfio, log_vfio, device_writes, SV3_FLUSH_RANGE };

	check(&front);
}

TEST_C(oracle, vfio_manual_clear)
{
	static const struct front front = { begin_vfio, log_vfio_manual, device_writes,
					    SV3_FLUSH_ALL };

	check(&front);
}

TEST_C(oracle, kvm)
{
	static const struct front front = { begin_kvm, log_kvm, cpu_writes, SV3_FLUSH_RANGE };

	check(&front);
}

TEST_C(oracle, kvm_manual_protect_initially_set)
{
	static const struct front front = { begin_kvm_manual, log_kvm_manual, cpu_writes,
					    SV3_FLUSH_RANGE };

	check(&front);
}

/* The oracle can tell: without TLBI a page is written and no log has it. */
TEST_C(oracle, sees_writes_that_no_log_has)
{
	static const struct front fronts[] = {
		{ begin_iommufd, log_iommufd, device_writes, SV3_FLUSH_NONE },
		{ begin_vfio, log_vfio, device_writes, SV3_FLUSH_NONE },
		{ begin_vfio, log_vfio_manual, device_writes, SV3_FLUSH_NONE },
	};

	for (size_t i = 0; i < 3; i++) {
		uint64_t caught = 0;

		EXPECT_GE_U64(run(&fronts[i], 1, &caught), 1);
	}
}
