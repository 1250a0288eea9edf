/* SPDX-License-Identifier: MIT */
/*
 * registry.c - the kinds of devices there are, and the one way to release any of them.
 * A new kind is a file with a create function and a row here.
 */
#include <sv3/device.h>

static const struct sv3_device_info kinds[] = {
	{ "replay", "the records of a trace, in one of its two address spaces" },
	{ "fixed", "all pages of an area in turn, again and again, one burst a period" },
	{ "sequential", "one page of an area after the other, wrapping" },
	{ "uniform", "each page of an area with the same probability" },
	{ "zipf", "few pages of an area hot, most cold: weight 1 / rank^s" },
	{ "ats-endpoint", "a cache of translations (ATS, PRI) in front of any other device" },
	{ "bundle", "several devices as one, their events in order of time" },
};

const struct sv3_device_info *sv3_device_info(unsigned int index)
{
	return index < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[index] : NULL;
}

void sv3_device_destroy(struct sv3_device *device)
{
	if (device->ops)
		device->ops->destroy(device->context);
	device->ops = NULL;
	device->context = NULL;
}
