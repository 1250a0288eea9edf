/* SPDX-License-Identifier: MIT */
/*
 * twin.h - the same requests to pagetable/ of libsv3 that the driver gets: what it would have
 * written. Plain C types only; both halves include it.
 */
#ifndef SV3_LINUX_TWIN_H
#define SV3_LINUX_TWIN_H

struct twin_map {
	unsigned long long iova, pa;
	unsigned int size_lg2; /* one leaf: 12, 21 or 30 */
	_Bool write, dirty_tracking, privileged, no_execute;
};

/**
 * twin_descriptors - map it in a table of its own, and read the way to its leaf
 * @path: out, shape [4]: descriptors from level 0 on
 * Returns: how many.
 */
unsigned int twin_descriptors(const struct twin_map *request, unsigned long long path[4]);

/** twin_cd, twin_ste - the eight doublewords. */
void twin_cd(unsigned long long cd[8], unsigned long long root, unsigned int asid,
	     _Bool dirty_tracking);
void twin_ste(unsigned long long ste[8], unsigned long long cd_table, unsigned int cd_max);

#define TWIN_COMMANDS_MAX 64u

/** twin_tlbi - the commands that invalidate the leaves of [iova, iova + len), all of one size.
 *  Returns: how many; each is two of @words. */
unsigned int twin_tlbi(unsigned long long iova, unsigned long long len, unsigned int leaf_lg2,
		       unsigned int asid, unsigned long long words[2 * TWIN_COMMANDS_MAX]);
/** twin_cfgi - CMD_CFGI_STE and CMD_CFGI_CD of a stream; @leaf: the structure alone, not what is
 *  above. */
void twin_cfgi(unsigned int stream_id, _Bool leaf, unsigned long long ste[2],
	       unsigned long long cd[2]);

#endif
