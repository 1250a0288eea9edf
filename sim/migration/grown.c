/* SPDX-License-Identifier: MIT */
/*
 * grown.c - arrays that get longer and longer.
 */
#include <stdlib.h>

#include "migration_priv.h"

#define CAPACITY_FIRST 64u

void *sv3__grown(void *array, uint64_t needed, uint64_t *capacity, size_t element_size)
{
	uint64_t larger = *capacity ? *capacity : CAPACITY_FIRST;

	if (needed <= *capacity)
		return array;
	while (larger < needed)
		larger *= 2;
	array = realloc(array, (size_t)larger * element_size);
	if (array)
		*capacity = larger;
	return array;
}
