# SPDX-License-Identifier: MIT
TLM_SRCS += $(wildcard sim/systemc/*.cc)
