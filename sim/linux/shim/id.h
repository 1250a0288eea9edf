/* SPDX-License-Identifier: MIT */
/*
 * id.h - numbers handed out (ida), and objects found by number (xarray).
 * Both are plain arrays that grow: a harness has few of either.
 */
#ifndef SV3_LINUX_ID_H
#define SV3_LINUX_ID_H

struct ida {
	unsigned char *taken;
	unsigned int size, count;
};
#define DEFINE_IDA(name)    struct ida name
#define ida_init(ids)       ((void)(*(ids) = (struct ida){ 0 }))
#define ida_alloc(ida, gfp) ida_alloc_range(ida, 0, INT_MAX, gfp)
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);

struct xa_slot {
	unsigned long index;
	void *entry;
};
struct xarray {
	struct xa_slot *slots;
	unsigned int count, size;
	spinlock_t xa_lock;
};
struct xa_limit {
	u32 min, max;
};
#define XA_FLAGS_ALLOC             0
#define XA_LIMIT(lo, hi)           ((struct xa_limit){ .min = (lo), .max = (hi) })
#define DEFINE_XARRAY_ALLOC1(name) struct xarray name
#define xa_init(array)             ((void)(*(array) = (struct xarray){ 0 }))
#define xa_init_flags(xa, flags)   xa_init(xa)
#define xa_lock(xa)                spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa)              spin_unlock(&(xa)->xa_lock)
#define xa_empty(xa)               ((xa)->count == 0)
/* An error as an entry: a pointer to the last page, with room for a tag below. */
#define xa_mk_err(error) ((void *)((long)(error)*4 + 2))
#define xa_is_err(entry)                                              \
	((unsigned long)(entry) >= (unsigned long)xa_mk_err(-4095) && \
	 ((unsigned long)(entry)&3) == 2)
#define XA_ZERO_ENTRY ((void *)1030ul)
int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp);
void xa_release(struct xarray *xa, unsigned long index);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_erase(struct xarray *xa, unsigned long index);
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
void xa_destroy(struct xarray *xa);
#define xa_limit_16b XA_LIMIT(0, U16_MAX)
/** The first entry at *@index or behind it; NULL: none. */
void *xa_find_from(struct xarray *xa, unsigned long *index);
#define xa_for_each(xa, i, entry)                                \
	for ((i) = 0, (entry) = xa_find_from(xa, &(i)); (entry); \
	     (i)++, (entry) = xa_find_from(xa, &(i)))

#endif
