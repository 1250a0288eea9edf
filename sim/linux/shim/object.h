/* SPDX-License-Identifier: MIT */
/* object.h - reference counts, kobjects, notifiers and sysfs: what the real core keeps its groups
 * with. Names in sysfs lead nowhere. */
#ifndef SV3_LINUX_OBJECT_H
#define SV3_LINUX_OBJECT_H

typedef struct {
	atomic_t refs;
} refcount_t;
#define refcount_set(r, n)       atomic_set(&(r)->refs, n)
#define refcount_inc(r)          atomic_inc(&(r)->refs)
#define refcount_read(r)         atomic_read(&(r)->refs)
#define refcount_dec_and_test(r) atomic_dec_and_test(&(r)->refs)
#define refcount_dec(r)          atomic_dec(&(r)->refs)
/* Nobody puts an object that a lock protects. */
#define refcount_dec_and_mutex_lock(r, lock) false
#define refcount_dec_and_lock(r, lock)       false
#define REFCOUNT_INIT(n)       \
	{                      \
		ATOMIC_INIT(n) \
	}
#define refcount_inc_not_zero(r) (atomic_read(&(r)->refs) ? (atomic_inc(&(r)->refs), true) : false)

struct module;
#define THIS_MODULE            ((struct module *)NULL)
#define try_module_get(module) true
#define module_put(module)     ((void)(module))

struct attribute {
	const char *name;
	umode_t mode;
};
struct attribute_group {
	const char *name;
	struct attribute **attrs;
};
struct kobject;
struct sysfs_ops {
	ssize_t (*show)(struct kobject *object, struct attribute *attribute, char *text);
	ssize_t (*store)(struct kobject *object, struct attribute *attribute, const char *text,
			 size_t size);
};
struct kobj_type {
	void (*release)(struct kobject *object);
	const struct sysfs_ops *sysfs_ops;
	const struct attribute_group **default_groups;
};
struct kset {
	int unused;
};
struct kobject {
	const char *name;
	const struct kobj_type *type;
	struct kobject *parent;
	struct kset *kset;
	int refs;
	bool is_plain; /* made by kobject_create_and_add(): freed as it is */
};
#define kobject_name(object)                   ((object)->name)
#define kset_create_and_add(name, ops, parent) ((struct kset *)seam_alloc(sizeof(struct kset)))
int kobject_init_and_add(struct kobject *object, const struct kobj_type *type,
			 struct kobject *parent, const char *format, ...);
struct kobject *kobject_create_and_add(const char *name, struct kobject *parent);
struct kobject *kobject_get(struct kobject *object);
void kobject_put(struct kobject *object);

#define __ATTR(attribute, access, reader, writer)                                           \
	{                                                                                   \
		.attr = { .name = __stringify(attribute), .mode = access }, .show = reader, \
		.store = writer                                                             \
	}
#define S_IRUGO                                        0444
#define sysfs_create_file(object, attribute)           0
#define sysfs_remove_file(object, attribute)           ((void)(attribute))
#define sysfs_create_link(object, target, name)        0
#define sysfs_create_link_nowarn(object, target, name) 0
#define sysfs_remove_link(object, name)                ((void)(name))
#define sysfs_streq(a, b)                              (strcmp(a, b) == 0)
#define sysfs_emit(to, format, ...)                    snprintf(to, PAGE_SIZE, format, ##__VA_ARGS__)
#define sysfs_emit_at(to, at, format, ...) \
	snprintf((to) + (at), PAGE_SIZE - (size_t)(at), format, ##__VA_ARGS__)

struct notifier_block {
	int (*notifier_call)(struct notifier_block *block, unsigned long action, void *data);
	struct notifier_block *next;
	int priority;
};
#define NOTIFY_DONE 0
#define NOTIFY_OK   1

#endif
