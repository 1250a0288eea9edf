/* SPDX-License-Identifier: MIT */
/*
 * test_ram.h - a tiny memory behind a bus, for unit tests.
 *
 * Concepts:
 *   region   plain bytes at a physical address; what lies in no region aborts.
 *   hook     called before each access, so that a test can act as another master in between.
 *   window   given out unless no_window is set; accesses through it are not counted nor hooked.
 */
#ifndef SV3_TEST_RAM_H
#define SV3_TEST_RAM_H

#include <sv3/bus.h>

#include <stdlib.h>
#include <string.h>

#define TEST_RAM_REGIONS 4

enum test_ram_access { TEST_RAM_READ, TEST_RAM_WRITE, TEST_RAM_CAS };

struct test_ram {
	struct {
		sv3_pa base;
		uint64_t size;
		uint8_t *bytes;
	} regions[TEST_RAM_REGIONS];
	unsigned int region_count;
	bool no_window;
	uint64_t reads, writes, swaps; /* accesses by the bus */
	uint64_t fails_at; /* the access by the bus that aborts, counted from 1 on; 0: none */
	/** Called before each access, with hook_context; not called again from within itself. */
	void (*hook)(void *context, enum test_ram_access access, sv3_pa pa);
	void *hook_context;
	bool in_hook;
};

static inline void test_ram_add(struct test_ram *ram, sv3_pa base, uint64_t size)
{
	ram->regions[ram->region_count].base = base;
	ram->regions[ram->region_count].size = size;
	ram->regions[ram->region_count].bytes = (uint8_t *)calloc(1, size);
	ram->region_count++;
}

static inline void test_ram_fini(struct test_ram *ram)
{
	for (unsigned int i = 0; i < ram->region_count; i++)
		free(ram->regions[i].bytes);
	ram->region_count = 0;
}

/** Whether this access is the one that aborts. */
static inline bool test_ram_fails(struct test_ram *ram)
{
	return ram->fails_at != 0 && --ram->fails_at == 0;
}

/** Host bytes of [pa, pa + len), or NULL. For tests: neither counted nor hooked. */
static inline uint8_t *test_ram_at(const struct test_ram *ram, sv3_pa pa, uint64_t len)
{
	for (unsigned int i = 0; i < ram->region_count; i++) {
		const uint64_t offset = pa - ram->regions[i].base;

		if (pa >= ram->regions[i].base && offset < ram->regions[i].size &&
		    len <= ram->regions[i].size - offset)
			return ram->regions[i].bytes + offset;
	}
	return NULL;
}

static inline uint64_t test_ram_peek(const struct test_ram *ram, sv3_pa pa)
{
	const uint8_t *bytes = test_ram_at(ram, pa, 8);

	return bytes ? sv3_le64(bytes) : UINT64_C(0xdeadbeefdeadbeef);
}

static inline void test_ram_poke(const struct test_ram *ram, sv3_pa pa, uint64_t value)
{
	uint8_t *bytes = test_ram_at(ram, pa, 8);

	if (bytes)
		sv3_put_le64(bytes, value);
}

static inline void test_ram_before(struct test_ram *ram, enum test_ram_access access, sv3_pa pa)
{
	if (!ram->hook || ram->in_hook)
		return;
	ram->in_hook = true;
	ram->hook(ram->hook_context, access, pa);
	ram->in_hook = false;
}

static inline enum sv3_bus_status test_ram_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct test_ram *ram = (struct test_ram *)context;
	const uint8_t *bytes = test_ram_at(ram, pa, size);

	test_ram_before(ram, TEST_RAM_READ, pa);
	ram->reads++;
	if (!bytes || test_ram_fails(ram))
		return SV3_BUS_ABORT;
	memcpy(data, bytes, size);
	return SV3_BUS_OK;
}

static inline enum sv3_bus_status test_ram_write(void *context, sv3_pa pa, const void *data,
						 uint32_t size)
{
	struct test_ram *ram = (struct test_ram *)context;
	uint8_t *bytes = test_ram_at(ram, pa, size);

	test_ram_before(ram, TEST_RAM_WRITE, pa);
	ram->writes++;
	if (!bytes || test_ram_fails(ram))
		return SV3_BUS_ABORT;
	memcpy(bytes, data, size);
	return SV3_BUS_OK;
}

static inline enum sv3_bus_status test_ram_cas64(void *context, sv3_pa pa, uint64_t expect,
						 uint64_t desired, uint64_t *old)
{
	struct test_ram *ram = (struct test_ram *)context;
	uint8_t *bytes = test_ram_at(ram, pa, 8);

	test_ram_before(ram, TEST_RAM_CAS, pa);
	ram->swaps++;
	if (!bytes || pa % 8 != 0 || test_ram_fails(ram))
		return SV3_BUS_ABORT;
	*old = sv3_le64(bytes);
	if (*old == expect)
		sv3_put_le64(bytes, desired);
	return SV3_BUS_OK;
}

static inline void *test_ram_window(void *context, sv3_pa pa, uint64_t len)
{
	struct test_ram *ram = (struct test_ram *)context;

	return ram->no_window ? NULL : test_ram_at(ram, pa, len);
}

static inline struct sv3_bus test_ram_bus(struct test_ram *ram)
{
	static const struct sv3_bus_ops ops = {
		.read = test_ram_read,
		.write = test_ram_write,
		.cas64 = test_ram_cas64,
		.window = test_ram_window,
	};

	return (struct sv3_bus){ &ops, ram };
}

#endif
