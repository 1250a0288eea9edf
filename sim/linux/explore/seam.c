/* SPDX-License-Identifier: MIT */
/*
 * seam.c - seam.h and hw.h over the explorer: registers, waiting, messages; what stands where, for
 * stories; and the one store that is made too late.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>

#include "linux.h"

#define STREAMS         16u
#define VAIN_PAUSES_MAX 8u
#define SECOND_NS       1000000000u

static bool reorders;

void (*seam_stored)(const volatile void *where);
void (*seam_interrupts)(void);
int seam_fence;

static bool is_of_queue(unsigned long long base, uint32_t entry_bytes, sv3_pa pa)
{
	return pa - (base & SV3_QUEUE_BASE_ADDR) <
	       (uint64_t)entry_bytes << SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, base);
}

/* --- a store that is made too late --- */

void linux_reorder(bool is_late)
{
	reorders = is_late;
}

void linux_wrote(volatile void *where, uint32_t size)
{
	struct linux_store *last = &linux_kept.last;

	last->where = where;
	last->size = size <= sizeof(last->bytes) ? size : 0;
	memcpy(last->bytes, (const void *)where, last->size);
}

/* The last store of a command is taken back, as if it waited in the CPU. */
void explored_barrier(void)
{
	struct linux_store *last = &linux_kept.last;
	const sv3_pa pa = seam_window_pa + (sv3_pa)((const char *)last->where - seam_window);

	if (!reorders || !linux_kept.is_explored || linux_kept.was_late || !last->size ||
	    !is_of_queue(linux_kept.cmdq, SV3_CMD_SIZE_BYTES, pa))
		return;
	linux_kept.was_late = true;
	linux_kept.late = *last;
	memcpy(linux_kept.late.bytes, (const void *)last->where, last->size);
	memcpy((void *)last->where, last->bytes, last->size);
}

static void store_late(void)
{
	struct linux_store *late = &linux_kept.late;

	if (!late->size)
		return;
	sv3_explore_writes(linux_explore, late->where, late->size);
	memcpy((void *)late->where, late->bytes, late->size);
	late->size = 0;
}

/* --- registers --- */

void hw_create(const struct hw_config *config)
{
	(void)config; /* it stands there */
}

unsigned long long hw_reg_read(unsigned int offset, unsigned int size)
{
	return linux_regs.ops->read(linux_regs.context, offset, size);
}

void hw_reg_write(unsigned int offset, unsigned int size, unsigned long long value)
{
	if (offset == SV3_REG_STRTAB_BASE)
		linux_kept.strtab = value & SV3_STRTAB_BASE_ADDR;
	if (offset == SV3_REG_CMDQ_BASE)
		linux_kept.cmdq = value;
	if (offset == SV3_REG_EVENTQ_BASE)
		linux_kept.eventq = value;
	linux_regs.ops->write(linux_regs.context, offset, size, value);
	store_late();
}

/* Nobody but a driver's STE says where a CD stands. */
static sv3_pa cds_of(uint32_t stream_id)
{
	const uint64_t *ste = (const uint64_t *)sv3_explore_memory(
		linux_explore, linux_kept.strtab + SV3_STE_SIZE_BYTES * (sv3_pa)stream_id,
		SV3_STE_SIZE_BYTES);

	return ste && ste[0] & SV3_STE0_V && SV3_GET(SV3_STE0_CONFIG, ste[0]) & 1
		       ? ste[0] & SV3_STE0_S1CONTEXTPTR
		       : 0;
}

enum sv3_explore_place linux_place(void *state, sv3_pa pa, char text[SV3_EXPLORE_PLACE_CHARS])
{
	const size_t size = SV3_EXPLORE_PLACE_CHARS;

	(void)state;
	if (pa < seam_window_pa) {
		snprintf(text, size, "0x%llx", (unsigned long long)pa);
		return SV3_EXPLORE_ELSEWHERE;
	}
	if (is_of_queue(linux_kept.cmdq, SV3_CMD_SIZE_BYTES, pa)) {
		snprintf(text, size, "command queue [%u]",
			 (unsigned int)(pa - (linux_kept.cmdq & SV3_QUEUE_BASE_ADDR)) /
				 SV3_CMD_SIZE_BYTES);
		return SV3_EXPLORE_COMMANDS;
	}
	if (is_of_queue(linux_kept.eventq, SV3_EVENT_SIZE_BYTES, pa)) {
		snprintf(text, size, "event queue [%u]",
			 (unsigned int)(pa - (linux_kept.eventq & SV3_QUEUE_BASE_ADDR)) /
				 SV3_EVENT_SIZE_BYTES);
		return SV3_EXPLORE_ELSEWHERE;
	}
	if (pa - linux_kept.strtab < SV3_STE_SIZE_BYTES * STREAMS) {
		snprintf(text, size, "STE %u [%u]",
			 (unsigned int)(pa - linux_kept.strtab) / SV3_STE_SIZE_BYTES,
			 (unsigned int)(pa % 64) / 8);
		return SV3_EXPLORE_ELSEWHERE;
	}
	for (uint32_t stream_id = 0; stream_id < STREAMS; stream_id++) {
		const sv3_pa cds = cds_of(stream_id);

		if (!cds || pa - cds >= LINUX_PAGE_BYTES)
			continue;
		snprintf(text, size, "CD of stream %u [%u]", stream_id,
			 (unsigned int)(pa % 64) / 8);
		return SV3_EXPLORE_ELSEWHERE;
	}
	snprintf(text, size, "table 0x%llx[%u]", (unsigned long long)(pa & ~UINT64_C(0xfff)),
		 (unsigned int)(pa & 0xfff) / 8);
	return SV3_EXPLORE_TABLE;
}

/* --- what happens to kernels elsewhere and not here --- */

_Bool hw_step(void)
{
	return false;
}

unsigned int hw_irq_take(void)
{
	return 0;
}

unsigned long hw_command_count(void)
{
	return 0;
}

void hw_expect_findings(const char *rule, unsigned long long count)
{
	(void)rule;
	(void)count;
}

/* --- time and waiting --- */

unsigned long long seam_now_ns(void)
{
	return linux_kept.now_ns;
}

/* Linux pauses more than once between two looks; whoever looks again and again at what cannot
 * change is waiting still when his time is up. */
void seam_pause(unsigned long long ns)
{
	linux_kept.now_ns += ns;
	if (linux_regs.ops->poll(linux_regs.context)) {
		linux_kept.vain_pauses = 0;
		return;
	}
	if (++linux_kept.vain_pauses < VAIN_PAUSES_MAX)
		return;
	linux_kept.now_ns += SECOND_NS;
	if (linux_kept.is_explored)
		sv3_explore_expect(linux_explore, false, SV3_EXPLORE_HANG,
				   "Linux waits for what cannot happen any more");
}

void seam_wait(const char *what)
{
	(void)what;
	sv3_explore_wait(linux_explore);
}

/* --- messages and rows: what is not as it should be --- */

static void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(linux_kept.complaint, sizeof(linux_kept.complaint), format, arguments);
	va_end(arguments);
	if (linux_kept.is_explored)
		sv3_explore_expect(linux_explore, false, SV3_EXPLORE_DRIVER, linux_kept.complaint);
}

const char *linux_complaint(void)
{
	return linux_kept.complaint[0] ? linux_kept.complaint : NULL;
}

void seam_log(const char *format, ...)
{
	(void)format;
}

void seam_warn(const char *file, int line, const char *what)
{
	complain("WARN %s:%d: %s", file, line, what);
}

void seam_bug(const char *file, int line)
{
	fprintf(stderr, "sv3-linux: the kernel gave up at %s:%d\n", file, line);
	exit(1);
}

void seam_row(const char *name, unsigned long long expected, unsigned long long seen)
{
	if (expected != seen)
		complain("%s: expected %llu, seen %llu", name, expected, seen);
}

void seam_row_text(const char *name, const char *expected, const char *seen)
{
	if (strcmp(expected, seen) != 0)
		complain("%s: expected %s, seen %s", name, expected, seen);
}

void seam_end(void)
{
	fprintf(stderr, "sv3-linux: %s\n", linux_kept.complaint);
	exit(1);
}
