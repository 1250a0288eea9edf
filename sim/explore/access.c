/* SPDX-License-Identifier: MIT */
/*
 * access.c - the accesses of programs: memory through a bus, registers through a port. Each only
 * says what it is about to do and leaves; it is made when its program is given the next step.
 */
#include <string.h>

#include <sv3/arch.h>

#include "explore_priv.h"

/* --- memory --- */

static enum sv3_bus_status read_word(struct sv3_explore *x, sv3_pa pa, void *data, uint32_t size)
{
	struct sv3__xseen seen = { .pa = pa, .size = size };
	char place[48], word[64];

	sv3__program_next(x, sv3__access(SV3__XOP_READ, pa, size));
	if (sv3__memory_read(x->cpu, pa, data, size) != SV3_BUS_OK)
		return SV3_BUS_ABORT;
	memcpy(&seen.value, data, size);
	sv3__program_see(x, seen);
	if (x->telling) {
		sv3__name_place(x, pa, place);
		sv3__name_word(x, pa, seen.value, word);
		sv3__say(x, "reads %s: %s", place, word);
	}
	return SV3_BUS_OK;
}

/* Bytes of the next access: what is longer than a doubleword is many. */
static uint32_t piece_of(sv3_pa pa, uint32_t size)
{
	return size < 8 ? size : 8 - (uint32_t)(pa & 7);
}

static enum sv3_bus_status op_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	enum sv3_bus_status status = SV3_BUS_OK;

	for (uint32_t at = 0; at < size && status == SV3_BUS_OK;) {
		const uint32_t piece = piece_of(pa + at, size - at);

		status = read_word(x, pa + at, (uint8_t *)data + at, piece);
		at += piece;
	}
	return status;
}

/* What software stores, within a doubleword; monitors see it. */
static enum sv3_bus_status store(struct sv3_explore *x, sv3_pa pa, const void *data, uint32_t size)
{
	const sv3_pa word = pa & ~UINT64_C(7);
	uint8_t before[8], now[8];

	if (sv3__memory_read(x->cpu, word, before, 8) != SV3_BUS_OK)
		return SV3_BUS_ABORT;
	memcpy(now, before, 8);
	memcpy(now + (pa - word), data, size);
	(void)sv3__memory_write(x, x->cpu, word, now, 8);
	sv3__watch_stored(x, word, sv3_le64(before), sv3_le64(now));
	return SV3_BUS_OK;
}

/* The one write that does not reach memory. */
static bool fails(struct sv3_explore *x)
{
	const bool first = x->scenario->bus_fails && sv3__is_explored(x) && !x->moving.has_failed;

	x->moving.has_failed |= first;
	return first;
}

static enum sv3_bus_status write_word(struct sv3_explore *x, sv3_pa pa, const void *data,
				      uint32_t size)
{
	uint64_t value = 0;
	char place[48], word[64];

	memcpy(&value, data, size);
	sv3__program_next(x, sv3__access(SV3__XOP_WRITE, pa, size));
	if (fails(x)) {
		sv3__say(x, "fails to write");
		return SV3_BUS_ABORT;
	}
	if (x->telling) {
		sv3__name_place(x, pa, place);
		sv3__name_word(x, pa, value, word);
		sv3__say(x, "writes %s: %s", place, word);
	}
	return store(x, pa, data, size);
}

static enum sv3_bus_status op_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	enum sv3_bus_status status = SV3_BUS_OK;

	for (uint32_t at = 0; at < size && status == SV3_BUS_OK;) {
		const uint32_t piece = piece_of(pa + at, size - at);

		status = write_word(x, pa + at, (const uint8_t *)data + at, piece);
		at += piece;
	}
	return status;
}

static enum sv3_bus_status modify(struct sv3_explore *x, sv3_pa pa, uint64_t expect,
				  uint64_t desired, uint64_t *old)
{
	uint8_t bytes[8];
	char place[48], was[64], other[64];

	if (sv3__memory_read(x->cpu, pa, bytes, 8) != SV3_BUS_OK)
		return SV3_BUS_ABORT;
	*old = sv3_le64(bytes);
	if (x->telling) {
		sv3__name_place(x, pa, place);
		sv3__name_word(x, pa, *old, was);
		sv3__name_word(x, pa, *old == expect ? desired : expect, other);
		sv3__say(x,
			 *old == expect ? "swaps %s: %s becomes %s"
					: "fails to swap %s: %s, not %s",
			 place, was, other);
	}
	if (*old != expect) {
		sv3__program_see(x, (struct sv3__xseen){ .pa = pa, .size = 8, .value = *old });
		return SV3_BUS_OK;
	}
	sv3_put_le64(bytes, desired);
	return store(x, pa, bytes, 8);
}

static enum sv3_bus_status op_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				    uint64_t *old)
{
	struct sv3_explore *x = (struct sv3_explore *)context;

	sv3__program_next(x, sv3__access(SV3__XOP_CAS, pa, 8));
	return modify(x, pa, expect, desired, old);
}

static enum sv3_bus_status op_fetch_or64(void *context, sv3_pa pa, uint64_t bits, uint64_t *old)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	uint8_t bytes[8];

	sv3__program_next(x, sv3__access(SV3__XOP_OR, pa, 8));
	if (sv3__memory_read(x->cpu, pa, bytes, 8) != SV3_BUS_OK)
		return SV3_BUS_ABORT;
	return modify(x, pa, sv3_le64(bytes), sv3_le64(bytes) | bits, old);
}

/* Whole lines. A line that is clean in the cache and invalidated is as memory has it; one that is
 * cleaned goes out. Nothing is evicted by itself (APPROX T-091). */
static void op_maintain(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	const sv3_pa first = pa & ~UINT64_C(63);
	const uint32_t size = (uint32_t)(((pa + len + 63) & ~UINT64_C(63)) - first);
	const uint32_t offset = (uint32_t)(first - SV3__XRAM_BASE);

	if (!x->scenario->incoherent)
		return;
	sv3__program_next(x, sv3__access(SV3__XOP_MAINTAIN, first, size));
	sv3__say(x, "%s 0x%llx", what == SV3_MAINTAIN_INVALIDATE ? "invalidates" : "cleans",
		 (unsigned long long)first);
	if (what & SV3_MAINTAIN_CLEAN)
		(void)sv3__memory_write(x, x->memory, first, &x->cpu[offset], size);
	if (what == SV3_MAINTAIN_INVALIDATE)
		(void)sv3__memory_write(x, x->cpu, first, &x->memory[offset], size);
}

struct sv3_bus sv3__program_bus(struct sv3_explore *x)
{
	static const struct sv3_bus_ops coherent = {
		.read = op_read,
		.write = op_write,
		.cas64 = op_cas64,
		.fetch_or64 = op_fetch_or64,
	};
	static const struct sv3_bus_ops incoherent = {
		.read = op_read,
		.write = op_write,
		.cas64 = op_cas64,
		.fetch_or64 = op_fetch_or64,
		.maintain = op_maintain,
	};

	return (struct sv3_bus){ x->scenario->incoherent ? &incoherent : &coherent, x };
}

/* --- registers --- */

static const char *name_register(const struct sv3_explore *x, uint32_t offset)
{
	struct sv3_reg_info info;

	for (unsigned int i = 0; sv3_reg_info(sv3_smmu_config(x->smmus[0]), i, &info); i++)
		if (info.offset == offset)
			return info.name;
	return "a register";
}

static const char *of_smmu(uint32_t smmu)
{
	return smmu ? " of SMMU 2" : "";
}

static uint64_t reg_read(struct sv3_explore *x, uint32_t smmu, uint32_t offset, uint32_t size)
{
	const struct sv3__xpending pending = {
		.op = SV3__XOP_REG_READ, .smmu = (uint8_t)smmu, .pa = offset, .size = size
	};
	struct sv3__xseen seen = {
		.pa = offset, .size = size, .smmu = (uint8_t)smmu, .is_register = true
	};

	sv3__program_next(x, pending);
	sv3__smmu_touch(x, smmu);
	seen.value = sv3_smmu_reg_read(x->smmus[smmu], offset, size);
	sv3__watch_reg_read(x, smmu, offset, size, seen.value);
	sv3__queues_pump(x);
	sv3__program_see(x, seen);
	if (x->telling)
		sv3__say(x, "reads %s%s: 0x%llx", name_register(x, offset), of_smmu(smmu),
			 (unsigned long long)seen.value);
	return seen.value;
}

static void reg_write(struct sv3_explore *x, uint32_t smmu, uint32_t offset, uint32_t size,
		      uint64_t value)
{
	const struct sv3__xpending pending = {
		.op = SV3__XOP_REG_WRITE, .smmu = (uint8_t)smmu, .pa = offset, .size = size
	};

	sv3__program_next(x, pending);
	sv3__smmu_touch(x, smmu);
	if (x->telling)
		sv3__say(x, "writes %s%s: 0x%llx", name_register(x, offset), of_smmu(smmu),
			 (unsigned long long)value);
	sv3__watch_reg_write(x, smmu, offset, size, value);
	sv3_smmu_reg_write(x->smmus[smmu], offset, size, value);
	sv3__queues_pump(x);
}

#define PORT(smmu)                                                                       \
	static uint64_t port##smmu##_read(void *context, uint32_t offset, uint32_t size) \
	{                                                                                \
		return reg_read((struct sv3_explore *)context, smmu, offset, size);      \
	}                                                                                \
	static void port##smmu##_write(void *context, uint32_t offset, uint32_t size,    \
				       uint64_t value)                                   \
	{                                                                                \
		reg_write((struct sv3_explore *)context, smmu, offset, size, value);     \
	}

PORT(0)
PORT(1)

static bool port_poll(void *context)
{
	return sv3__program_poll((struct sv3_explore *)context);
}

struct sv3_regport sv3__program_regs(struct sv3_explore *x, uint32_t smmu)
{
	static const struct sv3_regport_ops ops[SV3_EXPLORE_SMMUS_MAX] = {
		{ port0_read, port0_write, port_poll },
		{ port1_read, port1_write, port_poll },
	};

	return (struct sv3_regport){ &ops[smmu], x };
}
