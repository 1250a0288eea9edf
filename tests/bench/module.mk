# SPDX-License-Identifier: MIT
BENCH_SRCS += $(wildcard tests/bench/*.c)
