# SPDX-License-Identifier: MIT
SYSTEMC_TEST_SRCS += $(wildcard tests/systemc/*.cc)
