/* SPDX-License-Identifier: MIT */
/*
 * guest_mark.c - P13: nobody sees DMA; the guest's driver touches each page of a buffer when it
 * gets it back, and the log of CPU writes sees that. [policies 1, thread 000]
 *
 * A buffer here is what one access wrote, handed back when it has landed. Buffers that are still
 * out when the guest stops are marked then, unless nobody thinks of it (--bug no-mark-at-stop).
 * Marked before the data is there, a page may be copied without it (--bug log-before-data).
 */
#include <stdlib.h>

#include "../migration_priv.h"

static void touch(struct sv3__migration *m, const struct sv3__note *note)
{
	m->result->cpu_faults += sv3__cpu_log_write(&m->cpu, note->pa);
}

static int start(struct sv3__migration *m)
{
	struct sv3__notes *notes = (struct sv3__notes *)calloc(1, sizeof(*notes));

	m->state = notes;
	return notes ? sv3__notes_begin(notes, m, touch) : -SV3_ERR_NOMEM;
}

/* The log of CPU writes is read by the loop, behind this. */
static int collect(struct sv3__migration *m)
{
	struct sv3__notes *notes = (struct sv3__notes *)m->state;

	m->result->marks = notes->added;
	return sv3__notes_carry_out(notes, sv3_world_now(m->world));
}

/* The log of a chunk is cleared by the loop, behind this: older marks come first. */
static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	(void)chunk_first;
	(void)chunk_end;
	return collect(m);
}

static int quiesce(struct sv3__migration *m)
{
	if (m->config->bug == SV3_BUG_NO_MARK_AT_STOP)
		return 0;
	return sv3__notes_carry_out((struct sv3__notes *)m->state, SV3_PS_NEVER);
}

static void finish(struct sv3__migration *m)
{
	struct sv3__notes *notes = (struct sv3__notes *)m->state;

	if (notes)
		sv3__notes_end(notes);
	free(notes);
}

const struct sv3__policy sv3__policy_guest_mark = {
	.info = {
		.name = "guest-mark",
		.id = "P13",
		.steps = "guest: completion, mark; log of CPU writes; C",
		.description = "the guest touches what devices wrote; the log of its CPUs does the rest",
		.claims_lossless = true,
	},
	.chunk_shift = SV3__CHUNK_CONFIGURED,
	.start = start,
	.collect = collect,
	.before_chunk = before_chunk,
	.quiesce = quiesce,
	.finish = finish,
};
