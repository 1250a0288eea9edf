/* SPDX-License-Identifier: MIT */
/*
 * pages.c - memory behind the areas of an I/O address space (iommufd): pages of the window, which
 * are there anyway. Nothing is pinned or accounted; an area is mapped in one piece.
 */
#include "double_span.h"
#include "io_pagetable.h"

#include "kernel.h"

struct iopt_pages *iopt_alloc_pages(void __user *uptr, unsigned long length, bool writable)
{
	struct iopt_pages *pages = seam_alloc(sizeof(*pages));

	kref_init(&pages->kref);
	pages->npages = length / PAGE_SIZE;
	pages->uptr = uptr;
	pages->writable = writable;
	pages->domains_itree = RB_ROOT_CACHED;
	pages->access_itree = RB_ROOT_CACHED;
	return pages;
}

void iopt_release_pages(struct kref *kref)
{
	seam_free(container_of(kref, struct iopt_pages, kref));
}

static int fill(struct iopt_area *area, struct iopt_pages *pages, struct iommu_domain *domain)
{
	unsigned long byte = iopt_area_start_byte(area, iopt_area_iova(area));

	return iommu_map(domain, iopt_area_iova(area), virt_to_phys((char *)pages->uptr + byte),
			 iopt_area_length(area), area->iommu_prot, GFP_KERNEL);
}

int iopt_area_fill_domain(struct iopt_area *area, struct iommu_domain *domain)
{
	return fill(area, area->pages, domain);
}

void iopt_area_unmap_domain(struct iopt_area *area, struct iommu_domain *domain)
{
	iommu_unmap(domain, iopt_area_iova(area), iopt_area_length(area));
}

void iopt_area_unfill_domain(struct iopt_area *area, struct iopt_pages *pages,
			     struct iommu_domain *domain)
{
	iopt_area_unmap_domain(area, domain);
}

int iopt_area_fill_domains(struct iopt_area *area, struct iopt_pages *pages)
{
	struct iommu_domain *domain;
	unsigned long index;
	int rc = 0;

	xa_for_each(&area->iopt->domains, index, domain)
	{
		rc = fill(area, pages, domain);
		if (rc)
			return rc;
		if (!area->storage_domain) {
			area->storage_domain = domain;
			interval_tree_insert(&area->pages_node, &pages->domains_itree);
		}
	}
	return 0;
}

void iopt_area_unfill_domains(struct iopt_area *area, struct iopt_pages *pages)
{
	struct iommu_domain *domain;
	unsigned long index;

	if (!area->storage_domain)
		return;
	xa_for_each(&area->iopt->domains, index, domain) iopt_area_unmap_domain(area, domain);
	interval_tree_remove(&area->pages_node, &pages->domains_itree);
	area->storage_domain = NULL;
}

/* No user of the address space but devices. */
void iommufd_access_notify_unmap(struct io_pagetable *iopt, unsigned long iova,
				 unsigned long length)
{
}

/* The search for a free IOVA: the harness always names its own. */
void interval_tree_double_span_iter_first(struct interval_tree_double_span_iter *iter,
					  struct rb_root_cached *one, struct rb_root_cached *other,
					  unsigned long first, unsigned long last)
{
	BUG();
}

void interval_tree_double_span_iter_next(struct interval_tree_double_span_iter *iter)
{
	BUG();
}
