/* SPDX-License-Identifier: MIT */
/*
 * image.c - the destination's memory, byte by byte: the second witness beside the oracle.
 * It costs what differs from zero: a page is written when it first does, and from then on when it
 * differs from what the destination holds.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

int sv3__image_init(struct sv3__image *image, const struct sv3_bus *bus, sv3_pa base,
		    uint64_t page_count)
{
	*image = (struct sv3__image){
		.bus = *bus,
		.base = base,
		.page_count = page_count,
		.bytes = (uint8_t *)sv3_zeroed_create(page_count * SV3_PAGE_SIZE),
		.held = (uint64_t *)calloc((size_t)(page_count + 63) / 64, sizeof(*image->held)),
	};
	if (image->bytes && image->held)
		return 0;
	sv3__image_fini(image);
	return -SV3_ERR_NOMEM;
}

void sv3__image_fini(struct sv3__image *image)
{
	sv3_zeroed_destroy(image->bytes, image->page_count * SV3_PAGE_SIZE);
	free(image->held);
	image->bytes = NULL;
	image->held = NULL;
}

/* The source's page as plain memory, or read into @buffer. */
static const uint8_t *source_page(const struct sv3__image *image, uint64_t page_index,
				  uint8_t *buffer)
{
	const sv3_pa pa = image->base + page_index * SV3_PAGE_SIZE;
	const void *window = sv3_bus_window(&image->bus, pa, SV3_PAGE_SIZE);

	if (window)
		return (const uint8_t *)window;
	/* Guest RAM does not abort. */
	(void)sv3_bus_read(&image->bus, pa, buffer, (uint32_t)SV3_PAGE_SIZE);
	return buffer;
}

/* Whether the destination holds bytes of a page; if not it is zero, and nobody looks at it. */
static bool is_held(const struct sv3__image *image, uint64_t page_index)
{
	return image->held[page_index / 64] >> (page_index % 64) & 1;
}

static void hold(struct sv3__image *image, uint64_t page_index)
{
	image->held[page_index / 64] |= UINT64_C(1) << (page_index % 64);
}

/* The same bytes at the destination? */
static bool is_same(const struct sv3__image *image, uint64_t page_index, const uint8_t *page)
{
	if (!is_held(image, page_index))
		return sv3__page_is_zero(page);
	return !memcmp(image->bytes + page_index * SV3_PAGE_SIZE, page, SV3_PAGE_SIZE);
}

static void put_page(struct sv3__image *image, uint64_t page_index, const uint8_t *from)
{
	if (is_same(image, page_index, from))
		return;
	hold(image, page_index);
	memcpy(image->bytes + page_index * SV3_PAGE_SIZE, from, SV3_PAGE_SIZE);
}

/* One page, packed. */
static void receive_packed(struct sv3__image *image, uint64_t page_index,
			   const struct sv3_wire *wire)
{
	uint8_t *to = image->bytes + page_index * SV3_PAGE_SIZE;

	switch (wire->kind) {
	case SV3_WIRE_PAGE:
		put_page(image, page_index, wire->data);
		break;
	case SV3_WIRE_ZERO:
		if (is_held(image, page_index))
			memset(to, 0, SV3_PAGE_SIZE);
		break;
	case SV3_WIRE_DELTA:
		hold(image, page_index);
		SV3_ASSERT(sv3__delta_apply(to, wire->data, wire->length));
		break;
	case SV3_WIRE_SAME:
		break;
	}
}

void sv3__image_receive(struct sv3__image *image, const struct sv3_copy *copy)
{
	uint8_t buffer[SV3_PAGE_SIZE];

	if (copy->wire) {
		receive_packed(image, copy->first_page, copy->wire);
		return;
	}
	for (uint64_t i = 0; i < copy->page_count; i++) {
		const uint64_t page = copy->first_page + i;

		put_page(image, page, source_page(image, page, buffer));
	}
}

uint64_t sv3__image_differing(const struct sv3__image *image)
{
	uint8_t buffer[SV3_PAGE_SIZE];
	uint64_t count = 0;

	for (uint64_t i = 0; i < image->page_count; i++)
		if (!is_same(image, i, source_page(image, i, buffer)))
			count++;
	return count;
}
