/* SPDX-License-Identifier: MIT */
/*
 * bus.h - the two doors between parts: physical memory, and the hardware's registers.
 *
 * Concepts:
 *   bus      the only way to physical memory. The embedder owns it and says what an address is.
 *   regport  the register window as software sees it, plus "let the hardware make progress".
 * Both are ops structs passed by value; the context pointer belongs to the embedder.
 */
#ifndef SV3_BUS_H
#define SV3_BUS_H

#include <sv3/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How memory answers. An abort is data for the hardware, an error for software. */
enum sv3_bus_status {
	SV3_BUS_OK = 0,
	SV3_BUS_ABORT = 1, /* external abort: nothing there, or refused */
};

/** What software does to the caches between it and memory. */
enum sv3_maintenance {
	SV3_MAINTAIN_CLEAN = 1,      /* what it wrote becomes visible to all */
	SV3_MAINTAIN_INVALIDATE = 2, /* what it reads next comes from memory */
	SV3_MAINTAIN_BOTH = 3,       /* clean, then invalidate */
};

struct sv3_bus_ops {
	/** Read or write @size bytes (1..4096). Aligned accesses of 8 bytes or less are single-copy
	 * atomic. */
	enum sv3_bus_status (*read)(void *context, sv3_pa pa, void *data, uint32_t size);
	enum sv3_bus_status (*write)(void *context, sv3_pa pa, const void *data, uint32_t size);
	/** Atomic compare-and-swap of an aligned doubleword in host byte order; @old is what was
	 * there. */
	enum sv3_bus_status (*cas64)(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				     uint64_t *old);
	/** Optional (may be NULL): atomic or of an aligned doubleword; @old is what was there. */
	enum sv3_bus_status (*fetch_or64)(void *context, sv3_pa pa, uint64_t bits, uint64_t *old);
	/** Optional: host pointer to [pa, pa + len), or NULL where memory is not plain. Valid until
	 * the next call that lets another master run. */
	void *(*window)(void *context, sv3_pa pa, uint64_t len);
	/** Optional (NULL: coherent, nothing to do): maintenance of the lines of [pa, pa + len). */
	void (*maintain)(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what);
	/** Optional (NULL: nobody asks): through a window the doubleword at @pa, in host byte
	 * order, became @now. */
	void (*wrote)(void *context, sv3_pa pa, uint64_t before, uint64_t now);
};

struct sv3_bus {
	const struct sv3_bus_ops *ops;
	void *context;
};

struct sv3_regport_ops {
	/** Access of 4 or 8 bytes at @offset from the start of register page 0. */
	uint64_t (*read)(void *context, uint32_t offset, uint32_t size);
	void (*write)(void *context, uint32_t offset, uint32_t size, uint64_t value);
	/** Software is spinning: let the hardware go on. False: nothing can ever change any
	 *  more. */
	bool (*poll)(void *context);
};

struct sv3_regport {
	const struct sv3_regport_ops *ops;
	void *context;
};

static inline enum sv3_bus_status sv3_bus_read(const struct sv3_bus *bus, sv3_pa pa, void *data,
					       uint32_t size)
{
	return bus->ops->read(bus->context, pa, data, size);
}

static inline enum sv3_bus_status sv3_bus_write(const struct sv3_bus *bus, sv3_pa pa,
						const void *data, uint32_t size)
{
	return bus->ops->write(bus->context, pa, data, size);
}

static inline enum sv3_bus_status sv3_bus_cas64(const struct sv3_bus *bus, sv3_pa pa,
						uint64_t expect, uint64_t desired, uint64_t *old)
{
	return bus->ops->cas64(bus->context, pa, expect, desired, old);
}

/** sv3_bus_window - plain memory behind [pa, pa + len), or NULL: use read and write then. */
static inline void *sv3_bus_window(const struct sv3_bus *bus, sv3_pa pa, uint64_t len)
{
	return bus->ops->window ? bus->ops->window(bus->context, pa, len) : NULL;
}

/** sv3_bus_maintain - what non-coherent hardware needs of software; free where memory is coherent.
 */
static inline void sv3_bus_maintain(const struct sv3_bus *bus, sv3_pa pa, uint64_t len,
				    enum sv3_maintenance what)
{
	if (bus->ops->maintain)
		bus->ops->maintain(bus->context, pa, len, what);
}

/** sv3_bus_wrote - who writes through a window tells of it; free where nobody asks. */
static inline void sv3_bus_wrote(const struct sv3_bus *bus, sv3_pa pa, uint64_t before,
				 uint64_t now)
{
	if (bus->ops->wrote)
		bus->ops->wrote(bus->context, pa, before, now);
}

/*
 * Commands and records are little-endian whatever the host [IHI0070 4.1.1, 7.3]; so are all other
 * structures and, in this profile, the translation tables.
 * These two read as one load on a little-endian host.
 */
static inline uint64_t sv3_le64(const void *bytes)
{
	const uint8_t *b = (const uint8_t *)bytes;
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
	       (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

static inline void sv3_put_le64(void *bytes, uint64_t value)
{
	uint8_t *b = (uint8_t *)bytes;
	for (unsigned int i = 0; i < 8; i++)
		b[i] = (uint8_t)(value >> (8 * i));
}

#ifdef __cplusplus
}
#endif

#endif
