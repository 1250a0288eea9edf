/* SPDX-License-Identifier: MIT */
/*
 * state.c - states that were met before.
 *
 * A state is all that decides what can follow: memory, the blocks but for their counters, what
 * moves, the driver's own, and the stacks of programs. It is known by a fingerprint of 64 bits: of
 * ten million states two are taken for one with a chance of one in four hundred thousand.
 *
 * What was asleep when a state was met first was not explored from it. So it is met as if anew for
 * whom slept then and does not now. (Godefroid: sleep sets with a cache of states.)
 */
#include <string.h>

#include "state.h"

#define ENTRIES_FIRST 65536u

struct entry {
	uint64_t key; /* 0: free */
	uint32_t slept;
};

struct sv3__states {
	struct entry *entries; /* shape [count] */
	uint64_t count, used;
};

struct sv3__states *sv3__states_create(void)
{
	struct sv3__states *states = (struct sv3__states *)calloc(1, sizeof(*states));

	if (!states)
		return NULL;
	states->count = ENTRIES_FIRST;
	states->entries = (struct entry *)calloc(states->count, sizeof(*states->entries));
	if (states->entries)
		return states;
	free(states);
	return NULL;
}

void sv3__states_destroy(struct sv3__states *states)
{
	if (!states)
		return;
	free(states->entries);
	free(states);
}

static struct entry *find(const struct sv3__states *states, uint64_t key)
{
	uint64_t at = key & (states->count - 1);

	while (states->entries[at].key && states->entries[at].key != key)
		at = (at + 1) & (states->count - 1);
	return &states->entries[at];
}

/* At most half full; without memory it stays as it is, and states are no longer kept. */
static void grow(struct sv3__states *states)
{
	struct sv3__states larger = { .count = 2 * states->count, .used = states->used };

	larger.entries = (struct entry *)calloc(larger.count, sizeof(*larger.entries));
	if (!larger.entries)
		return;
	for (uint64_t i = 0; i < states->count; i++)
		if (states->entries[i].key)
			*find(&larger, states->entries[i].key) = states->entries[i];
	free(states->entries);
	*states = larger;
}

uint32_t sv3__states_meet(struct sv3__states *states, uint64_t key, uint32_t sleeping)
{
	struct entry *entry = find(states, key);
	uint32_t slept = UINT32_MAX;

	if (entry->key) {
		slept = entry->slept;
		entry->slept &= sleeping;
		return slept;
	}
	if (2 * (states->used + 1) > states->count) {
		grow(states);
		entry = find(states, key);
	}
	if (states->used + 1 < states->count) {
		*entry = (struct entry){ key, sleeping };
		states->used++;
	}
	return slept;
}

/* --- fingerprints --- */

static uint64_t hash_words(const void *data, size_t size, uint64_t hash)
{
	const uint8_t *bytes = (const uint8_t *)data;
	uint64_t word;

	for (; size >= 8; size -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		hash = sv3__mix(hash, word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	return size ? sv3__mix(hash, word) : hash;
}

/* Counters are no part of it. */
static uint64_t hash_block(const struct sv3_explore *x, uint32_t smmu, uint64_t hash)
{
	const uint8_t *block = (const uint8_t *)x->smmus[smmu];
	const uint8_t *stats = (const uint8_t *)sv3_smmu_stats(x->smmus[smmu]);
	const uint8_t *behind = stats + sizeof(struct sv3_smmu_stats);

	hash = hash_words(block, (size_t)(stats - block), hash);
	return hash_words(behind, x->block_bytes - (size_t)(behind - block), hash);
}

uint64_t sv3__state_key(const struct sv3_explore *x)
{
	uint64_t hash = x->memory_hash;

	for (uint32_t i = 0; i < x->scenario->smmu_count; i++)
		hash = x->touched[i] ? hash_block(x, i, hash) : sv3__mix(hash, i);
	hash = hash_words(&x->moving, sizeof(x->moving), hash);
	hash = hash_words(x->state, x->driver.state_bytes, hash);
	for (uint32_t i = 0; i < x->scenario->program_count; i++)
		hash = sv3__coroutine_hash(&x->stacks[i], hash);
	return hash ? hash : 1;
}
