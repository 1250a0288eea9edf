/* SPDX-License-Identifier: MIT */
/*
 * platform_fx.h - device trees as text, for tests: what a row of source makes of a platform, or
 * says.
 */
#ifndef SV3_TEST_PLATFORM_FX_H
#define SV3_TEST_PLATFORM_FX_H

#include <sv3/platform.h>

/** The head of every source: 64-bit addresses and sizes. */
#define FX_CELLS "#address-cells = <2>; #size-cells = <2>; "
/** An SMMU with phandle 1 and nothing special. */
#define FX_SMMU                                                                               \
	"smmu: iommu@9050000 { compatible = \"arm,smmu-v3\"; reg = <0 0x9050000 0 0x20000>; " \
	"#iommu-cells = <1>; phandle = <1>; dma-coherent; }; "
/** Another, with phandle 2. */
#define FX_SMMU_2                                                                              \
	"smmu2: iommu@9090000 { compatible = \"arm,smmu-v3\"; reg = <0 0x9090000 0 0x20000>; " \
	"#iommu-cells = <1>; phandle = <2>; dma-coherent; }; "

/** Source and what is said of it, behind the name of the file. */
struct fx_row {
	const char *body, *said;
};

/**
 * Load the source of a tree whose root holds @body.
 * @said: out, may be NULL: the error behind "FILE: "; good until the next call
 */
int fx_read(const char *body, struct sv3_platform *platform, const char **said);
/** The blob of a source, malloc()ed. */
void *fx_blob(const char *body, size_t *size);
/** The platform a source must make; empty, and a failed test, if it makes none. */
struct sv3_platform fx_platform(const char *body);
/** Each row is refused as it says, and leaves nothing. */
void fx_expect_errors(const struct fx_row *rows, size_t count);
#define FX_EXPECT_ERRORS(rows) fx_expect_errors((rows), sizeof(rows) / sizeof((rows)[0]))

#endif
