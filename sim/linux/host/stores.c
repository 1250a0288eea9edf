/* SPDX-License-Identifier: MIT */
/*
 * stores.c - how the monitor hears what kernel code stores: plainly, into a window of host memory.
 *
 * Of each page that means anything to the monitor (its areas, and the command queue) there is a
 * copy. A doubleword that differs from its copy was stored by software; what hardware and devices
 * write goes into the copy untold. A store is heard at once where someone says so (host_stored()),
 * else when software and hardware meet next (host_stores_compare()). Until then no hardware of
 * this machine can have looked; two stores of one doubleword in between are heard as one.
 */
#include <string.h>
#include <sys/mman.h>

#include <sv3/arch.h>

#include "host.h"

#define PAGES (HOST_WINDOW_SIZE / SV3_PAGE_SIZE)
#define WORDS (SV3_PAGE_SIZE / 8)

static uint64_t *copies;        /* shape [HOST_WINDOW_SIZE / 8], where a page is watched */
static bool is_watched[PAGES];  /* by page of the window */
static uint32_t watched[PAGES]; /* their numbers; shape [watched_count] */
static uint32_t watched_count, area_count;
static uint64_t queue_base;

/* As it stands, whoever owns it: freed memory and other threads' stores are no mistakes of ours. */
__attribute__((no_sanitize("address"), no_sanitize("thread"))) static uint64_t word_at(uint64_t i)
{
	return ((const volatile uint64_t *)(const void *)seam_window)[i];
}

enum sv3_bus_status host_stores_peek(void *context, sv3_pa pa, void *data, uint32_t size)
{
	(void)context;
	for (uint32_t i = 0; i < size; i++) {
		const uint64_t offset = pa + i - HOST_WINDOW_PA;

		if (offset >= HOST_WINDOW_SIZE)
			return SV3_BUS_ABORT;
		((uint8_t *)data)[i] = (uint8_t)(word_at(offset / 8) >> offset % 8 * 8);
	}
	return SV3_BUS_OK;
}

void host_stores_init(void)
{
	copies = (uint64_t *)mmap(NULL, HOST_WINDOW_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	SV3_ASSERT(copies != MAP_FAILED);
}

/* --- what is watched --- */

static void take_copy(uint64_t page)
{
	for (uint64_t i = page * WORDS; i < (page + 1) * WORDS; i++)
		copies[i] = word_at(i);
}

static void watch(sv3_pa pa, uint64_t len)
{
	const uint64_t offset = pa - HOST_WINDOW_PA;

	if (offset >= HOST_WINDOW_SIZE || len > HOST_WINDOW_SIZE - offset)
		return;
	for (uint64_t page = offset / SV3_PAGE_SIZE; page * SV3_PAGE_SIZE < offset + len; page++) {
		if (is_watched[page])
			continue;
		is_watched[page] = true;
		watched[watched_count++] = (uint32_t)page;
		take_copy(page);
	}
}

/* What the monitor has met by now. */
void host_stores_watch(void)
{
	const uint64_t base = sv3_smmu_reg_peek(host_machine.smmu, SV3_REG_CMDQ_BASE, 8);
	uint64_t len;
	sv3_pa pa;

	for (; sv3_monitor_area(host_monitor, area_count, &pa, &len); area_count++)
		watch(pa, len);
	if (base != queue_base)
		watch(base & SV3_QUEUE_BASE_ADDR, UINT64_C(16) << (base & 31));
	queue_base = base;
}

/* --- software --- */

static void hear(uint64_t i)
{
	const uint64_t before = copies[i], now = word_at(i);

	if (before == now)
		return;
	copies[i] = now;
	host_monitor_steps++;
	sv3_monitor_store(host_monitor, HOST_WINDOW_PA + 8 * i, before, now);
}

void host_stored(const volatile void *where, unsigned long size)
{
	const uint64_t offset = (uint64_t)((const volatile char *)where - seam_window);

	if (!host_monitor || !size || offset >= HOST_WINDOW_SIZE)
		return;
	host_lock();
	for (uint64_t i = offset / 8; i <= (offset + size - 1) / 8; i++)
		if (is_watched[i / WORDS])
			hear(i);
	host_stores_watch();
	host_unlock();
}

static void compare(uint64_t page)
{
	for (uint64_t i = page * WORDS; i < (page + 1) * WORDS; i++)
		if (copies[i] != word_at(i))
			hear(i);
}

void host_stores_compare(void)
{
	for (uint32_t i = 0; i < watched_count; i++)
		compare(watched[i]);
	host_stores_watch();
}

void host_stores_forget(const void *pages, uint64_t size)
{
	const uint64_t first = (uint64_t)((const char *)pages - seam_window) / SV3_PAGE_SIZE;

	for (uint64_t page = first; page < first + size / SV3_PAGE_SIZE; page++)
		if (is_watched[page])
			take_copy(page);
}

/* --- hardware --- */

void host_stores_swapped(sv3_pa pa, uint64_t before, uint64_t now)
{
	const uint64_t i = (pa - HOST_WINDOW_PA) / 8;

	if (!host_monitor || !is_watched[i / WORDS])
		return;
	/* Another CPU may have stored since software was heard. */
	if (copies[i] != before)
		sv3_monitor_store(host_monitor, pa, copies[i], before);
	copies[i] = now;
}

void host_stores_written(sv3_pa pa, const void *data, uint32_t size)
{
	const uint64_t offset = pa - HOST_WINDOW_PA;

	if (host_monitor && offset < HOST_WINDOW_SIZE && size <= HOST_WINDOW_SIZE - offset &&
	    is_watched[offset / SV3_PAGE_SIZE])
		memcpy((uint8_t *)copies + offset, data, size);
}
