/* SPDX-License-Identifier: MIT */
/*
 * thread_003.c - device metadata accessed through a kept mapping of the kernel: who marks its page
 * dirty and when, what a cache between software and tables hides, and what a bit of a log costs.
 * [policies 1, thread 003]
 */
#include "experiments_priv.h"

enum { PAGES, WRITES, SEED };

static const struct sv3_experiment_parameter parameters[] = {
	[PAGES] = { "pages", "of memory the log has a bit for", 65536, 64, 1048576, false },
	[WRITES] = { "writes", "pages logged", 20000, 64, 1000000, false },
	[SEED] = { "seed", "of the pages", 1, 0, UINT64_MAX, false },
};

static int run(const struct sv3_experiment_config *config, struct sv3_experiment_report *report)
{
	int rc = sv3__thread_003_notifier(report);

	if (!rc)
		rc = sv3__thread_003_coherence(report);
	return rc ? rc
		  : sv3__thread_003_log(report, (uint32_t)config->values[PAGES],
					(uint32_t)config->values[WRITES], config->values[SEED]);
}

const struct sv3__experiment sv3__thread_003 = {
	.info = {
		.name = "thread-003",
		.title = "cached-mapping",
		.description = "dirty marking of a mapping that notifiers tear down",
		.parameters = parameters,
		.parameter_count = SV3__COUNT(parameters),
	},
	.run = run,
};
