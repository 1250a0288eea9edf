/* SPDX-License-Identifier: MIT */
/*
 * dirty.c - dirty tracking as iommufd drives it: the kernel's own io_pagetable.c clears, enables,
 * reads and clears, with the gather and the iommu_iotlb_sync() that it ends with.
 *
 * A page is a round's report: which of the pages that a device wrote the second round reports
 * depends on whether a TLB may keep a leaf that was dirty when it was read.
 */
#include "io_pagetable.h"

#include "cases.h"

#define PAGES     8u
#define PAGES_MAX 512u

static struct machine machine;
static struct master master;
static struct iommu_domain *domain;
static struct io_pagetable iopt;
static void *memory;
static u64 *bitmap;
static unsigned int pages = PAGES;

static void begin(const struct hw_config *config)
{
	static struct iommufd_ctx ictx;
	unsigned long iova = IOVA_BASE;

	machine_create(&machine, config);
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = master_attach(&master, true);
	memory = memory_create(pages);
	bitmap = memory_create(1);
	iopt_init_table(&iopt);
	must(iopt_table_add_domain(&iopt, domain) == 0, "the domain joins the address space");
	must(iopt_map_user_pages(&ictx, &iopt, &iova, memory, pages * PAGE_SIZE,
				 IOMMU_READ | IOMMU_WRITE, 0) == 0,
	     "memory is mapped by the address space");
}

static void end(void)
{
	unsigned long unmapped;

	must(iopt_unmap_all(&iopt, &unmapped) == 0, "the address space is emptied");
	iopt_table_remove_domain(&iopt, domain);
	iopt_destroy_table(&iopt);
	master_detach(&master, domain);
	master_remove(&master);
	memory_destroy(memory, pages);
	memory_destroy(bitmap, 1);
	machine_stop(&machine);
}

/* The device writes each page once. */
static void write_all(u64 value)
{
	for (unsigned int page = 0; page < PAGES; page++)
		must(dma_write(MASTER_SID, IOVA_BASE + page * PAGE_SIZE, value) == HW_OK,
		     "the device writes");
}

static unsigned int pages_with(u64 value)
{
	unsigned int found = 0;

	for (unsigned int page = 0; page < PAGES; page++)
		found += *(u64 *)((char *)memory + page * PAGE_SIZE) == value;
	return found;
}

/* What a migration does with a report: the pages in it are read, and sent. */
static void send_reported(void)
{
	for (unsigned int page = 0; page < pages; page++)
		if (bitmap[page / 64] >> page % 64 & 1)
			hw_copied(virt_to_phys(memory) + page * PAGE_SIZE, PAGE_SIZE);
}

/* Tracking begins, and all of memory is sent once; with @flush all that was cached is forgotten in
 * between. */
static void track(bool flush)
{
	seam_row("tracking is set", 0, (u64)iopt_set_dirty_tracking(&iopt, domain, true));
	if (flush)
		iommu_flush_iotlb_all(domain);
	hw_copied(virt_to_phys(memory), pages * PAGE_SIZE);
}

/* The clears of @cleared pages were never invalidated, though their pages were sent; @written of
 * them were written through what was cached. What is owed goes when the domain does, so it is
 * judged now. */
static void expect_missing_tlbi(unsigned int cleared, unsigned int written)
{
	hw_expect_findings("missing-tlbi", cleared);
	hw_expect_findings("dma-through-stale", written);
	hw_judge();
	hw_note_findings("missing-tlbi");
	hw_note_findings("dma-through-stale");
}

/* One call of the ioctl that reads the bitmap, into which nothing was read before. */
static int read_bitmap(unsigned long iova, unsigned long count, unsigned long flags)
{
	struct iommu_hwpt_get_dirty_bitmap request = {
		.iova = iova,
		.length = count * PAGE_SIZE,
		.page_size = PAGE_SIZE,
		.data = (unsigned long)bitmap,
	};

	memset(bitmap, 0, PAGE_SIZE);
	return iopt_read_and_clear_dirty_data(&iopt, domain, flags, &request);
}

/* The same of all pages. Returns: those that are reported. */
static unsigned int collect(unsigned long flags)
{
	unsigned int found = 0;

	must(read_bitmap(IOVA_BASE, pages, flags) == 0, "the bitmap is read");
	for (unsigned int word = 0; word < DIV_ROUND_UP(pages, 64); word++)
		found += (unsigned int)hweight64(bitmap[word]);
	return found;
}

static unsigned long tlbi_since(unsigned long from)
{
	return hw_commands_of(CMDQ_OP_TLBI_NH_VA, from) +
	       hw_commands_of(CMDQ_OP_TLBI_NH_ASID, from) +
	       hw_commands_of(CMDQ_OP_TLBI_NSNH_ALL, from);
}

/* Two rounds over pages that are written in each; the device touches nothing before them.
 * Returns: the step at which the first began to clear. */
static u64 two_rounds(bool flush, unsigned int second)
{
	struct hw_owed owed, now;
	unsigned long before;
	u64 step;

	track(flush);
	write_all(1);
	before = hw_command_count();
	hw_owed(&owed);
	step = hw_monitor_steps();
	seam_row("first round: pages reported of 8 written", PAGES, collect(0));
	hw_owed(&now);
	if (hw_is_monitored())
		seam_row("monitor: clears it heard in that round", PAGES,
			 now.changes - owed.changes);
	seam_row("TLBI commands of that round", 0, tlbi_since(before));
	seam_row("CMD_SYNC of that round", 0, hw_commands_of(CMDQ_OP_CMD_SYNC, before));
	if (flush)
		iommu_flush_iotlb_all(domain);
	send_reported();
	write_all(2);
	seam_row("second writes in memory", PAGES, pages_with(2));
	seam_row("second round: pages reported of 8 written", second, collect(0));
	return step;
}

/* The monitor names the round, the pages and the command that is missing. */
static void missing_tlbi_rows(u64 step)
{
	struct hw_finding finding;

	if (!hw_is_monitored())
		return;
	seam_row("monitor: names a missing TLBI", true, hw_finding("missing-tlbi", &finding));
	seam_row("monitor: its first IOVA", IOVA_BASE, finding.first);
	seam_row("monitor: its last IOVA", IOVA_BASE + PAGES * PAGE_SIZE - 1, finding.last);
	seam_row("monitor: owed since the first round's clear", true,
		 finding.changed > step && finding.changed < finding.found);
}

/* Flagship: what the core and the driver do, and nothing else; the TLB keeps what was dirty. */
void case_dirty_cached(void)
{
	struct hw_config config;
	u64 step;

	hw_config_default(&config);
	begin(&config);
	step = two_rounds(false, 0);
	expect_missing_tlbi(PAGES, PAGES);
	missing_tlbi_rows(step);
	end();
}

void case_dirty_flushed(void)
{
	struct hw_config config;

	hw_config_default(&config);
	begin(&config);
	two_rounds(true, PAGES);
	end();
}

/* A TLB that keeps nothing loses nothing. The monitor does not look into it: the TLBI is missing
 * here, too, but no write goes through anything stale. */
void case_dirty_uncached(void)
{
	struct hw_config config;

	hw_config_default(&config);
	config.tlb_entries = 0;
	begin(&config);
	two_rounds(false, PAGES);
	expect_missing_tlbi(PAGES, 0);
	end();
}

/* One round as in two_rounds(), but the case holds the gather in its own hands.
 * Returns: pages the second round reports. */
static unsigned int round_by_hand(unsigned long pgsize)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	unsigned long before;

	track(false);
	write_all(1);
	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	must(domain->dirty_ops->read_and_clear_dirty(domain, IOVA_BASE, PAGES * PAGE_SIZE, 0,
						     &dirty) == 0,
	     "the driver reads and clears");
	seam_row("what the driver gathered: first byte", IOVA_BASE, gather.start);
	seam_row("last byte", IOVA_BASE + PAGES * PAGE_SIZE - 1, gather.end);
	seam_row("page size", 0, gather.pgsize);
	gather.pgsize = pgsize;
	before = hw_command_count();
	iommu_iotlb_sync(domain, &gather);
	seam_row("TLBI commands of iommu_iotlb_sync()", pgsize != 0, tlbi_since(before));
	hw_copied(virt_to_phys(memory), PAGES * PAGE_SIZE);
	write_all(2);
	return collect(0);
}

/* Why: the gather names a range and no page size, which the driver takes for "nothing gathered". */
void case_dirty_gather(void)
{
	struct hw_config config;

	hw_config_default(&config);
	begin(&config);
	seam_row("second round: pages reported of 8 written", 0, round_by_hand(0));
	expect_missing_tlbi(PAGES, PAGES);
	end();
}

void case_dirty_gather_filled(void)
{
	struct hw_config config;

	hw_config_default(&config);
	begin(&config);
	seam_row("second round: pages reported of 8 written", PAGES, round_by_hand(PAGE_SIZE));
	end();
}

/* A page that was only read before tracking is set: its leaf was born dirty, so the TLB knows it
 * writable, and the clear before the first round is not followed by a TLBI either. What was
 * sent of it then is all there ever is. */
void case_dirty_read_before(void)
{
	struct hw_config config;
	u64 value;

	hw_config_default(&config);
	begin(&config);
	dma_read(MASTER_SID, IOVA_BASE, &value);
	track(false);
	write_all(1);
	seam_row("first round: pages reported of 8 written", PAGES - 1, collect(0));
	seam_row("the page that was read first is reported", 0, bitmap[0] & 1);
	expect_missing_tlbi(PAGES, 1);
	end();
}

/* Looking without clearing: the state stays. */
void case_dirty_no_clear(void)
{
	struct hw_config config;

	hw_config_default(&config);
	begin(&config);
	track(false);
	write_all(1);
	seam_row("looked at, not cleared", PAGES, collect(IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR));
	send_reported();
	seam_row("looked at again, and cleared", PAGES, collect(0));
	send_reported();
	expect_missing_tlbi(PAGES, 0);
	seam_row("nothing is left", 0, collect(0));
	seam_row("tracking ends", 0, (u64)iopt_set_dirty_tracking(&iopt, domain, false));
	end();
}

/* Ten rounds over 512 pages while a device reads and writes at random. A page is missed if no round
 * reports its last write. The pages are one block of 2 MiB: one descriptor to clean. */
static unsigned int pages_missed(bool flush)
{
	u64 written[PAGES_MAX / 64] = { 0 };
	unsigned int missed = 0, refused = 0;
	struct hw_config config;

	pages = PAGES_MAX;
	hw_config_default(&config);
	begin(&config);
	track(flush);
	for (u64 round = 0; round < 10; round++) {
		const struct hw_traffic traffic = { .stream_id = MASTER_SID,
						    .pages = PAGES_MAX,
						    .write_percent = 30,
						    .iova = IOVA_BASE,
						    .accesses = 300,
						    .seed = round,
						    .written = written };

		refused += hw_run_traffic(&traffic);
		collect(0);
		if (flush)
			iommu_flush_iotlb_all(domain);
		send_reported();
		for (unsigned int word = 0; word < PAGES_MAX / 64; word++)
			written[word] &= ~bitmap[word];
	}
	for (unsigned int word = 0; word < PAGES_MAX / 64; word++)
		missed += (unsigned int)hweight64(written[word]);
	seam_row("accesses refused", 0, refused);
	if (!flush)
		expect_missing_tlbi(1, 1);
	end();
	return missed;
}

void case_dirty_device(void)
{
	unsigned int missed = pages_missed(false);

	seam_row("pages that are missed", true, missed > 0);
	seam_note("%u of 512 pages have a last write that no round reported", missed);
}

void case_dirty_device_flushed(void)
{
	seam_row("pages that are missed", 0, pages_missed(true));
}

/* --- ranges that are read --- */

/* A range with a page in it that is not mapped, and one behind that page which was written. * */
void case_dirty_hole(void)
{
	const unsigned long hole = IOVA_BASE + PAGES * PAGE_SIZE;
	unsigned long behind = hole + PAGE_SIZE;
	static struct iommufd_ctx ictx;
	struct hw_config config;

	hw_config_default(&config);
	begin(&config);
	must(iopt_map_user_pages(&ictx, &iopt, &behind, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE,
				 0) == 0,
	     "a page is mapped behind a hole");
	must(iopt_set_dirty_tracking(&iopt, domain, true) == 0, "tracking is set");
	dma_write(MASTER_SID, IOVA_BASE, 1);
	dma_write(MASTER_SID, behind, 1);
	seam_row("the range is read: what is returned", 0,
		 (u64)read_bitmap(IOVA_BASE, PAGES + 2, 0));
	seam_row("pages reported of 2 written", 1, (u64)hweight64(bitmap[0]));
	seam_row("the page in front of the hole is reported", 1, bitmap[0] & 1);
	seam_row("what is behind it, read by itself", 0, (u64)read_bitmap(behind, 1, 0));
	seam_row("the page behind it is reported", 1, bitmap[0] & 1);
	end();
}

/* A block and two pages behind it, in one area; the range begins in the block's last page. */
void case_dirty_from_block(void)
{
	const unsigned int block = SZ_2M / PAGE_SIZE;
	struct hw_config config;

	pages = block + 2;
	hw_config_default(&config);
	begin(&config);
	must(iopt_set_dirty_tracking(&iopt, domain, true) == 0, "tracking is set");
	dma_write(MASTER_SID, IOVA_BASE + block * PAGE_SIZE, 1);
	dma_write(MASTER_SID, IOVA_BASE + (block + 1) * PAGE_SIZE, 1);
	seam_row("the range is read: what is returned", 0,
		 (u64)read_bitmap(IOVA_BASE + (block - 1) * PAGE_SIZE, 3, 0));
	seam_row("pages reported of 2 written", 0, (u64)hweight64(bitmap[0]));
	seam_row("pages reported, from the block's beginning on", 2, collect(0));
	end();
}
