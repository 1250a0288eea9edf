# SPDX-License-Identifier: MIT
#
# The Linux harness: how it is built (what of: module.mk). A kernel source is needed; the variables
#   KERNEL_SRC     a kernel tree, or a tarball of one; empty: the distribution's package
#   LINUX_FOLDER   where prepare.sh put what it took, for the targets below linux-program
# Two halves are linked: kernel files and ours that are like them see the shim and nothing else, the
# host half sees libc and sv3. The licence of the kernel holds for what is linked: it is never installed.

KERNEL_SRC ?=
LINUX_FOLDER ?= $(O)/linux/none
LINUX_B := $(B)/linux/$(notdir $(LINUX_FOLDER))
LINUX_TREE := $(LINUX_FOLDER)/tree
LINUX_PROGRAM := $(LINUX_B)/linux-harness
LINUX_COMMAND := $(LINUX_B)/sv3-linux

linux_header = header $(firstword $(subst =, ,$(1))) include/$(lastword $(subst =, ,$(1)))
$(O)/linux/list: sim/linux/module.mk
	@mkdir -p $(@D)
	@printf '%s\n' $(LINUX_VERSIONS:%='version %') $(patsubst %,'file %',$(LINUX_COMPILED) $(LINUX_QUOTED)) \
		$(foreach h,$(LINUX_HEADERS),'$(call linux_header,$h)') $(LINUX_EMPTY:%='empty %') >$@

# As the kernel is compiled: wrapping integers, no aliasing rules, no header that is not asked for.
LINUX_KERNEL_FLAGS := -std=gnu11 $(filter-out -flto% -ffat%,$(OPTIMIZE)) $(SANITIZE) -fno-strict-aliasing -fwrapv \
	-fno-delete-null-pointer-checks -fno-pic -nostdinc -Isim/linux/shim -I$(LINUX_FOLDER)/include \
	-D__KERNEL__ -include linux/kconfig.h -include sim/linux/shim/all.h
LINUX_OWN_FLAGS := -I$(LINUX_TREE)/drivers/iommu -I$(LINUX_TREE)/drivers/iommu/arm/arm-smmu-v3 -I$(LINUX_TREE)/drivers/iommu/iommufd \
	-Wall -Wmissing-prototypes $(if $(filter 1,$(WERROR)),-Werror)

LINUX_KERNEL_OBJECTS := $(LINUX_COMPILED:%.c=$(LINUX_B)/tree/%.o)
LINUX_OWN_OBJECTS := $(patsubst %.c,$(LINUX_B)/%.o,$(wildcard sim/linux/kernel/*.c sim/linux/cases/*.c))
LINUX_HOST_OBJECTS := $(call objects,$(wildcard sim/linux/host/*.c))
# Of libsv3 the hardware, the tables that software writes, devices, the monitor, and the runner.
LINUX_SV3_OBJECTS := $(call objects,$(filter smmu/% pagetable/% devices/% sim/monitor/%,$(SV3_SRCS)) $(addprefix sim/engine/,base.c zeroed.c ram.c run_fast.c))

$(LINUX_KERNEL_OBJECTS): $(LINUX_B)/tree/%.o: $(LINUX_TREE)/%.c $(LINUX_FOLDER)/stamp $(wildcard sim/linux/shim/*.h sim/linux/shim/*/*.h) $(B)/flags sim/linux/linux.mk
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(LINUX_KERNEL_FLAGS) -w -c $< -o $@
$(LINUX_OWN_OBJECTS): $(LINUX_B)/%.o: %.c $(LINUX_FOLDER)/stamp $(wildcard sim/linux/*/*.h sim/linux/*/*.def sim/linux/shim/*/*.h) $(B)/flags sim/linux/linux.mk
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(LINUX_KERNEL_FLAGS) $(LINUX_OWN_FLAGS) -c $< -o $@
$(OBJ)/sim/linux/host/%.o: private ALL_CFLAGS += $(NO_LTO)

$(LINUX_PROGRAM): $(LINUX_KERNEL_OBJECTS) $(LINUX_OWN_OBJECTS) $(LINUX_HOST_OBJECTS) $(LINUX_SV3_OBJECTS)
	$(call quiet,LD)$(CC) $(filter-out -flto% -ffat%,$(ALL_LDFLAGS)) -no-pie $^ $(SV3_LIBS) -pthread -o $@

# The same kernel files for the explorer: each load and store is announced (sim/linux/explore/runtime.c),
# and their variables stand in two sections, which are put back before each schedule.
LINUX_EXPLORED_OBJECTS := $(patsubst %.c,$(LINUX_B)/explored/%.o,$(filter-out %-test.c,$(LINUX_COMPILED)) \
	$(wildcard sim/linux/kernel/*.c sim/linux/explored/*.c) sim/linux/cases/fixture.c)
LINUX_EXPLORED_FLAGS := $(filter-out -fsanitize%,$(LINUX_KERNEL_FLAGS)) -fsanitize=thread -DSEAM_EXPLORED -mgeneral-regs-only
LINUX_EXPLORER_OBJECTS := $(call objects,$(wildcard sim/linux/explore/*.c) $(filter-out %/explore_drivers.c,$(CLI_SRCS)))

$(LINUX_B)/explored/sim/%.o: sim/%.c $(LINUX_FOLDER)/stamp $(wildcard sim/linux/*/*.h sim/linux/*/*.def) $(B)/flags sim/linux/linux.mk
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(LINUX_EXPLORED_FLAGS) $(LINUX_OWN_FLAGS) -c $< -o $@
$(LINUX_B)/explored/%.o: $(LINUX_TREE)/%.c $(LINUX_FOLDER)/stamp $(wildcard sim/linux/shim/*.h) $(B)/flags sim/linux/linux.mk
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(LINUX_EXPLORED_FLAGS) -w -c $< -o $@
$(LINUX_B)/explored.o: $(LINUX_EXPLORED_OBJECTS)
	$(call quiet,LD)ld -r -o $@ $^
	@objcopy --rename-section .data=linux_data --rename-section .bss=linux_bss \
		--redefine-sym memcpy=linux_memcpy --redefine-sym memmove=linux_memmove --redefine-sym memset=linux_memset $@
$(OBJ)/sim/linux/explore/%.o: private ALL_CFLAGS += $(NO_LTO)
$(LINUX_COMMAND): $(LINUX_B)/explored.o $(LINUX_EXPLORER_OBJECTS) $(IO_LIB) $(LIB)
	$(call quiet,LD)$(CC) $(filter-out -flto% -ffat%,$(ALL_LDFLAGS)) -no-pie $^ $(SV3IO_LIBS) $(SV3_LIBS) -pthread -o $@

.PHONY: linux-program linux-command
linux-program: $(LINUX_PROGRAM)
	@echo $(LINUX_PROGRAM)
linux-command: $(LINUX_COMMAND)
	@ln -sfn $(LINUX_COMMAND:$(O)/%=%) $(O)/sv3-linux
	@echo $(LINUX_COMMAND)
