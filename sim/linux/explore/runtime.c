/* SPDX-License-Identifier: MIT */
/*
 * runtime.c - what compilers call under -fsanitize=thread, in the stead of their own runtime: each
 * load and store of kernel code is announced to the explorer before it is made; atomic ones are
 * made here.
 *
 * What the window holds hardware sees, so every access to it is a step. Of memory that is the
 * kernel's own only marked and atomic accesses are: plain ones are ordered by them, which the
 * flavour tsan of the harness checks.
 */
#include <string.h>

#include "linux.h"

static void reads(const volatile void *where, uint32_t size)
{
	if (linux_is_seen(where))
		sv3_explore_reads(linux_explore, where, size);
}

static void writes(volatile void *where, uint32_t size)
{
	if (!linux_is_seen(where))
		return;
	sv3_explore_writes(linux_explore, where, size);
	linux_wrote(where, size);
}

/* Names are the compilers'. */
#define ACCESS(size)                                    \
	void __tsan_read##size(void *where);            \
	void __tsan_read##size(void *where)             \
	{                                               \
		reads(where, size);                     \
	}                                               \
	void __tsan_write##size(void *where);           \
	void __tsan_write##size(void *where)            \
	{                                               \
		writes(where, size);                    \
	}                                               \
	void __tsan_unaligned_read##size(void *where);  \
	void __tsan_unaligned_read##size(void *where)   \
	{                                               \
		reads(where, size);                     \
	}                                               \
	void __tsan_unaligned_write##size(void *where); \
	void __tsan_unaligned_write##size(void *where)  \
	{                                               \
		writes(where, size);                    \
	}
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __tsan_read_range(void *where, unsigned long size);
void __tsan_read_range(void *where, unsigned long size)
{
	reads(where, (uint32_t)size);
}

void __tsan_write_range(void *where, unsigned long size);
void __tsan_write_range(void *where, unsigned long size)
{
	writes(where, (uint32_t)size);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
	(void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* --- atomic accesses: steps wherever they are --- */

static void announce(volatile void *where, uint32_t size, bool writes_it)
{
	if (!linux_explore)
		return;
	if (!writes_it) {
		sv3_explore_reads(linux_explore, where, size);
		return;
	}
	sv3_explore_writes(linux_explore, where, size);
	if (linux_is_seen(where))
		linux_wrote(where, size);
}

#define FETCH(bits, type, op)                                                               \
	type __tsan_atomic##bits##_fetch_##op(volatile type *where, type value, int order); \
	type __tsan_atomic##bits##_fetch_##op(volatile type *where, type value, int order)  \
	{                                                                                   \
		(void)order;                                                                \
		announce(where, bits / 8, true);                                            \
		return __atomic_fetch_##op(where, value, __ATOMIC_RELAXED);                 \
	}
#define EXCHANGE(bits, type, strength, is_weak)                                            \
	int __tsan_atomic##bits##_compare_exchange_##strength(                             \
		volatile type *where, type *expect, type desired, int order, int failure); \
	int __tsan_atomic##bits##_compare_exchange_##strength(                             \
		volatile type *where, type *expect, type desired, int order, int failure)  \
	{                                                                                  \
		(void)order;                                                               \
		(void)failure;                                                             \
		announce(where, bits / 8, true);                                           \
		return __atomic_compare_exchange_n(where, expect, desired, is_weak,        \
						   __ATOMIC_RELAXED, __ATOMIC_RELAXED);    \
	}
#define ATOMIC(bits, type)                                                                     \
	type __tsan_atomic##bits##_load(const volatile type *where, int order);                \
	type __tsan_atomic##bits##_load(const volatile type *where, int order)                 \
	{                                                                                      \
		(void)order;                                                                   \
		announce((volatile type *)where, bits / 8, false);                             \
		return *where;                                                                 \
	}                                                                                      \
	void __tsan_atomic##bits##_store(volatile type *where, type value, int order);         \
	void __tsan_atomic##bits##_store(volatile type *where, type value, int order)          \
	{                                                                                      \
		(void)order;                                                                   \
		announce(where, bits / 8, true);                                               \
		*where = value;                                                                \
	}                                                                                      \
	type __tsan_atomic##bits##_exchange(volatile type *where, type value, int order);      \
	type __tsan_atomic##bits##_exchange(volatile type *where, type value, int order)       \
	{                                                                                      \
		(void)order;                                                                   \
		announce(where, bits / 8, true);                                               \
		return __atomic_exchange_n(where, value, __ATOMIC_RELAXED);                    \
	}                                                                                      \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *where, type expect,     \
							type desired, int order, int failure); \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *where, type expect,     \
							type desired, int order, int failure)  \
	{                                                                                      \
		(void)order;                                                                   \
		(void)failure;                                                                 \
		announce(where, bits / 8, true);                                               \
		__atomic_compare_exchange_n(where, &expect, desired, 0, __ATOMIC_RELAXED,      \
					    __ATOMIC_RELAXED);                                 \
		return expect;                                                                 \
	}                                                                                      \
	EXCHANGE(bits, type, strong, 0)                                                        \
	EXCHANGE(bits, type, weak, 1)                                                          \
	FETCH(bits, type, add)                                                                 \
	FETCH(bits, type, sub)                                                                 \
	FETCH(bits, type, and)                                                                 \
	FETCH(bits, type, or)                                                                  \
	FETCH(bits, type, xor)
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

/* Software is sequentially consistent here. APPROX(T-090) */
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	(void)order;
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	(void)order;
}

/* --- what is called by name; the build leads kernel code here (linux.mk) --- */

void *linux_memcpy(void *to, const void *from, size_t size);
void *linux_memcpy(void *to, const void *from, size_t size)
{
	reads(from, (uint32_t)size);
	writes(to, (uint32_t)size);
	return memcpy(to, from, size);
}

void *linux_memmove(void *to, const void *from, size_t size);
void *linux_memmove(void *to, const void *from, size_t size)
{
	reads(from, (uint32_t)size);
	writes(to, (uint32_t)size);
	return memmove(to, from, size);
}

void *linux_memset(void *to, int byte, size_t size);
void *linux_memset(void *to, int byte, size_t size)
{
	writes(to, (uint32_t)size);
	return memset(to, byte, size);
}
