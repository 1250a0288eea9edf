/* SPDX-License-Identifier: MIT */
/*
 * direct.c - software that accesses memory by itself instead of through a bus: it announces each
 * access, and is left there; the access is its next one.
 *
 * What a write wrote is known when its program comes back, to announce another or to end: then it
 * is settled, which is to say told and shown to the monitors. A program that is left stands before
 * an access, so none is unsettled while others go on.
 *
 * Memory that no hardware sees is software's own. Who accesses it does not matter while there is
 * one program; with two it is announced like any other, by its address on the host.
 */
#include <stdio.h>
#include <string.h>

#include "explore_priv.h"

static bool is_of_machine(const struct sv3_explore *x, const volatile void *where)
{
	return (uintptr_t)where - (uintptr_t)x->cpu < SV3__XRAM_BYTES;
}

static sv3_pa address_of(const struct sv3_explore *x, const volatile void *where)
{
	const uintptr_t address = (uintptr_t)where;

	return is_of_machine(x, where) ? SV3__XRAM_BASE + (address - (uintptr_t)x->cpu) : address;
}

static void name(const struct sv3_explore *x, const void *where, uint32_t size, char place[48],
		 char word[64])
{
	uint64_t value = 0;

	memcpy(&value, where, size < 8 ? size : 8);
	if (is_of_machine(x, where)) {
		sv3__name_place(x, address_of(x, where), place);
		sv3__name_word(x, address_of(x, where), value, word);
	} else {
		snprintf(place, 48, "a word of its own");
		snprintf(word, 64, "0x%llx", (unsigned long long)value);
	}
}

static void say(struct sv3_explore *x, const char *verb, const void *where, uint32_t size)
{
	char place[48], word[64];

	if (!x->telling)
		return;
	name(x, where, size, place, word);
	sv3__say(x, "%s %s: %s", verb, place, word);
}

void *sv3_explore_memory(struct sv3_explore *x, sv3_pa pa, uint64_t size)
{
	if (pa - SV3__XRAM_BASE >= SV3__XRAM_BYTES ||
	    size > SV3__XRAM_BYTES - (pa - SV3__XRAM_BASE))
		return NULL;
	return x->cpu + (pa - SV3__XRAM_BASE);
}

/* --- announcing --- */

/* With one program nobody else comes to what is software's own. */
static bool is_private(const struct sv3_explore *x, const volatile void *where)
{
	return !is_of_machine(x, where) && x->scenario->program_count == 1;
}

void sv3_explore_reads(struct sv3_explore *x, const volatile void *where, uint32_t size)
{
	const sv3_pa pa = address_of(x, where);
	struct sv3__xseen seen = { .pa = pa, .size = size, .is_own = !is_of_machine(x, where) };

	if (is_private(x, where))
		return;
	sv3__program_next(x, (struct sv3__xpending){ .op = SV3__XOP_READ, .pa = pa, .size = size });
	seen.value = sv3__sight((const void *)where, size);
	sv3__program_see(x, seen);
	say(x, "reads", (const void *)where, size);
}

void sv3_explore_writes(struct sv3_explore *x, volatile void *where, uint32_t size)
{
	const sv3_pa pa = address_of(x, where);

	SV3_ASSERT(size <= sizeof(x->direct.before));
	if (is_private(x, where))
		return;
	sv3__program_next(x,
			  (struct sv3__xpending){ .op = SV3__XOP_WRITE, .pa = pa, .size = size });
	x->direct.where = (uint8_t *)where;
	x->direct.size = size;
	memcpy(x->direct.before, (const void *)where, size);
	if (is_of_machine(x, where))
		sv3__memory_opens(x, x->cpu, pa, size);
}

/* --- settling --- */

/* The monitors see doublewords of memory, whole ones. */
static void show(struct sv3_explore *x, sv3_pa pa)
{
	const struct sv3__xdirect *direct = &x->direct;
	uint8_t before[8];

	for (sv3_pa word = pa & ~UINT64_C(7); word < pa + direct->size; word += 8) {
		const uint8_t *now = x->cpu + (word - SV3__XRAM_BASE);
		const sv3_pa first = word < pa ? pa : word;
		const sv3_pa end = word + 8 < pa + direct->size ? word + 8 : pa + direct->size;

		memcpy(before, now, 8);
		memcpy(before + (first - word), direct->before + (first - pa), end - first);
		sv3__watch_stored(x, word, sv3_le64(before), sv3_le64(now));
	}
}

void sv3__direct_settle(struct sv3_explore *x)
{
	struct sv3__xdirect *direct = &x->direct;
	const sv3_pa pa = address_of(x, direct->where);

	if (!direct->size)
		return;
	say(x, memcmp(direct->where, direct->before, direct->size) ? "writes" : "leaves",
	    direct->where, direct->size);
	if (is_of_machine(x, direct->where)) {
		sv3__memory_closes(x, x->cpu, pa, direct->size);
		show(x, pa);
	}
	direct->size = 0;
}
