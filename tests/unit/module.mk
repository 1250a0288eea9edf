# SPDX-License-Identifier: MIT
C_SUITES += unit
TEST_SRCS_unit += $(wildcard tests/unit/*.c tests/unit/*/*.c)
