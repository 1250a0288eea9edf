/* SPDX-License-Identifier: MIT */
/*
 * world.c - the node of sv3 itself, compatible "sv3,world": settings, timing, and devices below it.
 *
 * What settings and timings mean is for those to say who use them; here they are names and values.
 */
#include "platform_priv.h"

#include <libfdt.h>

#include <stdio.h>
#include <inttypes.h>
#include <string.h>

/** A property that every node may have. */
static bool is_common(const char *name)
{
	static const char *const names[] = { "compatible", "phandle",        "linux,phandle",
					     "status",     "#address-cells", "#size-cells" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/** Letters, digits and what joins them: a name that is fit to be printed. */
static int check_name(const struct sv3__loader *loader, uint32_t node, const char *name)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  ",.-_+?#";

	if (*name == '\0' || strlen(name) > 48 || name[strspn(name, fit)] != '\0')
		return sv3__fail(loader, node, name, "no name of a property");
	return 0;
}

/** Calls @read for each property of @node that is not common to all nodes. */
static int for_each_property(struct sv3__loader *loader, uint32_t node,
			     int (*read)(struct sv3__loader *loader, uint32_t node,
					 const char *name))
{
	const void *blob = loader->tree.blob;
	int offset, rc = 0;

	fdt_for_each_property_offset(offset, blob, loader->tree.nodes[node].offset)
	{
		const char *name = NULL;

		if (fdt_getprop_by_offset(blob, offset, &name, NULL) == NULL || name == NULL ||
		    is_common(name))
			continue;
		rc = check_name(loader, node, name);
		if (rc == 0)
			rc = read(loader, node, name);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* --- settings --- */

/** As it would be typed: text is text, a number its digits, nothing an empty text. */
static int setting_text(const struct sv3__loader *loader, uint32_t node, const char *name,
			char text[SV3__PATH_CHARS])
{
	const char *string;
	uint64_t number = 0;
	uint32_t size;
	const char *value = (const char *)sv3__property(&loader->tree, node, name, &size);

	text[0] = '\0';
	if (size == 0)
		return 0;
	/* A number is small: its first byte is 0. */
	if (value[0] != '\0' && value[size - 1] == '\0') {
		if (sv3__read_string(loader, node, name, &string) < 0)
			return -SV3_ERR_FORMAT;
		snprintf(text, SV3__PATH_CHARS, "%s", string);
		return 0;
	}
	if (sv3__read_u64(loader, node, name, UINT64_MAX, &number) < 0)
		return -SV3_ERR_FORMAT;
	snprintf(text, SV3__PATH_CHARS, "%llu", (unsigned long long)number);
	return 0;
}

static int read_setting(struct sv3__loader *loader, uint32_t node, const char *name)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_setting *settings;
	char text[SV3__PATH_CHARS];

	if (setting_text(loader, node, name, text) < 0)
		return -SV3_ERR_FORMAT;
	if (platform->setting_count == SV3_PLATFORM_PAIRS_MAX)
		return sv3__fail(loader, node, name, "more than %u settings",
				 SV3_PLATFORM_PAIRS_MAX);
	settings = (struct sv3_platform_setting *)sv3__room(
		loader, platform->settings, platform->setting_count, sizeof(*settings));
	if (settings == NULL)
		return sv3__fail_memory(loader);
	platform->settings = settings;
	settings += platform->setting_count++;
	settings->node = sv3__keep_path(loader, node);
	settings->name = sv3__keep_text(loader, name);
	settings->value = sv3__keep_text(loader, text);
	return settings->node != NULL && settings->name != NULL && settings->value != NULL
		       ? 0
		       : sv3__fail_memory(loader);
}

/* --- timing --- */

/* A property has dashes where the parameter has dots and underscores. */
static bool is_parameter(const char *property, const char *parameter)
{
	for (; *property != '\0' && *parameter != '\0'; property++, parameter++) {
		const char left = *property == '.' || *property == '_' ? '-' : *property;
		const char right = *parameter == '.' || *parameter == '_' ? '-' : *parameter;

		if (left != right)
			return false;
	}
	return *property == *parameter;
}

/* The parameter that a property sets. */
static int find_parameter(struct sv3__loader *loader, uint32_t node, const char *name,
			  struct sv3_timing_info *info)
{
	for (unsigned int i = 0; sv3_timing_info(i, info); i++)
		if (is_parameter(name, info->name))
			return 0;
	return sv3__fail(loader, node, name, "there is no such parameter; sv3 timing lists them");
}

static int read_timing(struct sv3__loader *loader, uint32_t node, const char *name)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_timing *timings;
	struct sv3_timing_info info;
	uint64_t value = 0;

	if (strcmp(name, "preset") == 0)
		return 0;
	if (sv3__read_u64(loader, node, name, UINT64_MAX, &value) < 0 ||
	    find_parameter(loader, node, name, &info) < 0)
		return -SV3_ERR_FORMAT;
	if (sv3_timing_set(&platform->timing, info.name, value) < 0)
		return sv3__fail(loader, node, name,
				 "%" PRIu64 " is not from %" PRIu32 " to %" PRIu32 " %s", value,
				 info.low, info.high, info.unit);
	if (platform->timing_count == SV3_PLATFORM_PAIRS_MAX)
		return sv3__fail(loader, node, name, "more than %u parameters",
				 SV3_PLATFORM_PAIRS_MAX);
	timings = (struct sv3_platform_timing *)sv3__room(loader, platform->timings,
							  platform->timing_count, sizeof(*timings));
	if (timings == NULL)
		return sv3__fail_memory(loader);
	platform->timings = timings;
	timings += platform->timing_count++;
	timings->node = sv3__keep_path(loader, node);
	timings->name = info.name;
	timings->value = (uint32_t)value;
	return timings->node != NULL ? 0 : sv3__fail_memory(loader);
}

static int read_timings(struct sv3__loader *loader, uint32_t node)
{
	const char *preset;
	int rc = sv3__read_string(loader, node, "preset", &preset);

	if (rc == 0 && preset != NULL) {
		loader->platform->timing_preset = sv3__keep_text(loader, preset);
		if (loader->platform->timing_preset == NULL)
			return sv3__fail_memory(loader);
		if (sv3_timing_preset(preset, &loader->platform->timing) < 0)
			return sv3__fail(loader, node, "preset",
					 "there is no '%s'; sv3 timing --help lists them", preset);
	}
	return rc == 0 ? for_each_property(loader, node, read_timing) : rc;
}

/* --- all of it --- */

static int read_child(struct sv3__loader *loader, uint32_t node)
{
	if (strcmp(sv3__node_name(&loader->tree, node), "timing") == 0)
		return read_timings(loader, node);
	return sv3__read_device(loader, node);
}

static int read_node(struct sv3__loader *loader, uint32_t node)
{
	const struct sv3__tree *tree = &loader->tree;
	int rc = for_each_property(loader, node, read_setting);

	for (uint32_t i = node + 1; i < tree->node_count && rc == 0; i++) {
		if (tree->nodes[i].parent == node && !tree->nodes[i].is_off)
			rc = read_child(loader, i);
	}
	return rc;
}

int sv3__read_world(struct sv3__loader *loader)
{
	const struct sv3__tree *tree = &loader->tree;
	uint32_t world = SV3_PLATFORM_NONE;

	for (uint32_t i = 0; i < tree->node_count; i++) {
		if (tree->nodes[i].is_off || !sv3__is_compatible(tree, i, "sv3,world"))
			continue;
		if (world != SV3_PLATFORM_NONE)
			return sv3__fail(loader, i, "compatible",
					 "a second sv3,world; a platform has one");
		world = i;
	}
	return world != SV3_PLATFORM_NONE ? read_node(loader, world) : 0;
}
