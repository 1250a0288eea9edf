/* SPDX-License-Identifier: MIT */
/* tables.c - cases of the page-table code alone, and of the kernel's own tests. */
#include <kunit/test.h>

#include "cases.h"

int initcall_of_arm_lpae_do_selftests(void);

void case_selftest(void)
{
	struct hw_config config;

	hw_config_default(&config);
	hw_create(&config);
	kernel_boot();
	seam_row("the kernel's page-table self test", 0, (u64)initcall_of_arm_lpae_do_selftests());
	seam_row("its verdict is in the log", true, seam_logged(" 0 FAIL"));
}

static int record(struct iova_bitmap *bitmap, unsigned long iova, size_t length, void *domain)
{
	iova_bitmap_set(bitmap, iova + PAGE_SIZE, PAGE_SIZE);
	iova_bitmap_set(bitmap, iova + 64 * PAGE_SIZE, 3 * PAGE_SIZE);
	return 0;
}

void case_bitmap(void)
{
	struct hw_config config;
	struct iova_bitmap *bitmap;
	u64 *words;

	hw_config_default(&config);
	hw_create(&config);
	kernel_boot();
	words = memory_create(1);
	bitmap = iova_bitmap_alloc(IOVA_BASE, 128 * PAGE_SIZE, PAGE_SIZE, words);
	must(!IS_ERR(bitmap), "a bitmap is allocated");
	seam_row("every part is visited", 0, (u64)iova_bitmap_for_each(bitmap, NULL, record));
	iova_bitmap_free(bitmap);
	seam_row("pages 0 to 63", 2, words[0]);
	seam_row("pages 64 to 127", 7, words[1]);
}

void case_kunit(void)
{
	struct kunit_suite *suite = kernel_suite;
	unsigned int ran = 0, good = 0, checks = 0;
	struct hw_config config;

	hw_config_default(&config);
	hw_create(&config);
	kernel_boot();
	must(suite->suite_init(suite) == 0, "the suite begins");
	for (struct kunit_case *c = suite->test_cases; c->run_case; c++) {
		struct kunit test = { 0 };

		c->run_case(&test);
		for (unsigned int i = 0; i < test.block_count; i++)
			seam_free(test.blocks[i]);
		seam_row(c->name, 0, test.failures);
		ran++;
		good += test.failures == 0;
		checks += test.checks;
	}
	seam_row("unit tests of the driver", 22, ran);
	seam_row("of them good", ran, good);
	seam_note("%u checks", checks);
}
