/* SPDX-License-Identifier: MIT */
/*
 * trace_fx.c - random traces that keep all rules of docs/TRACES.md, and access to files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_fx.h"

static void access_fill(struct sv3_prng *prng, struct sv3_trace_rec *rec)
{
	uint64_t offset = sv3_prng_below(prng, SV3_PAGE_SIZE);

	rec->has = SV3_TRACE_HAS_ALL;
	rec->iova = (sv3_prng_next(prng) >> sv3_prng_below(prng, 64) & ~UINT64_C(4095)) | offset;
	rec->pa = (sv3_prng_below(prng, UINT64_C(1) << 40) << 12) | offset;
	rec->len = 1 + sv3_prng_below(prng, SV3_PAGE_SIZE - offset);
	rec->aux = (uint8_t)sv3_prng_below(prng, SV3_TRACE_AUX_UNKNOWN + 1);
}

static void mapping_fill(struct sv3_prng *prng, struct sv3_trace_rec *rec)
{
	rec->has = SV3_TRACE_HAS_ALL;
	rec->iova = sv3_prng_below(prng, UINT64_C(1) << 50) << 12;
	rec->len = (1 + sv3_prng_below(prng, 1000)) << 12;
	if (rec->op == SV3_TRACE_MAP) {
		rec->pa = sv3_prng_below(prng, UINT64_C(1) << 39) << 12;
		rec->aux = (uint8_t)(SV3_TRACE_AUX_PERM_R + sv3_prng_below(prng, 3));
		return;
	}
	rec->has &= (uint8_t)~SV3_TRACE_HAS_PA;
	if (rec->op == SV3_TRACE_TLBI_VA)
		rec->aux = sv3_prng_below(prng, 2) ? SV3_TRACE_AUX_LEAF : SV3_TRACE_AUX_NONE;
}

static struct sv3_trace_rec random_rec(struct sv3_prng *prng, uint64_t time_ns)
{
	struct sv3_trace_rec rec = { .time_ns = time_ns };

	rec.op = (uint8_t)sv3_prng_below(prng, SV3_TRACE_OP_COUNT);
	if (rec.op == SV3_TRACE_R || rec.op == SV3_TRACE_W)
		access_fill(prng, &rec);
	else if (rec.op == SV3_TRACE_MAP || rec.op == SV3_TRACE_UNMAP ||
		 rec.op == SV3_TRACE_TLBI_VA)
		mapping_fill(prng, &rec);
	if ((rec.op == SV3_TRACE_TLBI_VA || rec.op == SV3_TRACE_TLBI_ASID) &&
	    sv3_prng_below(prng, 2))
		rec.has ^= SV3_TRACE_HAS_SID;
	if (rec.has & SV3_TRACE_HAS_SID)
		rec.sid = (uint32_t)(sv3_prng_next(prng) >> (32 + sv3_prng_below(prng, 32)));
	return rec;
}

struct sv3_trace fx_random(uint64_t seed, uint64_t count)
{
	struct sv3_trace trace = { .format = "random", .count = count };
	struct sv3_prng prng;
	uint64_t time_ns = 0;

	sv3_prng_seed(&prng, seed);
	trace.records = malloc((size_t)count * sizeof(*trace.records));
	trace.direction_is_bound = seed & 1;
	for (uint64_t i = 0; trace.records != NULL && i < count; i++) {
		/* Half of the traces tick in microseconds, as real ones do. */
		time_ns += sv3_prng_below(&prng, 5) * (seed & 2 ? 1000 : 1);
		trace.records[i] = random_rec(&prng, time_ns);
	}
	return trace;
}

const char *fx_shared(const char *name, char *path)
{
	const char *root = getenv("SV3_SHARED");

	(void)snprintf(path, 512, "%s/traces/%s", root != NULL ? root : "../shared", name);
	return access(path, R_OK) == 0 ? path : NULL;
}

uint8_t *fx_load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long end;

	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0) {
		rewind(file);
		*size = (size_t)end;
		bytes = malloc(*size + 1);
		if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
			free(bytes);
			bytes = NULL;
		}
	}
	(void)fclose(file);
	return bytes;
}

bool fx_equal(const struct sv3_trace *a, const struct sv3_trace *b)
{
	return a->count == b->count && a->direction_is_bound == b->direction_is_bound &&
	       memcmp(a->records, b->records, (size_t)a->count * sizeof(*a->records)) == 0;
}

const char *fx_read_text(const char *text, struct sv3_trace *trace, struct sv3_trace_error *error)
{
	error->text[0] = '\0';
	if (sv3_trace_read_memory(text, strlen(text), "file", trace, error) == 0)
		return "";
	return error->text;
}
