/* SPDX-License-Identifier: MIT */
/*
 * image.c - the destination's memory, byte by byte: the second witness beside the oracle.
 * It costs what differs from zero: a page equal to what the destination holds is not written.
 */
#include <string.h>
#include <sys/mman.h>

#include "migration_priv.h"

int sv3__image_init(struct sv3__image *image, const struct sv3_bus *bus, sv3_pa base,
		    uint64_t page_count)
{
	void *bytes = mmap(NULL, (size_t)(page_count * SV3_PAGE_SIZE), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return -SV3_ERR_NOMEM;
	*image = (struct sv3__image){
		.bus = *bus,
		.base = base,
		.page_count = page_count,
		.bytes = (uint8_t *)bytes,
	};
	return 0;
}

void sv3__image_fini(struct sv3__image *image)
{
	if (image->bytes)
		munmap(image->bytes, (size_t)(image->page_count * SV3_PAGE_SIZE));
	image->bytes = NULL;
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

static void put_page(uint8_t *to, const uint8_t *from)
{
	if (memcmp(to, from, SV3_PAGE_SIZE))
		memcpy(to, from, SV3_PAGE_SIZE);
}

void sv3__image_receive(struct sv3__image *image, uint64_t page_index, const struct sv3_wire *wire)
{
	uint8_t buffer[SV3_PAGE_SIZE];
	uint8_t *to = image->bytes + page_index * SV3_PAGE_SIZE;

	if (!wire) {
		put_page(to, source_page(image, page_index, buffer));
		return;
	}
	switch (wire->kind) {
	case SV3_WIRE_PAGE:
		put_page(to, wire->data);
		break;
	case SV3_WIRE_ZERO:
		memset(buffer, 0, sizeof(buffer));
		put_page(to, buffer);
		break;
	case SV3_WIRE_DELTA:
		SV3_ASSERT(sv3__delta_apply(to, wire->data, wire->length));
		break;
	case SV3_WIRE_SAME:
		break;
	}
}

uint64_t sv3__image_differing(const struct sv3__image *image)
{
	uint8_t buffer[SV3_PAGE_SIZE];
	uint64_t count = 0;

	for (uint64_t i = 0; i < image->page_count; i++)
		if (memcmp(image->bytes + i * SV3_PAGE_SIZE, source_page(image, i, buffer),
			   SV3_PAGE_SIZE))
			count++;
	return count;
}
