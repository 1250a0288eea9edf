/* SPDX-License-Identifier: MIT */
/*
 * lock.h - every lock is one word, taken by an exchange; who waits lets others run.
 *
 * Interrupts: local_irq_save() counts in a word of its own thread. RCU has no readers to wait for
 * here, so its updates are plain release stores.
 */
#ifndef SV3_LINUX_LOCK_H
#define SV3_LINUX_LOCK_H

typedef struct lock_word {
	int held;
} spinlock_t, raw_spinlock_t;
struct mutex {
	int held;
};
struct rw_semaphore {
	int held;
};
struct lock_class_key {
};
typedef struct {
	int unused;
} lockdep_map_t;

static inline void lock_take(int *held)
{
	while (__atomic_exchange_n(held, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(held, __ATOMIC_RELAXED))
			seam_wait("a lock");
}

/* One that is shared: how many share it; -1: it is owned. */
static inline _Bool lock_changes(int *held, int from, int to)
{
	return __atomic_compare_exchange_n(held, &from, to, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void lock_share(int *held)
{
	int seen = __atomic_load_n(held, __ATOMIC_RELAXED);

	while (seen < 0 || !lock_changes(held, seen, seen + 1)) {
		if (seen < 0)
			seam_wait("a lock");
		seen = __atomic_load_n(held, __ATOMIC_RELAXED);
	}
}

static inline void lock_own(int *held)
{
	while (!lock_changes(held, 0, -1))
		while (__atomic_load_n(held, __ATOMIC_RELAXED))
			seam_wait("a lock");
}

static inline void lock_drop(int *held)
{
	__atomic_store_n(held, 0, __ATOMIC_RELEASE);
}

#define DEFINE_SPINLOCK(name)           spinlock_t name
#define DEFINE_MUTEX(name)              struct mutex name
#define spin_lock_init(lock)            ((void)((lock)->held = 0))
#define mutex_init(lock)                ((void)((lock)->held = 0))
#define init_rwsem(lock)                ((void)((lock)->held = 0))
#define spin_lock(lock)                 lock_take(&(lock)->held)
#define spin_unlock(lock)               lock_drop(&(lock)->held)
#define mutex_lock(lock)                lock_take(&(lock)->held)
#define mutex_unlock(lock)              lock_drop(&(lock)->held)
#define down_read(lock)                 lock_take(&(lock)->held)
#define up_read(lock)                   lock_drop(&(lock)->held)
#define down_write(lock)                lock_take(&(lock)->held)
#define up_write(lock)                  lock_drop(&(lock)->held)
#define lockdep_assert_held(lock)       WARN_ON(!(lock)->held)
#define lockdep_assert_held_read(lock)  WARN_ON(!(lock)->held)
#define lockdep_assert_held_write(lock) WARN_ON(!(lock)->held)
#define lockdep_assert_not_held(lock)   ((void)0)
#define might_sleep()                   ((void)0)
#define cond_resched()                  ((void)0)

extern __thread unsigned int irqs_masked;
#define local_irq_save(flags) ((void)((flags) = irqs_masked++))
#define local_irq_restore(flags)                     \
	do {                                         \
		irqs_masked = (unsigned int)(flags); \
		if (!irqs_masked && seam_interrupts) \
			seam_interrupts();           \
	} while (0)
#define spin_lock_irqsave(lock, flags) \
	do {                           \
		local_irq_save(flags); \
		spin_lock(lock);       \
	} while (0)
#define spin_unlock_irqrestore(lock, flags) \
	do {                                \
		spin_unlock(lock);          \
		local_irq_restore(flags);   \
	} while (0)

#define rcu_read_lock()                     ((void)0)
#define rcu_read_unlock()                   ((void)0)
#define rcu_assign_pointer(p, value)        __atomic_store_n(&(p), value, __ATOMIC_RELEASE)
#define rcu_dereference(p)                  __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_dereference_raw(p)              rcu_dereference(p)
#define rcu_dereference_check(p, condition) rcu_dereference(p)
#define lockdep_is_held(lock)               ((lock)->held)
#define kfree_rcu(p, member)                kfree(p)

#endif
