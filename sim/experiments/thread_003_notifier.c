/* SPDX-License-Identifier: MIT */
/*
 * thread_003_notifier.c - a mapping that invalidations of the address space tear down, and the mark
 * that makes its page dirty: exactly one for each mapping, and none once cleaning has begun.
 *
 * Two invalidations run at once, and who called one may begin to clean the page when it returns.
 * Either the invalidation marks the page, or establishing the mapping does. [policies 1, thread
 * 003]
 */
#include "experiments_priv.h"

enum { FIRST, SECOND, ESTABLISH, ACTORS };
#define INVALIDATIONS 2u

/* --- marked when the mapping is torn down --- */

enum teardown {
	LOOK_THEN_TAKE, /* naive: look, mark, take down, with nothing around it */
	TAKE_THEN_MARK, /* taken down by an exchange; marked behind it, with nothing around it */
	UNDER_LOCK,     /* taken down and marked under one lock */
};

struct tearing {
	uint8_t variant; /* enum teardown */
	uint8_t step[INVALIDATIONS];
	bool saw_mapping[INVALIDATIONS]; /* what each invalidation found */
	bool mapped, cleaning;
	uint8_t locked_by; /* 0: nobody; else the invalidation, from 1 */
	uint8_t marks, late_marks;
};

static void mark_if_seen(struct tearing *t, unsigned int who)
{
	if (!t->saw_mapping[who])
		return;
	t->marks++;
	t->late_marks += t->cleaning;
}

static void look(struct tearing *t, unsigned int who)
{
	t->saw_mapping[who] = t->mapped;
}

static void take_down(struct tearing *t)
{
	t->mapped = false;
}

/* The steps of each variant; behind them the caller may clean. */
static const uint8_t step_counts[] = {
	[LOOK_THEN_TAKE] = 3,
	[TAKE_THEN_MARK] = 2,
	[UNDER_LOCK] = 4,
};

static void look_then_take(struct tearing *t, unsigned int who)
{
	switch (t->step[who]) {
	case 0:
		look(t, who);
		break;
	case 1:
		mark_if_seen(t, who);
		break;
	default:
		take_down(t);
		break;
	}
}

static void take_then_mark(struct tearing *t, unsigned int who)
{
	if (t->step[who] == 0) {
		look(t, who);
		take_down(t);
	} else {
		mark_if_seen(t, who);
	}
}

/* Returns: false: the lock is taken. */
static bool under_lock(struct tearing *t, unsigned int who)
{
	switch (t->step[who]) {
	case 0:
		if (t->locked_by)
			return false;
		t->locked_by = (uint8_t)(who + 1);
		return true;
	case 1:
		look(t, who);
		take_down(t);
		return true;
	case 2:
		mark_if_seen(t, who);
		return true;
	default:
		t->locked_by = 0;
		return true;
	}
}

static bool tearing_take(void *state, unsigned int who)
{
	struct tearing *t = (struct tearing *)state;
	const unsigned int count = step_counts[t->variant];

	if (t->step[who] > count)
		return false;
	if (t->step[who] == count)
		t->cleaning = true;
	else if (t->variant == LOOK_THEN_TAKE)
		look_then_take(t, who);
	else if (t->variant == TAKE_THEN_MARK)
		take_then_mark(t, who);
	else if (!under_lock(t, who))
		return false;
	t->step[who]++;
	return true;
}

static bool tearing_is_wrong(const void *state)
{
	const struct tearing *t = (const struct tearing *)state;

	return t->marks != 1 || t->late_marks;
}

static bool tearing_is_done(const void *state)
{
	const struct tearing *t = (const struct tearing *)state;
	const unsigned int count = step_counts[t->variant];

	return t->step[FIRST] > count && t->step[SECOND] > count;
}

/* --- marked when the mapping is established --- */

/** A mapping is established while invalidations come and go; what an invalidation finds is already
 * marked. */
struct establishing {
	bool retries; /* looks, under the lock, for an invalidation that came since it got the page
		       */
	uint8_t step[ACTORS];
	bool mapped;
	uint8_t marks;                       /* of the mapping that is there */
	uint8_t invalidations;               /* under way */
	uint8_t sequence;                    /* invalidations begun, ever */
	uint8_t cleanings;                   /* begun, ever */
	uint8_t cleaning_now;                /* begun by an invalidation that has not ended */
	uint8_t got_sequence, got_cleanings; /* as they were when the page was got */
	bool wrong;
};

/* Begin, clean, end. Beginning and ending are under the notifier's lock: one step each. */
static bool invalidate(struct establishing *e, unsigned int who)
{
	switch (e->step[who]) {
	case 0:
		e->invalidations++;
		e->sequence++;
		if (e->mapped && e->marks != 1)
			e->wrong = true;
		e->mapped = false;
		break;
	case 1:
		e->cleanings++;
		e->cleaning_now++;
		break;
	case 2:
		e->invalidations--;
		e->cleaning_now--;
		break;
	default:
		return false;
	}
	e->step[who]++;
	return true;
}

/* Get the page; then, under the lock, map and mark it. */
static bool establish(struct establishing *e)
{
	const bool raced = e->invalidations || e->sequence != e->got_sequence;

	switch (e->step[ESTABLISH]) {
	case 0:
		/* It would only be sent back. */
		if (e->retries && e->invalidations)
			return false;
		e->got_sequence = e->sequence;
		e->got_cleanings = e->cleanings;
		e->step[ESTABLISH] = 1;
		return true;
	case 1:
		if (e->retries && raced) {
			e->step[ESTABLISH] = 0;
			return true;
		}
		if (e->cleaning_now || e->cleanings != e->got_cleanings)
			e->wrong = true;
		e->marks = 1;
		e->mapped = true;
		e->step[ESTABLISH] = 2;
		return true;
	default:
		return false;
	}
}

static bool establishing_take(void *state, unsigned int choice)
{
	struct establishing *e = (struct establishing *)state;

	return choice == ESTABLISH ? establish(e) : invalidate(e, choice);
}

static bool establishing_is_wrong(const void *state)
{
	const struct establishing *e = (const struct establishing *)state;

	return e->wrong || (e->mapped && e->marks != 1);
}

static bool establishing_is_done(const void *state)
{
	const struct establishing *e = (const struct establishing *)state;

	return e->step[FIRST] == 3 && e->step[SECOND] == 3 && e->step[ESTABLISH] == 2;
}

/* --- rows --- */

static int check_teardown(struct sv3_experiment_report *report, const char *name,
			  const char *question, enum teardown variant)
{
	static const struct sv3__model model = { sizeof(struct tearing), INVALIDATIONS,
						 tearing_take, tearing_is_wrong, tearing_is_done };
	const struct tearing initial = { .variant = (uint8_t)variant, .mapped = true };
	const bool right = variant == UNDER_LOCK;
	struct sv3__schedules result;
	const int rc = sv3__schedules_run(&model, &initial, &result);

	if (!rc)
		sv3__check_schedules(report, name, question,
				     right ? SV3_EXPERIMENT_EQUAL : SV3_EXPERIMENT_AT_LEAST,
				     right ? 0 : 1, &result);
	return rc;
}

static int check_establishment(struct sv3_experiment_report *report, const char *name,
			       const char *question, bool retries)
{
	static const struct sv3__model model = { sizeof(struct establishing), ACTORS,
						 establishing_take, establishing_is_wrong,
						 establishing_is_done };
	const struct establishing initial = { .retries = retries };
	struct sv3__schedules result;
	const int rc = sv3__schedules_run(&model, &initial, &result);

	if (!rc)
		sv3__check_schedules(report, name, question,
				     retries ? SV3_EXPERIMENT_EQUAL : SV3_EXPERIMENT_AT_LEAST,
				     retries ? 0 : 1, &result);
	return rc;
}

int sv3__thread_003_notifier(struct sv3_experiment_report *report)
{
	int rc = check_teardown(report, "teardown-naive",
				"look, mark, take down: marked twice, or after cleaning began",
				LOOK_THEN_TAKE);

	if (!rc)
		rc = check_teardown(report, "teardown-exchange",
				    "taken down by exchange, then marked: the same",
				    TAKE_THEN_MARK);
	if (!rc)
		rc = check_teardown(report, "teardown-locked",
				    "taken down and marked under one lock: the same", UNDER_LOCK);
	if (!rc)
		rc = check_establishment(report, "establish-naive",
					 "marked when mapped, no look for a race: the same", false);
	return rc ? rc
		  : check_establishment(
			    report, "establish-retry",
			    "marked when mapped, again if an invalidation raced: the same", true);
}
