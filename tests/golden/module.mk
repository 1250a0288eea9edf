# SPDX-License-Identifier: MIT
GOLDEN_SUITES += $(wildcard tests/golden/*.sh)
