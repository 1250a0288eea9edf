/* SPDX-License-Identifier: MIT */
/*
 * coroutine.h - a function that can be left in the middle and gone on with, or begun anew.
 *
 * Concepts:
 *   outside  whoever calls sv3__coroutine_run().
 *   inside   the function, on a stack of its own; it is left by sv3__coroutine_leave().
 * One thread; a coroutine does not run another.
 */
#ifndef SV3_EXPLORE_COROUTINE_H
#define SV3_EXPLORE_COROUTINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

struct sv3__coroutine {
	jmp_buf begin, inside, outside; /* begin: in the first frame of the stack, which stays */
	void (*function)(void *argument);
	void *argument;
	void *stack; /* owned */
	size_t stack_bytes;
	ucontext_t first;            /* only for the first frame */
	void *fibre, *outside_fibre; /* for a sanitizer */
	const void *outside_stack;
	size_t outside_stack_bytes;
	const void *low; /* where it was left: what is above is all that it has */
	bool is_begun, is_over;
};

/** sv3__coroutine_init - nothing runs yet. Returns: 0, -SV3_ERR_NOMEM. */
int sv3__coroutine_init(struct sv3__coroutine *co, void (*function)(void *argument), void *argument,
			size_t stack_bytes);
void sv3__coroutine_fini(struct sv3__coroutine *co);
/** sv3__coroutine_rewind - the next run begins the function anew; what it was at is forgotten. */
void sv3__coroutine_rewind(struct sv3__coroutine *co);
/** sv3__coroutine_run - go on until it leaves or is over. Returns: whether there is more. */
bool sv3__coroutine_run(struct sv3__coroutine *co);
/** sv3__coroutine_leave - from inside: go outside, and come back with the next run. */
void sv3__coroutine_leave(struct sv3__coroutine *co);
/** sv3__coroutine_hash - of what it has on its stack, between two runs. Equal ones go on alike;
 * some that go on alike differ, by what is left of earlier calls. */
uint64_t sv3__coroutine_hash(const struct sv3__coroutine *co, uint64_t hash);

#endif
