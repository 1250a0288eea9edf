/* SPDX-License-Identifier: MIT */
/*
 * log.h - messages and warnings. They go to the harness (seam.h), which keeps them for the rows
 * that ask; a WARN is counted, and fails whatever case it happens in.
 */
#ifndef SV3_LINUX_LOG_H
#define SV3_LINUX_LOG_H

#define pr_err(format, ...)   seam_log(format, ##__VA_ARGS__)
#define pr_warn(format, ...)  seam_log(format, ##__VA_ARGS__)
#define pr_info(format, ...)  seam_log(format, ##__VA_ARGS__)
#define pr_debug(format, ...) ((void)0)

struct device;
#define dev_err(dev, format, ...)    seam_log(format, ##__VA_ARGS__)
#define dev_warn(dev, format, ...)   seam_log(format, ##__VA_ARGS__)
#define dev_notice(dev, format, ...) seam_log(format, ##__VA_ARGS__)
#define dev_info(dev, format, ...)   seam_log(format, ##__VA_ARGS__)
#define dev_dbg(dev, format, ...)    ((void)0)
#define dev_err_ratelimited          dev_err
#define dev_warn_ratelimited         dev_warn
#define dev_warn_once                dev_warn

/* Nothing is ever said too often. */
#define DEFINE_RATELIMIT_STATE(name, interval, burst) int __maybe_unused name
#define DEFAULT_RATELIMIT_INTERVAL                    0
#define DEFAULT_RATELIMIT_BURST                       0
#define __ratelimit(state)                            true

#define WARN_ON(condition)                                         \
	({                                                         \
		bool is_wrong = !!(condition);                     \
		if (unlikely(is_wrong))                            \
			seam_warn(__FILE__, __LINE__, #condition); \
		unlikely(is_wrong);                                \
	})
#define WARN(condition, format, ...)                     \
	({                                               \
		bool is_wrong_too = WARN_ON(condition);  \
		if (is_wrong_too)                        \
			seam_log(format, ##__VA_ARGS__); \
		is_wrong_too;                            \
	})
#define WARN_ONCE(condition, format, ...) WARN(condition, format, ##__VA_ARGS__)
#define WARN_ON_ONCE(condition)           WARN_ON(condition)
#define VM_BUG_ON(condition)              BUG_ON(condition)
#define BUG()                             seam_bug(__FILE__, __LINE__)
#define BUG_ON(condition)                 ((condition) ? BUG() : (void)0)

#endif
