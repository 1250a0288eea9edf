/* SPDX-License-Identifier: MIT */
/*
 * transfer.c - what a page becomes on the wire: itself, nothing, or how it differs from before.
 *
 * Concepts:
 *   wire    what is sent for one page; the destination is made of it alone (image.c).
 *   delta   pairs of counts: bytes that stay, bytes that follow; what stays at the end is left out.
 *   memory  what the source knows of the destination: hashes of all pages, or whole pages in a
 * cache. Only the running guest's rounds are worth a memory of whole pages: bulk sends each page
 * once. [policies P19]
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

/* What says which page it is, and how it was packed APPROX(T-033). */
#define HEADER_BYTES 8u

#define NO_PAGE UINT64_MAX

int sv3__transfer_init(struct sv3__transfer *transfer, enum sv3_transfer mode, uint64_t cache_bytes,
		       const struct sv3_bus *bus, sv3_pa base, uint64_t page_count)
{
	*transfer = (struct sv3__transfer){
		.mode = mode, .bus = *bus, .base = base, .page_count = page_count
	};
	if (mode == SV3_TRANSFER_HASH_SKIP) {
		transfer->hashes = (uint64_t *)sv3_zeroed_create(page_count * sizeof(uint64_t));
		return transfer->hashes ? 0 : -SV3_ERR_NOMEM;
	}
	if (mode != SV3_TRANSFER_XOR)
		return 0;
	transfer->cache_slots = cache_bytes / SV3_PAGE_SIZE;
	if (!transfer->cache_slots)
		return -SV3_ERR_INVAL;
	transfer->cached = (uint64_t *)malloc(transfer->cache_slots * sizeof(uint64_t));
	transfer->cache = (uint8_t *)sv3_zeroed_create(transfer->cache_slots * SV3_PAGE_SIZE);
	if (!transfer->cached || !transfer->cache)
		return -SV3_ERR_NOMEM;
	for (uint64_t i = 0; i < transfer->cache_slots; i++)
		transfer->cached[i] = NO_PAGE;
	return 0;
}

void sv3__transfer_fini(struct sv3__transfer *transfer)
{
	sv3_zeroed_destroy(transfer->hashes, transfer->page_count * sizeof(uint64_t));
	sv3_zeroed_destroy(transfer->cache, transfer->cache_slots * SV3_PAGE_SIZE);
	free(transfer->cached);
	*transfer = (struct sv3__transfer){ 0 };
}

/* --- the three ways to look at a page --- */

bool sv3__page_is_zero(const uint8_t *page)
{
	return page[0] == 0 && !memcmp(page, page + 1, SV3_PAGE_SIZE - 1);
}

#define LANES 4u

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

/* Never 0, which stands for "not sent yet". One multiplication waits for the one before: so they go
 * in lanes beside each other. */
static uint64_t hash_of(const uint8_t *page)
{
	uint64_t lanes[LANES] = { 1, 2, 3, 4 };
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);

	for (uint32_t i = 0; i < SV3_PAGE_SIZE; i += 8 * LANES)
		for (uint32_t lane = 0; lane < LANES; lane++)
			lanes[lane] = mix(lanes[lane], sv3_le64(page + i + 8 * lane));
	for (uint32_t lane = 0; lane < LANES; lane++)
		hash = mix(hash, lanes[lane]);
	return hash | 1;
}

/* A count below 2^14: seven bits a byte, the lowest first. */
static uint32_t put_count(uint8_t *out, uint32_t count)
{
	if (count < 0x80) {
		out[0] = (uint8_t)count;
		return 1;
	}
	out[0] = (uint8_t)(count | 0x80);
	out[1] = (uint8_t)(count >> 7);
	return 2;
}

static uint32_t get_count(const uint8_t *in, uint32_t *at)
{
	uint32_t count = in[(*at)++];

	if (count & 0x80)
		count = (count & 0x7f) | (uint32_t)in[(*at)++] << 7;
	return count;
}

/* How many bytes from @at on are the same. */
static uint32_t same_bytes(const uint8_t *old, const uint8_t *now, uint32_t at)
{
	uint32_t end = at;

	while (end + 8 <= SV3_PAGE_SIZE && sv3_le64(old + end) == sv3_le64(now + end))
		end += 8;
	while (end < SV3_PAGE_SIZE && old[end] == now[end])
		end++;
	return end - at;
}

uint32_t sv3__delta_encode(const uint8_t *old, const uint8_t *now, uint8_t *delta)
{
	uint32_t at = 0, used = 0;

	while (at < SV3_PAGE_SIZE) {
		const uint32_t same = same_bytes(old, now, at);
		uint32_t changed = 0;

		at += same;
		if (at == SV3_PAGE_SIZE)
			break;
		while (at + changed < SV3_PAGE_SIZE && old[at + changed] != now[at + changed])
			changed++;
		/* Two counts of two bytes at most. */
		if (used + 4 + changed >= SV3_PAGE_SIZE)
			return SV3_PAGE_SIZE;
		used += put_count(delta + used, same);
		used += put_count(delta + used, changed);
		memcpy(delta + used, now + at, changed);
		used += changed;
		at += changed;
	}
	return used;
}

bool sv3__delta_apply(uint8_t *page, const uint8_t *delta, uint32_t length)
{
	uint32_t in = 0, out = 0;

	while (in < length) {
		const uint32_t same = get_count(delta, &in), changed = get_count(delta, &in);

		if (in + changed > length || out + same + changed > SV3_PAGE_SIZE)
			return false;
		memcpy(page + out + same, delta + in, changed);
		out += same + changed;
		in += changed;
	}
	return true;
}

/* --- one page --- */

static void set_wire(struct sv3_wire *wire, enum sv3_wire_kind kind, const uint8_t *data,
		     uint32_t length)
{
	wire->kind = kind;
	wire->data = data;
	wire->length = length;
	wire->bytes = kind == SV3_WIRE_PAGE ? (uint32_t)SV3_PAGE_SIZE : HEADER_BYTES + length;
}

static void pack_delta(struct sv3__transfer *transfer, uint64_t page, const uint8_t *bytes,
		       bool bulk, struct sv3_wire *wire)
{
	const uint64_t slot = page % transfer->cache_slots;
	uint8_t *cached = transfer->cache + slot * SV3_PAGE_SIZE;
	uint32_t length = SV3_PAGE_SIZE;

	if (bulk)
		return;
	if (transfer->cached[slot] == page)
		length = sv3__delta_encode(cached, bytes, transfer->delta);
	if (length < SV3_PAGE_SIZE)
		set_wire(wire, SV3_WIRE_DELTA, transfer->delta, length);
	transfer->cached[slot] = page;
	memcpy(cached, bytes, SV3_PAGE_SIZE);
}

static void pack_hashed(struct sv3__transfer *transfer, uint64_t page, const uint8_t *bytes,
			struct sv3_wire *wire)
{
	const uint64_t hash = hash_of(bytes);

	if (transfer->hashes[page] == hash)
		set_wire(wire, SV3_WIRE_SAME, NULL, 0);
	transfer->hashes[page] = hash;
}

void sv3__transfer_pack(struct sv3__transfer *transfer, uint64_t page, bool bulk,
			struct sv3_wire *wire)
{
	const sv3_pa pa = transfer->base + page * SV3_PAGE_SIZE;
	const uint8_t *bytes;

	bytes = (const uint8_t *)sv3_bus_window(&transfer->bus, pa, SV3_PAGE_SIZE);
	if (!bytes) {
		/* Guest RAM does not abort. */
		(void)sv3_bus_read(&transfer->bus, pa, transfer->buffer, (uint32_t)SV3_PAGE_SIZE);
		bytes = transfer->buffer;
	}
	set_wire(wire, SV3_WIRE_PAGE, bytes, (uint32_t)SV3_PAGE_SIZE);
	if (transfer->mode == SV3_TRANSFER_ZERO && sv3__page_is_zero(bytes))
		set_wire(wire, SV3_WIRE_ZERO, NULL, 0);
	else if (transfer->mode == SV3_TRANSFER_XOR)
		pack_delta(transfer, page, bytes, bulk, wire);
	else if (transfer->mode == SV3_TRANSFER_HASH_SKIP)
		pack_hashed(transfer, page, bytes, wire);
}
