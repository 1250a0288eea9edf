# SPDX-License-Identifier: MIT
SV3_SRCS += $(wildcard pagetable/*.c)
