# SPDX-License-Identifier: MIT
SV3IO_SRCS += $(wildcard sim/report/*.c)
SV3IO_PACKAGES += libcjson libzstd
