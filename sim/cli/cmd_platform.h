/* SPDX-License-Identifier: MIT */
/*
 * cmd_platform.h - what the files of `sv3 platform` share.
 */
#ifndef SV3_CLI_CMD_PLATFORM_H
#define SV3_CLI_CMD_PLATFORM_H

#include <sv3/platform.h>

/** platform_print - the topology as a tree, for people. CLI_OK or CLI_ERROR. */
int platform_print(const struct sv3_platform *platform);
/** platform_print_json - all of it. CLI_OK or CLI_ERROR. */
int platform_print_json(const struct sv3_platform *platform);

/** Words for what masters and devices are. */
const char *platform_master_name(enum sv3_platform_master_kind kind);
const char *platform_pattern_name(enum sv3_pattern pattern);

#endif
