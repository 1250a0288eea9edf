# SPDX-License-Identifier: MIT
DRIVER_EXAMPLE_SRCS += $(wildcard examples/driver/*.c)
