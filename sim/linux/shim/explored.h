/* SPDX-License-Identifier: MIT */
/*
 * explored.h - Linux as software under test of the explorer: what the host half asks of the kernel
 * half, in plain C types. Addresses and masks of pages are those of sv3/explore.h; functions
 * return 0 or a negative errno.
 */
#ifndef SV3_LINUX_EXPLORED_H
#define SV3_LINUX_EXPLORED_H

#define EXPLORED_DEVICES_MAX 3

struct explored_setup {
	unsigned int device_count;
	unsigned int stream_ids[EXPLORED_DEVICES_MAX];
	_Bool polled; /* CMD_SYNC completes in CMDQ_CONS, not by a message */
};

/** explored_attach - boot, probe, one domain with dirty tracking, and all devices attached to it.
 */
int explored_attach(const struct explored_setup *setup);
int explored_map(unsigned long iova, unsigned long long pa, unsigned long len);
int explored_unmap(unsigned long iova, unsigned long len);
/** explored_change - the device gets another domain, with the same mappings. */
int explored_change(unsigned int device);
/** explored_read - the ioctl that reads the bitmap, of each domain there was. @dirty: in,
 * out: bits are added, of up to 64 pages. */
int explored_read(unsigned long iova, unsigned long len, _Bool clear, unsigned long long *dirty);
int explored_track(_Bool on);
/** explored_flush - iommu_flush_iotlb_all(), which nobody else calls here. */
void explored_flush(void);

/* What is asked of the host half besides seam.h and hw.h. */

/** explored_bitmap - a page that hardware does not see, until it is given back. */
void *explored_bitmap(void);
void explored_bitmap_back(void *page);
/** explored_barrier - where the kernel orders its stores for devices. */
void explored_barrier(void);

#endif
