/* SPDX-License-Identifier: MIT */
/*
 * io.h - registers. A cookie is an address in a window that cannot be touched (seam.h): only the
 * functions here lead to the hardware (hw.h).
 */
#ifndef SV3_LINUX_IO_H
#define SV3_LINUX_IO_H

static inline u32 reg_offset(const volatile void *cookie)
{
	return (u32)((const char *)cookie - seam_registers);
}

#define readl_relaxed(cookie)         ((u32)hw_reg_read(reg_offset(cookie), 4))
#define readq_relaxed(cookie)         ((u64)hw_reg_read(reg_offset(cookie), 8))
#define writel_relaxed(value, cookie) hw_reg_write(reg_offset(cookie), 4, (u32)(value))
#define writeq_relaxed(value, cookie) hw_reg_write(reg_offset(cookie), 8, value)
#define readl(cookie)                             \
	({                                        \
		u32 read = readl_relaxed(cookie); \
		rmb();                            \
		read;                             \
	})
#define readq(cookie)                             \
	({                                        \
		u64 read = readq_relaxed(cookie); \
		rmb();                            \
		read;                             \
	})
#define writel(value, cookie)                  \
	({                                     \
		wmb();                         \
		writel_relaxed(value, cookie); \
	})
#define __iomb()              mb()
#define readb(cookie)         0
#define readw(cookie)         0
#define readb_relaxed(cookie) 0
#define readw_relaxed(cookie) 0

void *devm_ioremap_resource(struct device *dev, const struct resource *resource);

#endif
