/* SPDX-License-Identifier: MIT */
/*
 * arch.h - SMMUv3 layouts as software and hardware share them: register offsets and fields, Stream
 * table entries, Context descriptors, commands, events. Names are Arm's with the prefix SV3_.
 * Source: [IHI0070 G.b], chapters 4 (commands), 5 (structures), 6 (registers), 7 (events).
 * Tests of the hardware do not use the structure and command layouts: they encode by hand.
 */
#ifndef SV3_ARCH_H
#define SV3_ARCH_H

#include <sv3/base.h>

/* --- Registers, offsets from page 0. [IHI0070 6.2] --- */
#define SV3_REG_IDR0            0x0000u
#define SV3_REG_IDR1            0x0004u
#define SV3_REG_IDR2            0x0008u
#define SV3_REG_IDR3            0x000cu
#define SV3_REG_IDR4            0x0010u
#define SV3_REG_IDR5            0x0014u
#define SV3_REG_IIDR            0x0018u
#define SV3_REG_AIDR            0x001cu
#define SV3_REG_CR0             0x0020u
#define SV3_REG_CR0ACK          0x0024u
#define SV3_REG_CR1             0x0028u
#define SV3_REG_CR2             0x002cu
#define SV3_REG_STATUSR         0x0040u
#define SV3_REG_GBPA            0x0044u
#define SV3_REG_AGBPA           0x0048u
#define SV3_REG_IRQ_CTRL        0x0050u
#define SV3_REG_IRQ_CTRLACK     0x0054u
#define SV3_REG_GERROR          0x0060u
#define SV3_REG_GERRORN         0x0064u
#define SV3_REG_GERROR_IRQ_CFG0 0x0068u
#define SV3_REG_GERROR_IRQ_CFG1 0x0070u
#define SV3_REG_GERROR_IRQ_CFG2 0x0074u
#define SV3_REG_STRTAB_BASE     0x0080u
#define SV3_REG_STRTAB_BASE_CFG 0x0088u
#define SV3_REG_CMDQ_BASE       0x0090u
#define SV3_REG_CMDQ_PROD       0x0098u
#define SV3_REG_CMDQ_CONS       0x009cu
#define SV3_REG_EVENTQ_BASE     0x00a0u
#define SV3_REG_EVENTQ_PROD_P0  0x00a8u /* page-0 alias */
#define SV3_REG_EVENTQ_CONS_P0  0x00acu /* page-0 alias */
#define SV3_REG_EVENTQ_IRQ_CFG0 0x00b0u
#define SV3_REG_EVENTQ_IRQ_CFG1 0x00b8u
#define SV3_REG_EVENTQ_IRQ_CFG2 0x00bcu
#define SV3_REG_PRIQ_BASE       0x00c0u
#define SV3_REG_PRIQ_PROD_P0    0x00c8u /* page-0 alias */
#define SV3_REG_PRIQ_CONS_P0    0x00ccu /* page-0 alias */
#define SV3_REG_PRIQ_IRQ_CFG0   0x00d0u
#define SV3_REG_PRIQ_IRQ_CFG1   0x00d8u
#define SV3_REG_PRIQ_IRQ_CFG2   0x00dcu
#define SV3_REG_PIDR4           0x0fd0u
#define SV3_REG_PIDR0           0x0fe0u
#define SV3_REG_PIDR1           0x0fe4u
#define SV3_REG_PIDR2           0x0fe8u
#define SV3_REG_PIDR3           0x0fecu
#define SV3_REG_CIDR0           0x0ff0u
#define SV3_REG_CIDR1           0x0ff4u
#define SV3_REG_CIDR2           0x0ff8u
#define SV3_REG_CIDR3           0x0ffcu
#define SV3_REG_EVENTQ_PROD     0x100a8u
#define SV3_REG_EVENTQ_CONS     0x100acu
#define SV3_REG_PRIQ_PROD       0x100c8u
#define SV3_REG_PRIQ_CONS       0x100ccu
#define SV3_REG_PMCG            0x20000u /* performance monitors: page 0, page 1 behind it */
#define SV3_REG_PMCG_PAGE1      0x30000u
#define SV3_REG_SPAN_BYTES      0x40000u

/* IDR0 [IHI0070 6.3.1] */
#define SV3_IDR0_S2P          SV3_BIT(0)
#define SV3_IDR0_S1P          SV3_BIT(1)
#define SV3_IDR0_TTF          SV3_BITS(3, 2)
#define SV3_IDR0_TTF_AARCH64  2u
#define SV3_IDR0_COHACC       SV3_BIT(4)
#define SV3_IDR0_BTM          SV3_BIT(5)
#define SV3_IDR0_HTTU         SV3_BITS(7, 6)
#define SV3_IDR0_HTTU_AF      1u
#define SV3_IDR0_HTTU_DIRTY   2u
#define SV3_IDR0_DORMHINT     SV3_BIT(8)
#define SV3_IDR0_HYP          SV3_BIT(9)
#define SV3_IDR0_ATS          SV3_BIT(10)
#define SV3_IDR0_NS1ATS       SV3_BIT(11)
#define SV3_IDR0_ASID16       SV3_BIT(12)
#define SV3_IDR0_MSI          SV3_BIT(13)
#define SV3_IDR0_SEV          SV3_BIT(14)
#define SV3_IDR0_ATOS         SV3_BIT(15)
#define SV3_IDR0_PRI          SV3_BIT(16)
#define SV3_IDR0_VMW          SV3_BIT(17)
#define SV3_IDR0_VMID16       SV3_BIT(18)
#define SV3_IDR0_CD2L         SV3_BIT(19)
#define SV3_IDR0_VATOS        SV3_BIT(20)
#define SV3_IDR0_ATSRECERR    SV3_BIT(23)
#define SV3_IDR0_TTENDIAN     SV3_BITS(22, 21)
#define SV3_IDR0_TTENDIAN_LE  2u
#define SV3_IDR0_TTENDIAN_BE  3u
#define SV3_IDR0_STALL_MODEL  SV3_BITS(25, 24)
#define SV3_IDR0_STALL_NONE   1u
#define SV3_IDR0_STALL_FORCED 2u
#define SV3_IDR0_TERM_MODEL   SV3_BIT(26)
#define SV3_IDR0_ST_LEVEL     SV3_BITS(28, 27)
#define SV3_IDR0_RME          SV3_BIT(30)

/* IDR1 [IHI0070 6.3.2] */
#define SV3_IDR1_SIDSIZE        SV3_BITS(5, 0)
#define SV3_IDR1_SSIDSIZE       SV3_BITS(10, 6)
#define SV3_IDR1_PRIQS          SV3_BITS(15, 11)
#define SV3_IDR1_EVENTQS        SV3_BITS(20, 16)
#define SV3_IDR1_CMDQS          SV3_BITS(25, 21)
#define SV3_IDR1_ATTR_PERMS_OVR SV3_BIT(26)
#define SV3_IDR1_ATTR_TYPES_OVR SV3_BIT(27)
#define SV3_IDR1_PRESET         SV3_BITS(30, 28) /* REL, QUEUES_PRESET, TABLES_PRESET */
#define SV3_IDR1_ECMDQ          SV3_BIT(31)

/* IDR3 [IHI0070 6.3.4] */
#define SV3_IDR3_HAD  SV3_BIT(2)
#define SV3_IDR3_PBHA SV3_BIT(3)
#define SV3_IDR3_XNX  SV3_BIT(4)
#define SV3_IDR3_PPS  SV3_BIT(5)
#define SV3_IDR3_FWB  SV3_BIT(8)
#define SV3_IDR3_STT  SV3_BIT(9)
#define SV3_IDR3_RIL  SV3_BIT(10)
#define SV3_IDR3_BBML SV3_BITS(12, 11)

/* IDR5 [IHI0070 6.3.6] */
#define SV3_IDR5_OAS       SV3_BITS(2, 0)
#define SV3_IDR5_GRAN4K    SV3_BIT(4)
#define SV3_IDR5_GRAN16K   SV3_BIT(5)
#define SV3_IDR5_GRAN64K   SV3_BIT(6)
#define SV3_IDR5_VAX       SV3_BITS(11, 10) /* 1: 52 bits */
#define SV3_IDR5_STALL_MAX SV3_BITS(31, 16)

/* CR0 and CR0ACK [IHI0070 6.3.9] */
#define SV3_CR0_SMMUEN   SV3_BIT(0)
#define SV3_CR0_PRIQEN   SV3_BIT(1)
#define SV3_CR0_EVENTQEN SV3_BIT(2)
#define SV3_CR0_CMDQEN   SV3_BIT(3)
#define SV3_CR0_ATSCHK   SV3_BIT(4)
#define SV3_CR0_VMW      SV3_BITS(8, 6)

/* CR1 [IHI0070 6.3.11] */
#define SV3_CR1_QUEUE_ATTR SV3_BITS(5, 0)
#define SV3_CR1_TABLE_ATTR SV3_BITS(11, 6)

/* CR2 [IHI0070 6.3.12] */
#define SV3_CR2_E2H         SV3_BIT(0)
#define SV3_CR2_RECINVSID   SV3_BIT(1)
#define SV3_CR2_PTM         SV3_BIT(2)
#define SV3_CR2_REC_CFG_ATS SV3_BIT(3)

/* GBPA [IHI0070 6.3.14] */
#define SV3_GBPA_MEMATTR SV3_BITS(3, 0)
#define SV3_GBPA_MTCFG   SV3_BIT(4)
#define SV3_GBPA_SHCFG   SV3_BITS(13, 12)
#define SV3_GBPA_ABORT   SV3_BIT(20)
#define SV3_GBPA_UPDATE  SV3_BIT(31)

/* IRQ_CTRL [IHI0070 6.3.16], GERROR and GERRORN [IHI0070 6.3.19] */
#define SV3_IRQ_CTRL_GERROR           SV3_BIT(0)
#define SV3_IRQ_CTRL_PRIQ             SV3_BIT(1)
#define SV3_IRQ_CTRL_EVENTQ           SV3_BIT(2)
#define SV3_GERROR_CMDQ_ERR           SV3_BIT(0)
#define SV3_GERROR_EVENTQ_ABT_ERR     SV3_BIT(2)
#define SV3_GERROR_PRIQ_ABT_ERR       SV3_BIT(3)
#define SV3_GERROR_MSI_CMDQ_ABT_ERR   SV3_BIT(4)
#define SV3_GERROR_MSI_EVENTQ_ABT_ERR SV3_BIT(5)
#define SV3_GERROR_MSI_PRIQ_ABT_ERR   SV3_BIT(6)
#define SV3_GERROR_MSI_GERROR_ABT_ERR SV3_BIT(7)
#define SV3_GERROR_SFM_ERR            SV3_BIT(8)

/* MSI configuration [IHI0070 6.3.21] */
#define SV3_IRQ_CFG0_ADDR    SV3_BITS(55, 2)
#define SV3_PRIQ_IRQ_CFG2_LO SV3_BIT(31) /* interrupt on Last only */

/* Stream table base [IHI0070 6.3.24, 6.3.25] */
#define SV3_STRTAB_BASE_ADDR    SV3_BITS(55, 6)
#define SV3_STRTAB_CFG_LOG2SIZE SV3_BITS(5, 0)
#define SV3_STRTAB_CFG_SPLIT    SV3_BITS(10, 6)
#define SV3_STRTAB_CFG_FMT      SV3_BITS(17, 16)
#define SV3_STRTAB_FMT_LINEAR   0u
#define SV3_STRTAB_FMT_2LEVEL   1u

/* Queues [IHI0070 3.5, 6.3.26 to 6.3.29, 6.3.95, 6.3.96] */
#define SV3_QUEUE_BASE_ADDR     SV3_BITS(55, 5)
#define SV3_QUEUE_BASE_LOG2SIZE SV3_BITS(4, 0)
#define SV3_QUEUE_INDEX         SV3_BITS(19, 0) /* index and, above it, the wrap bit */
#define SV3_CMDQ_CONS_ERR       SV3_BITS(30, 24)
#define SV3_EVENTQ_OVFLG        SV3_BIT(31) /* PROD.OVFLG and CONS.OVACKFLG */
#define SV3_PRIQ_OVFLG          SV3_BIT(31)
#define SV3_CMD_SIZE_BYTES      16u
#define SV3_EVENT_SIZE_BYTES    32u
#define SV3_PRI_SIZE_BYTES      16u

/* Command errors [IHI0070 4.1.3, 7.1] */
#define SV3_CERROR_NONE         0u
#define SV3_CERROR_ILL          1u
#define SV3_CERROR_ABT          2u
#define SV3_CERROR_ATC_INV_SYNC 3u

/* --- Level-1 Stream table descriptor, 8 bytes. [IHI0070 5.1] --- */
#define SV3_L1STD_SPAN  SV3_BITS(4, 0)
#define SV3_L1STD_L2PTR SV3_BITS(55, 6)

/* --- Stream table entry, 64 bytes; SV3_STEn is a field of its doubleword n. [IHI0070 5.2] --- */
#define SV3_STE_SIZE_BYTES      64u
#define SV3_STE0_V              SV3_BIT(0)
#define SV3_STE0_CONFIG         SV3_BITS(3, 1)
#define SV3_STE_CONFIG_ABORT    0u
#define SV3_STE_CONFIG_BYPASS   4u
#define SV3_STE_CONFIG_S1       5u
#define SV3_STE_CONFIG_S2       6u
#define SV3_STE_CONFIG_NESTED   7u
#define SV3_STE0_S1FMT          SV3_BITS(5, 4)
#define SV3_STE_S1FMT_LINEAR    0u
#define SV3_STE_S1FMT_4K        1u
#define SV3_STE_S1FMT_64K       2u
#define SV3_STE0_S1CONTEXTPTR   SV3_BITS(55, 6)
#define SV3_STE0_S1CDMAX        SV3_BITS(63, 59)
#define SV3_STE1_S1DSS          SV3_BITS(1, 0)
#define SV3_STE_S1DSS_TERMINATE 0u
#define SV3_STE_S1DSS_BYPASS    1u
#define SV3_STE_S1DSS_SSID0     2u
#define SV3_STE1_S1CIR          SV3_BITS(3, 2)
#define SV3_STE1_S1COR          SV3_BITS(5, 4)
#define SV3_STE1_S1CSH          SV3_BITS(7, 6)
#define SV3_STE1_MEV            SV3_BIT(19)
#define SV3_STE1_S2FWB          SV3_BIT(25)
#define SV3_STE1_S1STALLD       SV3_BIT(27)
#define SV3_STE1_EATS           SV3_BITS(29, 28)
#define SV3_STE_EATS_OFF        0u
#define SV3_STE_EATS_FULL       1u
#define SV3_STE_EATS_SPLIT      2u
#define SV3_STE1_STRW           SV3_BITS(31, 30)
#define SV3_STE_STRW_EL1        0u
#define SV3_STE_STRW_EL2        2u
#define SV3_STE1_MEMATTR        SV3_BITS(35, 32)
#define SV3_STE1_MTCFG          SV3_BIT(36)
#define SV3_STE1_ALLOCCFG       SV3_BITS(40, 37)
#define SV3_STE1_SHCFG          SV3_BITS(45, 44)
#define SV3_STE1_PRIVCFG        SV3_BITS(49, 48)
#define SV3_STE1_INSTCFG        SV3_BITS(51, 50)
#define SV3_STE2_S2VMID         SV3_BITS(15, 0)
#define SV3_STE2_S2T0SZ         SV3_BITS(37, 32)
#define SV3_STE2_S2SL0          SV3_BITS(39, 38)
#define SV3_STE2_S2IR0          SV3_BITS(41, 40)
#define SV3_STE2_S2OR0          SV3_BITS(43, 42)
#define SV3_STE2_S2SH0          SV3_BITS(45, 44)
#define SV3_STE2_S2TG           SV3_BITS(47, 46) /* 0: 4 KiB, 1: 64 KiB, 2: 16 KiB */
#define SV3_STE2_S2PS           SV3_BITS(50, 48)
#define SV3_STE2_S2AA64         SV3_BIT(51)
#define SV3_STE2_S2ENDI         SV3_BIT(52)
#define SV3_STE2_S2AFFD         SV3_BIT(53)
#define SV3_STE2_S2PTW          SV3_BIT(54)
#define SV3_STE2_S2HD           SV3_BIT(55)
#define SV3_STE2_S2HA           SV3_BIT(56)
#define SV3_STE2_S2S            SV3_BIT(57)
#define SV3_STE2_S2R            SV3_BIT(58)
#define SV3_STE3_S2TTB          SV3_BITS(51, 4)

/* --- Level-1 Context descriptor, 8 bytes. [IHI0070 5.3] --- */
#define SV3_L1CD_V     SV3_BIT(0)
#define SV3_L1CD_L2PTR SV3_BITS(55, 12)

/* --- Context descriptor, 64 bytes; SV3_CDn is a field of its doubleword n. [IHI0070 5.4] --- */
#define SV3_CD_SIZE_BYTES 64u
#define SV3_CD0_T0SZ      SV3_BITS(5, 0)
#define SV3_CD0_TG0       SV3_BITS(7, 6) /* 0: 4 KiB, 1: 64 KiB, 2: 16 KiB */
#define SV3_CD0_IR0       SV3_BITS(9, 8)
#define SV3_CD0_OR0       SV3_BITS(11, 10)
#define SV3_CD0_SH0       SV3_BITS(13, 12)
#define SV3_CD0_EPD0      SV3_BIT(14)
#define SV3_CD0_ENDI      SV3_BIT(15)
#define SV3_CD0_T1SZ      SV3_BITS(21, 16)
#define SV3_CD0_TG1       SV3_BITS(23, 22) /* 1: 16 KiB, 2: 4 KiB, 3: 64 KiB */
#define SV3_CD0_IR1       SV3_BITS(25, 24)
#define SV3_CD0_OR1       SV3_BITS(27, 26)
#define SV3_CD0_SH1       SV3_BITS(29, 28)
#define SV3_CD0_EPD1      SV3_BIT(30)
#define SV3_CD0_V         SV3_BIT(31)
#define SV3_CD0_IPS       SV3_BITS(34, 32)
#define SV3_CD0_AFFD      SV3_BIT(35)
#define SV3_CD0_WXN       SV3_BIT(36)
#define SV3_CD0_UWXN      SV3_BIT(37)
#define SV3_CD0_TBI0      SV3_BIT(38)
#define SV3_CD0_TBI1      SV3_BIT(39)
#define SV3_CD0_PAN       SV3_BIT(40)
#define SV3_CD0_AA64      SV3_BIT(41)
#define SV3_CD0_HD        SV3_BIT(42)
#define SV3_CD0_HA        SV3_BIT(43)
#define SV3_CD0_S         SV3_BIT(44)
#define SV3_CD0_R         SV3_BIT(45)
#define SV3_CD0_A         SV3_BIT(46)
#define SV3_CD0_ASET      SV3_BIT(47)
#define SV3_CD0_ASID      SV3_BITS(63, 48)
#define SV3_CD1_HAD0      SV3_BIT(1)
#define SV3_CD1_HAFT      SV3_BIT(3)
#define SV3_CD1_TTB0      SV3_BITS(51, 4)
#define SV3_CD2_HAD1      SV3_BIT(1)
#define SV3_CD2_TTB1      SV3_BITS(51, 4)
#define SV3_CD3_MAIR      SV3_BITS(63, 0)

/* --- Commands, 16 bytes; SV3_CMDn is a field of doubleword n. [IHI0070 4] --- */
#define SV3_CMD_PREFETCH_CONFIG  0x01u
#define SV3_CMD_PREFETCH_ADDR    0x02u
#define SV3_CMD_CFGI_STE         0x03u
#define SV3_CMD_CFGI_STE_RANGE   0x04u /* CMD_CFGI_ALL with a range of all */
#define SV3_CMD_CFGI_CD          0x05u
#define SV3_CMD_CFGI_CD_ALL      0x06u
#define SV3_CMD_TLBI_NH_ALL      0x10u /* the lowest of the TLBIs */
#define SV3_CMD_TLBI_NH_ASID     0x11u
#define SV3_CMD_TLBI_NH_VA       0x12u
#define SV3_CMD_TLBI_NH_VAA      0x13u
#define SV3_CMD_TLBI_EL3_VA      0x19u
#define SV3_CMD_TLBI_EL2_ALL     0x20u
#define SV3_CMD_TLBI_EL2_ASID    0x21u
#define SV3_CMD_TLBI_EL2_VA      0x22u
#define SV3_CMD_TLBI_EL2_VAA     0x23u
#define SV3_CMD_TLBI_S12_VMALL   0x28u
#define SV3_CMD_TLBI_S2_IPA      0x2au
#define SV3_CMD_TLBI_NSNH_ALL    0x30u /* the highest */
#define SV3_CMD_ATC_INV          0x40u
#define SV3_CMD_PRI_RESP         0x41u
#define SV3_CMD_RESUME           0x44u
#define SV3_CMD_STALL_TERM       0x45u
#define SV3_CMD_SYNC             0x46u
#define SV3_CMD0_OPCODE          SV3_BITS(7, 0)
#define SV3_CMD0_SSEC            SV3_BIT(10)
#define SV3_CMD0_SSV             SV3_BIT(11)
#define SV3_CMD0_SSID            SV3_BITS(31, 12)
#define SV3_CMD0_SID             SV3_BITS(63, 32)
#define SV3_CMD0_ATC_GLOBAL      SV3_BIT(9)
#define SV3_CMD1_CFGI_LEAF       SV3_BIT(0)
#define SV3_CMD1_CFGI_RANGE      SV3_BITS(4, 0)
#define SV3_CMD0_TLBI_NUM        SV3_BITS(16, 12)
#define SV3_CMD0_TLBI_SCALE      SV3_BITS(24, 20)
#define SV3_CMD0_TLBI_VMID       SV3_BITS(47, 32)
#define SV3_CMD0_TLBI_ASID       SV3_BITS(63, 48)
#define SV3_CMD1_TLBI_LEAF       SV3_BIT(0)
#define SV3_CMD1_TLBI_TTL        SV3_BITS(9, 8)
#define SV3_CMD1_TLBI_TG         SV3_BITS(11, 10) /* 1: 4 KiB, 2: 16 KiB, 3: 64 KiB */
#define SV3_CMD1_TLBI_ADDR       SV3_BITS(63, 12)
#define SV3_CMD1_PREFETCH_SIZE   SV3_BITS(4, 0)
#define SV3_CMD1_PREFETCH_STRIDE SV3_BITS(9, 5)
#define SV3_CMD1_PREFETCH_ADDR   SV3_BITS(63, 12)
#define SV3_CMD1_ATC_SIZE        SV3_BITS(5, 0) /* 4 KiB << size; 52 and more: all */
#define SV3_CMD1_ATC_ADDR        SV3_BITS(63, 12)
#define SV3_CMD1_PRI_GROUP       SV3_BITS(8, 0)
#define SV3_CMD1_PRI_RESP        SV3_BITS(13, 12)
#define SV3_CMD0_RESUME_AC       SV3_BIT(12)
#define SV3_CMD0_RESUME_AB       SV3_BIT(13)
#define SV3_CMD1_RESUME_STAG     SV3_BITS(15, 0)
#define SV3_CMD0_SYNC_CS         SV3_BITS(13, 12)
#define SV3_CMD0_SYNC_MSH        SV3_BITS(23, 22)
#define SV3_CMD0_SYNC_MSIATTR    SV3_BITS(27, 24)
#define SV3_SYNC_CS_NONE         0u
#define SV3_SYNC_CS_IRQ          1u
#define SV3_SYNC_CS_SEV          2u
#define SV3_CMD0_SYNC_MSIDATA    SV3_BITS(63, 32)
#define SV3_CMD1_SYNC_MSIADDR    SV3_BITS(55, 2)

/* --- Events, 32 bytes; SV3_EVTn is a field of doubleword n. [IHI0070 7.3] --- */
#define SV3_EVT0_NUMBER  SV3_BITS(7, 0)
#define SV3_EVT0_SSV     SV3_BIT(11)
#define SV3_EVT0_SSID    SV3_BITS(31, 12)
#define SV3_EVT0_SID     SV3_BITS(63, 32)
#define SV3_EVT1_STAG    SV3_BITS(15, 0)
#define SV3_EVT1_STALL   SV3_BIT(31)
#define SV3_EVT1_PNU     SV3_BIT(33)
#define SV3_EVT1_IND     SV3_BIT(34)
#define SV3_EVT1_RNW     SV3_BIT(35)
#define SV3_EVT1_S2      SV3_BIT(39)
#define SV3_EVT1_CLASS   SV3_BITS(41, 40)
#define SV3_EVT1_TTRNW   SV3_BIT(44)
#define SV3_EVT_CLASS_CD 0u
#define SV3_EVT_CLASS_TT 1u
#define SV3_EVT_CLASS_IN 2u
#define SV3_EVT3_IPA     SV3_BITS(55, 12)
#define SV3_EVT3_FETCH   SV3_BITS(55, 3)
/* F_BAD_ATS_TREQ [IHI0070 7.3.6] */
#define SV3_EVT1_TREQ_PRIV SV3_BIT(32)
#define SV3_EVT1_TREQ_X    SV3_BIT(33)
#define SV3_EVT1_TREQ_W    SV3_BIT(34)
#define SV3_EVT1_TREQ_R    SV3_BIT(35)
#define SV3_EVT2_TREQ_SPAN SV3_BITS(7, 0)
#define SV3_EVT2_TREQ_ADDR SV3_BITS(63, 12)

/* E_PAGE_REQUEST [IHI0070 7.3.19] */
#define SV3_EVT1_HINT_UX   SV3_BIT(33)
#define SV3_EVT1_HINT_UW   SV3_BIT(34)
#define SV3_EVT1_HINT_UR   SV3_BIT(35)
#define SV3_EVT1_HINT_PX   SV3_BIT(37)
#define SV3_EVT1_HINT_PW   SV3_BIT(38)
#define SV3_EVT1_HINT_PR   SV3_BIT(39)
#define SV3_EVT1_HINT_SPAN SV3_BITS(51, 44)
#define SV3_EVT2_HINT_ADDR SV3_BITS(63, 12)

/* --- Page requests, 16 bytes. [IHI0070 8.2] --- */
#define SV3_PRI0_SID   SV3_BITS(31, 0)
#define SV3_PRI0_SSID  SV3_BITS(51, 32)
#define SV3_PRI0_PRIV  SV3_BIT(58)
#define SV3_PRI0_X     SV3_BIT(59)
#define SV3_PRI0_R     SV3_BIT(60)
#define SV3_PRI0_W     SV3_BIT(61)
#define SV3_PRI0_LAST  SV3_BIT(62)
#define SV3_PRI0_SSV   SV3_BIT(63)
#define SV3_PRI1_GROUP SV3_BITS(8, 0)
#define SV3_PRI1_ADDR  SV3_BITS(63, 12)

enum sv3_event {
	SV3_EVENT_NONE = 0,
#define EVENT(name, number, fields, source) SV3_EVENT_##name = number,
#include <sv3/events.def>
#undef EVENT
};

#endif
