# SPDX-License-Identifier: MIT
WALKER_SRCS += $(wildcard tests/walker/*.c) tests/support/campaign.c
