/* SPDX-License-Identifier: MIT */
/*
 * platform.h - --platform FILE and --smmu NODE: a machine from a device tree in the place of the
 * default one.
 *
 * What is typed wins over the tree, the tree over defaults. A run has one SMMU: the one that all
 * its streams are behind.
 */
#ifndef SV3_CLI_PLATFORM_H
#define SV3_CLI_PLATFORM_H

#include "cli.h"

#include <sv3/platform.h>

struct cli_platform {
	const char *path;      /* NULL: none was asked for, and nothing below does anything */
	const char *smmu_node; /* as typed; NULL: by the streams */
	struct sv3_platform tree;
	uint32_t smmu; /* index, once chosen */
	/* Devices of the tree that take the place of operands; shape [device_count]. */
	uint32_t devices[SV3_BUNDLE_SOURCES_MAX];
	uint32_t device_count;
};

/** The two rows of an option table. */
#define CLI_PLATFORM_OPTION(platform)                                                        \
	{                                                                                    \
		"--platform", "FILE", CLI_TEXT, &(platform)->path, 0, 0, NULL,               \
			"a device tree, .dtb or .dts (sv3 platform default), as the machine" \
	}
#define CLI_SMMU_OPTION(platform)                                                         \
	{                                                                                 \
		"--smmu", "NODE", CLI_TEXT, &(platform)->smmu_node, 0, 0, NULL,           \
			"the SMMU of the tree; else the one that all streams are\nbehind" \
	}

/** cli_platform_load - read the tree; refuses --smmu alone. CLI_OK or CLI_ERROR. */
int cli_platform_load(const char *command, struct cli_platform *platform);
void cli_platform_free(struct cli_platform *platform);

/** cli_platform_settings - the tree's settings into options that were not typed. CLI_OK or
 *  CLI_ERROR. */
int cli_platform_settings(const struct cli_platform *platform, const struct cli_usage *usage,
			  const struct cli_args *args);

/** cli_platform_operands - where no TRACE was typed, those of the tree's replay devices. */
int cli_platform_operands(const char *command, struct cli_platform *platform,
			  struct cli_args *args);
/** cli_platform_place - give the rows of trace @index the streams its device says, if it is one of
 *  the tree. CLI_OK or CLI_ERROR. */
int cli_platform_place(const char *command, const struct cli_platform *platform, uint32_t index,
		       const char *path, struct sv3_trace *trace);

/** Some streams, and where they come from. */
struct cli_stream_set {
	const char *path;
	const uint32_t *stream_ids; /* shape [count] */
	uint32_t count;
};
/** cli_platform_choose - the SMMU of a run. CLI_OK or CLI_ERROR. */
int cli_platform_choose(const char *command, struct cli_platform *platform,
			const struct cli_stream_set *streams, unsigned int count);
/** cli_platform_smmu - what was chosen. */
const struct sv3_platform_smmu *cli_platform_smmu(const struct cli_platform *platform);

/**
 * cli_platform_guest - RAM by the tree, where it was not typed: the piece in which a trace begins
 * @trace: NULL: the first piece
 * @guest: in: as typed or by default; out. CLI_OK or CLI_ERROR.
 */
int cli_platform_guest(const char *command, const struct cli_platform *platform,
		       const struct cli_args *args, const char *path, const struct sv3_trace *trace,
		       struct cli_guest *guest);

#endif
