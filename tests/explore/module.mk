# SPDX-License-Identifier: MIT
# What is found of the seeded mistakes is tested by a suite, and printed by a program.
C_SUITES += explore
TEST_SRCS_explore += $(filter-out %/table.c,$(wildcard tests/explore/*.c))
MUTANT_SRCS += tests/explore/table.c tests/explore/hunt.c
