# SPDX-License-Identifier: MIT
#
# sv3: the one Makefile. `make help` lists the targets.
#
# How a file gets into the build: it is put into its folder, nothing else. Every folder has a
# module.mk, included below, which adds to these lists and does nothing more:
#   SV3_SRCS           libsv3: the hardware, page tables, devices, engine, migration (libc only)
#   SV3IO_SRCS         libsv3io: trace files, platforms and reports; SV3IO_PACKAGES is what pkg-config finds for it,
#                      SV3IO_LDLIBS what it does not
#   CLI_SRCS           the command sv3
#   C_SUITES           suites of C tests; the sources of suite X are TEST_SRCS_X
#   SUPPORT_SRCS       linked into every suite      GOLDEN_SUITES  suites that are shell scripts
#   FUZZERS            fuzzers, see tests/fuzz/module.mk
#   BENCH_SRCS         benchmarks, one program per file
#   VECTOR_SRCS        the test vector program
#   WALKER_SRCS        the program that compares the model with a slow second translator
#   TIMING_SRCS        the program that measures what docs/TIMING.md claims
#   MUTANT_SRCS        the program that prints what is found of seeded mistakes
#   DRIVER_EXAMPLE_SRCS  a driver to be explored, which needs libsv3 alone
#   TLM_SRCS           libsv3tlm, where SystemC is installed; SYSTEMC_TEST_SRCS, SYSTEMC_EXAMPLE_SRCS
#
# Variables of the user, as `make X=...` or from the environment:
#   FLAVOUR=release|debug|asan|ubsan|tsan|valgrind|cov     O=dir (default build)     V=1 (show commands)
#   CC=clang     ARCH=native     WERROR=1     CPPFLAGS CFLAGS CXXFLAGS LDFLAGS (added to ours)
#   DESTDIR prefix bindir libdir includedir     GTEST_FILTER=... (tests)     FUZZ_TIME=seconds     KERNEL_SRC=tree or tarball

FLAVOURS := release debug asan ubsan tsan valgrind cov
FLAVOUR ?= release
O ?= build

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDEXPANSION:
.PHONY: FORCE
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh
ifeq ($(filter $(FLAVOUR),$(FLAVOURS)),)
$(error FLAVOUR=$(FLAVOUR) is unknown; one of: $(FLAVOURS))
endif

# ---- sources ------------------------------------------------------------------------------------

include $(sort $(wildcard */module.mk */*/module.mk))

VERSION := $(shell sed -n 's/.*SV3_VERSION_STRING "\(.*\)"/\1/p' include/sv3/base.h)
SOVERSION := 0
PUBLIC := $(sort $(wildcard include/sv3/*.h include/sv3/*.def))

# ---- tools and flags ----------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := $(patsubst cc,c++,$(subst gcc,g++,$(subst clang,clang++,$(CC))))
endif
ifeq ($(origin AR),default)
AR := $(if $(findstring gcc,$(CC)),gcc-ar,ar)
endif
PKG_CONFIG ?= pkg-config
JOBS ?= $(shell nproc)
pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)

# Where this flavour of this compiler is built.
COMPILER := $(lastword $(notdir $(CC)))
B := $(O)/$(FLAVOUR)$(if $(filter-out gcc,$(COMPILER)),-$(COMPILER))
OBJ := $(B)/obj

SANITIZE_asan := -fsanitize=address
SANITIZE_ubsan := -fsanitize=undefined -fno-sanitize-recover=all
SANITIZE_tsan := -fsanitize=thread
SANITIZE := $(SANITIZE_$(FLAVOUR))
# Across files the calls of the hot path are inlined; the objects can be linked without that, too.
OPTIMIZE_release := -O3 -g $(if $(filter gcc,$(COMPILER)),-flto=auto -ffat-lto-objects)
NO_LTO := $(if $(findstring -flto,$(OPTIMIZE_$(FLAVOUR))),-fno-lto)
OPTIMIZE_debug := -O0 -g3
OPTIMIZE_cov := -O0 -g --coverage
OPTIMIZE := $(or $(OPTIMIZE_$(FLAVOUR)),-O1 -g -fno-omit-frame-pointer)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion $(if $(filter 1,$(WERROR)),-Werror)
C_WARNINGS := $(WARNINGS) -Wstrict-prototypes -Wmissing-prototypes -Wvla
# One set of objects serves the static and the shared libraries and the command.
COMMON := $(OPTIMIZE) $(SANITIZE) $(if $(ARCH),-march=$(ARCH)) \
	-fPIC -fno-semantic-interposition -fvisibility=hidden
ALL_CPPFLAGS := -D_GNU_SOURCE -Iinclude $(call pkg,--cflags $(SV3IO_PACKAGES)) $(CPPFLAGS)
ALL_CFLAGS := -std=c11 $(COMMON) $(C_WARNINGS) $(CFLAGS)
ALL_CXXFLAGS := -std=c++17 $(COMMON) $(WARNINGS) $(call pkg,--cflags gtest) $(CXXFLAGS)
ALL_LDFLAGS := $(OPTIMIZE) $(SANITIZE) -Wl,--as-needed $(LDFLAGS)
SHARED := -shared $(if $(SANITIZE),,-Wl,-z,defs)
SV3_LIBS := -lm
SV3IO_LIBS := $(call pkg,--libs $(SV3IO_PACKAGES)) $(SV3IO_LDLIBS)
GTEST_LIBS := $(call pkg,--libs gtest)
# SystemC is optional: what needs it is skipped without.
SYSTEMC := $(shell $(PKG_CONFIG) --exists systemc 2>/dev/null && echo 1)
SYSTEMC_LIBS := $(call pkg,--libs systemc)

# ---- rules --------------------------------------------------------------------------------------

objects = $(patsubst %,$(OBJ)/%.o,$(basename $(1)))
# Put before a command: prints "CC smmu/walk.o" in its stead, unless V=1.
quiet = $(if $(filter 1,$(V)),,@echo "$(1) $(patsubst $(B)/%,%,$(@:$(OBJ)/%=%))"; )
# A recipe that rewrites its target only when the text is new, so that what depends on it is rebuilt.
stamp = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@

LIB := $(B)/libsv3.a
IO_LIB := $(B)/libsv3io.a
SO := $(B)/libsv3.so.$(SOVERSION)
IO_SO := $(B)/libsv3io.so.$(SOVERSION)
CLI := $(if $(CLI_SRCS),$(B)/sv3)
# The explorer has one thread and jumps millions of times: nothing for ThreadSanitizer.
SUITES := $(filter-out $(if $(filter tsan,$(FLAVOUR)),explore),$(foreach s,$(C_SUITES),$(if $(TEST_SRCS_$s),$s)))
SUITE_PROGRAMS := $(SUITES:%=$(B)/tests/%)
VECTOR_PROGRAM := $(if $(VECTOR_SRCS),$(B)/sv3-vectors)
WALKER_PROGRAM := $(if $(WALKER_SRCS),$(B)/sv3-walker)
WORLDS_PROGRAM := $(if $(WORLDS_SRCS),$(B)/sv3-worlds)
TIMING_PROGRAM := $(if $(TIMING_SRCS),$(B)/sv3-timing)
MUTANT_PROGRAM := $(if $(MUTANT_SRCS),$(B)/sv3-mutants)
DRIVER_EXAMPLE := $(B)/driver-example
TLM_LIB := $(if $(SYSTEMC),$(B)/libsv3tlm.a)
SYSTEMC_EXAMPLE := $(if $(SYSTEMC),$(B)/systemc-example)
SYSTEMC_TESTS := $(if $(SYSTEMC),$(B)/tests/systemc)
SYSTEMC_BENCH := $(if $(SYSTEMC),$(B)/bench/systemc)
BENCH_PROGRAMS := $(BENCH_SRCS:tests/bench/%.c=$(B)/bench/%)
# The fuzzers without libFuzzer: each file of the corpus once.
FUZZ_ONCE := $(FUZZERS:%=$(B)/tests/fuzz_%)

$(B)/flags: FORCE
	$(call stamp,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) / $(CXX) $(ALL_CXXFLAGS) / $(ALL_LDFLAGS))
$(B)/sources: FORCE
	$(call stamp,$(sort $(foreach v,SV3_SRCS SV3IO_SRCS TLM_SRCS SYSTEMC_TEST_SRCS CLI_SRCS SUPPORT_SRCS VECTOR_SRCS WALKER_SRCS WORLDS_SRCS TIMING_SRCS MUTANT_SRCS DRIVER_EXAMPLE_SRCS,$($v)) \
		$(foreach s,$(SUITES),$(TEST_SRCS_$s))))

# Tests see the whole tree: private headers as "smmu/smmu_priv.h", the harness as "ctest.h".
$(OBJ)/tests/%.o: private ALL_CPPFLAGS += -I. -Itests/support
$(OBJ)/tests/%.o: private ALL_CFLAGS += $(NO_LTO)

# C headers name functions as types: no warning of shadows. The kernel calls sc_main: visible.
SYSTEMC_FLAGS := -Isim/systemc -Wno-shadow -fvisibility=default $(patsubst -I%,-isystem %,$(call pkg,--cflags systemc))
$(OBJ)/sim/systemc/%.o $(OBJ)/tests/systemc/%.o $(OBJ)/tests/bench/systemc.o $(OBJ)/examples/systemc/%.o: private ALL_CXXFLAGS += $(SYSTEMC_FLAGS) $(NO_LTO)

$(OBJ)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
$(OBJ)/%.o: %.cc $(B)/flags
	@mkdir -p $(@D)
	$(call quiet,CXX)$(CXX) $(ALL_CPPFLAGS) $(ALL_CXXFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(call objects,$(SV3_SRCS))
$(IO_LIB): $(call objects,$(SV3IO_SRCS))
$(B)/libsv3tlm.a: $(call objects,$(TLM_SRCS))
$(LIB) $(IO_LIB) $(B)/libsv3tlm.a: $(B)/sources
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $(filter %.o,$^)

$(SO): $(call objects,$(SV3_SRCS)) $(B)/sources
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) $(SHARED) -Wl,-soname,$(@F) $(filter %.o,$^) $(SV3_LIBS) -o $@
$(IO_SO): $(call objects,$(SV3IO_SRCS)) $(SO) $(B)/sources
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) $(SHARED) -Wl,-soname,$(@F) $(filter %.o %.so.$(SOVERSION),$^) \
		$(SV3IO_LIBS) -o $@

# Programs are linked statically with our libraries, so that they run where they were built.
link = $(1) $(ALL_LDFLAGS) $(filter %.o %/libsv3tlm.a,$^) $(IO_LIB) $(LIB) $(SV3IO_LIBS) $(2) $(SV3_LIBS) -o $@
PROGRAM_NEEDS := $(IO_LIB) $(LIB) $(B)/sources

$(B)/sv3: $(call objects,$(CLI_SRCS)) $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CC),-pthread)
$(B)/sv3-vectors: $(call objects,$(VECTOR_SRCS)) $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CC))
$(B)/sv3-walker: $(call objects,$(WALKER_SRCS)) $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CC))
$(B)/sv3-worlds: $(call objects,$(WORLDS_SRCS)) $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CC))
$(B)/sv3-timing: $(call objects,$(TIMING_SRCS)) $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CC))
$(B)/sv3-mutants: $(call objects,$(MUTANT_SRCS)) $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CC))
$(DRIVER_EXAMPLE): $(call objects,$(DRIVER_EXAMPLE_SRCS)) $(LIB) $(B)/sources
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) $(filter %.o,$^) $(LIB) $(SV3_LIBS) -o $@
$(BENCH_PROGRAMS): $(B)/bench/%: $(OBJ)/tests/bench/%.o $(PROGRAM_NEEDS)
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(CC))
$(FUZZ_ONCE): $(B)/tests/fuzz_%: $$(call objects,$$(call FUZZ_SRCS,$$*) tests/fuzz/once.c) $(PROGRAM_NEEDS)
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(CC)) $(NO_LTO)
$(SUITE_PROGRAMS): $(B)/tests/%: $$(call objects,$$(TEST_SRCS_$$*) $(SUPPORT_SRCS)) $(PROGRAM_NEEDS)
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(CXX),$(GTEST_LIBS) $(NO_LTO))

$(B)/tests/systemc: $(call objects,$(SYSTEMC_TEST_SRCS)) $(B)/libsv3tlm.a $(PROGRAM_NEEDS)
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(CXX),$(SYSTEMC_LIBS) $(GTEST_LIBS))
$(B)/bench/systemc: $(call objects,tests/bench/systemc.cc tests/systemc/driver.cc tests/systemc/memory.cc tests/systemc/native.cc) $(B)/libsv3tlm.a $(PROGRAM_NEEDS)
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(CXX),$(SYSTEMC_LIBS))
$(B)/systemc-example: $(call objects,$(SYSTEMC_EXAMPLE_SRCS)) $(B)/libsv3tlm.a $(PROGRAM_NEEDS)
	$(call quiet,LD)$(call link,$(CXX),$(SYSTEMC_LIBS))

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)

# ---- build --------------------------------------------------------------------------------------

.PHONY: all lib cli systemc driver-example deps demo curves help
all: lib cli ## libraries and command (the default goal)

lib: $(LIB) $(IO_LIB) $(SO) $(IO_SO) ## libsv3 and libsv3io, static and shared

cli: $(CLI) ## the command, also reachable as build/sv3
	$(if $(CLI),@ln -sfn $(CLI:$(O)/%=%) $(O)/sv3)

systemc: $(TLM_LIB) $(SYSTEMC_EXAMPLE) ## libsv3tlm, the SystemC module, and its example (where SystemC is installed)
	$(if $(SYSTEMC),,@echo 'systemc: not built, pkg-config does not find SystemC (Debian: libsystemc-dev)')

driver-example: $(DRIVER_EXAMPLE) ## a small driver (examples/driver), explored without and with a bug
	$(DRIVER_EXAMPLE)
	@$(DRIVER_EXAMPLE) --broken; test $$? -eq 2

deps: ## install the missing packages this needs (Debian; elsewhere names them)
	@sh tests/support/deps.sh base check report systemc

demo: ## install what is missing, build, and show one run
	@sh tests/support/deps.sh base report
	@$(MAKE) $(PARALLEL) cli
	@sh sim/cli/demo.sh $(O)/sv3 $(O)/demo

curves: cli ## the runs behind docs/MIGRATION.md, drawn into build/curves (seven minutes; needs gnuplot)
	@sh docs/curves/curves.sh $(O)/sv3 build/curves

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' Makefile

# ---- tests --------------------------------------------------------------------------------------

# A suite is NAME=COMMAND; tests/support/run_suites.sh runs suites in turn, counts and sums up.
RUN := SV3=$(abspath $(B)/sv3) SV3_BUILD=$(abspath $(B)) SV3_FLAVOUR=$(FLAVOUR) CC='$(CC)' CXX='$(CXX)' \
	sh tests/support/run_suites.sh $(B)/log
run_c = $(foreach s,$(1),'$s=$(RUNNER) $(B)/tests/$s')
RUN_GOLDEN = $(foreach f,$(GOLDEN_SUITES),'$(basename $(f:tests/%=%))=sh $f')
RUN_VECTORS = $(if $(VECTOR_PROGRAM),'vectors=$(VECTOR_PROGRAM) $(VECTORS)')
# A short campaign; check-walker runs the long one.
RUN_WALKER = $(if $(WALKER_PROGRAM),'walker=$(WALKER_PROGRAM)')
# Few worlds; make worlds runs many.
RUN_WORLDS = $(if $(WORLDS_PROGRAM),'worlds=$(WORLDS_PROGRAM)')
RUN_FUZZ = $(foreach f,$(FUZZERS),'fuzz/$f=$(B)/tests/fuzz_$f tests/fuzz/corpus/$f')
RUN_LAYERS = 'layers=sh tests/support/layers.sh $(OBJ)'
LAYERED := $(call objects,$(SV3_SRCS) $(SV3IO_SRCS) $(CLI_SRCS))
RUN_HEADERS = 'headers=sh tests/support/headers.sh'
RUN_STYLE = 'style=sh tests/support/style.sh format'
# The module's tests, and what the example prints.
RUN_SYSTEMC = 'systemc=sh tests/systemc/run.sh $(SYSTEMC_TESTS)' 'systemc-example=sh tests/systemc/example.sh $(SYSTEMC_EXAMPLE)'
# The unmodified driver of Linux, where there is a kernel source, by flavour.
LINUX_FLAVOURS := release asan ubsan tsan
RUN_LINUX = $(foreach f,$(LINUX_FLAVOURS),'linux/$f=sh sim/linux/run.sh $(O) $f $(KERNEL_SRC)') 'linux/explore=sh sim/linux/explore.sh $(O) $(KERNEL_SRC)'
RUN_SAMPLES = 'samples=sh tests/support/samples.sh'
RUN_REPORT = 'report=sh tests/report/browser.sh'
RUN_CLANG = 'clang=sh tests/support/clang.sh $(O)/clang'
FAST_SUITES = $(filter model,$(SUITES)) $(filter unit,$(SUITES))
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
VECTORS ?= $(sort $(wildcard tests/vectors/*.xz))

.PHONY: check check-fast check-code check-build check-tests check-c check-golden check-vectors check-fuzz \
	check-layers check-headers check-style check-samples check-unit check-model check-migration check-walker \
	check-report check-frontends check-experiments check-systemc check-timing check-explore linux-harness worlds worlds-timed validate-timing
check: deps ## every test; the last line is "N passed, N failed, N skipped"
	@$(MAKE) $(PARALLEL) check-build || { echo 'FAIL build'; echo '0 passed, 1 failed, 0 skipped'; exit 1; }
	@$(RUN) $(call run_c,$(SUITES)) $(RUN_VECTORS) $(RUN_WALKER) $(RUN_WORLDS) $(RUN_FUZZ) $(RUN_GOLDEN) $(RUN_SAMPLES) \
		$(RUN_SYSTEMC) \
		$(RUN_LINUX) \
		$(RUN_LAYERS) $(RUN_HEADERS) $(RUN_STYLE) $(RUN_CLANG)

check-build: all $(O)/linux/list $(SUITE_PROGRAMS) $(VECTOR_PROGRAM) $(WALKER_PROGRAM) $(WORLDS_PROGRAM) $(TIMING_PROGRAM) $(MUTANT_PROGRAM) $(FUZZ_ONCE) $(TLM_LIB) $(SYSTEMC_TESTS) $(SYSTEMC_EXAMPLE) $(DRIVER_EXAMPLE)

check-fast: $(FAST_SUITES:%=$(B)/tests/%) $(WALKER_PROGRAM) ## model and unit tests and the short walk, up to the first failure: while writing
	@FAIL_FAST=1 GTEST_FAIL_FAST=1 $(RUN) $(call run_c,model) $(RUN_WALKER) $(call run_c,$(filter-out model,$(FAST_SUITES)))

check-code: $(LAYERED) $(SUITE_PROGRAMS) ## all C suites, layers and headers: what to run before a commit
	@$(RUN) $(call run_c,$(SUITES)) $(RUN_LAYERS) $(RUN_HEADERS)

check-unit: $(filter %/unit,$(SUITE_PROGRAMS)) ## does the function keep its docstring?
check-model: $(filter %/model,$(SUITE_PROGRAMS)) ## does the model keep the clause?
check-migration: $(filter %/migration,$(SUITE_PROGRAMS)) ## is any page lost?
check-frontends: $(filter %/frontends,$(SUITE_PROGRAMS)) ## do the kernels' interfaces keep their rules?
check-experiments: $(filter %/experiments,$(SUITE_PROGRAMS)) ## do the models of the threads answer as expected?
check-timing: $(filter %/timing,$(SUITE_PROGRAMS)) ## does the timed runner keep its equations?
check-explore: $(filter %/explore,$(SUITE_PROGRAMS)) ## does the explorer see every interleaving, and every seeded mistake?
check-unit check-model check-migration check-frontends check-experiments check-timing check-explore:
	@$(RUN) $(call run_c,$(filter $(@:check-%=%),$(SUITES)))

check-golden: $(CLI) $(DRIVER_EXAMPLE) ## does the command print what it should? (shell suites)
	@$(RUN) $(RUN_GOLDEN)

check-vectors: $(VECTOR_PROGRAM) ## run test vectors: VECTORS=FILE..., else those in the tree
	$(if $(VECTOR_PROGRAM),@$(VECTOR_PROGRAM) $(VECTORS))

check-walker: $(WALKER_PROGRAM) ## ten million accesses each without and with TLBs, against a slow second translator
	$(if $(WALKER_PROGRAM),@$(WALKER_PROGRAM) --accesses 20000000 --configs 200000)

WORLDS ?= 100000
worlds: $(WORLDS_PROGRAM) ## WORLDS (100,000) random worlds for each policy, or POLICY, from SEED (1) on: is a page lost?
	$(if $(WORLDS_PROGRAM),@$(WORLDS_PROGRAM) --worlds $(WORLDS) $(if $(POLICY),--policy $(POLICY)) \
		$(if $(SEED),--seed $(SEED)))

INTERLEAVINGS ?= 10000000
worlds-timed: $(TIMING_PROGRAM) ## INTERLEAVINGS (ten million) of software and DMA in random timed worlds from SEED (1) on: is a write lost?
	$(if $(TIMING_PROGRAM),@$(TIMING_PROGRAM) --interleavings $(INTERLEAVINGS) $(if $(SEED),--seed $(SEED)))

validate-timing: $(TIMING_PROGRAM) ## the ten points of docs/TIMING.md, measured: a table, and plots in build/timing (needs gnuplot)
	@mkdir -p $(O)/timing
	@$(TIMING_PROGRAM) --plots $(O)/timing $(if $(JSON),--json)
	@sh docs/curves/timing.sh $(O)/timing

check-fuzz: $(FUZZ_ONCE) ## every input in tests/fuzz/corpus, once
	@$(RUN) $(RUN_FUZZ)

check-layers: $(LAYERED) ## who may call and include whom (tests/layers)
	@$(RUN) $(RUN_LAYERS)

check-headers: ## each public header compiles alone, as C11 and C++17
	@$(RUN) $(RUN_HEADERS)

check-style: ## clang-format, and a report of what has grown long
	@sh tests/support/style.sh sizes
	@$(RUN) $(RUN_STYLE)

check-report: $(CLI) ## does a browser show the report as it is meant? (Chromium; not part of check)
	@sh tests/support/deps.sh report
	@$(RUN) $(RUN_REPORT)

check-systemc: $(SYSTEMC_TESTS) $(SYSTEMC_EXAMPLE) ## is the SystemC module as its users expect, and does it say what the command says?
	@$(RUN) $(RUN_SYSTEMC)

linux-harness: $(O)/linux/list ## run the unmodified SMMUv3 driver of Linux 6.12 on the model (docs/LINUX.md). Installs linux-source-6.12 (150 MB) unless KERNEL_SRC=TREE-OR-TARBALL names yours
	@sh tests/support/deps.sh base $(if $(KERNEL_SRC),,linux)
	@sh sim/linux/prepare.sh $(O)/linux $< $(KERNEL_SRC) >/dev/null
	@$(RUN) $(RUN_LINUX)

check-samples: $(CLI) ## every sample trace is readable
	@$(RUN) $(RUN_SAMPLES)

check-c: $(SUITE_PROGRAMS)
	@$(RUN) $(call run_c,$(SUITES))
check-tests: $(CLI) $(DRIVER_EXAMPLE) $(SUITE_PROGRAMS) $(FUZZ_ONCE)
	@$(RUN) $(call run_c,$(SUITES)) $(RUN_FUZZ) $(RUN_GOLDEN)

.PHONY: asan ubsan tsan valgrind coverage bench fuzz-smmu fuzz-traces fuzz-platform mutants mutants-model mutants-run
asan: ## the tests under AddressSanitizer
ubsan: ## the tests under UndefinedBehaviorSanitizer
tsan: ## the tests under ThreadSanitizer
asan ubsan tsan:
	@$(MAKE) $(PARALLEL) FLAVOUR=$@ check-tests

valgrind: ## the unit and model suites under valgrind
	@sh tests/support/deps.sh base valgrind
	@$(MAKE) $(PARALLEL) FLAVOUR=valgrind C_SUITES='unit model' check-c \
		RUNNER='valgrind --quiet --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes'

coverage: ## line coverage of the tests, a table per file (HTML if lcov is there)
	@find $(O) -path '$(O)/cov*' -name '*.gcda' -delete 2>/dev/null || :
	@$(MAKE) $(PARALLEL) FLAVOUR=cov check-tests
	@sh tests/support/coverage.sh $(O)/cov$(if $(filter-out gcc,$(COMPILER)),-$(COMPILER))

bench: $(BENCH_PROGRAMS) $(SYSTEMC_BENCH) ## run the benchmarks
	@for program in $(BENCH_PROGRAMS) $(SYSTEMC_BENCH); do $$program || exit 1; done

# Objects that compile and link fast, in a folder of their own; the suites as they are, to begin with.
MUTANTS ?= 240
mutants: $(MUTANT_PROGRAM) ## what is found of each mistake that drivers make, how soon, in how many steps
	@$(MUTANT_PROGRAM)
mutants-model: ## do the tests notice MUTANTS (240; or all) small mistakes in smmu/*.c? Goes on where it stopped
	@$(MAKE) $(PARALLEL) O=$(O)/mutants FLAVOUR=debug OPTIMIZE_debug=-O1 mutants-run
mutants-run: $(FAST_SUITES:%=$(B)/tests/%) $(WALKER_PROGRAM) $(B)/mutate
	@MUTANTS='$(MUTANTS)' JOBS='$(JOBS)' COMPILE='$(CC) $(ALL_CPPFLAGS) -iquote smmu $(ALL_CFLAGS) -w' \
		LINK='$(CXX) $(ALL_LDFLAGS)' LIBS='$(IO_LIB) $(LIB) $(SV3IO_LIBS) $(GTEST_LIBS) $(SV3_LIBS)' \
		sh tests/mutants/run.sh $(B) $(O)/results
$(B)/mutate: $(OBJ)/tests/mutants/mutate.o
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) $^ -o $@

FUZZ_TIME ?= 600
FUZZ_PROGRAMS := $(FUZZERS:%=$(O)/fuzz/fuzz_%)
$(FUZZ_PROGRAMS): $(O)/fuzz/fuzz_%: $$(call FUZZ_SRCS,$$*) $$(FUZZ_TESTED_$$*) $(PUBLIC) \
		$(wildcard tests/fuzz/*.h smmu/*.h smmu/*.def traces/*.h sim/platform/*.h)
	@mkdir -p $(@D)
	$(call quiet,LD)clang -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-D_GNU_SOURCE -Iinclude -I. $(FUZZ_FLAGS_$*) $(filter %.c,$^) $(SV3IO_LIBS) -lm -o $@
fuzz-smmu: ## FUZZ_TIME seconds of software and devices that do anything to the SMMU
fuzz-traces: ## FUZZ_TIME seconds of bytes that may be traces
fuzz-platform: ## FUZZ_TIME seconds of bytes that may be device trees
fuzz-smmu fuzz-traces fuzz-platform:
	@sh tests/support/deps.sh base fuzz
	@$(MAKE) $(@:fuzz-%=$(O)/fuzz/fuzz_%)
	@mkdir -p $(@:fuzz-%=$(O)/fuzz/corpus/%)
	@$(@:fuzz-%=$(O)/fuzz/fuzz_%) -max_total_time=$(FUZZ_TIME) -artifact_prefix=$(O)/fuzz/$(@:fuzz-%=%)- \
		$(@:fuzz-%=$(O)/fuzz/corpus/%) $(wildcard $(@:fuzz-%=tests/fuzz/corpus/%))

include sim/linux/linux.mk

# ---- install and the rest -----------------------------------------------------------------------

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
# Where files are put now; the .pc files say where they will be found.
D_BIN := $(DESTDIR)$(bindir)
D_LIB := $(DESTDIR)$(libdir)
D_INC := $(DESTDIR)$(includedir)/sv3
FILL_PC := sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' \
	-e 's|@includedir@|$(includedir)|' -e 's|@VERSION@|$(VERSION)|' \
	-e 's|@SV3IO_PACKAGES@|$(SV3IO_PACKAGES)|' -e 's|@SV3IO_LDLIBS@|$(SV3IO_LDLIBS)|'

.PHONY: install uninstall dist clean spec-map format
install: all ## install below DESTDIR and prefix (default /usr/local)
	install -d $(D_BIN) $(D_LIB)/pkgconfig $(D_INC)
	$(if $(CLI),install -m 755 $(CLI) $(D_BIN))
	install -m 644 $(LIB) $(IO_LIB) $(D_LIB)
	install -m 755 $(SO) $(IO_SO) $(D_LIB)
	ln -sf $(notdir $(SO)) $(D_LIB)/libsv3.so
	ln -sf $(notdir $(IO_SO)) $(D_LIB)/libsv3io.so
	install -m 644 $(PUBLIC) $(D_INC)
	$(if $(wildcard $(TLM_LIB)),install -m 644 $(TLM_LIB) $(D_LIB))
	$(if $(wildcard $(TLM_LIB)),install -m 644 $(TLM_HEADERS) $(D_INC))
	$(if $(wildcard $(TLM_LIB)),$(FILL_PC) sv3tlm.pc.in >$(D_LIB)/pkgconfig/sv3tlm.pc)
	$(FILL_PC) sv3.pc.in >$(D_LIB)/pkgconfig/sv3.pc
	$(FILL_PC) sv3io.pc.in >$(D_LIB)/pkgconfig/sv3io.pc

uninstall: ## remove what install put there
	rm -f $(D_BIN)/sv3 $(D_LIB)/pkgconfig/sv3.pc $(D_LIB)/pkgconfig/sv3io.pc $(D_LIB)/pkgconfig/sv3tlm.pc
	rm -f $(D_LIB)/libsv3tlm.a $(addprefix $(D_INC)/,$(notdir $(TLM_HEADERS)))
	rm -f $(foreach l,libsv3 libsv3io,$(addprefix $(D_LIB)/$l,.a .so .so.$(SOVERSION)))
	rm -f $(patsubst include/sv3/%,$(D_INC)/%,$(PUBLIC))
	-rmdir $(D_INC)

dist: ## source tarball of the last commit
	@mkdir -p $(O)
	git archive --prefix=sv3-$(VERSION)/ -o $(O)/sv3-$(VERSION).tar.gz HEAD

clean: ## remove what was built
	@rm -rf $(foreach f,$(FLAVOURS),$(O)/$f $(wildcard $(O)/$f-*)) \
		$(addprefix $(O)/,sv3 sv3-linux clang fuzz linux mutants demo ci.log) $(wildcard $(O)/sv3-*.tar.gz)
	@rmdir $(O) 2>/dev/null || :

spec-map: ## clause of the specification -> functions and tests; 1 if a conformance test is missing
	@find smmu pagetable devices sim include tests -name '*.[ch]' -o -name '*.def' -o -name conformance.txt | sort | \
		xargs awk -f tests/support/spec_map.awk

format: ## clang-format the C sources in place
	@sh tests/support/style.sh list | xargs clang-format -i
