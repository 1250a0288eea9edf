/* SPDX-License-Identifier: MIT */
/*
 * oracle_attr.c - memory types and shareability of what goes out. [IHI0070 13]
 *
 * Types are numbered by strength, so that combining two is taking the larger one; a Device type
 * stands in both halves. Allocation hints are not modelled.
 */
#include "oracle_priv.h"

static struct attributes make(unsigned int outer, unsigned int inner, unsigned int share)
{
	return (struct attributes){ SV3_MEMORY(outer, inner), (uint8_t)share };
}

/* [IHI0070 13.1.7] Device, and Normal that is Non-cacheable inside and outside, are Outer
 * Shareable; the reserved encoding 0b01 is Non-shareable. */
struct attributes oracle_consistent(struct attributes a)
{
	if (SV3_MEMORY_INNER(a.memory) >= SV3_MEMORY_DEVICE_GRE ||
	    (SV3_MEMORY_INNER(a.memory) == SV3_MEMORY_NC &&
	     SV3_MEMORY_OUTER(a.memory) == SV3_MEMORY_NC))
		a.share = SV3_SHARE_OUTER;
	if (a.share == 1)
		a.share = SV3_SHARE_NON;
	return a;
}

/* dd of a Device type: 00 nGnRnE, 01 nGnRE, 10 nGRE, 11 GRE. */
static struct attributes device(unsigned int dd)
{
	return make(SV3_MEMORY_DEVICE_NGNRNE - dd, SV3_MEMORY_DEVICE_NGNRNE - dd, SV3_SHARE_OUTER);
}

/* 01 Non-cacheable, 10 Write-Through, 11 Write-Back. */
static unsigned int stage2_cacheability(unsigned int field)
{
	return field == 3 ? SV3_MEMORY_WB : field == 2 ? SV3_MEMORY_WT : SV3_MEMORY_NC;
}

/* MemAttr[3:0] without FWB. [DDI0487 D8.6.5]; 0b0100, 0b1000, 0b1100 as [IHI0070 5.2 MemAttr]. */
static struct attributes memattr(unsigned int field, unsigned int share)
{
	if (field >> 2 == 0)
		return device(field & 3);
	if ((field & 3) == 0)
		return device(0);
	return make(stage2_cacheability(field >> 2), stage2_cacheability(field & 3), share);
}

struct attributes oracle_override(const struct oracle *o, bool mtcfg, unsigned int field,
				  unsigned int shcfg)
{
	struct attributes a = { o->txn->memory, SV3_SHARE_INNER };

	/* [IHI0070 6.3.2 ATTR_TYPES_OVR] */
	if (bit(o->machine->idr1, 27)) {
		if (mtcfg)
			a.memory = memattr(field, 0).memory;
		if (shcfg != 1)
			a.share = (uint8_t)shcfg;
	}
	return oracle_consistent(a);
}

/* A half of a MAIR byte: 00RW Write-Through transient, 0100 Non-cacheable, 01RW Write-Back
 * transient, 10RW Write-Through, 11RW Write-Back. Inside, 0000 is Write-Through.
 * [IHI0070 5.4 MAIR0] */
static unsigned int mair_half(unsigned int half)
{
	if (half == 4)
		return SV3_MEMORY_NC;
	return half >> 2 == 1 || half >> 2 == 3 ? SV3_MEMORY_WB : SV3_MEMORY_WT;
}

struct attributes oracle_stage1_attributes(uint64_t mair, uint64_t descriptor)
{
	unsigned int index = (unsigned int)bits(descriptor, 4, 2);
	unsigned int byte = (unsigned int)bits(mair, 8 * index + 7, 8 * index);
	unsigned int share = (unsigned int)bits(descriptor, 9, 8);

	if (byte >> 4 == 0)
		return device(byte >> 2 & 3);
	return oracle_consistent(make(mair_half(byte >> 4), mair_half(byte & 15), share));
}

static unsigned int stronger(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* Outer is stronger than Inner, Inner than Non-shareable. */
static uint8_t combine_share(unsigned int a, unsigned int b)
{
	if (a == SV3_SHARE_OUTER || b == SV3_SHARE_OUTER)
		return SV3_SHARE_OUTER;
	return a == SV3_SHARE_INNER || b == SV3_SHARE_INNER ? SV3_SHARE_INNER : SV3_SHARE_NON;
}

static struct attributes combine(struct attributes a, struct attributes b)
{
	return make(stronger(SV3_MEMORY_OUTER(a.memory), SV3_MEMORY_OUTER(b.memory)),
		    stronger(SV3_MEMORY_INNER(a.memory), SV3_MEMORY_INNER(b.memory)),
		    combine_share(a.share, b.share));
}

/* MemAttr[2:0] with FWB: 0dd Device at least, 101 Non-cacheable unless Device, 110 Write-Back,
 * 111 as it comes in. [DDI0487 D8.6.6] */
static struct attributes combine_fwb(struct attributes in, unsigned int field, unsigned int share)
{
	bool in_is_device = SV3_MEMORY_INNER(in.memory) >= SV3_MEMORY_DEVICE_GRE;
	struct attributes out = in;

	if (!(field & 4))
		out = combine(in, device(field & 3));
	else if ((field & 3) == 2)
		out.memory = SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WB);
	else if ((field & 3) != 3 && !in_is_device)
		out.memory = SV3_MEMORY(SV3_MEMORY_NC, SV3_MEMORY_NC);
	out.share = combine_share(in.share, share);
	return out;
}

struct attributes oracle_stage2_attributes(struct attributes in, uint64_t descriptor, bool fwb)
{
	unsigned int field = (unsigned int)bits(descriptor, 5, 2);
	unsigned int share = (unsigned int)bits(descriptor, 9, 8);

	if (fwb)
		return oracle_consistent(combine_fwb(in, field, share));
	return oracle_consistent(combine(in, oracle_consistent(memattr(field, share))));
}

bool oracle_stage2_is_device(uint64_t descriptor, bool fwb)
{
	unsigned int field = (unsigned int)bits(descriptor, 5, 2);

	if (fwb)
		return !(field & 4);
	return SV3_MEMORY_INNER(memattr(field, 0).memory) >= SV3_MEMORY_DEVICE_GRE;
}
