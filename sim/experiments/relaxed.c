/* SPDX-License-Identifier: MIT */
/*
 * relaxed.c - two threads on a memory that need not show their accesses in program order.
 *
 * An access happens when nothing in front of it forbids: a barrier, or an access to the same cell.
 * A store goes into a buffer first, where its own thread sees it, and becomes visible to the other
 * one at some later point. With TSO accesses happen in program order and stores become visible in
 * that order, too; only a load may overtake a store. Not modelled: more than two threads, stores
 * that some see before others, speculation past a branch.
 */
#include "experiments_priv.h"

/* The choices of a thread: an op happens, or a store of its buffer becomes visible. */
#define CHOICES (2 * SV3__OPS_MAX)

void sv3__program_add(struct sv3__program *program, enum sv3__op_kind kind, unsigned int cell,
		      unsigned int value, unsigned int reg)
{
	SV3_ASSERT(program->count < SV3__OPS_MAX);
	SV3_ASSERT(cell < SV3__CELLS);
	SV3_ASSERT(reg < SV3__REGISTERS);
	program->ops[program->count++] = (struct sv3__op){
		.kind = (uint8_t)kind,
		.cell = (uint8_t)cell,
		.value = (uint8_t)value,
		.reg = (uint8_t)reg,
	};
}

static bool is_fence(const struct sv3__op *op)
{
	return op->kind == SV3__BARRIER || op->kind == SV3__SWAP;
}

/* Whether op @index may happen before op @earlier, which stands in front of it. */
static bool may_overtake(const struct sv3__relaxed *memory, const struct sv3__program *program,
			 unsigned int index, unsigned int earlier)
{
	const struct sv3__op *op = &program->ops[index], *other = &program->ops[earlier];

	if (memory->order == SV3__ORDER_TSO || is_fence(op) || is_fence(other))
		return false;
	return op->cell != other->cell;
}

static bool may_happen(const struct sv3__relaxed *memory, unsigned int thread, unsigned int index)
{
	const struct sv3__program *program = &memory->threads[thread];

	if (index >= program->count || memory->done[thread] >> index & 1)
		return false;
	for (unsigned int i = 0; i < index; i++)
		if (!(memory->done[thread] >> i & 1) && !may_overtake(memory, program, index, i))
			return false;
	return !is_fence(&program->ops[index]) || !memory->buffers[thread].count;
}

/* What a thread reads: its own newest store, or memory. */
static uint8_t value_of(const struct sv3__relaxed *memory, unsigned int thread, unsigned int cell)
{
	for (unsigned int i = memory->buffers[thread].count; i > 0; i--)
		if (memory->buffers[thread].cell[i - 1] == cell)
			return memory->buffers[thread].value[i - 1];
	return memory->cells[cell];
}

static bool happen(struct sv3__relaxed *memory, unsigned int thread, unsigned int index)
{
	const struct sv3__op *op = &memory->threads[thread].ops[index];
	const unsigned int at = memory->buffers[thread].count;

	if (!may_happen(memory, thread, index))
		return false;
	memory->done[thread] |= (uint8_t)(1u << index);
	switch (op->kind) {
	case SV3__STORE:
		memory->buffers[thread].cell[at] = op->cell;
		memory->buffers[thread].value[at] = op->value;
		memory->buffers[thread].count++;
		break;
	case SV3__LOAD:
		memory->registers[thread][op->reg] = value_of(memory, thread, op->cell);
		break;
	case SV3__SWAP:
		memory->registers[thread][op->reg] = memory->cells[op->cell];
		memory->cells[op->cell] = op->value;
		break;
	default:
		break;
	}
	return true;
}

static bool become_visible(struct sv3__relaxed *memory, unsigned int thread, unsigned int index)
{
	uint8_t *const cell = memory->buffers[thread].cell;
	uint8_t *const value = memory->buffers[thread].value;

	if (index >= memory->buffers[thread].count)
		return false;
	for (unsigned int i = 0; i < index; i++)
		if (memory->order == SV3__ORDER_TSO || cell[i] == cell[index])
			return false;
	memory->cells[cell[index]] = value[index];
	memory->buffers[thread].count--;
	for (unsigned int i = index; i < memory->buffers[thread].count; i++) {
		cell[i] = cell[i + 1];
		value[i] = value[i + 1];
	}
	return true;
}

static bool take(void *state, unsigned int choice)
{
	struct sv3__relaxed *memory = (struct sv3__relaxed *)state;
	const unsigned int thread = choice / CHOICES, own = choice % CHOICES;

	if (own < SV3__OPS_MAX)
		return happen(memory, thread, own);
	return become_visible(memory, thread, own - SV3__OPS_MAX);
}

static bool is_done(const void *state)
{
	const struct sv3__relaxed *memory = (const struct sv3__relaxed *)state;

	for (unsigned int i = 0; i < 2; i++)
		if (memory->done[i] != (1u << memory->threads[i].count) - 1 ||
		    memory->buffers[i].count)
			return false;
	return true;
}

int sv3__relaxed_run(const struct sv3__relaxed *initial, bool (*is_bad)(const void *state),
		     struct sv3__schedules *result)
{
	const struct sv3__model model = {
		.state_bytes = sizeof(*initial),
		.choice_count = 2 * CHOICES,
		.take = take,
		.is_bad = is_bad,
		.is_done = is_done,
	};

	return sv3__schedules_run(&model, initial, result);
}
