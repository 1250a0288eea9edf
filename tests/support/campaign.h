/* SPDX-License-Identifier: MIT */
/*
 * campaign.h - what programs that test at random share: their command lines, and the time they
 * took. A mistake in the options is one line on stderr, and exit status 2.
 */
#ifndef SV3_TESTS_CAMPAIGN_H
#define SV3_TESTS_CAMPAIGN_H

#include <stdint.h>
#include <time.h>

/** campaign_refuse - @option is wrong because @why; --help is where to look. Ends the program. */
__attribute__((noreturn)) void campaign_refuse(const char *program, const char *option,
					       const char *why);
/** campaign_number - the number in @text, decimal, hexadecimal or octal; NULL and all else is
 *  refused. */
uint64_t campaign_number(const char *program, const char *option, const char *text);
/** campaign_seconds - since @start, of CLOCK_MONOTONIC. */
double campaign_seconds(const struct timespec *start);

#endif
