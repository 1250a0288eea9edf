/* SPDX-License-Identifier: MIT */
/*
 * time.h - the clock of the harness: virtual with one thread, real with several (seam.h).
 * Whoever waits lets the hardware go on.
 */
#ifndef SV3_LINUX_TIME_H
#define SV3_LINUX_TIME_H

typedef s64 ktime_t;

#define NSEC_PER_USEC 1000l
#define NSEC_PER_MSEC 1000000l
#define USEC_PER_MSEC 1000l
#define USEC_PER_SEC  1000000l
#define HZ            250

static inline ktime_t ktime_get(void)
{
	return (ktime_t)seam_now_ns();
}

static inline ktime_t ktime_add_us(ktime_t time, u64 us)
{
	return time + (s64)(us * 1000);
}

static inline int ktime_compare(ktime_t a, ktime_t b)
{
	return a < b ? -1 : a > b;
}

static inline s64 ktime_to_us(ktime_t time)
{
	return time / 1000;
}

static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return (later - earlier) / 1000;
}

#define udelay(us)                seam_pause((u64)(us)*1000)
#define ndelay(ns)                seam_pause((u64)(ns))
#define usleep_range(lo, hi)      seam_pause((u64)(lo)*1000)
#define msleep(ms)                seam_pause((u64)(ms)*1000000)
#define cpu_relax()               seam_pause(100)
#define might_sleep_if(condition) ((void)0)
#define wfe()                     cpu_relax()
#define sev()                     ((void)0)
#define jiffies                   ((unsigned long)(seam_now_ns() / 4000000))

#endif
