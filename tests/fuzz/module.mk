# SPDX-License-Identifier: MIT
FUZZ_SRCS += $(wildcard tests/fuzz/*.c)
