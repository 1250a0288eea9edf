/* SPDX-License-Identifier: MIT */
/*
 * explain_leaf.c - what a translation table descriptor says, in words.
 */
#include "explain.h"

#include <sv3/vmsa.h>

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...)
{
	const size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + length, EXPLAIN_TEXT_CHARS - length, format, arguments);
	va_end(arguments);
}

const char *explain_state_name(enum explain_state state)
{
	static const char *const names[] = {
		[EXPLAIN_READ_ONLY] = "read-only",
		[EXPLAIN_WRITABLE] = "writable, not tracked",
		[EXPLAIN_CLEAN] = "writable-clean",
		[EXPLAIN_DIRTY] = "writable-dirty",
	};

	return names[state];
}

/* [IHI0070 3.13.3.1] Stage 1 forbids writes by a bit, stage 2 allows them by one. */
static enum explain_state state_of(const struct explain_descriptor *d)
{
	const bool dbm = (d->value & SV3_PTE_DBM) != 0;
	const bool writable = d->is_stage2 ? (d->value & SV3_PTE_S2AP_WRITE) != 0
					   : (d->value & SV3_PTE_AP2_RDONLY) == 0;

	if (writable)
		return dbm ? EXPLAIN_DIRTY : EXPLAIN_WRITABLE;
	return dbm ? EXPLAIN_CLEAN : EXPLAIN_READ_ONLY;
}

static bool is_table(const struct explain_descriptor *d)
{
	return d->level < SV3_LEVEL_LAST && (d->value & 3) == (SV3_PTE_VALID | SV3_PTE_TABLE);
}

static bool is_leaf(const struct explain_descriptor *d, bool output_is_52)
{
	if (d->level == SV3_LEVEL_LAST)
		return (d->value & 3) == (SV3_PTE_VALID | SV3_PTE_TABLE);
	return (d->value & 3) == SV3_PTE_VALID &&
	       sv3_vmsa_level_has_block(d->granule_lg2, d->level, output_is_52);
}

static void add_table(const struct explain_descriptor *d, char *text)
{
	add(text, "table at 0x%" PRIx64, d->output);
	if (d->is_stage2)
		return;
	if (d->value & SV3_PTE_APTABLE_NO_WRITE)
		add(text, ", nothing below is writable (APTable)");
	if (d->value & SV3_PTE_APTABLE_NO_UNPRIV)
		add(text, ", all below is privileged (APTable)");
	if (d->value & SV3_PTE_PXNTABLE)
		add(text, ", PXNTable");
	if (d->value & SV3_PTE_UXNTABLE)
		add(text, ", UXNTable");
}

const char *explain_size(unsigned int size_lg2, char *text)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	snprintf(text, CLI_VALUE_CHARS, "%u %s", 1u << size_lg2 % 10, units[size_lg2 / 10 % 7]);
	return text;
}

static void add_span(const struct explain_descriptor *d, char *text)
{
	char size[CLI_VALUE_CHARS];

	explain_size(sv3_vmsa_span_lg2(d->granule_lg2, d->level), size);
	add(text, "%s %s at 0x%" PRIx64, size, d->level == SV3_LEVEL_LAST ? "page" : "block",
	    d->output);
}

static void add_leaf(const struct explain_descriptor *d, char *text)
{
	const uint64_t value = d->value;

	add_span(d, text);
	add(text, ", %s, AF %d", explain_state_name(d->state), (value & SV3_PTE_AF) != 0);
	if (d->is_stage2) {
		add(text, ", %s", value & SV3_PTE_S2AP_READ ? "readable" : "not readable");
		add(text, ", XN %" PRIu64 ", MemAttr 0x%" PRIx64, SV3_GET(SV3_PTE_S2_XN, value),
		    SV3_GET(SV3_PTE_S2_MEMATTR, value));
	} else {
		add(text, ", %s",
		    value & SV3_PTE_AP1_UNPRIV ? "unprivileged too" : "privileged only");
		add(text, "%s%s", value & SV3_PTE_PXN ? ", PXN" : "",
		    value & SV3_PTE_UXN ? ", UXN" : "");
		add(text, ", %s, AttrIndx %" PRIu64, value & SV3_PTE_NG ? "nG" : "global",
		    SV3_GET(SV3_PTE_ATTRINDX, value));
	}
	add(text, ", %s", explain_shareability_name((unsigned int)SV3_GET(SV3_PTE_SH, value)));
	if (value & SV3_PTE_CONTIGUOUS)
		add(text, ", contiguous");
	if (value & SV3_PTE_NT && d->level < SV3_LEVEL_LAST)
		add(text, ", nT");
}

void explain_descriptor(struct explain_descriptor *d, bool output_is_52, char *text)
{
	const bool wide = output_is_52 && d->granule_lg2 == 16;

	text[0] = '\0';
	d->is_leaf = is_leaf(d, wide);
	if (is_table(d)) {
		d->output = sv3_vmsa_output(d->value, d->granule_lg2, wide);
		add_table(d, text);
	} else if (d->is_leaf) {
		d->output = sv3_vmsa_output(d->value, sv3_vmsa_span_lg2(d->granule_lg2, d->level),
					    wide);
		d->state = state_of(d);
		add_leaf(d, text);
	} else if (d->value & SV3_PTE_VALID) {
		add(text, "invalid: level %u has no %s", d->level,
		    d->level == SV3_LEVEL_LAST ? "descriptor with bit 1 = 0" : "block");
	} else {
		add(text, "invalid: bit 0 is 0");
	}
}
