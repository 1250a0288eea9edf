/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - how the files of `sv3 experiment` share what came out of one.
 */
#ifndef SV3_CLI_EXPERIMENT_H
#define SV3_CLI_EXPERIMENT_H

#include <sv3/experiment.h>

/** Room for a number with its decimals, and for a sign of what is expected in front. */
#define EXPERIMENT_NUMBER_CHARS 48u

/** experiment_number - @value / 10^@digits as an exact decimal into @text
 *  [EXPERIMENT_NUMBER_CHARS]. Returns: @text. */
const char *experiment_number(uint64_t value, uint32_t digits, char *text);

/* For people. CLI_OK or CLI_ERROR. */
int experiment_print_list(void);
int experiment_print(const struct sv3_experiment_config *config,
		     const struct sv3_experiment_report *report);

/* For programs, in memory; the caller frees. NULL: out of memory. */
char *experiment_list_json(void);
char *experiment_json(const struct sv3_experiment_config *config,
		      const struct sv3_experiment_report *report);
char *experiment_csv(const struct sv3_experiment_report *report);

/** experiment_measure - rows about the barriers of this host, by its clock: no two are alike. */
void experiment_measure(struct sv3_experiment_report *report);

#endif
