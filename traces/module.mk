# SPDX-License-Identifier: MIT
SV3IO_SRCS += $(wildcard traces/*.c)
SV3IO_PACKAGES += libzstd liblzma
