# SPDX-License-Identifier: MIT
SV3_SRCS += $(wildcard sim/migration/*.c sim/migration/policies/*.c)
