/* SPDX-License-Identifier: MIT */
/*
 * unmap.c - what the driver invalidates after an unmap: exactly what went, and before the core is
 * told that it is gone. Memory that is given back is poisoned under AddressSanitizer, so DMA that
 * still reaches it is found even if no row asks.
 */
#include "cases.h"

#define PAGES 1024u

static struct machine machine;
static struct master master;
static struct iommu_domain *domain;

static void begin(const struct hw_config *config)
{
	machine_create(&machine, config);
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = master_attach(&master, false);
}

static void end(void)
{
	master_detach(&master, domain);
	master_remove(&master);
	machine_stop(&machine);
}

/* [IHI0070 4.4.1.1] What a range command names: (NUM + 1) << SCALE granules of 4 KiB. */
static unsigned long pages_named(const struct hw_command *command)
{
	return (FIELD_GET(CMDQ_TLBI_0_NUM, command->words[0]) + 1)
	       << FIELD_GET(CMDQ_TLBI_0_SCALE, command->words[0]);
}

struct coverage {
	unsigned long tables, table_pages; /* commands that are not for leaves only */
	unsigned long leaves, leaf_pages;
	unsigned long outside;
};

/* Ranges of one kind do not overlap here, so a sum tells whether all is covered. */
static struct coverage cover(unsigned long from, unsigned long first, unsigned long end_iova)
{
	struct coverage c = { 0 };

	for (unsigned long i = from; i < hw_command_count(); i++) {
		const struct hw_command *command = hw_command(i);
		unsigned long iova = command->words[1] & CMDQ_TLBI_1_VA_MASK;
		unsigned long pages = pages_named(command);

		if (FIELD_GET(CMDQ_0_OP, command->words[0]) != CMDQ_OP_TLBI_NH_VA)
			continue;
		c.outside += iova < first || iova + pages * PAGE_SIZE > end_iova;
		if (command->words[1] & CMDQ_TLBI_1_LEAF) {
			c.leaves++;
			c.leaf_pages += pages;
		} else {
			c.tables++;
			c.table_pages += pages;
		}
	}
	return c;
}

static unsigned int reachable(unsigned long iova, unsigned int pages)
{
	unsigned int found = 0;

	for (unsigned int page = 0; page < pages; page++) {
		found += dma_write(MASTER_SID, iova + page * PAGE_SIZE, 1) == HW_OK;
		if (page % 256 == 255)
			irq_run_threads();
	}
	irq_run_threads();
	return found;
}

/* What the monitor saw of an unmap since @before: descriptors that became invalid, all of them
 * invalidated by now. */
static void owed_rows(const struct hw_owed *before, unsigned long descriptors)
{
	struct hw_owed now;

	hw_owed(&now);
	if (!hw_is_monitored())
		return;
	seam_row("monitor: descriptors that owed an invalidation", descriptors,
		 now.changes - before->changes);
	seam_row("monitor: that still do", 0, now.owed);
}

/* Physical memory that is a page off keeps the core from using larger leaves; it unmaps by 2 MiB
 * all the same, so that two tables go as a whole. */
static void unmap_rows(unsigned long table_commands, unsigned long leaf_commands)
{
	struct hw_owed owed;
	char *memory = memory_create(2 * PAGES);
	unsigned long before;
	struct coverage c;

	map(domain, IOVA_BASE, memory + PAGE_SIZE, PAGES * PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("pages reached by DMA before", PAGES, reachable(IOVA_BASE, PAGES));
	before = hw_command_count();
	hw_owed(&owed);
	unmap(domain, IOVA_BASE, PAGES * PAGE_SIZE);
	c = cover(before, IOVA_BASE, IOVA_BASE + PAGES * PAGE_SIZE);
	seam_row("CMD_TLBI_NH_VA for the tables", table_commands, c.tables);
	seam_row("pages they name", PAGES, c.table_pages);
	seam_row("CMD_TLBI_NH_VA for leaves", leaf_commands, c.leaves);
	seam_row("pages outside of what was unmapped", 0, c.outside);
	seam_row("CMD_SYNC", 3, hw_commands_of(CMDQ_OP_CMD_SYNC, before));
	owed_rows(&owed, 2);
	seam_row("pages reached by DMA after", 0, reachable(IOVA_BASE, PAGES));
	/* The tables are new ones, in the memory of the old. */
	map(domain, IOVA_BASE, memory + 3 * PAGE_SIZE, PAGES * PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("mapped elsewhere, pages reached", PAGES, reachable(IOVA_BASE, PAGES));
	unmap(domain, IOVA_BASE, PAGES * PAGE_SIZE);
	memory_destroy(memory, 2 * PAGES);
}

void case_unmap_ranges(void)
{
	struct hw_config config;

	hw_config_default(&config);
	config.tlb_entries = 4096;
	begin(&config);
	unmap_rows(2, 1);
	end();
}

/* Without range commands each page of the tables is named, and the leaves by 2 MiB. */
void case_unmap_pages(void)
{
	struct hw_config config;

	hw_config_default(&config);
	config.tlb_entries = 4096;
	config.aidr = 1;
	config.idr3 &= ~IDR3_RIL;
	begin(&config);
	unmap_rows(PAGES, 2);
	end();
}

/* A few pages in the middle: the neighbours keep theirs. */
void case_unmap_part(void)
{
	unsigned long before, iova = IOVA_BASE + 3 * PAGE_SIZE;
	struct hw_config config;
	struct coverage c;
	char *memory;
	struct hw_owed owed;

	hw_config_default(&config);
	begin(&config);
	memory = memory_create(128);
	map(domain, IOVA_BASE, memory + PAGE_SIZE, 64 * PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("pages reached by DMA before", 64, reachable(IOVA_BASE, 64));
	before = hw_command_count();
	hw_owed(&owed);
	unmap(domain, iova, 13 * PAGE_SIZE);
	c = cover(before, iova, iova + 13 * PAGE_SIZE);
	seam_row("CMD_TLBI_NH_VA for tables", 0, c.tables);
	seam_row("pages named for leaves", 13, c.leaf_pages);
	seam_row("of them outside of what was unmapped", 0, c.outside);
	owed_rows(&owed, 13);
	seam_row("pages of the hole reached after", 0, reachable(iova, 13));
	seam_row("pages around it reached after", 51, reachable(IOVA_BASE, 64));
	unmap(domain, IOVA_BASE, 3 * PAGE_SIZE);
	unmap(domain, iova + 13 * PAGE_SIZE, 48 * PAGE_SIZE);
	memory_destroy(memory, 128);
	end();
}

/* A marked store is heard at once, so that one taken back counts; a plain one at the next occasion.
 */
void case_monitor_stores(void)
{
	struct hw_owed before, marked, plain;
	struct hw_config config;
	u64 *path[4], *leaf, word;
	void *memory;

	hw_config_default(&config);
	begin(&config);
	memory = memory_create(1);
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	dma_write(MASTER_SID, IOVA_BASE, 1);
	leaf = path[path_of(domain_root(domain), IOVA_BASE, path) - 1];
	word = *leaf;
	hw_owed(&before);
	WRITE_ONCE(*leaf, 0);
	WRITE_ONCE(*leaf, word);
	hw_owed(&marked);
	*leaf = 0;
	hw_owed(&plain);
	*leaf = word;
	if (hw_is_monitored()) {
		seam_row("monitor: a marked store, and back", 1, marked.changes - before.changes);
		seam_row("monitor: a plain one", 1, plain.changes - marked.changes);
		seam_row("monitor: descriptors that owe an invalidation", 1, plain.owed);
	}
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	memory_destroy(memory, 1);
	end();
}

/* A driver that forgets, made of one that does not: its TLBI is turned into something else on the
 * way. The write behind it reaches memory that the driver takes for free, and so does whoever is
 * given it. */
void case_unmap_forgotten(void)
{
	struct hw_config config;
	u64 *memory;

	hw_config_default(&config);
	begin(&config);
	memory = memory_create(1);
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	dma_write(MASTER_SID, IOVA_BASE, 1);
	hw_spoil_command(CMDQ_OP_PREFETCH_CFG);
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	seam_row("after the unmap a write is done", HW_OK, dma_write(MASTER_SID, IOVA_BASE, 2));
	seam_row("and in memory", 2, memory[0]);
	memory_destroy(memory, 1);
	hw_expect_findings("freed-before-sync", 1);
	hw_note_findings("freed-before-sync");
	end();
}

/* A 2 MiB leaf where a table was: the walk cache must forget the table. */
void case_unmap_table(void)
{
	struct hw_config config;
	char *memory;
	unsigned long before, iova = SZ_1G;
	struct coverage c;

	hw_config_default(&config);
	begin(&config);
	memory = memory_create(512);
	map(domain, iova, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	dma_write(MASTER_SID, iova, 1);
	unmap(domain, iova, PAGE_SIZE);
	before = hw_command_count();
	map(domain, iova, memory, SZ_2M, IOMMU_READ | IOMMU_WRITE);
	c = cover(before, 0, ULONG_MAX);
	seam_row("invalidations not for leaves only", true, c.tables > 0);
	seam_row("the new leaf is walked to", HW_OK, dma_write(MASTER_SID, iova + SZ_1M, 5));
	seam_row("and reached", 5, *(u64 *)(memory + SZ_1M));
	unmap(domain, iova, SZ_2M);
	seam_row("after its unmap", HW_ABORT, dma_write(MASTER_SID, iova + SZ_1M, 6));
	irq_run_threads();
	memory_destroy(memory, 512);
	end();
}

/* The loop of a strict DMA API: map, DMA, unmap, use the memory for something else. */
void case_unmap_reuse(void)
{
	struct hw_config config;
	unsigned int stale = 0;

	hw_config_default(&config);
	begin(&config);
	for (u64 round = 1; round <= 500; round++) {
		u64 *memory = memory_create(1);

		map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
		stale += dma_write(MASTER_SID, IOVA_BASE, round) != HW_OK || memory[0] != round;
		unmap(domain, IOVA_BASE, PAGE_SIZE);
		memory_destroy(memory, 1);
		stale += dma_write(MASTER_SID, IOVA_BASE, ~round) == HW_OK;
		if (round % 64 == 0)
			irq_run_threads();
	}
	irq_run_threads();
	seam_row("DMA that went elsewhere in 500 rounds", 0, stale);
	end();
}
