# SPDX-License-Identifier: MIT
C_SUITES += experiments
TEST_SRCS_experiments += $(wildcard tests/experiments/*.c)
