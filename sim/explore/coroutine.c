/* SPDX-License-Identifier: MIT */
/*
 * coroutine.c - coroutines of the C library alone: makecontext() makes the first frame of a stack,
 * and from then on _setjmp() and _longjmp() switch, which, unlike swapcontext(), call no kernel.
 *
 * The first frame is never left. So a jump to where it began forgets all that stood below, which is
 * how a function is begun anew, as often as there are schedules.
 */
#include "coroutine.h"

#include <stdint.h>
#include <stdlib.h>

#include <sv3/base.h>

#include "mix.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#elif __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif

#ifdef HAS_ASAN
#define NO_ASAN __attribute__((no_sanitize("address")))
#else
#define NO_ASAN
#endif

/* AddressSanitizer wants to know on which stack it is. */
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static void switch_begins(const void *stack, size_t stack_bytes, void **fake)
{
	__sanitizer_start_switch_fiber(fake, stack, stack_bytes);
}

static void switch_ends(void *fake, const void **stack, size_t *stack_bytes)
{
	__sanitizer_finish_switch_fiber(fake, stack, stack_bytes);
}

static void forget_frames(struct sv3__coroutine *co)
{
	__asan_unpoison_memory_region(co->stack, co->stack_bytes);
}
#else
static void switch_begins(const void *stack, size_t stack_bytes, void **fake)
{
	(void)stack;
	(void)stack_bytes;
	(void)fake;
}

static void switch_ends(void *fake, const void **stack, size_t *stack_bytes)
{
	(void)fake;
	(void)stack;
	(void)stack_bytes;
}

static void forget_frames(struct sv3__coroutine *co)
{
	(void)co;
}
#endif

/* So does ThreadSanitizer, by fibres of its own. */
#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>

static void fibre_create(struct sv3__coroutine *co)
{
	co->fibre = __tsan_create_fiber(0);
}

static void fibre_destroy(struct sv3__coroutine *co)
{
	if (co->fibre)
		__tsan_destroy_fiber(co->fibre);
}

static void fibre_enter(struct sv3__coroutine *co)
{
	co->outside_fibre = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(co->fibre, 0);
}

static void fibre_leave(struct sv3__coroutine *co)
{
	__tsan_switch_to_fiber(co->outside_fibre, 0);
}
#else
static void fibre_create(struct sv3__coroutine *co)
{
	co->fibre = NULL;
}

static void fibre_destroy(struct sv3__coroutine *co)
{
	(void)co;
}

static void fibre_enter(struct sv3__coroutine *co)
{
	(void)co;
}

static void fibre_leave(struct sv3__coroutine *co)
{
	(void)co;
}
#endif

static void go_outside(struct sv3__coroutine *co)
{
	switch_begins(co->outside_stack, co->outside_stack_bytes, NULL);
	fibre_leave(co);
	_longjmp(co->outside, 1);
}

/* makecontext() passes ints: two of them are a pointer. */
static void first_frame(unsigned int high, unsigned int low)
{
	struct sv3__coroutine *co =
		(struct sv3__coroutine *)((uintptr_t)((uint64_t)high << 32 | low));

	(void)_setjmp(co->begin);
	switch_ends(NULL, &co->outside_stack, &co->outside_stack_bytes);
	co->function(co->argument);
	co->is_over = true;
	go_outside(co);
}

int sv3__coroutine_init(struct sv3__coroutine *co, void (*function)(void *argument), void *argument,
			size_t stack_bytes)
{
	*co = (struct sv3__coroutine){
		.function = function,
		.argument = argument,
		.stack_bytes = stack_bytes,
	};
	fibre_create(co);
	co->stack = malloc(stack_bytes);
	return co->stack ? 0 : -SV3_ERR_NOMEM;
}

void sv3__coroutine_fini(struct sv3__coroutine *co)
{
	fibre_destroy(co);
	forget_frames(co);
	free(co->stack);
}

void sv3__coroutine_rewind(struct sv3__coroutine *co)
{
	co->is_over = false;
	if (!co->is_begun)
		return;
	forget_frames(co);
	co->inside[0] = co->begin[0];
}

static void enter(struct sv3__coroutine *co)
{
	const uint64_t self = (uintptr_t)co;

	fibre_enter(co);
	if (co->is_begun)
		_longjmp(co->inside, 1);
	co->is_begun = true;
	(void)getcontext(&co->first);
	co->first.uc_stack.ss_sp = co->stack;
	co->first.uc_stack.ss_size = co->stack_bytes;
	co->first.uc_link = NULL;
	makecontext(&co->first, (void (*)(void))first_frame, 2, (unsigned int)(self >> 32),
		    (unsigned int)self);
	(void)setcontext(&co->first);
}

bool sv3__coroutine_run(struct sv3__coroutine *co)
{
	void *fake = NULL;

	if (co->is_over)
		return false;
	switch_begins(co->stack, co->stack_bytes, &fake);
	if (_setjmp(co->outside) == 0)
		enter(co);
	switch_ends(fake, NULL, NULL);
	return !co->is_over;
}

void sv3__coroutine_leave(struct sv3__coroutine *co)
{
	co->low = __builtin_frame_address(0);
	if (_setjmp(co->inside) == 0)
		go_outside(co);
	switch_ends(NULL, &co->outside_stack, &co->outside_stack_bytes);
}

/* Reads words of frames as they stand. */
NO_ASAN uint64_t sv3__coroutine_hash(const struct sv3__coroutine *co, uint64_t hash)
{
	const uint64_t *word = (const uint64_t *)((uintptr_t)co->low & ~(uintptr_t)7);
	const uint64_t *end = (const uint64_t *)((const char *)co->stack + co->stack_bytes);
	const uint64_t *registers = (const uint64_t *)(const void *)&co->inside;

	if (co->is_over || !co->low)
		return sv3__mix(hash, co->is_over);
	for (; word < end; word++)
		hash = sv3__mix(hash, *word);
	for (unsigned int i = 0; i < sizeof(co->inside[0].__jmpbuf) / 8; i++)
		hash = sv3__mix(hash, registers[i]);
	return hash;
}
