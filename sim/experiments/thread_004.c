/* SPDX-License-Identifier: MIT */
/*
 * thread_004.c - dirty tracking of memory that has no page structures: by faults that software
 * answers, by hardware beside a write protection, and by IOVA for what is not RAM.
 * [policies 1, thread 004]
 */
#include "experiments_priv.h"

static int run(const struct sv3_experiment_config *config, struct sv3_experiment_report *report)
{
	int rc = sv3__thread_004_faults(report);

	(void)config;
	if (!rc)
		rc = sv3__thread_004_race(report);
	return rc ? rc : sv3__thread_004_bar(report);
}

const struct sv3__experiment sv3__thread_004 = {
	.info = {
		.name = "thread-004",
		.title = "no-page-structs",
		.description = "dirty tracking by faults, beside hardware, and of a device's own memory",
	},
	.run = run,
};
