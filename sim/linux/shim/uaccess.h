/* SPDX-License-Identifier: MIT */
/* uaccess.h - memory of users: pages of the window like any other. */
#ifndef SV3_LINUX_UACCESS_H
#define SV3_LINUX_UACCESS_H

#define FOLL_WRITE 1

#define u64_to_user_ptr(value) ((void *)(unsigned long)(value))

static inline int pin_user_pages_fast(unsigned long user, int count, unsigned int flags,
				      struct page **pages)
{
	for (int i = 0; i < count; i++)
		pages[i] = virt_to_page((const void *)(user + (unsigned long)i * PAGE_SIZE));
	return count;
}

static inline int copy_struct_from_user(void *to, size_t size, const void *user, size_t user_size)
{
	memcpy(to, user, size < user_size ? size : user_size);
	return 0;
}

#define copy_from_user(to, from, size) (memcpy(to, from, size), 0)
#define copy_to_user(to, from, size)   (memcpy(to, from, size), 0)
#define unpin_user_pages(pages, count) ((void)(pages))

#endif
