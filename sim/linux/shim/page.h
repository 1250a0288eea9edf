/* SPDX-License-Identifier: MIT */
/*
 * page.h - pages of physical memory.
 *
 * Physical memory is one window of the harness (seam.h): a virtual address is the window plus the
 * offset from the first physical address. Each page has a struct page, in one array.
 */
#ifndef SV3_LINUX_PAGE_H
#define SV3_LINUX_PAGE_H

#define PAGE_SHIFT     12
#define PAGE_SIZE      (1ul << PAGE_SHIFT)
#define PAGE_MASK      (-PAGE_SIZE)
#define MAX_PAGE_ORDER 10
#define VA_BITS        48
#define vabits_actual  48
#define NUMA_NO_NODE   (-1)

#define offset_in_page(p) ((unsigned long)(p) % PAGE_SIZE)

/* Memory is zeroed whoever asks, and asking never waits. */
#define GFP_KERNEL         0x1u
#define GFP_ATOMIC         0x2u
#define GFP_KERNEL_ACCOUNT 0x4u
#define __GFP_ZERO         0x10u
#define __GFP_COMP         0x80u
#define __GFP_DMA          0x100u
#define __GFP_DMA32        0x200u
#define __GFP_HIGHMEM      0x400u

struct page {
	struct list_head lru;
};

extern struct page *kernel_pages;

static inline phys_addr_t virt_to_phys(const volatile void *virt)
{
	return seam_window_pa + (phys_addr_t)((const char *)virt - seam_window);
}

static inline void *phys_to_virt(phys_addr_t pa)
{
	return seam_window + (pa - seam_window_pa);
}

#define __pa(virt) virt_to_phys((const void *)(virt))
#define __va(pa)   phys_to_virt(pa)

static inline struct page *virt_to_page(const void *virt)
{
	return &kernel_pages[((const char *)virt - seam_window) / (long)PAGE_SIZE];
}

static inline void *page_address(const struct page *page)
{
	return seam_window + (page - kernel_pages) * (long)PAGE_SIZE;
}

static inline struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	void *virt = seam_pages_alloc(order);

	return virt ? virt_to_page(virt) : NULL;
}

static inline void __free_pages(struct page *page, unsigned int order)
{
	seam_pages_free(page_address(page), order);
}

/* Nothing that hardware sees is asked for in this way: the explorer need not know of it. */
#ifdef SEAM_EXPLORED
#define __get_free_page(gfp) ((unsigned long)seam_alloc(PAGE_SIZE))
#define free_page(virt)      seam_free((void *)(virt))
#else
#define __get_free_page(gfp) ((unsigned long)seam_pages_alloc(0))
#define free_page(virt)      seam_pages_free((void *)(virt), 0)
#endif

#define alloc_pages_node(node, gfp, order) alloc_pages(gfp, order)
#define put_page(page)                     __free_pages(page, 0)
#define get_order(size)                    ((size) <= PAGE_SIZE ? 0 : ilog2((size)-1) + 1 - PAGE_SHIFT)

/* Statistics of memory are kept by nobody. */
#define mod_node_page_state(node, item, count)   ((void)(count))
#define mod_lruvec_page_state(page, item, count) ((void)(count))
#define page_pgdat(page)                         0

#define kmap_local_page(page) page_address(page)
#define kunmap_local(virt)    ((void)(virt))

#endif
