/* SPDX-License-Identifier: MIT */
/* twin.c - pagetable/ does what the driver did: see twin.h. */
#include <string.h>

#include "host.h"

#include "../shim/twin.h"

#define POOL_ORDER 4u

static uint32_t flags_of(const struct twin_map *request)
{
	uint32_t flags = SV3_PT_READ;

	if (request->write)
		flags |= SV3_PT_WRITE | SV3_PT_BORN_DIRTY;
	if (!request->privileged)
		flags |= SV3_PT_UNPRIV;
	if (request->no_execute)
		flags |= SV3_PT_NO_EXEC;
	return flags;
}

unsigned int twin_descriptors(const struct twin_map *request, unsigned long long path[4])
{
	const struct sv3_pt_config config = { .granule_lg2 = 12,
					      .input_size_lg2 = 48,
					      .dbm = request->dirty_tracking };
	char *pool = (char *)seam_pages_alloc(POOL_ORDER);
	const sv3_pa base = HOST_WINDOW_PA + (sv3_pa)(pool - seam_window);
	struct sv3_pt_pages pages = { .next = base, .end = base + (SV3_PAGE_SIZE << POOL_ORDER) };
	unsigned int count = 0;
	struct sv3_pt pt;
	sv3_pa table;

	SV3_ASSERT(!sv3_pt_init(&pt, &host_machine.memory, &pages, &config));
	SV3_ASSERT(!sv3_pt_map(&pt, request->iova, request->pa, UINT64_C(1) << request->size_lg2,
			       request->size_lg2, flags_of(request)));
	table = pt.root;
	for (unsigned int shift = 39; shift >= request->size_lg2; shift -= 9) {
		uint8_t bytes[8];

		SV3_ASSERT(!sv3_bus_read(&host_machine.memory,
					 table + (request->iova >> shift & 511) * 8, bytes, 8));
		path[count] = sv3_le64(bytes);
		table = path[count++] & SV3_BITS(47, 12);
	}
	seam_pages_free(pool, POOL_ORDER);
	return count;
}

void twin_cd(unsigned long long cd[8], unsigned long long root, unsigned int asid,
	     _Bool dirty_tracking)
{
	const struct sv3_cd_config config = {
		.ttb = root,
		.granule_lg2 = 12,
		.input_size_lg2 = 48,
		.output_size_lg2 = 48,
		.asid = asid,
		.ha = dirty_tracking,
		.hd = dirty_tracking,
		.record = true,
		.abort = true,
	};
	uint64_t words[8];

	SV3_ASSERT(!sv3_cd_make(words, &config));
	memcpy(cd, words, sizeof(words));
}

void twin_ste(unsigned long long ste[8], unsigned long long cd_table, unsigned int cd_max)
{
	uint64_t words[8];

	sv3_ste_make_s1(words, cd_table, cd_max);
	memcpy(ste, words, sizeof(words));
}

/* --- commands: a queue in memory that no hardware reads --- */

#define QUEUE_LOG2SIZE 6u

/* What is pushed here is never waited for. */
static uint64_t no_read(void *context, uint32_t offset, uint32_t size)
{
	(void)context;
	(void)offset;
	(void)size;
	return 0;
}

static void no_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	(void)context;
	(void)offset;
	(void)size;
	(void)value;
}

static bool no_poll(void *context)
{
	(void)context;
	return false;
}

static struct sv3_cmdq queue_create(void)
{
	static const struct sv3_regport_ops ops = { no_read, no_write, no_poll };
	const char *pages = (const char *)seam_pages_alloc(0);

	return (struct sv3_cmdq){
		.bus = host_machine.memory,
		.regs = { .ops = &ops },
		.base = HOST_WINDOW_PA + (sv3_pa)(pages - seam_window),
		.log2size = QUEUE_LOG2SIZE,
		.has_ranges = true,
	};
}

/* Its commands into @words, and the memory back. Returns: how many there were. */
static unsigned int queue_take(struct sv3_cmdq *cmdq, unsigned long long *words)
{
	char *pages = seam_window + (cmdq->base - HOST_WINDOW_PA);

	memcpy(words, pages, cmdq->prod * 16);
	seam_pages_free(pages, 0);
	return cmdq->prod;
}

unsigned int twin_tlbi(unsigned long long iova, unsigned long long len, unsigned int leaf_lg2,
		       unsigned int asid, unsigned long long words[2 * TWIN_COMMANDS_MAX])
{
	const struct sv3_tlbi_range range = {
		.iova = iova,
		.len = len,
		.asid = asid,
		.granule_lg2 = 12,
		.stride_lg2 = leaf_lg2,
		.level_hint = 3 - (leaf_lg2 - 12) / 9,
		.leaf = true,
	};
	struct sv3_cmdq cmdq = queue_create();

	SV3_ASSERT(sv3_cmdq_tlbi_range(&cmdq, &range) > 0);
	return queue_take(&cmdq, words);
}

void twin_cfgi(unsigned int stream_id, _Bool leaf, unsigned long long ste[2],
	       unsigned long long cd[2])
{
	struct sv3_cmdq cmdq = queue_create();
	unsigned long long words[4];

	SV3_ASSERT(sv3_cmdq_cfgi_ste(&cmdq, stream_id, leaf) >= 0);
	SV3_ASSERT(sv3_cmdq_cfgi_cd(&cmdq, stream_id, 0, leaf) >= 0);
	SV3_ASSERT(queue_take(&cmdq, words) == 2);
	memcpy(ste, words, 16);
	memcpy(cd, words + 2, 16);
}
