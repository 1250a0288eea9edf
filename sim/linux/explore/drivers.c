/* SPDX-License-Identifier: MIT */
/*
 * drivers.c - Linux as drivers of the explorer, in the place of the command's own list: as it is;
 * with an explicit flush behind each clear; and with one store that is made too late.
 */
#include <errno.h>
#include <stdio.h>

#include <sv3/arch.h>

#include "linux.h"

#include "../../cli/explore.h"

struct linux {
	bool flushes;    /* somebody else calls iommu_flush_iotlb_all() */
	bool starts_off; /* tracking is set by start(), not by map() */
};

static int error_of(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case -ETIMEDOUT:
		return -SV3_ERR_TIMEOUT;
	case -ENOMEM:
		return -SV3_ERR_NOMEM;
	default:
		return -SV3_ERR_INVAL;
	}
}

/* Queues of a page or less, and STEs for sixteen streams. */
static void configure(struct sv3_smmu_config *config)
{
	config->idr1 &= (uint32_t) ~(SV3_IDR1_CMDQS | SV3_IDR1_EVENTQS | SV3_IDR1_SIDSIZE);
	config->idr1 |= (uint32_t)(SV3_PUT(SV3_IDR1_CMDQS, 7) | SV3_PUT(SV3_IDR1_EVENTQS, 7) |
				   SV3_PUT(SV3_IDR1_SIDSIZE, 4));
}

static int attach(void *state, const struct sv3_explore_setup *setup)
{
	struct linux *l = (struct linux *)state;
	struct explored_setup explored = { .device_count = setup->device_count };
	int rc;

	/* One coherent SMMU, one table, and nothing that only other drivers have. */
	if (setup->smmu_count != 1 || setup->ats || setup->stall || setup->is_global ||
	    setup->bus.ops->maintain || setup->own_tables || setup->groups || setup->own_bits ||
	    setup->may_fail || setup->bug || setup->device_count == 0)
		return -SV3_ERR_NOENT;
	linux_init(setup);
	for (uint32_t i = 0; i < setup->device_count; i++)
		explored.stream_ids[i] = setup->stream_ids[i];
	l->starts_off = setup->starts_off;
	rc = explored_attach(&explored);
	if (rc || linux_complaint()) {
		fprintf(stderr, "sv3-linux: Linux does not come up: %d, %s\n", rc,
			linux_complaint() ? linux_complaint() : "no message");
		return -SV3_ERR_INVAL;
	}
	return 0;
}

static int attach_as_it_is(void *state, const struct sv3_explore_setup *setup)
{
	*(struct linux *)state = (struct linux){ 0 };
	linux_reorder(false);
	return attach(state, setup);
}

static int attach_flushed(void *state, const struct sv3_explore_setup *setup)
{
	*(struct linux *)state = (struct linux){ .flushes = true };
	linux_reorder(false);
	return attach(state, setup);
}

static int attach_reordered(void *state, const struct sv3_explore_setup *setup)
{
	*(struct linux *)state = (struct linux){ .flushes = true };
	linux_reorder(true);
	return attach(state, setup);
}

static void flush_if(const struct linux *l)
{
	if (l->flushes)
		explored_flush();
}

/* Linux's leaves are born dirty: setting tracking, which comes after mapping, clears them. */
static int map(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2)
{
	const struct linux *l = (const struct linux *)state;
	int rc = explored_map(iova, pa, len);

	(void)leaf_lg2; /* the largest that fits, as the core has it */
	if (!rc && !l->starts_off && !linux_is_explored())
		rc = explored_track(true);
	return error_of(rc);
}

static int scan(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	unsigned long long bits = 0;
	const int rc = explored_read(iova, len, false, &bits);

	(void)state;
	*dirty = bits;
	return error_of(rc);
}

static int collect(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	unsigned long long bits = 0;
	const int rc = explored_read(iova, len, true, &bits);

	*dirty = bits;
	flush_if((const struct linux *)state);
	return error_of(rc);
}

/* The bitmap is read without clearing where an unmap comes next: so its documentation wants it. */
static int unmap(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	const int rc = scan(state, iova, len, dirty);

	return rc ? rc : error_of(explored_unmap(iova, len));
}

static int start(void *state, sv3_iova iova, uint64_t len)
{
	const int rc = explored_track(true);

	(void)iova;
	(void)len;
	flush_if((const struct linux *)state);
	return error_of(rc);
}

static int stop(void *state, sv3_iova iova, uint64_t len)
{
	(void)state;
	(void)iova;
	(void)len;
	return error_of(explored_track(false));
}

static int change(void *state, uint32_t device)
{
	(void)state;
	return error_of(explored_change(device));
}

static int flush(void *state)
{
	(void)state;
	explored_flush();
	return 0;
}

#define LINUX                                                                               \
	.state_bytes = sizeof(struct linux), .map = map, .unmap = unmap, .scan = scan,      \
	.collect = collect, .start = start, .stop = stop, .flush = flush, .change = change, \
	.configure = configure, .keep = linux_keep, .restore = linux_restore, .place = linux_place

static const struct sv3_explore_driver linux_drivers[] = {
	{
		LINUX,
		.name = "linux",
		.about = "the driver of Linux below iommufd, as it is",
		.attach = attach_as_it_is,
	},
	{
		LINUX,
		.name = "linux-flushed",
		.about = "the same, and iommu_flush_iotlb_all() behind each clear",
		.attach = attach_flushed,
	},
	{
		LINUX,
		.name = "linux-reordered",
		.about = "linux-flushed; one store of a command passes its barrier",
		.attach = attach_reordered,
	},
};

const char explore_program[] = "sv3-linux";

const struct sv3_explore_driver *explore_driver(unsigned int index)
{
	const unsigned int count = sizeof(linux_drivers) / sizeof(linux_drivers[0]);

	if (index < count)
		return &linux_drivers[index];
	return index == count ? sv3_explore_driver_sv3() : NULL;
}
