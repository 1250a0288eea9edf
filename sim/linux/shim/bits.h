/* SPDX-License-Identifier: MIT */
/* bits.h - bits of words and of bitmaps, by the compiler's builtins. */
#ifndef SV3_LINUX_BITS_H
#define SV3_LINUX_BITS_H

#include <linux/bits.h>
#include <linux/overflow.h>

static inline unsigned long __ffs(unsigned long word)
{
	return (unsigned long)__builtin_ctzl(word);
}

static inline unsigned long __fls(unsigned long word)
{
	return 63ul - (unsigned long)__builtin_clzl(word);
}

static inline int ffs(int word)
{
	return __builtin_ffs(word);
}

static inline int fls(unsigned int word)
{
	return word ? 32 - __builtin_clz(word) : 0;
}

static inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}

static inline unsigned int fls_long(unsigned long word)
{
	return (unsigned int)fls64(word);
}

static inline unsigned long ffz(unsigned long word)
{
	return __ffs(~word);
}

#define __ffs64(word)   __ffs(word)
#define hweight8(word)  __builtin_popcount((u8)(word))
#define hweight64(word) __builtin_popcountll(word)

#include <linux/log2.h>

static inline bool test_bit(unsigned long nr, const volatile unsigned long *map)
{
	return map[nr / 64] >> nr % 64 & 1;
}

/* Marked stores, like WRITE_ONCE(). */
static inline void set_bit(unsigned long nr, volatile unsigned long *map)
{
	__atomic_fetch_or(&map[nr / 64], 1ul << nr % 64, __ATOMIC_RELAXED);
	if (unlikely(seam_stored))
		seam_stored(&map[nr / 64]);
}

static inline void clear_bit(unsigned long nr, volatile unsigned long *map)
{
	__atomic_fetch_and(&map[nr / 64], ~(1ul << nr % 64), __ATOMIC_RELAXED);
	if (unlikely(seam_stored))
		seam_stored(&map[nr / 64]);
}

static inline bool test_and_set_bit(unsigned long nr, volatile unsigned long *map)
{
	unsigned long old = __atomic_fetch_or(&map[nr / 64], 1ul << nr % 64, __ATOMIC_SEQ_CST);

	return old >> nr % 64 & 1;
}

static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int count)
{
	for (unsigned int i = start; i < start + count; i++)
		map[i / 64] |= 1ul << i % 64;
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long size,
					  unsigned long from)
{
	while (from < size && !test_bit(from, map))
		from++;
	return from < size ? from : size;
}

#define for_each_set_bit(bit, map, size) \
	for ((bit) = 0; ((bit) = find_next_bit(map, size, bit)) < (size); (bit)++)
#define BITS_TO_LONGS(count) DIV_ROUND_UP(count, 64)

#include <linux/bitfield.h>

#endif
