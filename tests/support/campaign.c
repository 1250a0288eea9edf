/* SPDX-License-Identifier: MIT */
/* campaign.c - see campaign.h. */
#include "campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void campaign_refuse(const char *program, const char *option, const char *why)
{
	fprintf(stderr, "%s: %s: %s; see %s --help\n", program, option, why, program);
	exit(2);
}

uint64_t campaign_number(const char *program, const char *option, const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = text ? strtoull(text, &end, 0) : 0;
	if (!text || *text < '0' || *text > '9' || *end || errno)
		campaign_refuse(program, option, "needs a number");
	return value;
}

double campaign_seconds(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}
