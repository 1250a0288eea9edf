/* SPDX-License-Identifier: MIT */
/*
 * cmd_regs.h - what the files of `sv3 regs` share.
 */
#ifndef SV3_CMD_REGS_H
#define SV3_CMD_REGS_H

#include "cli.h"

/** regs_decode - explain every field of registers given as NAME=VALUE. CLI_OK or CLI_ERROR. */
int regs_decode(const struct cli_args *args, bool json);

#endif
