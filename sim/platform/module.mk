# SPDX-License-Identifier: MIT
SV3IO_SRCS += $(wildcard sim/platform/*.c)
# Debian's libfdt has no file for pkg-config.
SV3IO_LDLIBS += -lfdt
