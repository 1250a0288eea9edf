# SPDX-License-Identifier: MIT
WORLDS_SRCS += $(wildcard tests/worlds/*.c) tests/support/campaign.c
