/* SPDX-License-Identifier: MIT */
/*
 * program.c - programs: what software does, left before each of its accesses.
 *
 * An access of a program only says what it is about to do and leaves; it is made when the program
 * is given the next step. A program that waits says so by its register port's poll: it is not ready
 * again before something that it read since reads otherwise, so that spinning takes no steps, and
 * that nobody can go on is seen at once.
 */
#include <string.h>

#include <sv3/arch.h>

#include "explore_priv.h"

/* --- leaving --- */

static struct sv3__xprogram *running(struct sv3_explore *x)
{
	return &x->moving.programs[x->running];
}

static bool is_explored(const struct sv3_explore *x)
{
	return x->running < SV3_EXPLORE_PROGRAMS_MAX;
}

/* Nobody else has anything to do but the queues, who are then driven from here. */
static bool is_alone(const struct sv3_explore *x)
{
	if (x->scenario->stays_apart)
		return false;
	for (uint32_t i = 0; i < x->scenario->device_count; i++)
		if (!sv3__device_is_over(x, i))
			return false;
	for (uint32_t i = 0; i < x->scenario->program_count; i++)
		if (i != x->running && x->moving.programs[i].pending.op != SV3__XOP_NONE)
			return false;
	return true;
}

void sv3__program_next(struct sv3_explore *x, struct sv3__xpending pending)
{
	sv3__direct_settle(x);
	if (!is_explored(x))
		return;
	running(x)->pending = pending;
	if (x->is_alone || is_alone(x)) {
		x->is_alone = true;
		return;
	}
	sv3__coroutine_leave(&x->stacks[x->running]);
}

void sv3__program_see(struct sv3_explore *x, struct sv3__xseen seen)
{
	struct sv3__xprogram *program = running(x);

	if (!is_explored(x))
		return;
	if (program->seen_count == SV3__XSEEN_MAX) {
		memmove(program->seen, program->seen + 1,
			(SV3__XSEEN_MAX - 1) * sizeof(program->seen[0]));
		program->seen_count--;
	}
	program->seen[program->seen_count++] = seen;
}

uint64_t sv3__sight(const void *where, uint32_t size)
{
	const uint8_t *bytes = (const uint8_t *)where;
	uint64_t sight = 0, word;

	for (; size > 8; size -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		sight = sv3__mix(sight, word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	return sight ^ word;
}

/* --- memory --- */

static struct sv3__xpending access_of(enum sv3__xop op, sv3_pa pa, uint32_t size)
{
	return (struct sv3__xpending){ .op = (uint8_t)op, .pa = pa, .size = size };
}

static enum sv3_bus_status read_word(struct sv3_explore *x, sv3_pa pa, void *data, uint32_t size)
{
	struct sv3__xseen seen = { .pa = pa, .size = size };
	char place[48], word[64];

	sv3__program_next(x, access_of(SV3__XOP_READ, pa, size));
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
	const bool first = x->scenario->bus_fails && is_explored(x) && !x->moving.has_failed;

	x->moving.has_failed |= first;
	return first;
}

static enum sv3_bus_status write_word(struct sv3_explore *x, sv3_pa pa, const void *data,
				      uint32_t size)
{
	uint64_t value = 0;
	char place[48], word[64];

	memcpy(&value, data, size);
	sv3__program_next(x, access_of(SV3__XOP_WRITE, pa, size));
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

	sv3__program_next(x, access_of(SV3__XOP_CAS, pa, 8));
	return modify(x, pa, expect, desired, old);
}

static enum sv3_bus_status op_fetch_or64(void *context, sv3_pa pa, uint64_t bits, uint64_t *old)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	uint8_t bytes[8];

	sv3__program_next(x, access_of(SV3__XOP_OR, pa, 8));
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
	sv3__program_next(x, access_of(SV3__XOP_MAINTAIN, first, size));
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

/* Alone with the hardware: it does all it can. False: it has nothing to do. */
static bool poll(struct sv3_explore *x)
{
	sv3__program_next(x, (struct sv3__xpending){ .op = SV3__XOP_POLL });
	if (is_explored(x) && !x->is_alone) {
		running(x)->seen_count = 0;
		sv3__say(x, "has waited for a change of what it read");
		return true;
	}
	return sv3__queues_drain(x);
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
	return poll((struct sv3_explore *)context);
}

struct sv3_regport sv3__program_regs(struct sv3_explore *x, uint32_t smmu)
{
	static const struct sv3_regport_ops ops[SV3_EXPLORE_SMMUS_MAX] = {
		{ port0_read, port0_write, port_poll },
		{ port1_read, port1_write, port_poll },
	};

	return (struct sv3_regport){ &ops[smmu], x };
}

/* --- what programs do besides --- */

void sv3_explore_copy(struct sv3_explore *x, uint32_t page)
{
	sv3__program_next(x,
			  access_of(SV3__XOP_COPY, SV3_EXPLORE_DATA + 4096 * (uint64_t)page, 4096));
	sv3__say(x, "copies page %u", page);
	if (page < SV3_EXPLORE_PAGES_MAX)
		x->moving.copied[page] = x->moving.written[page];
	sv3__watch_copied(x, page);
}

void sv3_explore_copy_all(struct sv3_explore *x, uint64_t pages)
{
	for (uint32_t page = 0; page < SV3_EXPLORE_PAGES_MAX; page++)
		if (pages >> page & 1)
			sv3_explore_copy(x, page);
}

void sv3_explore_reported(struct sv3_explore *x, uint64_t pages)
{
	x->moving.reported |= pages;
}

void sv3_explore_reuse(struct sv3_explore *x, uint64_t pages)
{
	sv3__program_next(
		x, access_of(SV3__XOP_REUSE, SV3_EXPLORE_DATA, 4096 * SV3_EXPLORE_PAGES_MAX));
	sv3__say(x, "gives the memory of pages 0x%llx to others", (unsigned long long)pages);
	x->moving.reused |= pages;
	sv3__watch_reused(x, pages);
}

static void stop(struct sv3_explore *x, uint32_t devices)
{
	sv3__program_next(x, (struct sv3__xpending){ .op = SV3__XOP_STOP, .pa = devices });
	sv3__say(x, "stops %s", devices & (devices - 1) ? "the devices" : "a device");
	for (uint32_t i = 0; i < x->scenario->device_count; i++)
		x->moving.devices[i].is_stopped |= devices >> i & 1;
}

void sv3_explore_stop_devices(struct sv3_explore *x)
{
	stop(x, (1u << x->scenario->device_count) - 1);
}

void sv3_explore_stop_device(struct sv3_explore *x, uint32_t device)
{
	stop(x, 1u << device);
}

void sv3_explore_write(struct sv3_explore *x, uint32_t page)
{
	sv3__program_next(
		x, access_of(SV3__XOP_WRITE, SV3_EXPLORE_DATA + 4096 * (uint64_t)page, 4096));
	sv3__say(x, "writes page %u", page);
	x->moving.written[page % SV3_EXPLORE_PAGES_MAX]++;
}

void sv3_explore_call(struct sv3_explore *x, int rc, const char *what)
{
	if (rc >= 0)
		return;
	x->lacks |= rc == SV3__XLACKS;
	if (rc == -SV3_ERR_TIMEOUT)
		sv3__breaks(x, SV3_EXPLORE_HANG, 0, "%s waits for ever: %s", what,
			    sv3_strerror(rc));
	else
		sv3__breaks(x, SV3_EXPLORE_DRIVER, 0, "%s: %s", what, sv3_strerror(rc));
}

void sv3_explore_expect(struct sv3_explore *x, bool holds, enum sv3_explore_rule rule,
			const char *what)
{
	if (!holds)
		sv3__breaks(x, rule, 0, "%s", what);
}

void sv3_explore_wait(struct sv3_explore *x)
{
	if (poll(x))
		return;
	sv3__breaks(x, SV3_EXPLORE_HANG, 0, "software waits for what cannot happen any more");
	/* It would look again for ever: the schedule ends here. */
	if (is_explored(x))
		sv3__coroutine_leave(&x->stacks[x->running]);
}

/* --- as an actor --- */

/* What it would read now. */
static uint64_t sight_of(const struct sv3_explore *x, const struct sv3__xseen *seen)
{
	if (seen->is_register)
		return sv3_smmu_reg_peek(x->smmus[seen->smmu], (uint32_t)seen->pa, seen->size);
	if (seen->is_own)
		return sv3__sight((const void *)(uintptr_t)seen->pa, seen->size);
	return sv3__sight(&x->cpu[seen->pa - SV3__XRAM_BASE], seen->size);
}

bool sv3__program_is_ready(const struct sv3_explore *x, uint32_t program)
{
	const struct sv3__xprogram *p = &x->moving.programs[program];

	switch ((enum sv3__xop)p->pending.op) {
	case SV3__XOP_NONE:
		return false;
	case SV3__XOP_POLL:
		for (uint32_t i = 0; i < p->seen_count; i++)
			if (sight_of(x, &p->seen[i]) != p->seen[i].value)
				return true;
		return p->seen_count == 0;
	case SV3__XOP_STOP:
		for (uint32_t i = 0; i < x->scenario->device_count; i++)
			if (p->pending.pa >> i & 1 && x->moving.devices[i].flight != SV3__XIDLE)
				return false;
		return true;
	default:
		return true;
	}
}

void sv3__program_reach(const struct sv3_explore *x, uint32_t program, struct sv3__xreach *reach)
{
	const struct sv3__xpending *pending = &x->moving.programs[program].pending;
	const uint8_t all = (uint8_t)((1u << x->scenario->smmu_count) - 1);

	*reach = (struct sv3__xreach){
		.may_fail = pending->op == SV3__XOP_WRITE && x->scenario->bus_fails &&
			    !x->moving.has_failed,
	};
	switch ((enum sv3__xop)pending->op) {
	case SV3__XOP_WRITE:
	case SV3__XOP_CAS:
	case SV3__XOP_OR:
	case SV3__XOP_MAINTAIN:
	case SV3__XOP_REUSE:
		reach->writes = true;
		reach->pa = pending->pa;
		reach->size = pending->size;
		break;
	case SV3__XOP_READ:
	case SV3__XOP_COPY:
		reach->pa = pending->pa;
		reach->size = pending->size;
		break;
	case SV3__XOP_REG_READ:
	case SV3__XOP_REG_WRITE:
		reach->queue = (uint8_t)(1u << pending->smmu);
		if (pending->pa != SV3_REG_CMDQ_PROD && pending->pa != SV3_REG_CMDQ_CONS)
			reach->translation = reach->queue;
		break;
	case SV3__XOP_POLL: /* what it waits for may be anything */
		reach->queue = all;
		break;
	case SV3__XOP_STOP:
		reach->devices = UINT8_MAX;
		break;
	default:
		break;
	}
}

static void program_main(void *argument)
{
	const struct sv3__xprogram_self *self = (const struct sv3__xprogram_self *)argument;

	self->x->scenario->programs[self->index](self->x);
	sv3__direct_settle(self->x);
}

/* Up to its next access, or its end. */
void sv3__program_step(struct sv3_explore *x, uint32_t program)
{
	x->running = program;
	x->is_alone = false;
	if (!sv3__coroutine_run(&x->stacks[program]))
		x->moving.programs[program].pending.op = SV3__XOP_NONE;
	x->running = SV3_EXPLORE_PROGRAMS_MAX;
}

/* Up to its first access. */
void sv3__program_begin(struct sv3_explore *x, uint32_t program)
{
	sv3__coroutine_rewind(&x->stacks[program]);
	sv3__program_step(x, program);
}

int sv3__program_init(struct sv3_explore *x)
{
	enum { STACK_BYTES = 65536 };

	for (uint32_t i = 0; i < x->scenario->program_count; i++) {
		x->selves[i] = (struct sv3__xprogram_self){ x, i };
		if (sv3__coroutine_init(&x->stacks[i], program_main, &x->selves[i], STACK_BYTES) <
		    0)
			return -SV3_ERR_NOMEM;
	}
	return 0;
}
