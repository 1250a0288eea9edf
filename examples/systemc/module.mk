# SPDX-License-Identifier: MIT
SYSTEMC_EXAMPLE_SRCS += $(wildcard examples/systemc/*.cc)
