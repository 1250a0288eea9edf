/* SPDX-License-Identifier: MIT */
/* platform.h - the platform bus: one driver, which module_driver() names to the harness. */
#ifndef SV3_LINUX_PLATFORM_H
#define SV3_LINUX_PLATFORM_H

struct resource {
	resource_size_t start, end;
	unsigned long flags;
};
#define IORESOURCE_MEM   0x200
#define resource_size(r) ((r)->end - (r)->start + 1)
#define DEFINE_RES_MEM(from, size)                                                 \
	{                                                                          \
		.start = (from), .end = (from) + (size)-1, .flags = IORESOURCE_MEM \
	}

struct platform_device {
	const char *name;
	struct device dev;
	struct resource *resource; /* of its registers */
	bool has_wires;            /* interrupt lines by name; else none */
};
struct platform_driver {
	int (*probe)(struct platform_device *pdev);
	void (*remove)(struct platform_device *pdev);
	void (*remove_new)(struct platform_device *pdev);
	void (*shutdown)(struct platform_device *pdev);
	struct device_driver driver;
};
#define platform_get_drvdata(pdev)               dev_get_drvdata(&(pdev)->dev)
#define platform_set_drvdata(pdev, data)         dev_set_drvdata(&(pdev)->dev, data)
#define platform_get_resource(pdev, type, index) ((pdev)->resource)
int platform_get_irq_byname_optional(struct platform_device *pdev, const char *name);
int platform_driver_register(struct platform_driver *driver);
void platform_driver_unregister(struct platform_driver *driver);
extern struct bus_type platform_bus_type;

/* What the module's one driver is: the harness calls these. */
#define module_driver(driver, to_register, to_unregister) \
	int kernel_module_init(void);                     \
	int kernel_module_init(void)                      \
	{                                                 \
		return to_register(&(driver));            \
	}                                                 \
	void kernel_module_exit(void);                    \
	void kernel_module_exit(void)                     \
	{                                                 \
		to_unregister(&(driver));                 \
	}

/* A parameter can be set by the harness: module_param_of_NAME points to it. */
#define module_param(name, type, mode)             \
	extern type *const module_param_of_##name; \
	type *const module_param_of_##name = &name
#define MODULE_PARM_DESC(name, text)
#define MODULE_DESCRIPTION(text)
#define MODULE_AUTHOR(text)
#define MODULE_ALIAS(text)
#define MODULE_LICENSE(text)
#define MODULE_IMPORT_NS(space)

/* Initialisers of the kernel become functions the harness calls by name. */
#define SV3_INITCALL(function)            \
	int initcall_of_##function(void); \
	int initcall_of_##function(void)  \
	{                                 \
		return function();        \
	}
#define subsys_initcall(function) SV3_INITCALL(function)
#define core_initcall(function)   SV3_INITCALL(function)
#define early_param(name, function) \
	static int (*const __maybe_unused parameter_##function)(char *) = function

#endif
