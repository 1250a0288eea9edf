/* SPDX-License-Identifier: MIT */
/*
 * kvm_log.c - the dirty log of KVM for writes of CPUs: slots, write protection, get, clear.
 *
 * No table of ours is behind it: a page is write-protected or not, and a write to a protected one
 * faults, is marked and goes on unprotected. A page that is neither marked nor protected would be
 * written unseen, so marks are taken away only together with protecting the page.
 */
#include "frontends_priv.h"

#include <stdlib.h>
#include <string.h>

#define CLEAR_ALIGN_PAGES 64u

struct slot {
	uint64_t first_page, page_count; /* 0 pages: there is none */
	bool readonly;
	/* The log, owned; NULL: none. */
	uint8_t *dirty, *protected; /* shape [log_bytes()] */
};

struct sv3_kvm {
	struct slot slots[SV3_KVM_SLOTS_MAX];
	uint64_t manual; /* enum sv3_kvm_manual_flag */
};

/* Whole words of 64 pages, as the user's bitmap is. */
static size_t log_bytes(uint64_t page_count)
{
	return (size_t)((page_count + 63) / 64 * 8);
}

int sv3_kvm_create(struct sv3_kvm **kvm)
{
	*kvm = (struct sv3_kvm *)calloc(1, sizeof(**kvm));
	return *kvm ? 0 : -SV3_ENOMEM;
}

static void log_end(struct slot *slot)
{
	free(slot->dirty);
	free(slot->protected);
	slot->dirty = slot->protected = NULL;
}

void sv3_kvm_destroy(struct sv3_kvm *kvm)
{
	if (!kvm)
		return;
	for (uint32_t i = 0; i < SV3_KVM_SLOTS_MAX; i++)
		log_end(&kvm->slots[i]);
	free(kvm);
}

int sv3_kvm_enable_manual_protect(struct sv3_kvm *kvm, uint64_t options)
{
	/* Initially set says how a log begins that the user clears; alone it has no meaning. */
	const uint64_t allowed = options & SV3_KVM_MANUAL_PROTECT
					 ? SV3_KVM_MANUAL_PROTECT | SV3_KVM_INITIALLY_SET
					 : 0;

	if (options & ~allowed)
		return -SV3_EINVAL;
	kvm->manual = options;
	return 0;
}

/* --- slots --- */

/* Nothing is marked and all is protected; or, initially set, all is marked and nothing is. */
static int log_begin(const struct sv3_kvm *kvm, struct slot *slot)
{
	const size_t bytes = log_bytes(slot->page_count);

	slot->dirty = (uint8_t *)calloc(1, bytes);
	slot->protected = (uint8_t *)calloc(1, bytes);
	if (!slot->dirty || !slot->protected) {
		log_end(slot);
		return -SV3_ENOMEM;
	}
	sv3__bits_set(kvm->manual & SV3_KVM_INITIALLY_SET ? slot->dirty : slot->protected, 0,
		      slot->page_count);
	return 0;
}

static bool overlaps_another(const struct sv3_kvm *kvm, uint32_t index, uint64_t first,
			     uint64_t count)
{
	for (uint32_t i = 0; i < SV3_KVM_SLOTS_MAX; i++) {
		const struct slot *other = &kvm->slots[i];

		if (i != index && other->page_count &&
		    first < other->first_page + other->page_count &&
		    other->first_page < first + count)
			return true;
	}
	return false;
}

static int check_region(const struct sv3_kvm *kvm, const struct sv3_kvm_region *region)
{
	const uint64_t page_count = region->size >> SV3_PAGE_LG2;
	const struct slot *old;

	if (region->slot >= SV3_KVM_SLOTS_MAX ||
	    (region->flags & ~(uint32_t)(SV3_KVM_LOG_DIRTY_PAGES | SV3_KVM_READONLY)) ||
	    ((region->gpa | region->size) & (SV3_PAGE_SIZE - 1)) ||
	    region->size > UINT64_MAX - region->gpa || page_count > SV3_KVM_SLOT_PAGES_MAX)
		return -SV3_EINVAL;
	old = &kvm->slots[region->slot];
	if (!page_count)
		return old->page_count ? 0 : -SV3_EINVAL;
	if (old->page_count && (old->page_count != page_count ||
				old->readonly != ((region->flags & SV3_KVM_READONLY) != 0)))
		return -SV3_EINVAL;
	return overlaps_another(kvm, region->slot, region->gpa >> SV3_PAGE_LG2, page_count)
		       ? -SV3_EEXIST
		       : 0;
}

int sv3_kvm_set_region(struct sv3_kvm *kvm, const struct sv3_kvm_region *region)
{
	const bool log = (region->flags & SV3_KVM_LOG_DIRTY_PAGES) != 0;
	const uint64_t first_page = region->gpa >> SV3_PAGE_LG2;
	struct slot *slot;
	struct slot made;
	int rc = check_region(kvm, region);

	if (rc < 0)
		return rc;
	slot = &kvm->slots[region->slot];
	made = *slot;
	made.first_page = first_page;
	made.page_count = region->size >> SV3_PAGE_LG2;
	made.readonly = (region->flags & SV3_KVM_READONLY) != 0;
	if (!log || !region->size)
		log_end(&made);
	else if (!made.dirty)
		rc = log_begin(kvm, &made);
	else if (slot->first_page != first_page) /* what maps it goes, and comes back protected */
		sv3__bits_set(made.protected, 0, made.page_count);
	if (rc == 0)
		*slot = made;
	return rc;
}

/* --- writes --- */

int sv3_kvm_write(struct sv3_kvm *kvm, uint64_t gpa)
{
	const uint64_t gpa_page = gpa >> SV3_PAGE_LG2;

	for (uint32_t i = 0; i < SV3_KVM_SLOTS_MAX; i++) {
		struct slot *slot = &kvm->slots[i];
		const uint64_t page = gpa_page - slot->first_page; /* wraps below the slot */

		if (page >= slot->page_count)
			continue;
		if (slot->readonly)
			return -SV3_EFAULT;
		if (!slot->dirty || !sv3__bits_test(slot->protected, page))
			return 0;
		sv3__bits_set(slot->dirty, page, 1);
		sv3__bits_clear(slot->protected, page, 1);
		return 1;
	}
	return -SV3_EFAULT;
}

/* --- the log --- */

/* The slot of a call that needs a log. */
static int logged_slot(struct sv3_kvm *kvm, uint32_t index, struct slot **slot)
{
	if (index >= SV3_KVM_SLOTS_MAX)
		return -SV3_EINVAL;
	*slot = &kvm->slots[index];
	return (*slot)->dirty ? 0 : -SV3_ENOENT;
}

int sv3_kvm_get_dirty_log(struct sv3_kvm *kvm, const struct sv3_kvm_dirty_log *log)
{
	struct slot *slot;
	size_t bytes;
	int rc = logged_slot(kvm, log->slot, &slot);

	if (rc < 0)
		return rc;
	bytes = log_bytes(slot->page_count);
	if (sv3__buffer_is_bad(log->bitmap, bytes))
		return -SV3_EFAULT;
	memcpy(log->bitmap, slot->dirty, bytes);
	if (kvm->manual & SV3_KVM_MANUAL_PROTECT)
		return 0;
	for (size_t i = 0; i < bytes; i++) {
		slot->protected[i] |= slot->dirty[i];
		slot->dirty[i] = 0;
	}
	return 0;
}

int sv3_kvm_clear_dirty_log(struct sv3_kvm *kvm, const struct sv3_kvm_clear_dirty_log *clear)
{
	const uint8_t *named = (const uint8_t *)clear->bitmap;
	const uint64_t bytes = (clear->num_pages + 7) / 8;
	uint64_t pages_behind;
	struct slot *slot;
	int rc;

	if (clear->first_page % CLEAR_ALIGN_PAGES)
		return -SV3_EINVAL;
	rc = logged_slot(kvm, clear->slot, &slot);
	if (rc < 0)
		return rc;
	if (clear->first_page > slot->page_count)
		return -SV3_EINVAL;
	pages_behind = slot->page_count - clear->first_page;
	if (clear->num_pages > pages_behind ||
	    (clear->num_pages < pages_behind && clear->num_pages % CLEAR_ALIGN_PAGES))
		return -SV3_EINVAL;
	if (sv3__buffer_is_bad(named, bytes))
		return -SV3_EFAULT;
	/* Bits behind the slot's end may be set: there is no mark there to be taken away. */
	for (uint64_t i = 0; i < bytes; i++) {
		const uint64_t at = clear->first_page / 8 + i;
		const uint8_t cleared = named[i] & slot->dirty[at];

		slot->dirty[at] &= (uint8_t)~cleared;
		slot->protected[at] |= cleared;
	}
	return 0;
}
