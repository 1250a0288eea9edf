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
