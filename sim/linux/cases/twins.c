/* SPDX-License-Identifier: MIT */
/*
 * twins.c - descriptors that Linux built and those that pagetable/ builds for the same requests,
 * bit by bit. A row expects the bits that differ on purpose, and none besides.
 */
#include "twin.h"

#include "cases.h"

/* Linux keeps Write-Back memory at attribute 1 of its MAIR, sv3 at attribute 0. */
#define ATTR_INDEX BIT_ULL(2)

static struct machine machine;
static struct master master;

static void begin(void)
{
	machine_start(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
}

static void end(void)
{
	master_remove(&master);
	machine_stop(&machine);
}

struct request {
	const char *name;
	struct twin_map map;
};

static const struct request requests[] = {
	{ "a page, read-only", { .size_lg2 = 12 } },
	{ "a page, writable", { .size_lg2 = 12, .write = true } },
	{ "a page, privileged", { .size_lg2 = 12, .write = true, .privileged = true } },
	{ "a page, not executable", { .size_lg2 = 12, .write = true, .no_execute = true } },
	{ "2 MiB, writable", { .size_lg2 = 21, .write = true } },
	{ "1 GiB, read-only", { .size_lg2 = 30 } },
};

static int prot_of(const struct twin_map *map)
{
	return IOMMU_READ | IOMMU_CACHE | (map->write ? IOMMU_WRITE : 0) |
	       (map->privileged ? IOMMU_PRIV : 0) | (map->no_execute ? IOMMU_NOEXEC : 0);
}

/* No memory is needed behind what is only mapped. */
static void compare(struct iommu_domain *domain, const char *name, struct twin_map map)
{
	const u64 address = GENMASK_ULL(47, 12);
	u64 ours[4], *theirs[4], tables = 0;
	unsigned int count;

	map.iova = 0x4080000000ul;
	map.pa = 0x80000000ul;
	must(iommu_map(domain, map.iova, map.pa, 1ul << map.size_lg2, prot_of(&map), GFP_KERNEL) ==
		     0,
	     "it is mapped");
	count = path_of(domain_root(domain), map.iova, theirs);
	must(twin_descriptors(&map, ours) == count, "both ways are as long");
	for (unsigned int i = 0; i + 1 < count; i++)
		tables |= (ours[i] ^ *theirs[i]) & ~address;
	seam_row(name, ATTR_INDEX, ours[count - 1] ^ *theirs[count - 1]);
	seam_row("the tables above", 0, tables);
	unmap(domain, map.iova, 1ul << map.size_lg2);
}

static void leaves(bool dirty)
{
	struct iommu_domain *domain;

	begin();
	domain = master_attach(&master, dirty);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
		struct twin_map map = requests[i].map;

		map.dirty_tracking = dirty;
		compare(domain, requests[i].name, map);
	}
	master_detach(&master, domain);
	end();
}

void case_twin_leaves(void)
{
	leaves(false);
}

void case_twin_leaves_dirty(void)
{
	leaves(true);
}

static void compare_words(const char *const names[8], const u64 *theirs, const u64 *ours,
			  const u64 expected[8])
{
	for (unsigned int i = 0; i < 8; i++)
		seam_row(names[i], expected[i], theirs[i] ^ ours[i]);
}

/* MAIR apart, a CD says the same. */
void case_twin_cd(void)
{
	static const char *const names[8] = {
		"CD doubleword 0", "TTB0", "TTB1", "MAIR", "4", "5", "6", "7"
	};
	const u64 expected[8] = { 0, 0, 0, 0xfffffffff404ff44 ^ 0xff };
	struct iommu_domain *domain;
	u64 ours[8], *theirs;

	begin();
	domain = master_attach(&master, true);
	theirs = cd_of(&master, IOMMU_NO_PASID);
	twin_cd(ours, domain_root(domain), (unsigned int)(theirs[0] >> 48), true);
	compare_words(names, theirs, ours, expected);
	master_detach(&master, domain);
	end();
}

/* Linux forbids stalls to a device that cannot stall (S1STALLD); SHCFG, which sv3 sets to "as
 * incoming", is for what no stage translates. */
void case_twin_ste(void)
{
	static const char *const names[8] = {
		"STE doubleword 0", "STE doubleword 1", "2", "3", "4", "5", "6", "7"
	};
	const u64 expected[8] = { 0,
				  STRTAB_STE_1_S1STALLD | FIELD_PREP(STRTAB_STE_1_SHCFG,
								     STRTAB_STE_1_SHCFG_INCOMING) };
	struct iommu_domain *domain;
	u64 ours[8], *theirs;

	begin();
	domain = master_attach(&master, false);
	theirs = ste_of(&machine, MASTER_SID);
	twin_ste(ours, theirs[0] & STRTAB_STE_0_S1CTXPTR_MASK,
		 (unsigned int)FIELD_GET(STRTAB_STE_0_S1CDMAX, theirs[0]));
	compare_words(names, theirs, ours, expected);
	master_detach(&master, domain);
	end();
}

/* --- commands --- */

/* The nth command with @opcode since @from. */
static const struct hw_command *command_of(unsigned int opcode, unsigned long from, unsigned long n)
{
	for (; from < hw_command_count(); from++)
		if (FIELD_GET(CMDQ_0_OP, hw_command(from)->words[0]) == opcode && n-- == 0)
			return hw_command(from);
	return NULL;
}

/* Memory is mapped with leaves of one size, a part of it is unmapped. */
static void compare_tlbi(struct iommu_domain *domain, const char *name, unsigned int first,
			 unsigned int count, unsigned int leaf_lg2)
{
	const unsigned long leaf = 1ul << leaf_lg2, iova = SZ_1G;
	const unsigned long from = iova + first * leaf, end = iova + 64 * leaf;
	const unsigned int asid = (unsigned int)(cd_of(&master, IOMMU_NO_PASID)[0] >> 48);
	u64 words[2 * TWIN_COMMANDS_MAX], differ = 0;
	const struct hw_command *command;
	unsigned long before;
	unsigned int ours;

	for (unsigned long at = iova; at < end; at += leaf)
		must(iommu_map(domain, at, 0x80000000ul + (at - iova), leaf,
			       IOMMU_READ | IOMMU_CACHE, GFP_KERNEL) == 0,
		     "a leaf is mapped");
	before = hw_command_count();
	unmap(domain, from, count * leaf);
	ours = twin_tlbi(from, count * leaf, leaf_lg2, asid, words);
	seam_row(name, ours, hw_commands_of(CMDQ_OP_TLBI_NH_VA, before));
	for (unsigned int i = 0; i < ours; i++) {
		command = command_of(CMDQ_OP_TLBI_NH_VA, before, i);
		differ |= command ? (command->words[0] ^ words[2 * i]) |
					    (command->words[1] ^ words[2 * i + 1])
				  : ~0ull;
	}
	seam_row("bits that differ", 0, differ);
	if (first)
		unmap(domain, iova, first * leaf);
	unmap(domain, from + count * leaf, end - (from + count * leaf));
}

void case_twin_tlbi(void)
{
	struct iommu_domain *domain;

	begin();
	domain = master_attach(&master, false);
	compare_tlbi(domain, "one page: CMD_TLBI_NH_VA", 5, 1, 12);
	compare_tlbi(domain, "13 pages", 3, 13, 12);
	compare_tlbi(domain, "33 pages", 1, 33, 12);
	compare_tlbi(domain, "three blocks of 2 MiB", 8, 3, 21);
	master_detach(&master, domain);
	end();
}

void case_twin_cfgi(void)
{
	const struct hw_command *theirs;
	struct iommu_domain *domain;
	unsigned long before;
	u64 ste[2], cd[2];

	begin();
	before = hw_command_count();
	domain = master_attach(&master, false);
	twin_cfgi(MASTER_SID, true, ste, cd);
	theirs = command_of(CMDQ_OP_CFGI_STE, before, 0);
	seam_row("CMD_CFGI_STE: bits that differ", 0,
		 (theirs->words[0] ^ ste[0]) | (theirs->words[1] ^ ste[1]));
	theirs = command_of(CMDQ_OP_CFGI_CD, before, 0);
	seam_row("CMD_CFGI_CD: bits that differ", 0,
		 (theirs->words[0] ^ cd[0]) | (theirs->words[1] ^ cd[1]));
	master_detach(&master, domain);
	end();
}
