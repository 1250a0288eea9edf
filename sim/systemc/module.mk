# SPDX-License-Identifier: MIT
TLM_SRCS += $(wildcard sim/systemc/*.cc)
TLM_HEADERS += sim/systemc/sv3_tlm.h sim/systemc/sv3_tlm_extension.h sim/systemc/sv3_tlm_adapters.h
