/* SPDX-License-Identifier: MIT */
/*
 * scenario.c - DMA placed by hand: scenarios 1 and 2 of mailing-list thread 002.
 *
 * Concepts:
 *   script  a device without a clock: it writes its whole area when the loop gets to a place.
 *   burst   one DMA of the scenario: one write a page, all due at one instant.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

#define ROUNDS         10u
#define AREA_PAGES_MAX (UINT64_C(1) << 24)
#define WRITE_BYTES    64u

static const struct sv3_scenario_info infos[] = {
	{ "fixed-area-10", "[:mask=0x0aa][:pages=16]",
	  "10 rounds, one DMA on all pages each; mask bit i-1: DMA i falls between collection and "
	  "clear, else behind the copy" },
	{ "fixed-area-endless", "[:pages=16]",
	  "10 rounds, the whole area is written before every collection and after it" },
};

const struct sv3_scenario_info *sv3_scenario_info(unsigned int index)
{
	return index < sizeof(infos) / sizeof(infos[0]) ? &infos[index] : NULL;
}

/* --- text --- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* A decimal or 0x number up to the next ':' or the end, at most @max. Returns: where it ends, or
 * NULL. */
static const char *parse_number(const char *text, uint64_t max, uint64_t *number)
{
	int base = 10;
	uint64_t value = 0;

	if (!strncmp(text, "0x", 2)) {
		base = 16;
		text += 2;
	}
	if (digit_of(*text) >= base)
		return NULL;
	for (; *text && *text != ':'; text++) {
		const int digit = digit_of(*text);

		if (digit >= base)
			return NULL;
		value = value * (uint64_t)base + (uint64_t)digit;
		if (value > max)
			return NULL;
	}
	*number = value;
	return text;
}

static const char *parse_parameter(const char *text, struct sv3_scenario *scenario,
				   const char **why)
{
	uint64_t number = 0;

	if (!strncmp(text, "pages=", 6)) {
		*why = "pages must be a number from 1 to 16777216";
		text = parse_number(text + 6, AREA_PAGES_MAX, &number);
		scenario->area_pages = number;
		return number ? text : NULL;
	}
	if (!strncmp(text, "mask=", 5) && !scenario->endless) {
		*why = "mask must be a number from 0 to 0x3ff: one bit a round";
		text = parse_number(text + 5, (1u << ROUNDS) - 1, &number);
		scenario->mask = (uint32_t)number;
		return text;
	}
	*why = scenario->endless ? "the only parameter is pages" : "parameters are mask and pages";
	return NULL;
}

int sv3_scenario_parse(const char *text, struct sv3_scenario *scenario, const char **why)
{
	size_t name_len = 0;

	*scenario = (struct sv3_scenario){ .rounds = ROUNDS, .mask = 0x0aa, .area_pages = 16 };
	*why = "there is no such scenario";
	while (text[name_len] && text[name_len] != ':')
		name_len++;
	if (name_len == strlen(infos[1].name) && !strncmp(text, infos[1].name, name_len))
		scenario->endless = true;
	else if (name_len != strlen(infos[0].name) || strncmp(text, infos[0].name, name_len))
		return -SV3_ERR_NOENT;
	for (text += name_len; text && *text == ':';)
		text = parse_parameter(text + 1, scenario, why);
	if (!text)
		return -SV3_ERR_INVAL;
	*why = NULL;
	return 0;
}

/* --- the device --- */

struct sv3__script {
	struct sv3_scenario scenario;
	sv3_iova base;
	struct sv3_world *world;
	struct sv3_device device;   /* as the world knows it */
	uint64_t issued, completed; /* pages of this burst */
	uint64_t serial;
};

static bool script_next(void *context, struct sv3_device_event *event)
{
	struct sv3__script *script = (struct sv3__script *)context;

	if (!script->world || script->issued == script->scenario.area_pages)
		return false;
	*event = (struct sv3_device_event){
		.due = sv3_world_now(script->world),
		.iova = script->base + script->issued++ * SV3_PAGE_SIZE,
		.len = WRITE_BYTES,
		.kind = SV3_DEVICE_WRITE,
		.serial = script->serial++,
	};
	return true;
}

static void script_completed(void *context, const struct sv3_device_event *event, bool ok,
			     sv3_ps at)
{
	(void)event;
	(void)ok;
	(void)at;
	((struct sv3__script *)context)->completed++;
}

static const struct sv3_device_ops script_ops = {
	.next = script_next,
	.completed = script_completed,
};

struct sv3__script *sv3__script_create(const struct sv3_scenario *scenario, sv3_iova base)
{
	struct sv3__script *script = (struct sv3__script *)calloc(1, sizeof(*script));

	if (!script)
		return NULL;
	script->scenario = *scenario;
	script->base = base;
	return script;
}

void sv3__script_destroy(struct sv3__script *script)
{
	free(script);
}

struct sv3_device sv3__script_device(struct sv3__script *script)
{
	return (struct sv3_device){ .ops = &script_ops, .context = script };
}

void sv3__script_attach(struct sv3__script *script, struct sv3_world *world,
			const struct sv3_device *device)
{
	script->device = *device;
	script->world = world;
	script->issued = script->completed = script->scenario.area_pages;
}

/* All pages are written, and the writes have landed, before the loop goes on. */
static void burst(struct sv3__script *script)
{
	script->issued = script->completed = 0;
	/* A device that had nothing more to do is asked anew when it is attached again. */
	sv3_world_attach_device(script->world, &script->device);
	while (script->completed < script->scenario.area_pages) {
		const sv3_ps next = sv3_world_next_event(script->world);

		if (next == SV3_PS_NEVER)
			break;
		sv3_world_run_until(script->world, next);
	}
	sv3_world_drain(script->world);
}

void sv3__script_at_place(void *context, enum sv3_place place, uint32_t round)
{
	struct sv3__script *script = (struct sv3__script *)context;
	const struct sv3_scenario *scenario = &script->scenario;

	if (round > scenario->rounds)
		return; /* the device has stopped */
	if (scenario->endless) {
		burst(script);
		return;
	}
	if (round == 0)
		return; /* the area is clean at start */
	if (((scenario->mask >> (round - 1) & 1) != 0) == (place == SV3_PLACE_AFTER_COLLECT))
		burst(script);
}
