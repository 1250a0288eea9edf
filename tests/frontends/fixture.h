/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - a machine for front ends: RAM, an SMMU that updates dirty state, two streams with a
 * table each, and a bus for software on which the device comes between any two accesses.
 *
 * Concepts:
 *   between  called before each access of software to memory, and before each register access.
 *   held     a write that is translated and not in memory yet; it lands when software polls.
 *   value    8 bytes that a write leaves at the start of its page.
 */
#ifndef SV3_TESTS_FRONTENDS_FIXTURE_H
#define SV3_TESTS_FRONTENDS_FIXTURE_H

#include "ctest.h"

#include <sv3/arch.h>
#include <sv3/frontend.h>
#include <sv3/prng.h>
#include <sv3/sim.h>
#include <sv3/vmsa.h>

#define FE_PAGE  UINT64_C(0x1000)
#define FE_BLOCK UINT64_C(0x200000)
/* Memory of the guest, and where it appears to the device. */
#define FE_DATA      UINT64_C(0x100000000)
#define FE_DATA_SIZE UINT64_C(0x20000000)
#define FE_IOVA      UINT64_C(0x1000000)
#define FE_STREAMS   2u

struct fe {
	struct sv3_ram ram;
	struct sv3_bus memory; /* as the hardware sees it */
	struct sv3_bus bus;    /* as software sees it: no window, and between() */
	void *block;
	struct sv3_smmu *smmu;
	struct sv3_fast fast;
	struct sv3_regport port;
	struct sv3_cmdq cmdq;
	struct sv3_strtab strtab;
	struct sv3_pt_pages pages;
	struct sv3_pt pt[FE_STREAMS];
	struct sv3_frontend_domain domain[FE_STREAMS];
	struct sv3_frontend_config config;
	/* What happens between two accesses of software; not called from within itself. */
	void (*between)(struct fe *fe);
	void *context;
	bool in_between;
	uint64_t accesses; /* of software to memory */
	/* A write in flight. */
	bool holds;
	uint32_t held_slot;
	sv3_pa held_pa;
	uint64_t held_value;
	bool stuck; /* it never lands */
};

/** A machine that is gone when its scope ends. */
#define FE(name)                                          \
	__attribute__((cleanup(fe_fini))) struct fe name; \
	fe_init(&name, NULL)
/** The same of an SMMU like @smmu_config. */
#define FE_OF(name, smmu_config)                          \
	__attribute__((cleanup(fe_fini))) struct fe name; \
	fe_init(&name, smmu_config)

void fe_init(struct fe *fe, const struct sv3_smmu_config *smmu);
void fe_fini(struct fe *fe);

/** A write by stream @stream: translated, and its value is in memory. False: it faulted. */
bool fe_write(struct fe *fe, uint32_t stream, sv3_iova iova, uint64_t value);
/** A read; nothing becomes dirty. */
bool fe_read(struct fe *fe, uint32_t stream, sv3_iova iova);
/** The same without a value, for areas of which only the dirty state matters. */
bool fe_touch(struct fe *fe, uint32_t stream, sv3_iova iova);
/** fe_hold - translated only: it lands by fe_land(), or when software polls. */
bool fe_hold(struct fe *fe, uint32_t stream, sv3_iova iova, uint64_t value);
void fe_land(struct fe *fe);

/** The value at the start of a page of the guest, by its place in FE_DATA. */
uint64_t fe_value(struct fe *fe, uint64_t offset);

static inline bool fe_bit(const void *bits, uint64_t bit)
{
	return ((const uint8_t *)bits)[bit / 8] >> (bit % 8) & 1;
}

static inline uint64_t fe_count(const void *bits, uint64_t count)
{
	uint64_t set = 0;

	for (uint64_t i = 0; i < count; i++)
		set += fe_bit(bits, i);
	return set;
}

/* Errors by name, so that a failure says both. */
#define EXPECT_ERRNO(call, error) EXPECT_EQ_STR(fe_error(call), #error)
#define EXPECT_DONE(call)         EXPECT_EQ_STR(fe_error(call), "done")
#define ASSERT_DONE(call)         ASSERT_EQ_STR(fe_error(call), "done")

static inline const char *fe_error(int result)
{
	if (result > 0)
		return "more than 0";
	return result < 0 ? sv3_kernel_error_name(result) : "done";
}

/* --- iommufd --- */

/** An address space with stream 0's table as its only page table, tracked but not started. */
struct fe_iommufd {
	struct sv3_iommufd *fd;
	uint32_t hwpt;
};

bool fe_iommufd_open(struct fe *fe, struct fe_iommufd *iommufd);
/** Maps [FE_IOVA + offset, + length) to the same place of FE_DATA, writable. */
int fe_iommufd_map(struct fe_iommufd *iommufd, uint64_t offset, uint64_t length);
int fe_iommufd_track(const struct fe_iommufd *iommufd, bool on);
/** Reads [FE_IOVA + offset, + length) by pages of 4 KiB; @flags as of the call. */
int fe_iommufd_get(const struct fe_iommufd *iommufd, uint64_t offset, uint64_t length,
		   uint32_t flags, void *bits);

/* --- VFIO --- */

/** A container of stream 0's table. */
bool fe_vfio_open(struct fe *fe, struct sv3_vfio **vfio);
int fe_vfio_map(struct sv3_vfio *vfio, uint64_t offset, uint64_t size);
/** START or STOP. */
int fe_vfio_switch(struct sv3_vfio *vfio, uint32_t flag);
/** One call about [FE_IOVA + offset, + size), pages of 4 KiB, a bitmap as large as need be. */
int fe_vfio_dirty(struct sv3_vfio *vfio, uint32_t flag, uint64_t offset, uint64_t size, void *bits);

/** Bytes of a bitmap of VFIO. */
static inline uint64_t fe_vfio_bytes(uint64_t size)
{
	return (size / FE_PAGE + 63) / 64 * 8;
}

#endif
