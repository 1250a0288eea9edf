# SPDX-License-Identifier: MIT
# Fuzzer X is fuzz_X.c with X_*.c; FUZZ_TESTED_X is what it is linked with, FUZZ_FLAGS_X for clang.
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SRCS = tests/fuzz/fuzz_$(1).c $(wildcard tests/fuzz/$(1)_*.c)
FUZZ_TESTED_smmu = $(filter smmu/%,$(SV3_SRCS)) sim/engine/base.c
FUZZ_TESTED_traces = $(filter traces/%,$(SV3IO_SRCS)) sim/engine/base.c
FUZZ_TESTED_platform = $(filter sim/platform/%,$(SV3IO_SRCS)) smmu/config.c sim/engine/base.c
FUZZ_FLAGS_traces = -DSV3__TRACE_INPUT_MAX=4000000
