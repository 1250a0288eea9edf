# SPDX-License-Identifier: MIT
C_SUITES += model
TEST_SRCS_model += $(wildcard tests/model/*.c)
