/* SPDX-License-Identifier: MIT */
/*
 * test_load.c - files: what is no device tree, what is cut or changed, and trees of real shape.
 */
#include "ctest.h"
#include "platform_fx.h"

#include <sv3/migration.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE(name) "tests/data/platforms/" name

/** Has something of every kind. */
#define EVERYTHING                                                                          \
	FX_CELLS FX_SMMU                                                                    \
		"gic: gic { #interrupt-cells = <3>; };"                                     \
		"memory@0 { device_type = \"memory\"; reg = <0 0 0 0x1000>; };"             \
		"bus { ranges = <0 0 0 0x1000>; #address-cells = <1>; "                     \
		"#size-cells = <1>; i@0 { compatible = \"arm,smmu-v3\"; "                   \
		"reg = <0 1>; #iommu-cells = <1>; interrupts = <0 1 2>; "                   \
		"interrupt-parent = <&gic>; interrupt-names = \"combined\"; }; };"          \
		"dev: d { iommus = <1 1>; }; p { device_type = \"pci\"; "                   \
		"#address-cells = <3>; #size-cells = <2>; iommu-map = <0 1 16 16>; "        \
		"nic { reg = <0x000800 0 0 0 0>; }; }; s { compatible = "                   \
		"\"sv3,world\"; seed = <1>; timing { tcu-slots = <1>; }; z { compatible = " \
		"\"sv3,synthetic\"; pattern = \"zipf\"; master = &dev; }; };"

static const char *load_bytes(const void *bytes, size_t size, int *rc)
{
	static struct sv3_platform_error error;
	struct sv3_platform platform;

	*rc = sv3_platform_load_memory(bytes, size, "blob", &platform, &error);
	sv3_platform_free(&platform);
	return error.text;
}

/* --- files --- */

TEST_C(platform_load, a_file_that_is_not_there)
{
	struct sv3_platform_error error;
	struct sv3_platform platform;

	EXPECT_EQ_INT(sv3_platform_load("/no/such.dtb", &platform, &error), -SV3_ERR_IO);
	EXPECT_EQ_STR(error.text, "/no/such.dtb: No such file or directory");
}

TEST_C(platform_load, a_file_that_is_something_else)
{
	struct sv3_platform_error error;
	struct sv3_platform platform;

	EXPECT_EQ_INT(sv3_platform_load("Makefile", &platform, &error), -SV3_ERR_FORMAT);
	EXPECT_EQ_STR(error.text,
		      "Makefile: no device tree blob (it does not begin with d00dfeed), and not "
		      "named .dts; give a .dtb or a .dts");
}

TEST_C(platform_load, what_dtc_says_is_passed_on_as_one_line)
{
	struct sv3_platform platform;
	const char *said;

	EXPECT_EQ_INT(fx_read("a = <;", &platform, &said), -SV3_ERR_FORMAT);
	EXPECT_TRUE(strncmp(said, "dtc: /tmp/sv3-", 14) == 0);
	EXPECT_TRUE(strstr(said, ":2.10-11 syntax error") != NULL);
	EXPECT_TRUE(strchr(said, '\n') == NULL);
	EXPECT_EQ_INT(fx_read("a = <&absent>;", &platform, &said), -SV3_ERR_FORMAT);
	EXPECT_TRUE(strstr(said, "Reference to non-existent node or label \"absent\"") != NULL);
}

TEST_C(platform_load, a_blob_is_known_by_its_bytes_not_by_its_name)
{
	struct sv3_platform_error error;
	struct sv3_platform platform;
	char path[] = "/tmp/sv3-XXXXXX";
	size_t size;
	void *blob = fx_blob(EVERYTHING, &size);
	FILE *file = fdopen(mkstemp(path), "wb");

	fwrite(blob, 1, size, file);
	fclose(file);
	EXPECT_OK(sv3_platform_load(path, &platform, &error));
	EXPECT_EQ_U64(platform.smmu_count, 2);
	sv3_platform_free(&platform);
	unlink(path);
	free(blob);
}

/* --- blobs --- */

TEST_C(platform_load, whatever_is_cut_off_is_missed)
{
	size_t size;
	uint8_t *blob = fx_blob(EVERYTHING, &size);
	int rc;

	load_bytes(blob, size, &rc);
	EXPECT_OK(rc);
	for (size_t cut = 0; cut < size; cut++) {
		const char *said = load_bytes(blob, cut, &rc);

		if (rc != -SV3_ERR_FORMAT || strstr(said, "not a whole device tree blob") == NULL)
			FAIL_C("%zu of %zu bytes: %s", cut, size, said);
	}
	free(blob);
}

TEST_C(platform_load, no_byte_that_is_changed_does_harm)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff };
	size_t size;
	uint8_t *blob = fx_blob(EVERYTHING, &size);
	int rc;

	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < sizeof(changes); i++) {
			const char *said;

			blob[at] ^= changes[i];
			said = load_bytes(blob, size, &rc);
			blob[at] ^= changes[i];
			if (rc < 0 && (said[0] == '\0' || strchr(said, '\n') != NULL))
				FAIL_C("byte %zu: '%s'", at, said);
		}
	}
	free(blob);
}

TEST_C(platform_load, two_nodes_with_one_phandle_are_refused)
{
	size_t size;
	uint8_t *blob =
		fx_blob("a { phandle = <0x1234567>; }; b { phandle = <0x1234568>; };", &size);
	const char *said;
	int rc;

	/* dtc would not write it: the second becomes the first */
	for (size_t at = 0; at + 4 <= size; at++) {
		if (memcmp(blob + at, "\x01\x23\x45\x68", 4) == 0)
			blob[at + 3] = 0x67;
	}
	said = load_bytes(blob, size, &rc);
	EXPECT_EQ_INT(rc, -SV3_ERR_FORMAT);
	EXPECT_EQ_STR(said, "blob: /b: phandle: 0x1234567 is that of /a, too; give each its own");
	free(blob);
}

TEST_C(platform_load, a_tree_too_deep_is_refused)
{
	char body[1024] = "";
	struct sv3_platform platform;
	const char *said;

	for (int i = 0; i < 64; i++)
		strcat(body, "a { ");
	for (int i = 0; i < 64; i++)
		strcat(body, "}; ");
	EXPECT_EQ_INT(fx_read(body, &platform, &said), -SV3_ERR_FORMAT);
	EXPECT_EQ_STR(said, "not a whole device tree blob (nodes below each other, more than 64 "
			    "deep); dump or compile it again");
}

TEST_C(platform_load, an_empty_tree_is_an_empty_platform)
{
	struct sv3_platform platform = fx_platform("");

	EXPECT_EQ_U64(platform.smmu_count + platform.memory_count + platform.master_count, 0);
	sv3_platform_free(&platform);
	sv3_platform_free(&platform);
}

/* --- trees of real shape --- */

TEST_C(platform_load, a_dump_of_a_virt_machine)
{
	struct sv3_platform_error error;
	struct sv3_platform platform;

	ASSERT_OK(sv3_platform_load(FIXTURE("qemu-virt.dts"), &platform, &error));
	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_U64(platform.memory[0].base, 0x40000000);
	EXPECT_EQ_U64(platform.memory[0].size, UINT64_C(4) << 30);
	ASSERT_EQ_U64(platform.smmu_count, 1);
	EXPECT_EQ_STR(platform.smmus[0].node, "/smmuv3@9050000");
	EXPECT_EQ_U64(platform.smmus[0].base, 0x9050000);
	EXPECT_EQ_U64(platform.smmus[0].interrupt_count, 4);
	EXPECT_EQ_U64(platform.smmus[0].interrupts[3].cells[1], 0x4d);
	EXPECT_TRUE(platform.smmus[0].dma_coherent);
	ASSERT_EQ_U64(platform.master_count, 1);
	EXPECT_EQ_STR(platform.masters[0].node, "/pcie@10000000");
	EXPECT_EQ_U64(platform.masters[0].streams[0].count, 0x10000);
	EXPECT_EQ_U64(platform.note_count, 0);
	sv3_platform_free(&platform);
}

TEST_C(platform_load, a_board_with_several_smmus)
{
	struct sv3_platform_error error;
	struct sv3_platform platform;
	struct sv3_platform_streams streams;

	ASSERT_OK(sv3_platform_load(FIXTURE("board.dts"), &platform, &error));
	ASSERT_EQ_U64(platform.memory_count, 2);
	EXPECT_EQ_U64(platform.memory[1].base, UINT64_C(0x8080000000));
	ASSERT_EQ_U64(platform.smmu_count, 2);
	EXPECT_EQ_U64(platform.smmus[0].base, UINT64_C(0x402b400000));
	EXPECT_EQ_STR(platform.smmus[0].msi_parent,
		      "/interrupt-controller@30000000/msi-controller@30040000");
	EXPECT_EQ_U64(platform.smmus[1].interrupt_count, 1);
	EXPECT_FALSE(platform.smmus[1].dma_coherent);
	/* dma, ethernet, usb (behind a disabled one), gpu, host, bridge, nvme, wifi, fpga */
	ASSERT_EQ_U64(platform.master_count, 9);
	EXPECT_EQ_STR(platform.masters[4].node, "/pcie@60000000");
	/* 80:02.3 is 0x8013, masked 0x8010, 0x10 behind 0x8000: 0x1010 of the second SMMU */
	ASSERT_OK(sv3_platform_stream(&platform, 4, 0x8013, &streams));
	EXPECT_EQ_U64(streams.smmu, 1);
	EXPECT_EQ_U64(streams.stream_id, 0x1010);
	EXPECT_EQ_STR(platform.masters[7].node, "/pcie@60000000/wifi@10,3");
	EXPECT_EQ_U64(platform.masters[7].streams[0].stream_id, 0x1010);
	EXPECT_EQ_U64(platform.masters[8].stream_count, 0);
	EXPECT_EQ_U64(platform.masters[2].stream_count, 0);
	EXPECT_EQ_U64(platform.note_count, 5);
	sv3_platform_free(&platform);
}

TEST_C(platform_load, the_default_is_what_the_libraries_have)
{
	const char *body = strstr(sv3_platform_default(), "/ {") + 3;
	struct sv3_compare_config config;
	struct sv3_platform platform;
	char *text = strdup(body);

	/* without the end of the root, which the fixture adds */
	text[strlen(text) - 3] = '\0';
	platform = fx_platform(text);
	sv3_compare_config_default(&config);
	ASSERT_EQ_U64(platform.smmu_count, 1);
	EXPECT_EQ_MEM(&platform.smmus[0].config, &config.smmu, sizeof(config.smmu));
	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_U64(platform.memory[0].base, config.guest_base);
	EXPECT_TRUE(platform.memory[0].grows);
	EXPECT_TRUE(sv3_platform_has_stream(&platform, 0, 0, 0));
	EXPECT_TRUE(sv3_platform_has_stream(&platform, 0, 0, 0xffff));
	EXPECT_EQ_U64(platform.note_count, 0);
	EXPECT_EQ_U64(platform.device_count, 0);
	sv3_platform_free(&platform);
	free(text);
}
