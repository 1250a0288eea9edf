# SPDX-License-Identifier: MIT
SV3_SRCS += $(wildcard sim/monitor/*.c)
