/* SPDX-License-Identifier: MIT */
/*
 * config_rows_places.c - which StreamIDs and SubstreamIDs are refused, and by which rule.
 *
 * [IHI0070 3.4.3, 5.1, 5.2 S1DSS, 5.3, 7.3.3, 7.3.9]
 */
#include "config_rows.h"

#include <sv3/smmu.h>

#define STREAM(n)   CONFIG_EDIT(SID, 31, 0, n)
#define LOG2SIZE(n) CONFIG_EDIT(STRTAB_CFG, 5, 0, n)
/* FMT = 2-level, 2^16 entries. */
#define SPLIT(n) CONFIG_EDIT(STRTAB_CFG, 17, 0, 1u << 16 | (n) << 6 | 16)
#define SPAN(n)  CONFIG_EDIT(L1STD, 4, 0, n)
#define TRUNCATE CONFIG_EDIT(CHOICES, 31, 0, SV3_CHOICE_TRUNCATE_STRTAB)

static const struct config_row sid_rows[] = {
	{ "StreamID 255 of 256", "", { STREAM(255) } },
	{ "StreamID 256 of 256", "SID_RANGE", { STREAM(256) } },
	{ "StreamID 0xffffffff of 256", "SID_RANGE", { STREAM(0xffffffff) } },
	{ "StreamID 0xffff with SIDSIZE = 16", "", { STREAM(0xffff), LOG2SIZE(20) } },
	{ "StreamID 0x10000 with SIDSIZE = 16", "SID_RANGE", { STREAM(0x10000), LOG2SIZE(20) } },
	{ "StreamID 0xffffffff with SIDSIZE = 32",
	  "",
	  { STREAM(0xffffffff), LOG2SIZE(63), { IDR1, 5, 0, 32 } } },
	{ "two levels, StreamID 0x10000", "SID_RANGE", { STREAM(0x10000), SPLIT(8u) } },
	{ "Span 0", "SID_L1STD", { SPLIT(8u), SPAN(0) } },
	{ "Span 1, index 0", "", { SPLIT(8u), SPAN(1), STREAM(0x700) } },
	{ "Span 1, index 1", "SID_SPAN", { SPLIT(8u), SPAN(1), STREAM(0x701) } },
	{ "Span 9, index 255", "", { SPLIT(8u), SPAN(9), STREAM(0x7ff) } },
	{ "Span 10, SPLIT 8", "SID_L1STD", { SPLIT(8u), SPAN(10) } },
	{ "Span 8, index 127", "", { SPLIT(8u), SPAN(8), STREAM(127) } },
	{ "Span 8, index 128", "SID_SPAN", { SPLIT(8u), SPAN(8), STREAM(128) } },
	{ "Span 11, SPLIT 10, index 1023", "", { SPLIT(10u), SPAN(11), STREAM(1023) } },
	{ "Span 12", "SID_L1STD", { SPLIT(10u), SPAN(12) } },
	{ "Span 31", "SID_L1STD", { SPLIT(10u), SPAN(31) } },
	{ "SPLIT 7 is 6: Span 7", "", { SPLIT(7u), SPAN(7), STREAM(63) } },
	{ "SPLIT 7 is 6: Span 8", "SID_L1STD", { SPLIT(7u), SPAN(8) } },
	{ "base at 2^47", "", { { STRTAB, 55, 6, UINT64_C(1) << 41 } } },
	{ "base at 2^48", "STRTAB_SIZE", { { STRTAB, 55, 6, UINT64_C(1) << 42 } } },
	{ "base at 2^48, truncated", "", { { STRTAB, 55, 6, UINT64_C(1) << 42 }, TRUNCATE } },
	{ "base at 2^55, two levels",
	  "STRTAB_SIZE",
	  { { STRTAB, 55, 6, UINT64_C(1) << 49 }, SPLIT(8u) } },
	{ "level 2 at 2^48", "STRTAB_SIZE", { SPLIT(8u), { L1STD, 48, 48, 1 } } },
	{ "level 2 at 2^48, truncated", "", { SPLIT(8u), { L1STD, 48, 48, 1 }, TRUNCATE } },
	{ "level 2 at 2^32 with 32 bits",
	  "STRTAB_SIZE",
	  { SPLIT(8u), { L1STD, 32, 32, 1 }, { IDR5, 2, 0, 0 } } },
	{ "the index leads beyond 32 bits",
	  "STRTAB_SIZE",
	  { LOG2SIZE(32), { IDR1, 5, 0, 32 }, STREAM(0x04000000), { IDR5, 2, 0, 0 } } },
	{ "the index leads to the end of 32 bits",
	  "",
	  { LOG2SIZE(32), { IDR1, 5, 0, 32 }, STREAM(0x03ffffff), { IDR5, 2, 0, 0 } } },
};

const struct config_rows config_rows_sid = {
	.rows = sid_rows,
	.count = sizeof(sid_rows) / sizeof(sid_rows[0]),
	.prefixes = { "SID_", "STRTAB_" },
	.except = "",
};

/* 2^7 CDs, and their format. */
#define MANY      CONFIG_EDIT(STE0, 63, 59, 7)
#define FMT(n)    CONFIG_EDIT(STE0, 5, 4, n)
#define DSS(n)    CONFIG_EDIT(STE1, 1, 0, n)
#define CONFIG(n) CONFIG_EDIT(STE0, 3, 1, n)
#define WITH(n)   CONFIG_EDIT(SSID, 32, 0, UINT64_C(1) << 32 | (n))

static const struct config_row ssid_rows[] = {
	{ "no SubstreamID, one CD", "", { { 0 } } },
	{ "no SubstreamID, one CD, S1DSS = 0 is ignored", "", { DSS(0) } },
	{ "a SubstreamID, one CD", "SSID_OFF", { WITH(0) } },
	{ "a SubstreamID without SubstreamIDs", "SSID_OFF", { WITH(0), MANY, { IDR1, 10, 6, 0 } } },
	{ "no SubstreamID without SubstreamIDs", "", { MANY, { IDR1, 10, 6, 0 } } },
	{ "no SubstreamID, S1DSS = 0", "DSS_TERMINATE", { MANY } },
	{ "no SubstreamID, S1DSS = 0, two CDs", "DSS_TERMINATE", { CONFIG_EDIT(STE0, 63, 59, 1) } },
	{ "no SubstreamID, S1DSS = 3", "DSS_TERMINATE", { MANY, DSS(3) } },
	{ "no SubstreamID, S1DSS = 2", "", { MANY, DSS(2) } },
	{ "SubstreamID 0, S1DSS = 0", "", { WITH(0), MANY } },
	{ "SubstreamID 0, S1DSS = 1", "", { WITH(0), MANY, DSS(1) } },
	{ "SubstreamID 0, S1DSS = 2", "DSS_SSID0", { WITH(0), MANY, DSS(2) } },
	{ "SubstreamID 1, S1DSS = 2", "", { WITH(1), MANY, DSS(2) } },
	{ "SubstreamID 0, S1DSS = 3", "", { WITH(0), MANY, DSS(3) } },
	{ "SubstreamID 127 of 128", "", { WITH(127), MANY } },
	{ "SubstreamID 128 of 128", "SSID_RANGE", { WITH(128), MANY } },
	{ "SubstreamID 0xffffffff", "SSID_RANGE", { WITH(0xffffffff), MANY } },
	{ "a SubstreamID of a bypass", "SSID_BYPASS", { WITH(1), MANY, CONFIG(4) } },
	{ "a SubstreamID of stage 2 alone", "SSID_BYPASS", { WITH(1), MANY, CONFIG(6) } },
	{ "a valid level-1 descriptor", "", { WITH(1), MANY, FMT(1) } },
	{ "an invalid level-1 descriptor",
	  "SSID_L1CD",
	  { WITH(1), MANY, FMT(1), { L1CD, 0, 0, 0 } } },
	{ "an invalid level-1 descriptor, 64K",
	  "SSID_L1CD",
	  { WITH(1), MANY, FMT(2), { L1CD, 0, 0, 0 } } },
	{ "an invalid level-1 descriptor of a linear table",
	  "",
	  { WITH(1), MANY, { L1CD, 0, 0, 0 } } },
	{ "level 2 at 2^47", "", { WITH(1), MANY, FMT(1), { L1CD, 47, 47, 1 } } },
	{ "level 2 at 2^48", "SSID_L2PTR", { WITH(1), MANY, FMT(1), { L1CD, 48, 48, 1 } } },
	{ "level 2 at 2^55", "SSID_L2PTR", { WITH(1), MANY, FMT(1), { L1CD, 55, 55, 1 } } },
	{ "bits 63:56 are not of L2Ptr", "", { WITH(1), MANY, FMT(1), { L1CD, 63, 56, 0xff } } },
};

const struct config_rows config_rows_ssid = {
	.rows = ssid_rows,
	.count = sizeof(ssid_rows) / sizeof(ssid_rows[0]),
	.prefixes = { "SSID_", "DSS_" },
	.except = "",
};
