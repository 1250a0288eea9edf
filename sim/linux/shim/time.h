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
#define usleep_range(lo, hi)      seam_pause((u64)(lo)*1000)
#define cpu_relax()               seam_pause(100)
#define might_sleep_if(condition) ((void)0)
#define wfe()                     cpu_relax()

#endif
