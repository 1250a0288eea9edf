/* SPDX-License-Identifier: MIT */
/*
 * grown.c - arrays that get one element after the other.
 */
#include <stdlib.h>

#include "migration_priv.h"

#define CAPACITY_FIRST 64u

void *sv3__grown(void *array, uint64_t count, uint64_t *capacity, size_t element_size)
{
	const uint64_t larger = *capacity ? 2 * *capacity : CAPACITY_FIRST;

	if (count < *capacity)
		return array;
	array = realloc(array, (size_t)larger * element_size);
	if (array)
		*capacity = larger;
	return array;
}
