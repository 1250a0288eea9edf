/* SPDX-License-Identifier: MIT */
/*
 * program.c - programs: what software does, left before each of its accesses.
 *
 * A program that waits is not ready again before something that it read since its last wait reads
 * otherwise, so that spinning takes no steps, and that nobody can go on is seen at once.
 */
#include <string.h>

#include <sv3/arch.h>

#include "explore_priv.h"

/* --- leaving --- */

static struct sv3__xprogram *running(struct sv3_explore *x)
{
	return &x->moving.programs[x->running];
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
	if (!sv3__is_explored(x))
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

	if (!sv3__is_explored(x))
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

bool sv3__program_poll(struct sv3_explore *x)
{
	sv3__program_next(x, (struct sv3__xpending){ .op = SV3__XOP_POLL });
	if (sv3__is_explored(x) && !x->is_alone) {
		running(x)->seen_count = 0;
		sv3__say(x, "has waited for a change of what it read");
		return true;
	}
	return sv3__queues_drain(x);
}

/* --- what programs do besides --- */

void sv3_explore_copy(struct sv3_explore *x, uint32_t page)
{
	sv3__program_next(
		x, sv3__access(SV3__XOP_COPY, SV3_EXPLORE_DATA + 4096 * (uint64_t)page, 4096));
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
		x, sv3__access(SV3__XOP_REUSE, SV3_EXPLORE_DATA, 4096 * SV3_EXPLORE_PAGES_MAX));
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
		x, sv3__access(SV3__XOP_WRITE, SV3_EXPLORE_DATA + 4096 * (uint64_t)page, 4096));
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
	if (sv3__program_poll(x))
		return;
	sv3__breaks(x, SV3_EXPLORE_HANG, 0, "software waits for what cannot happen any more");
	/* It would look again for ever: the schedule ends here. */
	if (sv3__is_explored(x))
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
