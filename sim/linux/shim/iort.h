/* SPDX-License-Identifier: MIT */
/*
 * iort.h - a firmware's node of an SMMU (ACPI), as far as the driver reads it. The layout is ours:
 * nobody but the cases makes one.
 */
#ifndef SV3_LINUX_IORT_H
#define SV3_LINUX_IORT_H

struct acpi_iort_smmu_v3 {
	u32 flags, model;
};
struct acpi_iort_node {
	u32 identifier;
	struct acpi_iort_smmu_v3 node_data[1];
};

#define ACPI_IORT_SMMU_V3_COHACC_OVERRIDE  1u
#define ACPI_IORT_SMMU_V3_HTTU_OVERRIDE    (3u << 1)
#define ACPI_IORT_SMMU_V3_GENERIC          0u
#define ACPI_IORT_SMMU_V3_HISILICON_HI161X 1u
#define ACPI_IORT_SMMU_V3_CAVIUM_CN99XX    2u

#endif
