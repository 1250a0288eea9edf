/* SPDX-License-Identifier: MIT */
/*
 * thread_001_hardware.c - the hardware sets the dirty bit before the data is there: when may the
 * page be copied? Scan, clear, TLBI, CMD_SYNC and copy, in every order with a device's writes.
 * [policies 1, thread 001]
 */
#include "race.h"

/* The driver's steps. */
enum {
	SCAN = SV3__RACE_OWN,
	CLEAR,
	TLBI = SV3__RACE_TLBI,
	SYNC = SV3__RACE_SYNC,
	WAIT = SV3__RACE_WAIT,
	COPY = SV3__RACE_COPY,
};

static bool is_dirty(struct sv3__race *race)
{
	return sv3__machine_is_dirty(&race->machine, SV3__RACE_PAGE);
}

static void driver_does(struct sv3__race *race, unsigned int step)
{
	if (step == SCAN)
		race->reported = is_dirty(race);
	else if (race->reported)
		sv3__machine_clear(&race->machine, SV3__RACE_PAGE);
}

int sv3__thread_001_hardware(struct sv3_experiment_report *report)
{
	/* A page written once is dirty in its descriptor, and known dirty in the TLB. */
	static const struct sv3__race_rules rules = {
		.prepare = sv3__race_write,
		.step = driver_does,
		.is_owed = is_dirty,
	};
	static const struct sv3__race_driver drivers[] = {
		{ "copy-after-scan",
		  "hardware bit, copy before the clear: a write is lost",
		  { SCAN, COPY, CLEAR, TLBI, SYNC, WAIT },
		  true },
		{ "copy-after-clear",
		  "copy before the TLBI: a write is lost",
		  { SCAN, CLEAR, COPY, TLBI, SYNC, WAIT },
		  true },
		{ "copy-after-tlbi",
		  "copy after the TLBI, before the CMD_SYNC: a write is lost",
		  { SCAN, CLEAR, TLBI, COPY, SYNC, WAIT },
		  true },
		{ "copy-before-wait",
		  "copy without waiting for the CMD_SYNC: a write is lost",
		  { SCAN, CLEAR, TLBI, SYNC, COPY, WAIT },
		  true },
		{ "copy-after-wait",
		  "copy when the CMD_SYNC is consumed: a write is lost",
		  { SCAN, CLEAR, TLBI, SYNC, WAIT, COPY },
		  false },
		{ "copy-no-tlbi",
		  "the same without the TLBI: a write is lost",
		  { SCAN, CLEAR, SYNC, WAIT, COPY },
		  true },
	};

	return sv3__race_check(report, &rules, drivers, SV3__COUNT(drivers));
}
