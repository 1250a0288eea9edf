/* SPDX-License-Identifier: MIT */
/* slab.h - small memory: the allocator of the host, always zeroed, so that its checkers see it. */
#ifndef SV3_LINUX_SLAB_H
#define SV3_LINUX_SLAB_H

#define kzalloc(size, gfp)        seam_alloc(size)
#define kmalloc(size, gfp)        seam_alloc(size)
#define kcalloc(count, size, gfp) seam_alloc((count) * (size))
#define krealloc(old, size, gfp)  seam_realloc(old, size)
#define kfree(p)                  seam_free((void *)(p))

static inline char *kstrdup(const char *text, gfp_t gfp)
{
	size_t size = strlen(text) + 1;

	return (char *)memcpy(seam_alloc(size), text, size);
}

#define kasprintf(gfp, format, ...) kstrdup(format, gfp)

#endif
