/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - atomic integers, exchanges of plain words, and the list header, which wants them.
 * A function without an order in its name is fully ordered; the suffixes weaken it.
 */
#ifndef SV3_LINUX_ATOMIC_H
#define SV3_LINUX_ATOMIC_H

#define ATOMIC_INIT(value) \
	{                  \
		(value)    \
	}

#define SV3_ATOMIC_FETCH(type, name, word, op, order, suffix)                \
	static inline word name##_fetch_##op##suffix(word value, type *v)    \
	{                                                                    \
		return __atomic_fetch_##op(&v->counter, value, order);       \
	}                                                                    \
	static inline word name##_##op##_return##suffix(word value, type *v) \
	{                                                                    \
		return __atomic_##op##_fetch(&v->counter, value, order);     \
	}
#define SV3_ATOMIC_ORDER(type, name, word, order, suffix)                                \
	SV3_ATOMIC_FETCH(type, name, word, add, order, suffix)                           \
	SV3_ATOMIC_FETCH(type, name, word, sub, order, suffix)                           \
	SV3_ATOMIC_FETCH(type, name, word, and, order, suffix)                           \
	SV3_ATOMIC_FETCH(type, name, word, or, order, suffix)                            \
	SV3_ATOMIC_FETCH(type, name, word, xor, order, suffix)                           \
	static inline word name##_fetch_andnot##suffix(word value, type *v)              \
	{                                                                                \
		return __atomic_fetch_and(&v->counter, ~value, order);                   \
	}                                                                                \
	static inline word name##_fetch_inc##suffix(type *v)                             \
	{                                                                                \
		return __atomic_fetch_add(&v->counter, 1, order);                        \
	}                                                                                \
	static inline word name##_inc_return##suffix(type *v)                            \
	{                                                                                \
		return __atomic_add_fetch(&v->counter, 1, order);                        \
	}                                                                                \
	static inline word name##_dec_return##suffix(type *v)                            \
	{                                                                                \
		return __atomic_sub_fetch(&v->counter, 1, order);                        \
	}                                                                                \
	static inline word name##_xchg##suffix(type *v, word value)                      \
	{                                                                                \
		return __atomic_exchange_n(&v->counter, value, order);                   \
	}                                                                                \
	static inline word name##_cmpxchg##suffix(type *v, word expect, word desired)    \
	{                                                                                \
		__atomic_compare_exchange_n(&v->counter, &expect, desired, false, order, \
					    __ATOMIC_RELAXED);                           \
		return expect;                                                           \
	}
#define SV3_ATOMIC(type, name, word)                                    \
	static inline word name##_read(const type *v)                   \
	{                                                               \
		return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);  \
	}                                                               \
	static inline word name##_read_acquire(const type *v)           \
	{                                                               \
		return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);  \
	}                                                               \
	static inline void name##_set(type *v, word value)              \
	{                                                               \
		__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED); \
	}                                                               \
	static inline void name##_set_release(type *v, word value)      \
	{                                                               \
		__atomic_store_n(&v->counter, value, __ATOMIC_RELEASE); \
	}                                                               \
	SV3_ATOMIC_ORDER(type, name, word, __ATOMIC_SEQ_CST, )          \
	SV3_ATOMIC_ORDER(type, name, word, __ATOMIC_RELAXED, _relaxed)  \
	SV3_ATOMIC_ORDER(type, name, word, __ATOMIC_ACQUIRE, _acquire)  \
	SV3_ATOMIC_ORDER(type, name, word, __ATOMIC_RELEASE, _release)  \
	static inline void name##_add(word value, type *v)              \
	{                                                               \
		(void)name##_fetch_add_relaxed(value, v);               \
	}                                                               \
	static inline void name##_sub(word value, type *v)              \
	{                                                               \
		(void)name##_fetch_sub_relaxed(value, v);               \
	}                                                               \
	static inline void name##_inc(type *v)                          \
	{                                                               \
		(void)name##_fetch_add_relaxed(1, v);                   \
	}                                                               \
	static inline void name##_dec(type *v)                          \
	{                                                               \
		(void)name##_fetch_sub_relaxed(1, v);                   \
	}                                                               \
	static inline void name##_or(word value, type *v)               \
	{                                                               \
		(void)name##_fetch_or_relaxed(value, v);                \
	}                                                               \
	static inline void name##_xor(word value, type *v)              \
	{                                                               \
		(void)name##_fetch_xor_relaxed(value, v);               \
	}                                                               \
	static inline bool name##_dec_and_test(type *v)                 \
	{                                                               \
		return name##_dec_return(v) == 0;                       \
	}

/* clang-format off */
SV3_ATOMIC(atomic_t, atomic, int)
SV3_ATOMIC(atomic64_t, atomic64, s64)
SV3_ATOMIC(atomic_long_t, atomic_long, long)
/* clang-format on */

#define atomic_cond_read_relaxed(v, condition)      smp_cond_load_relaxed(&(v)->counter, condition)
#define atomic_long_cond_read_relaxed(v, condition) smp_cond_load_relaxed(&(v)->counter, condition)

#define SV3_CMPXCHG(p, expect, desired, order)                                               \
	({                                                                                   \
		typeof(*(p)) seen = (expect);                                                \
		__atomic_compare_exchange_n(p, &seen, (typeof(*(p)))(desired), false, order, \
					    __ATOMIC_RELAXED);                               \
		if (unlikely(seam_stored))                                                   \
			seam_stored(p);                                                      \
		seen;                                                                        \
	})
#define cmpxchg(p, expect, desired)           SV3_CMPXCHG(p, expect, desired, __ATOMIC_SEQ_CST)
#define cmpxchg_relaxed(p, expect, desired)   SV3_CMPXCHG(p, expect, desired, RELAXED_SWAP)
#define cmpxchg64_relaxed(p, expect, desired) SV3_CMPXCHG(p, expect, desired, RELAXED_SWAP)

#include <linux/list.h>

#endif
