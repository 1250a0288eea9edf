/* SPDX-License-Identifier: MIT */
/*
 * race.h - one page, a device that writes it, and a driver that looks for dirty state, takes it
 * away and copies the page, on a real sv3 SMMU and in every order. Is a write lost?
 *
 * A write is two steps: it is translated, which sets the dirty bit or finds the page known dirty in
 * the TLB, and it lands. Between the two it is in flight. [IHI0070 3.21.1], [policies 1, thread
 * 001]
 */
#ifndef SV3_EXPERIMENTS_RACE_H
#define SV3_EXPERIMENTS_RACE_H

#include "experiments_priv.h"

#define SV3__RACE_PAGE      0u
#define SV3__RACE_STEPS_MAX 7u

/* Steps of any driver; a race's own ones are numbered from OWN on. */
enum sv3__race_step {
	SV3__RACE_END,
	SV3__RACE_TLBI,
	SV3__RACE_SYNC,
	SV3__RACE_WAIT, /* goes on when the CMD_SYNC is consumed */
	SV3__RACE_COPY, /* of the page, if it was reported */
	SV3__RACE_OWN,
};

struct sv3__race_rules;

/** Plain data, as a model of schedules.c wants it. */
struct sv3__race {
	struct sv3__machine machine;
	struct sv3__flight flight;
	const struct sv3__race_rules *rules;
	uint8_t steps[SV3__RACE_STEPS_MAX + 1]; /* of this driver, up to END */
	uint8_t device_step, driver_step;
	uint64_t written;     /* number of the last write that landed: what is in the page */
	uint64_t destination; /* what was in it at its last copy */
	uint64_t seen;        /* the rules' own: a descriptor as an earlier step found it */
	bool reported;        /* dirty, by one of the driver's steps */
	bool faulted;         /* a write was refused, and noted */
	bool ended;
};

struct sv3__race_rules {
	/** What comes before the first step. NULL: nothing. */
	void (*prepare)(struct sv3__race *race);
	/** One of the race's own steps. */
	void (*step)(struct sv3__race *race, unsigned int step);
	/** A write was refused; behind this it must not be. NULL: no write is. */
	void (*refused)(struct sv3__race *race);
	/** The device has stopped, nothing is in flight: whether the page is copied once more. */
	bool (*is_owed)(struct sv3__race *race);
};

/** A driver, and whether any order of its steps and the device's loses a write. */
struct sv3__race_driver {
	const char *name, *question;
	uint8_t steps[SV3__RACE_STEPS_MAX + 1];
	bool loses;
};

/** sv3__race_write - a write that is translated and lands at once. */
void sv3__race_write(struct sv3__race *race);

/**
 * sv3__race_check - a row for each driver: in how many orders it loses a write
 * Returns: 0, -SV3_ERR_NOMEM, or as sv3__machine_init().
 */
SV3_MUST_CHECK int sv3__race_check(struct sv3_experiment_report *report,
				   const struct sv3__race_rules *rules,
				   const struct sv3__race_driver *drivers,
				   unsigned int driver_count);

#endif
