/* SPDX-License-Identifier: MIT */
/*
 * machine.h - an SMMU with the structures of config_rows.h in memory.
 */
#ifndef SV3_TESTS_MODEL_MACHINE_H
#define SV3_TESTS_MODEL_MACHINE_H

#include "config_rows.h"
#include "tests/model/fx.h"

/* A stage-2 block without AF: MemAttr Write-Back, S2AP read and write, Inner Shareable.
 * [DDI0487 D8.3] */
#define MACHINE_S2_BLOCK (UINT64_C(15) << 2 | UINT64_C(3) << 6 | UINT64_C(3) << 8 | FX_BLOCK)
/* Where the stage-2 table stands; each of its descriptors is of 1 GiB. */
#define MACHINE_S2_TABLE UINT64_C(0x40200000)

/** A machine that is gone when its scope ends; @edits: what its state has other than the base. */
#define MACHINE(name, ...)                                \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	machine_power_on(&name, (const struct config_edit[CONFIG_EDITS_MAX]){ __VA_ARGS__ })

/** machine_power_on - RAM, structures and queues, SMMUEN = 1. Stage 2 maps the gigabyte that holds
 *  RAM to itself; the tables of stage 1 are empty. */
void machine_power_on(struct fx *f, const struct config_edit *edits);
/** machine_go - one read of FX_IOVA by the state's StreamID and SubstreamID, as fx_go(). */
uint64_t machine_go(struct fx *f, const struct config_edit *edits);
/** machine_rule - name of the rule of the last result, "" for none. */
const char *machine_rule(const struct fx *f);
/** machine_rows - judge every row: an abort with the rule's event, recorded, or none of their
 *  rules. */
void machine_rows(const struct config_rows *rows);

#endif
