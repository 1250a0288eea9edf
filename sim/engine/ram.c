/* SPDX-License-Identifier: MIT */
/*
 * ram.c - sparse physical memory behind a bus.
 *
 * Each region is one block of host memory that costs what is used of it. Memory is little-endian
 * whatever the host.
 */
#include <string.h>

#include <sv3/sim.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE64(value) __builtin_bswap64(value)
#else
#define LE64(value) (value)
#endif

/* Host memory behind [pa, pa + len), or NULL unless it is wholly inside one region. */
static inline uint8_t *ram_host(const struct sv3_ram *ram, sv3_pa pa, uint64_t len)
{
	for (uint32_t i = 0; i < ram->region_count; i++) {
		/* An address below the base wraps to a huge offset, which the first test
		 * refuses. */
		uint64_t offset = pa - ram->regions[i].base;

		if (offset < ram->regions[i].size && len <= ram->regions[i].size - offset)
			return ram->host[i] + offset;
	}
	return NULL;
}

/* The doubleword an atomic is about, or NULL: misaligned atomics abort like unbacked ones. */
static inline uint64_t *ram_word(const struct sv3_ram *ram, sv3_pa pa)
{
	return (pa & 7) ? NULL : (uint64_t *)(void *)ram_host(ram, pa, 8);
}

static enum sv3_bus_status ram_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	const uint8_t *host = ram_host((const struct sv3_ram *)context, pa, size);

	if (!host)
		return SV3_BUS_ABORT;
	/* Descriptors and STEs are nearly all traffic, and a descriptor load must not tear. */
	if (size == 8 && !(pa & 7)) {
		uint64_t word =
			__atomic_load_n((const uint64_t *)(const void *)host, __ATOMIC_ACQUIRE);
		memcpy(data, &word, 8);
	} else if (size == 64) {
		memcpy(data, host, 64);
	} else if (size == 4 && !(pa & 3)) {
		uint32_t word =
			__atomic_load_n((const uint32_t *)(const void *)host, __ATOMIC_ACQUIRE);
		memcpy(data, &word, 4);
	} else {
		memcpy(data, host, size);
	}
	return SV3_BUS_OK;
}

static enum sv3_bus_status ram_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	uint8_t *host = ram_host((const struct sv3_ram *)context, pa, size);

	if (!host)
		return SV3_BUS_ABORT;
	if (size == 8 && !(pa & 7)) {
		uint64_t word;

		memcpy(&word, data, 8);
		__atomic_store_n((uint64_t *)(void *)host, word, __ATOMIC_RELEASE);
	} else if (size == 4 && !(pa & 3)) {
		uint32_t word;

		memcpy(&word, data, 4);
		__atomic_store_n((uint32_t *)(void *)host, word, __ATOMIC_RELEASE);
	} else {
		memcpy(host, data, size);
	}
	return SV3_BUS_OK;
}

static enum sv3_bus_status ram_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				     uint64_t *old)
{
	uint64_t *word = ram_word((const struct sv3_ram *)context, pa);
	uint64_t seen = LE64(expect);

	if (!word)
		return SV3_BUS_ABORT;
	__atomic_compare_exchange_n(word, &seen, LE64(desired), false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
	*old = LE64(seen);
	return SV3_BUS_OK;
}

static enum sv3_bus_status ram_fetch_or64(void *context, sv3_pa pa, uint64_t bits, uint64_t *old)
{
	uint64_t *word = ram_word((const struct sv3_ram *)context, pa);

	if (!word)
		return SV3_BUS_ABORT;
	*old = LE64(__atomic_fetch_or(word, LE64(bits), __ATOMIC_ACQ_REL));
	return SV3_BUS_OK;
}

static void *ram_window(void *context, sv3_pa pa, uint64_t len)
{
	return ram_host((const struct sv3_ram *)context, pa, len);
}

static bool region_is_legal(const struct sv3_ram_region *region)
{
	uint64_t misaligned = (region->base | region->size) & (SV3_PAGE_SIZE - 1);

	return region->size && !misaligned && region->base + (region->size - 1) >= region->base;
}

static bool regions_overlap(const struct sv3_ram_region *a, const struct sv3_ram_region *b)
{
	return a->base - b->base < b->size || b->base - a->base < a->size;
}

int sv3_ram_init(struct sv3_ram *ram, const struct sv3_ram_region *regions, uint32_t region_count)
{
	memset(ram, 0, sizeof(*ram));
	if (!region_count || region_count > SV3_RAM_REGIONS_MAX)
		return -SV3_ERR_INVAL;
	for (uint32_t i = 0; i < region_count; i++) {
		if (!region_is_legal(&regions[i]))
			return -SV3_ERR_INVAL;
		for (uint32_t j = 0; j < i; j++)
			if (regions_overlap(&regions[i], &regions[j]))
				return -SV3_ERR_INVAL;
	}
	for (uint32_t i = 0; i < region_count; i++) {
		void *host = sv3_zeroed_create(regions[i].size);

		if (!host) {
			sv3_ram_fini(ram);
			return -SV3_ERR_NOMEM;
		}
		ram->regions[i] = regions[i];
		ram->host[i] = (uint8_t *)host;
		ram->region_count = i + 1;
	}
	return 0;
}

void sv3_ram_fini(struct sv3_ram *ram)
{
	for (uint32_t i = 0; i < ram->region_count; i++)
		sv3_zeroed_destroy(ram->host[i], ram->regions[i].size);
	memset(ram, 0, sizeof(*ram));
}

struct sv3_bus sv3_ram_bus(struct sv3_ram *ram)
{
	static const struct sv3_bus_ops ops = {
		.read = ram_read,
		.write = ram_write,
		.cas64 = ram_cas64,
		.fetch_or64 = ram_fetch_or64,
		.window = ram_window,
	};

	return (struct sv3_bus){ .ops = &ops, .context = ram };
}
