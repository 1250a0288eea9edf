# SPDX-License-Identifier: MIT
# The points of docs/TIMING.md are measured by a suite, and by a program that prints the table.
C_SUITES += timing
TIMING_COMMON := $(filter-out %/validate.c %/test_points.c,$(wildcard tests/timing/*.c))
TEST_SRCS_timing += $(TIMING_COMMON) tests/timing/test_points.c
TIMING_SRCS += $(TIMING_COMMON) tests/timing/validate.c tests/support/campaign.c
