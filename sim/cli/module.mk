# SPDX-License-Identifier: MIT
CLI_SRCS += $(wildcard sim/cli/*.c)
