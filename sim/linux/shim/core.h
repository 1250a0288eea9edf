/* SPDX-License-Identifier: MIT */
/* core.h - what only the real core of the IOMMU drivers asks for, and the headers of that core. */
#ifndef SV3_LINUX_CORE_H
#define SV3_LINUX_CORE_H

struct scatterlist {
	phys_addr_t pa;
	unsigned int length;
};
struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents, orig_nents;
};
#define sg_phys(sg)               ((sg)->pa)
#define sg_next(sg)               ((sg) + 1)
#define sg_dma_is_bus_address(sg) false

struct task_struct;
struct acpi_device;

/* No firmware here reserves regions. */
#define iort_get_rmr_sids(node, list) ((void)(node))
#define iort_put_rmr_sids(node, list) ((void)(node))

struct work_struct {
	void (*function)(struct work_struct *work);
};
typedef struct wait_queue_head {
	int unused;
} wait_queue_head_t;
struct rlimit;
struct user_struct;
#define wake_up_interruptible_all(queue) ((void)(queue))
struct workqueue_struct {
	int unused;
};
#define WQ_UNBOUND            2
#define INIT_WORK(work, body) ((void)((work)->function = (body)))
#define alloc_workqueue(name, flags, active...) \
	((struct workqueue_struct *)seam_alloc(sizeof(struct workqueue_struct)))
#define destroy_workqueue(queue) seam_free(queue)
#define flush_workqueue(queue)   ((void)(queue))
/* Another CPU takes it up at once. */
static inline bool queue_work(struct workqueue_struct *queue, struct work_struct *work)
{
	work->function(work);
	return true;
}

#include <linux/rbtree.h>
#include <linux/iommu.h>
#include <linux/io-pgtable.h>
#include <linux/iova_bitmap.h>
#include <linux/iopoll.h>

static inline bool capable(int capability)
{
	return true;
}

extern struct bus_type amba_bustype, fsl_mc_bus_type, cdx_bus_type, host1x_context_device_bus_type;
#define fsl_mc_cont_dev(d)         (d)
#define is_kdump_kernel()          false
#define CAP_SYS_ADMIN              21
#define CAP_SYS_RAWIO              17
#define is_module_address(where)   false
#define kstrtobool(text, value)    (*(value) = (text)[0] == '1' || (text)[0] == 'y', 0)
#define print_hex_dump_debug(...)  ((void)0)
#define cc_platform_has(attribute) false
#define CC_ATTR_MEM_ENCRYPT        0

#define trace_add_device_to_group(id, dev)      ((void)0)
#define trace_remove_device_from_group(id, dev) ((void)(dev))
#define trace_attach_device_to_domain(dev)      ((void)0)
#define trace_map(iova, pa, size)               ((void)(iova), (void)(pa))
#define trace_unmap(iova, size, unmapped)       ((void)(iova))
#define trace_io_page_fault(dev, iova, flags)   ((void)0)

#endif
