# SPDX-License-Identifier: MIT
SUPPORT_SRCS += $(wildcard tests/support/*.c tests/support/*.cc)
VECTOR_SRCS += $(wildcard tests/vectors/*.c)
