/* SPDX-License-Identifier: MIT */
/*
 * zeroed.c - memory of the host that is zero at first and costs what is touched of it.
 *
 * A large block is a mapping without reserve: the kernel gives zero pages when they are touched,
 * one fault each. A small one comes from the C library, which may have pages from before: making
 * them zero costs a fraction of faults, and a campaign of small worlds is made of little else.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <sv3/sim.h>

#define SMALL_BYTES_MAX (UINT64_C(8) << 20)

void *sv3_zeroed_create(uint64_t size_bytes)
{
	void *memory;

	if (size_bytes <= SMALL_BYTES_MAX)
		return calloc(1, (size_t)size_bytes);
	memory = mmap(NULL, (size_t)size_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void sv3_zeroed_destroy(void *memory, uint64_t size_bytes)
{
	if (size_bytes <= SMALL_BYTES_MAX)
		free(memory);
	else if (memory)
		munmap(memory, (size_t)size_bytes);
}

void sv3_zeroed_expect_all(void *memory, uint64_t size_bytes)
{
	/* Without them it is slower, and nothing else. */
	if (size_bytes > SMALL_BYTES_MAX)
		(void)madvise(memory, (size_t)size_bytes, MADV_HUGEPAGE);
}
