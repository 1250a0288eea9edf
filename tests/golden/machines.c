/* SPDX-License-Identifier: MIT */
/*
 * machines.c - machines for explain.sh that no replay comes to: two stages, broken tables, broken
 * software. Built by that suite; everything is encoded by hand.
 *
 *	machines clean FROM TO LEAF   makes the descriptor at LEAF of a saved machine writable-clean
 *	machines nested TO CHOICES    saves a machine with both stages
 *	machines access FROM SID SSID IOVA W   makes an access; prints each doubleword it changed
 */
#include <sv3/arch.h>
#include <sv3/sim.h>
#include <sv3/snapshot.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM       UINT64_C(0x40000000)
#define STRTAB    RAM
#define L1CD      (RAM + 0x1000)
#define CDS       (RAM + 0x2000)
#define TABLE1    (RAM + 0x3000) /* stage 1: levels 1, 2, 3 */
#define PLAIN_CD  (RAM + 0x6000)
#define TABLE2    (RAM + 0x8000) /* stage 2: levels 1, 2, 3 */
#define BLOCK2    (RAM + 0xb000) /* stage 2: levels 1, 2 */
#define AF        (UINT64_C(1) << 10)
#define DBM       (UINT64_C(1) << 51)
#define S1_LEAF   (AF | DBM | 0x843) /* nG, unprivileged; writable-dirty */
#define S1_CLEAN  (S1_LEAF | 0x80)
#define S2_LEAF   (AF | DBM | 0x3ff) /* Write-Back, Inner Shareable, S2AP 0b11 */
#define S2_CLEAN  (S2_LEAF & ~UINT64_C(0x80))
#define SHARED_CD (25 | UINT64_C(1) << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32)

static int save(const struct sv3_snapshot *snapshot, const char *path)
{
	uint8_t *bytes;
	size_t size;
	FILE *file = fopen(path, "wb");

	return file == NULL || sv3_snapshot_encode(snapshot, &bytes, &size) != 0 ||
	       fwrite(bytes, 1, size, file) != size || fclose(file) != 0;
}

static int clean(const char *from, const char *to, sv3_pa leaf)
{
	struct sv3_snapshot snapshot;
	struct sv3_snapshot_error error;

	if (sv3_snapshot_read(from, &snapshot, &error) != 0)
		return 1;
	for (uint64_t i = 0; i < snapshot.page_count; i++) {
		if (snapshot.pages[i] == (leaf & ~UINT64_C(4095)))
			snapshot.page_bytes[i * 4096 + (leaf & 4095)] |= 0x80;
	}
	return save(&snapshot, to);
}

static void poke(const struct sv3_bus *bus, sv3_pa pa, uint64_t value)
{
	(void)sv3_bus_write(bus, pa, &value, 8);
}

static void poke_ste(const struct sv3_bus *bus, unsigned int sid, uint64_t word0, uint64_t word1,
		     uint64_t updates, sv3_pa table2)
{
	poke(bus, STRTAB + 64 * sid, word0);
	poke(bus, STRTAB + 64 * sid + 8, word1 | UINT64_C(1) << 44);
	poke(bus, STRTAB + 64 * sid + 16,
	     (table2 == TABLE2 ? 7 : 9) | UINT64_C(25) << 32 | UINT64_C(25) << 32 |
		     UINT64_C(1) << 38 | UINT64_C(0x35) << 40 | UINT64_C(5) << 48 |
		     UINT64_C(1) << 51 | UINT64_C(1) << 58 | updates << 55);
	poke(bus, STRTAB + 64 * sid + 24, table2);
}

static void poke_cd(const struct sv3_bus *bus, sv3_pa pa, uint64_t asid, uint64_t updates)
{
	poke(bus, pa,
	     SHARED_CD | UINT64_C(1) << 41 | updates << 42 | UINT64_C(3) << 45 | asid << 48);
	poke(bus, pa + 8, TABLE1);
	poke(bus, pa + 24, 0xff);
}

static void poke_structures(const struct sv3_bus *bus)
{
	/* Two-level CDs, traffic without SubstreamID by CD 0. Updates on, off; stage 2; bypass. */
	poke_ste(bus, 0, UINT64_C(8) << 59 | L1CD | 1 << 4 | 7 << 1 | 1, 2, 3, TABLE2);
	poke_ste(bus, 1, 6 << 1 | 1, 0, 3, TABLE2);
	poke_ste(bus, 2, PLAIN_CD | 7 << 1 | 1, 0, 0, TABLE2);
	poke_ste(bus, 3, 4 << 1 | 1, 0, 0, TABLE2);
	/* All that stage 1 needs stands in one stage-2 block, neither accessed nor dirty. */
	poke_ste(bus, 4, CDS | 7 << 1 | 1, 0, 3, BLOCK2);
	poke(bus, L1CD, CDS | 1);
	poke_cd(bus, CDS, 1, 3);
	poke_cd(bus, CDS + 3 * 64, 2, 3);
	poke_cd(bus, PLAIN_CD, 3, 0);
}

static void poke_tables(const struct sv3_bus *bus)
{
	poke(bus, TABLE1, (TABLE1 + 0x1000) | 3);
	poke(bus, TABLE1 + 0x1000, (TABLE1 + 0x2000) | 3);
	poke(bus, TABLE1 + 0x1008, (RAM + 0xd0000) | 3);            /* a table that stage 2 hides */
	poke(bus, TABLE1 + 0x1010, RAM | (S1_LEAF & ~UINT64_C(2))); /* a block */
	poke(bus, TABLE1 + 0x1018,
	     (RAM + 0x7000) | 3); /* a table that stage 2 does not let be written */
	poke(bus, RAM + 0x7000, (RAM + 0x84000) | (S1_CLEAN & ~AF));
	poke(bus, RAM + 0x7008, (RAM + 0x84000) | S1_LEAF);
	poke(bus, TABLE1 + 0x2000, (RAM + 0x80000) | (S1_CLEAN & ~AF));
	poke(bus, TABLE1 + 0x2008, (RAM + 0x81000) | S1_LEAF);
	poke(bus, TABLE1 + 0x2010, (RAM + 0xc0000) | S1_LEAF);
	poke(bus, TABLE1 + 0x2018, (RAM + 0x82000) | (S1_CLEAN & ~DBM));
	poke(bus, TABLE1 + 0x2020, (RAM + 0x82000) | (S1_LEAF & ~UINT64_C(0x40)));
	poke(bus, TABLE1 + 0x2028, (RAM + 0x82000) | S1_CLEAN);
	poke(bus, TABLE1 + 0x2030, (RAM + 0xc0000) | (S1_CLEAN & ~AF));
	poke(bus, BLOCK2 + 8, (BLOCK2 + 0x1000) | 3);
	poke(bus, BLOCK2 + 0x1000, RAM | (S2_CLEAN & ~AF & ~UINT64_C(2)));
	poke(bus, TABLE2 + 8, (TABLE2 + 0x1000) | 3);
	poke(bus, TABLE2 + 0x1000, (TABLE2 + 0x2000) | 3);
	for (unsigned int i = 0; i < 256; i++)
		poke(bus, TABLE2 + 0x2000 + 8 * i, (RAM + 0x1000 * i) | S2_LEAF);
	/* The last table of stage 1 and one page are clean; two pages are not mapped. */
	poke(bus, TABLE2 + 0x2000 + 8 * 5, (RAM + 0x5000) | S2_CLEAN);
	poke(bus, TABLE2 + 0x2000 + 8 * 0x81, (RAM + 0x81000) | S2_CLEAN);
	poke(bus, TABLE2 + 0x2000 + 8 * 7, (RAM + 0x7000) | (S2_CLEAN & ~DBM));
	poke(bus, TABLE2 + 0x2000 + 8 * 0x84, (RAM + 0x84000) | (S2_CLEAN & ~AF));
	poke(bus, TABLE2 + 0x2000 + 8 * 0xc0, 0);
	poke(bus, TABLE2 + 0x2000 + 8 * 0xd0, 0);
}

static int nested(const char *to, uint32_t choices)
{
	static const struct sv3_ram_region region = { RAM, 0x100000 };
	const struct sv3_txn txn = { .iova = RAM + 0x83000, .stream_id = 1, .write = true };
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;
	struct sv3_ram ram;
	struct sv3_result result;
	struct sv3_snapshot snapshot;
	struct sv3_bus bus;

	if (sv3_smmu_profile("full", &config) != 0)
		return 1;
	config.config_fetch_bytes = 8;
	config.choices = choices;
	/* What a choice says of a read is seen where no earlier one has filled the TLB. */
	if (choices != 0)
		config.tlb_entries = 0;
	if (sv3_smmu_init(aligned_alloc(64, sv3_smmu_size(&config)), sv3_smmu_size(&config),
			  &config, &smmu) != 0 ||
	    sv3_ram_init(&ram, &region, 1) != 0)
		return 1;
	bus = sv3_ram_bus(&ram);
	poke_structures(&bus);
	poke_tables(&bus);
	sv3_smmu_reg_write(smmu, SV3_REG_STRTAB_BASE, 8, STRTAB);
	sv3_smmu_reg_write(smmu, SV3_REG_STRTAB_BASE_CFG, 4, 4);
	sv3_smmu_reg_write(smmu, SV3_REG_CR0, 4, 1);
	/* A page is written and made clean again without an invalidation. */
	if (sv3_translate(&(struct sv3_fast){ .smmu = smmu, .bus = bus }, &txn, &result) != 0 ||
	    result.outcome != SV3_OUTCOME_OK)
		return 1;
	poke(&bus, TABLE2 + 0x2000 + 8 * 0x83, (RAM + 0x83000) | S2_CLEAN);
	return sv3_snapshot_take(&snapshot, smmu, &ram, 0) != 0 || save(&snapshot, to);
}

/* Whatever explain said would change must, and nothing else. SSID -1: none. */
static int access_it(const char *from, char **numbers)
{
	const long ssid = strtol(numbers[1], NULL, 0);
	const struct sv3_txn txn = { .stream_id = (uint32_t)strtoul(numbers[0], NULL, 0),
				     .substream_id = ssid < 0 ? 0 : (uint32_t)ssid,
				     .substream_valid = ssid >= 0,
				     .iova = strtoull(numbers[2], NULL, 0),
				     .write = numbers[3][0] == '1' };
	struct sv3_snapshot snapshot;
	struct sv3_snapshot_error error;
	struct sv3_smmu *smmu;
	struct sv3_ram before, after;
	struct sv3_result result;
	void *block;

	if (sv3_snapshot_read(from, &snapshot, &error) != 0)
		return 1;
	block = aligned_alloc(64, snapshot.block_size);
	if (sv3_snapshot_restore(&snapshot, block, snapshot.block_size, &smmu, &before) != 0 ||
	    sv3_snapshot_restore(&snapshot, block, snapshot.block_size, &smmu, &after) != 0)
		return 1;
	if (sv3_translate(&(struct sv3_fast){ .smmu = smmu, .bus = sv3_ram_bus(&after) }, &txn,
			  &result) != 0)
		return 1;
	for (uint64_t i = 0; i < after.regions[0].size; i += 8) {
		uint64_t was, is;

		memcpy(&was, before.host[0] + i, 8);
		memcpy(&is, after.host[0] + i, 8);
		if (was != is)
			printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", after.regions[0].base + i,
			       was, is);
	}
	printf("ok %d event %u pa %" PRIu64 "\n", result.outcome == SV3_OUTCOME_OK, result.event,
	       result.outcome == SV3_OUTCOME_OK ? result.pa : 0);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "clean") == 0)
		return clean(argv[2], argv[3], strtoull(argv[4], NULL, 0));
	if (argc == 4 && strcmp(argv[1], "nested") == 0)
		return nested(argv[2], (uint32_t)strtoul(argv[3], NULL, 0));
	if (argc == 7 && strcmp(argv[1], "access") == 0)
		return access_it(argv[2], argv + 3);
	return 1;
}
