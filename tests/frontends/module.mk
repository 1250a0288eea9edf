# SPDX-License-Identifier: MIT
C_SUITES += frontends
TEST_SRCS_frontends += $(wildcard tests/frontends/*.c)
