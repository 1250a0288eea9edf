/* SPDX-License-Identifier: MIT */
/*
 * oracle_config.c - finds the STE and the CD of a transaction, and says whether they are legal.
 *
 * Fields are written as they stand in the figures: bits(word, high, low) of doubleword n.
 */
#include "oracle_priv.h"

unsigned int oracle_size(const struct oracle *o, unsigned int field)
{
	static const unsigned int sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

	/* [IHI0070 5.4 IPS] Reserved values behave as the largest that the version has. */
	if (o->machine->aidr == 0 && field > 5)
		field = 5;
	if (field > 6)
		field = 6;
	return sizes[field];
}

unsigned int oracle_oas(const struct oracle *o)
{
	return oracle_size(o, (unsigned int)bits(o->machine->idr5, 2, 0));
}

uint64_t oracle_ttb(const struct oracle *o, uint64_t word)
{
	return bits(word, o->machine->aidr == 0 ? 47 : 51, 4) << 4;
}

static unsigned int smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int larger(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

bool oracle_granule_exists(const struct oracle *o, unsigned int granule_lg2)
{
	switch (granule_lg2) {
	case 12:
		return bit(o->machine->idr5, 4);
	case 14:
		return bit(o->machine->idr5, 5);
	case 16:
		return bit(o->machine->idr5, 6);
	default:
		return false;
	}
}

/* TG0 and S2TG: 0 4K, 1 64K, 2 16K. TG1: 1 16K, 2 4K, 3 64K. 0 is returned for a reserved one. */
static unsigned int granule(unsigned int field, bool tg1)
{
	static const unsigned int by_tg0[4] = { 12, 16, 14, 0 }, by_tg1[4] = { 0, 14, 12, 16 };

	return tg1 ? by_tg1[field] : by_tg0[field];
}

/* --- the stream table --- */

static bool bad_stream(struct oracle *o, const char *why)
{
	oracle_fault(o, EV_BAD_STREAMID, why);
	/* [IHI0070 7.3.3] */
	o->fault.silent = !bit(o->machine->cr2, 1);
	return false;
}

static bool fetch_stream(struct oracle *o, const char *what, uint64_t pa, uint64_t *words,
			 unsigned int count)
{
	/* [IHI0070 3.4.3] */
	if (!fits(pa, oracle_oas(o)) && (o->machine->choices & SV3_CHOICE_TRUNCATE_STRTAB))
		pa = bits(pa, oracle_oas(o) - 1, 0);
	if (fits(pa, oracle_oas(o)) && oracle_read(o, what, -1, pa, words, count))
		return true;
	oracle_fault(o, EV_STE_FETCH, what);
	/* [IHI0070 7.3.4] Bits beyond OAS are RES0 in the record. */
	o->fault.fetch = bits(pa, oracle_oas(o) - 1, 0);
	return false;
}

bool oracle_find_ste(struct oracle *o)
{
	uint64_t sid = o->txn->stream_id;
	uint64_t base = bits(o->machine->strtab_base, 55, 6) << 6;
	uint32_t cfg = o->machine->strtab_base_cfg;
	unsigned int size =
		smaller((unsigned int)bits(cfg, 5, 0), (unsigned int)bits(o->machine->idr1, 5, 0));
	unsigned int split = (unsigned int)bits(cfg, 10, 6);
	bool two_level = bits(o->machine->idr0, 28, 27) != 0 && bits(cfg, 17, 16) == 1;
	unsigned int l1_size, span;
	uint64_t l1std;

	if (!fits(sid, size))
		return bad_stream(o, "StreamID beyond LOG2SIZE");
	if (!two_level)
		return fetch_stream(o, "STE", aligned(base, size + 6) + sid * 64, o->ste, 8);

	if (split != 6 && split != 8 && split != 10)
		split = 6;
	/* At least one descriptor; aligned to the size of the table or 64 bytes. */
	l1_size = size > split ? size - split : 0;
	base = aligned(base, larger(l1_size + 3, 6));
	if (!fetch_stream(o, "L1STD", base + (sid >> split) * 8, &l1std, 1))
		return false;
	span = (unsigned int)bits(l1std, 4, 0);
	if (span == 0 || span >= 12 || span > split + 1)
		return bad_stream(o, "L1STD.Span is 0, reserved or beyond SPLIT");
	if (bits(sid, split - 1, 0) >> (span - 1) != 0)
		return bad_stream(o, "StreamID beyond L1STD.Span");
	base = aligned(bits(l1std, 55, 6) << 6, span - 1 + 6);
	return fetch_stream(o, "STE", base + bits(sid, split - 1, 0) * 64, o->ste, 8);
}

/* --- the STE --- */

static bool bad_ste(struct oracle *o, const char *why)
{
	return oracle_fault(o, EV_BAD_STE, why);
}

/* [IHI0070 5.2 EATS] */
static bool eats_is_legal(const struct oracle *o, unsigned int config)
{
	unsigned int eats = (unsigned int)bits(o->ste[1], 29, 28);
	bool s2s = bit(o->ste[2], 57);

	if (!bit(o->machine->idr0, 10) || (config & 3) == 0)
		return true;
	if (eats == 2)
		return config == 7 && !s2s && !bit(o->machine->idr0, 11);
	if (eats == 1)
		return !(s2s && (config & 2));
	return true;
}

static bool check_stage1_of_ste(struct oracle *o)
{
	unsigned int stall_model = (unsigned int)bits(o->machine->idr0, 25, 24);
	unsigned int ssid_size = (unsigned int)bits(o->machine->idr1, 10, 6);
	unsigned int s1cdmax = (unsigned int)bits(o->ste[0], 63, 59);
	unsigned int s1fmt = (unsigned int)bits(o->ste[0], 5, 4);

	if (bit(o->ste[1], 27) && stall_model != 0)
		return bad_ste(o, "S1STALLD and STALL_MODEL");
	if (ssid_size != 0 && s1cdmax > ssid_size)
		return bad_ste(o, "S1CDMax beyond SSIDSIZE");
	if (ssid_size != 0 && s1cdmax != 0 && !bit(o->machine->idr0, 19) &&
	    (s1fmt == 1 || s1fmt == 2))
		return bad_ste(o, "S1Fmt and no CD2L");
	/* IAS is OAS where only VMSAv8-64 exists. [IHI0070 3.4] */
	if (!fits(bits(o->ste[0], 55, 6) << 6, oracle_oas(o)))
		return bad_ste(o, "S1ContextPtr out of range");
	return true;
}

/* [DDI0487 D8.2] The level that S2SL0 stands for; -1 where it is reserved. */
static int stage2_start(const struct oracle *o, unsigned int granule_lg2, unsigned int sl0)
{
	/* A PE reserves the encoding whose first level a smaller PA could not fill. */
	static const struct {
		unsigned int granule_lg2, sl0;
		int level;
		unsigned int oas_min;
	} rows[] = {
		{ 12, 0, 2, 0 }, { 12, 1, 1, 0 }, { 12, 2, 0, 44 },
		{ 14, 0, 3, 0 }, { 14, 1, 2, 0 }, { 14, 2, 1, 42 },
		{ 16, 0, 3, 0 }, { 16, 1, 2, 0 }, { 16, 2, 1, 44 },
	};

	if (granule_lg2 == 12 && sl0 == 3)
		return bit(o->machine->idr3, 9) ? 3 : -1;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].granule_lg2 == granule_lg2 && rows[i].sl0 == sl0)
			return oracle_oas(o) >= rows[i].oas_min ? rows[i].level : -1;
	return -1;
}

static bool check_stage2_walk(struct oracle *o)
{
	struct table *t = &o->s2;
	unsigned int t0sz = (unsigned int)bits(o->ste[2], 37, 32);
	unsigned int oas = oracle_oas(o);
	unsigned int max, min, low, stride;
	bool stt = bit(o->machine->idr3, 9);

	t->stage2 = true;
	t->granule_lg2 = granule((unsigned int)bits(o->ste[2], 47, 46), false);
	if (!oracle_granule_exists(o, t->granule_lg2))
		return bad_ste(o, "S2TG");
	max = !stt ? 39 : t->granule_lg2 == 16 ? 47 : 48;
	/* [IHI0070 5.2 S2T0SZ] IAS is OAS. */
	min = 64 - oas;
	if (o->machine->aidr != 0)
		min = larger(t->granule_lg2 == 16 ? 12 : 16, min);
	if (t0sz < min || t0sz > max)
		return bad_ste(o, "S2T0SZ");
	t->input_lg2 = 64 - t0sz;

	t->start_level = stage2_start(o, t->granule_lg2, (unsigned int)bits(o->ste[2], 39, 38));
	if (t->start_level < 0)
		return bad_ste(o, "S2SL0 is reserved");
	stride = t->granule_lg2 - 3;
	low = t->granule_lg2 + (unsigned int)(3 - t->start_level) * stride;
	/* At least one bit, at most 16 tables side by side. */
	if (t->input_lg2 <= low || t->input_lg2 > low + stride + 4)
		return bad_ste(o, "S2SL0 and S2T0SZ");

	t->output_lg2 = smaller(oracle_size(o, (unsigned int)bits(o->ste[2], 50, 48)), oas);
	t->base = oracle_ttb(o, o->ste[3]);
	if (!fits(t->base, t->output_lg2) || (t->granule_lg2 != 16 && !fits(t->base, 48)))
		return bad_ste(o, "S2TTB");
	t->base = aligned(t->base, t->input_lg2 - low + 3);
	if (t->output_lg2 == 52)
		t->base = aligned(t->base, 6);
	return true;
}

static bool wrong_endian(const struct oracle *o, bool big)
{
	unsigned int ttendian = (unsigned int)bits(o->machine->idr0, 22, 21);

	return (ttendian == 2 && big) || (ttendian == 3 && !big);
}

/* 1 and 3 are Write-Back. */
static bool is_uncached(unsigned int inner, unsigned int outer)
{
	return !(inner & 1) || !(outer & 1);
}

static bool check_stage2_of_ste(struct oracle *o)
{
	unsigned int stall_model = (unsigned int)bits(o->machine->idr0, 25, 24);
	unsigned int httu = (unsigned int)bits(o->machine->idr0, 7, 6);
	bool s2s = bit(o->ste[2], 57), s2hd = bit(o->ste[2], 55), s2ha = bit(o->ste[2], 56);

	if ((s2s && stall_model == 1) || (!s2s && stall_model == 2))
		return bad_ste(o, "S2S and STALL_MODEL");
	if (!bit(o->ste[2], 51))
		return bad_ste(o, "S2AA64");
	if ((s2ha || s2hd) && httu == 0)
		return bad_ste(o, "S2HA or S2HD and HTTU = 0");
	if (s2hd && httu == 1)
		return bad_ste(o, "S2HD and HTTU = 1");
	if (wrong_endian(o, bit(o->ste[2], 52)))
		return bad_ste(o, "S2ENDI");
	o->s2.big_endian = bit(o->ste[2], 52);
	o->s2.affd = bit(o->ste[2], 53);
	o->s2.ha = s2ha;
	o->s2.hd = s2hd && s2ha;
	o->s2.uncached = is_uncached((unsigned int)bits(o->ste[2], 41, 40),
				     (unsigned int)bits(o->ste[2], 43, 42));
	return check_stage2_walk(o);
}

bool oracle_check_ste(struct oracle *o)
{
	unsigned int config = (unsigned int)bits(o->ste[0], 3, 1);
	unsigned int strw = (unsigned int)bits(o->ste[1], 31, 30);
	bool hyp = bit(o->machine->idr0, 9);
	bool s1p = bit(o->machine->idr0, 1), s2p = bit(o->machine->idr0, 0);
	bool strw_counts = s1p && hyp && config == 5;

	if (!bit(o->ste[0], 0))
		return bad_ste(o, "STE.V = 0");
	if (config < 4) {
		oracle_fault(o, EV_NONE, "STE.Config = 0b0xx");
		return false;
	}
	o->stage1 = config & 1;
	o->stage2 = config & 2;
	if ((o->stage1 && !s1p) || (o->stage2 && !s2p))
		return bad_ste(o, "a stage that is absent");
	if (!eats_is_legal(o, config))
		return bad_ste(o, "EATS");
	if (strw_counts && (strw & 1))
		return bad_ste(o, "STRW");
	if (strw_counts && strw == 2)
		o->world = bit(o->machine->cr2, 0) ? WORLD_EL2_E2H : WORLD_EL2;
	if (o->stage1 && !check_stage1_of_ste(o))
		return false;
	if (o->stage2 && !check_stage2_of_ste(o))
		return false;
	/* [IHI0070 5.2 S2VMID] */
	if (config != 4 && s2p && o->world == WORLD_EL1 && !bit(o->machine->idr0, 18) &&
	    bits(o->ste[2], 15, 8) != 0)
		return bad_ste(o, "S2VMID");
	return true;
}

/* --- the CD --- */

/* A structure in IPA or PA space. */
static bool fetch_context(struct oracle *o, const char *what, uint64_t address, uint64_t *words,
			  unsigned int count)
{
	uint64_t pa = address;

	o->use = count == 1 ? USE_L1CD : USE_CD;
	if (o->stage2 && !oracle_stage2_read(o, address, CLASS_CD, &pa))
		return false;
	if (oracle_read(o, what, -1, pa, words, count))
		return true;
	oracle_fault(o, EV_CD_FETCH, what);
	o->fault.fetch = pa;
	return false;
}

bool oracle_find_cd(struct oracle *o, uint32_t index)
{
	uint64_t base = bits(o->ste[0], 55, 6) << 6;
	unsigned int s1cdmax = (unsigned int)bits(o->ste[0], 63, 59);
	unsigned int s1fmt = (unsigned int)bits(o->ste[0], 5, 4);
	unsigned int split;
	uint64_t l1cd;

	if (bits(o->machine->idr1, 10, 6) == 0)
		s1cdmax = 0;
	if (s1cdmax == 0 || s1fmt == 0 || s1fmt == 3)
		return fetch_context(o, "CD", aligned(base, s1cdmax + 6) + (uint64_t)index * 64,
				     o->cd, 8);
	split = s1fmt == 1 ? 6 : 10;
	base = aligned(base, larger(s1cdmax > split ? s1cdmax - split + 3 : 0, 6));
	if (!fetch_context(o, "L1CD", base + (uint64_t)(index >> split) * 8, &l1cd, 1))
		return false;
	if (!bit(l1cd, 0))
		return oracle_fault(o, EV_BAD_SUBSTREAMID, "L1CD.V = 0");
	base = bits(l1cd, 55, 12) << 12;
	if (!fits(base, oracle_oas(o)))
		return oracle_fault(o, EV_BAD_SUBSTREAMID, "L1CD.L2Ptr out of range");
	/* The table is aligned to its size. [IHI0070 5.2 S1Fmt] */
	return fetch_context(o, "CD", aligned(base, split + 6) + bits(index, split - 1, 0) * 64,
			     o->cd, 8);
}

static bool bad_cd(struct oracle *o, const char *why)
{
	return oracle_fault(o, EV_BAD_CD, why);
}

/* The fields of one half. [IHI0070 5.4 T0SZ, TG0, TTB0] */
static bool check_half(struct oracle *o, bool upper)
{
	unsigned int shift = upper ? 16 : 0;
	unsigned int txsz = (unsigned int)bits(o->cd[0], shift + 5, shift);
	unsigned int granule_lg2 =
		granule((unsigned int)bits(o->cd[0], shift + 7, shift + 6), upper);
	bool stt = bit(o->machine->idr3, 9), vax52 = bits(o->machine->idr5, 11, 10) != 0;
	uint64_t ttb = oracle_ttb(o, o->cd[upper ? 2 : 1]);
	unsigned int ips =
		smaller(oracle_size(o, (unsigned int)bits(o->cd[0], 34, 32)), oracle_oas(o));

	if (!oracle_granule_exists(o, granule_lg2))
		return bad_cd(o, upper ? "TG1" : "TG0");
	if (txsz < (vax52 && granule_lg2 == 16 ? 12u : 16u) || txsz > (!stt                ? 39u
								       : granule_lg2 == 16 ? 47u
											   : 48u))
		return bad_cd(o, upper ? "T1SZ" : "T0SZ");
	if (!fits(ttb, ips) || (granule_lg2 != 16 && !fits(ttb, 48)))
		return bad_cd(o, upper ? "TTB1" : "TTB0");
	return true;
}

bool oracle_check_cd(struct oracle *o)
{
	unsigned int stall_model = (unsigned int)bits(o->machine->idr0, 25, 24);
	unsigned int httu = (unsigned int)bits(o->machine->idr0, 7, 6);
	bool s = bit(o->cd[0], 44), a = bit(o->cd[0], 46);
	bool hd = bit(o->cd[0], 42), ha = bit(o->cd[0], 43);
	/* [IHI0070 5.4 EPD0] EL2 has no EPDx, and no TTB1. */
	bool walks0 = o->world == WORLD_EL2 || !bit(o->cd[0], 14);
	bool walks1 = o->world != WORLD_EL2 && !bit(o->cd[0], 30);

	if (!bit(o->cd[0], 31))
		return bad_cd(o, "CD.V = 0");
	if (s && bit(o->ste[1], 27))
		return bad_cd(o, "S and S1STALLD");
	if (!a && bit(o->machine->idr0, 26))
		return bad_cd(o, "A and TERM_MODEL");
	if ((s && stall_model == 1) || (!s && stall_model == 2))
		return bad_cd(o, "S and STALL_MODEL");
	if ((walks0 || walks1) && wrong_endian(o, bit(o->cd[0], 15)))
		return bad_cd(o, "ENDI");
	if (!bit(o->cd[0], 41))
		return bad_cd(o, "AA64");
	if ((ha || hd) && httu == 0)
		return bad_cd(o, "HA or HD and HTTU = 0");
	if (hd && httu == 1)
		return bad_cd(o, "HD and HTTU = 1");
	if (o->world != WORLD_EL2 && !bit(o->machine->idr0, 12) && bits(o->cd[0], 63, 56) != 0)
		return bad_cd(o, "ASID");
	return (!walks0 || check_half(o, false)) && (!walks1 || check_half(o, true));
}
