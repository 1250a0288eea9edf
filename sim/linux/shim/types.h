/* SPDX-License-Identifier: MIT */
/*
 * types.h - scalar types, limits, small helpers on numbers; lists and friends from real headers.
 * u64 is unsigned long long, as the kernel's formats have it.
 */
#ifndef SV3_LINUX_TYPES_H
#define SV3_LINUX_TYPES_H

typedef _Bool bool;
enum { false, true };
#define NULL ((void *)0)

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __le16, __be16;
typedef u32 __le32, __be32;
typedef u64 __le64, __be64;
typedef u64 __aligned_u64 __attribute__((aligned(8)));
typedef u8 uint8_t;
typedef u16 uint16_t;
typedef u32 uint32_t;
typedef u64 uint64_t;
typedef s32 int32_t;
typedef s64 int64_t;
typedef unsigned char u_char;
typedef unsigned int u_int, uint;
typedef unsigned long ulong, uintptr_t;
typedef unsigned long size_t;
typedef long ssize_t, ptrdiff_t, intptr_t;
typedef long long loff_t;
typedef int pid_t;
typedef unsigned short umode_t;
typedef unsigned int gfp_t;
typedef u32 dev_t;
typedef u64 phys_addr_t, dma_addr_t, resource_size_t;
typedef u64 pteval_t;
typedef unsigned long pgoff_t;
typedef __builtin_va_list va_list;

struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};
struct rcu_head {
	void *unused;
};

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
typedef struct {
	long counter;
} atomic_long_t;

#define BITS_PER_LONG        64
#define BITS_PER_LONG_LONG   64
#define __BITS_PER_LONG      64
#define __BITS_PER_LONG_LONG 64
#define BITS_PER_BYTE        8
#define U16_MAX              ((u16)~0U)
#define U64_MAX              ((u64)~0ULL)
#define INT_MAX              0x7fffffff
#define INT_MIN              (-INT_MAX - 1)
#define ULONG_MAX            (~0UL)
#define SIZE_MAX             (~(size_t)0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The host is little-endian. */
#define cpu_to_le16(x) ((__le16)(x))
#define le16_to_cpu(x) ((u16)(x))
#define cpu_to_le32(x) ((__le32)(x))
#define le32_to_cpu(x) ((u32)(x))
#define cpu_to_be16(x) __builtin_bswap16(x)
#define be16_to_cpu(x) __builtin_bswap16(x)
#define cpu_to_be32(x) __builtin_bswap32(x)
#define be32_to_cpu(x) __builtin_bswap32(x)
#define cpu_to_be64(x) __builtin_bswap64(x)
#define be64_to_cpu(x) __builtin_bswap64(x)
#define cpu_to_le64(x) ((__le64)(x))
#define le64_to_cpu(x) ((u64)(x))

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
int snprintf(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#include <linux/const.h>
#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <asm/errno.h>
#include <linux/errno.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/align.h>
#include <linux/math.h>
#include <linux/wordpart.h>
#include <linux/sizes.h>
#include <linux/poison.h>

#endif
