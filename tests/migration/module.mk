# SPDX-License-Identifier: MIT
C_SUITES += migration
TEST_SRCS_migration += $(wildcard tests/migration/*.c) tests/worlds/parts.c
