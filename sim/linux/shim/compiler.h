/* SPDX-License-Identifier: MIT */
/*
 * compiler.h - attributes, accesses that the compiler may not touch, barriers.
 *
 * WRITE_ONCE tells the harness of each store (seam.h): there hardware may look at a structure that
 * is half written.
 *
 * ThreadSanitizer knows neither fences nor the order that an address dependency gives. For it a
 * barrier is an update of one word that all barriers share, and a marked load acquires what a
 * marked store or swap released. So it finds accesses that neither mark nor barrier orders, and
 * takes order among marked ones for granted.
 */
#ifndef SV3_LINUX_COMPILER_H
#define SV3_LINUX_COMPILER_H

#include "seam.h"

#define __always_inline       inline __attribute__((always_inline))
#define noinline              __attribute__((noinline))
#define __must_check          __attribute__((warn_unused_result))
#define __maybe_unused        __attribute__((unused))
#define __aligned(n)          __attribute__((aligned(n)))
#define __printf(text, first) __attribute__((format(printf, text, first)))
#define __attribute_const__   __attribute__((const))
#define __cold                __attribute__((cold))
#define fallthrough           __attribute__((fallthrough))
#define __counted_by(member)
#define __initconst
#define __init
#define __initdata
#define __read_mostly
#define __user
#define __iomem
#define __rcu
#define __force
#define __percpu
#define L1_CACHE_BYTES               64
#define SMP_CACHE_BYTES              L1_CACHE_BYTES
#define ____cacheline_aligned_in_smp __aligned(L1_CACHE_BYTES)

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define unreachable() __builtin_unreachable()

#define ___PASTE(a, b)    a##b
#define __PASTE(a, b)     ___PASTE(a, b)
#define __UNIQUE_ID(name) __PASTE(__PASTE(unique_, name), __COUNTER__)
#define __stringify_1(x)  #x
#define __stringify(x...) __stringify_1(x)

#define __same_type(a, b)         __builtin_types_compatible_p(typeof(a), typeof(b))
#define __must_be_array(a)        0
#define __is_constexpr(x)         __builtin_constant_p(x)
#define __unqual_scalar_typeof(x) typeof(x)
#define is_signed_type(type)      ((type)0 > (type)-1)
#define statically_true(x)        (__builtin_constant_p(x) ? !!(x) : 0)
/* What the kernel's build refuses, ours refuses too. */
#define compiletime_assert(condition, text) _Static_assert(1, text)
#define __compiletime_error(text)
#define offsetof(type, member)     __builtin_offsetof(type, member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member)  (offsetof(type, member) + sizeof_field(type, member))

#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)
#define EXPORT_SYMBOL_NS(symbol, space)
#define EXPORT_SYMBOL_NS_GPL(symbol, space)

#define barrier() __asm__ __volatile__("" ::: "memory")

#if defined(SEAM_EXPLORED)
#define READ_ONCE(x)         __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define STORE_ONCE(x, value) __atomic_store_n(&(x), (typeof(x))(value), __ATOMIC_RELAXED)
#define RELAXED_SWAP         __ATOMIC_RELAXED
#define smp_mb()             barrier()
#elif defined(SEAM_TSAN)
#define READ_ONCE(x)         __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE_ONCE(x, value) __atomic_store_n(&(x), (typeof(x))(value), __ATOMIC_RELEASE)
#define RELAXED_SWAP         __ATOMIC_RELEASE
#define smp_mb()             ((void)__atomic_fetch_add(&seam_fence, 0, __ATOMIC_ACQ_REL))
#else
#define RELAXED_SWAP         __ATOMIC_RELAXED
#define READ_ONCE(x)         (*(const volatile typeof(x) *)&(x))
#define STORE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define smp_mb()             __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#define WRITE_ONCE(x, value)               \
	do {                               \
		STORE_ONCE(x, value);      \
		if (unlikely(seam_stored)) \
			seam_stored(&(x)); \
	} while (0)
#define mb()  smp_mb()
#define rmb() smp_mb()
#define wmb() smp_mb()
#ifdef SEAM_EXPLORED
void explored_barrier(void);
#define dma_wmb() explored_barrier()
#else
#define dma_wmb() smp_mb()
#endif
#define smp_load_acquire(p)         __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)

/* Wait until a condition on VAL holds, letting hardware and other threads go on. */
#define smp_cond_load_relaxed(p, condition)         \
	({                                          \
		typeof(*(p)) VAL = READ_ONCE(*(p)); \
		while (!(condition)) {              \
			cpu_relax();                \
			VAL = READ_ONCE(*(p));      \
		}                                   \
		VAL;                                \
	})

#endif
