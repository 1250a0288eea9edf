/* SPDX-License-Identifier: MIT */
/*
 * interrupts.c - interrupts of an SMMU, as wide as the controller above it says, and their names.
 */
#include "platform_priv.h"

#include <string.h>

#define INTERRUPTS_MAX 8u

/** The interrupt controller of a node: its own interrupt-parent, or that of a node above. */
static int find_controller(const struct sv3__loader *loader, uint32_t node, uint32_t *controller)
{
	struct sv3__cells cells;
	uint32_t at = node;

	for (;;) {
		const int rc = sv3__read_cells(loader, at, "interrupt-parent", &cells);

		if (rc < 0)
			return rc;
		if (cells.is_there && cells.count != 1)
			return sv3__fail(loader, at, "interrupt-parent", "not one phandle");
		if (cells.is_there)
			return sv3__follow(loader, at, "interrupt-parent", sv3__cell(&cells, 0),
					   controller);
		if (at == SV3__ROOT)
			return sv3__fail(loader, node, "interrupts",
					 "there is no interrupt-parent here or above; give one");
		at = loader->tree.nodes[at].parent;
	}
}

/** Name @index of interrupt-names, which the platform keeps; NULL: it has none. */
static int read_name(struct sv3__loader *loader, uint32_t node, uint32_t index, const char **name)
{
	uint32_t size;
	const char *names =
		(const char *)sv3__property(&loader->tree, node, "interrupt-names", &size);

	*name = NULL;
	if (names != NULL && (size == 0 || names[size - 1] != '\0'))
		return sv3__fail(loader, node, "interrupt-names", "no list of strings");
	for (uint32_t at = 0; names != NULL && at < size; at += (uint32_t)strlen(names + at) + 1) {
		if (index-- > 0)
			continue;
		if (strlen(names + at) > 32 ||
		    strspn(names + at, "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_") != strlen(names + at))
			return sv3__fail(loader, node, "interrupt-names",
					 "no word of small letters");
		*name = sv3__keep_text(loader, names + at);
		return *name != NULL ? 0 : sv3__fail_memory(loader);
	}
	return 0;
}

static int read_width(const struct sv3__loader *loader, uint32_t controller, uint32_t *width)
{
	*width = 0;
	if (sv3__read_u32(loader, controller, "#interrupt-cells", SV3_PLATFORM_INTERRUPT_CELLS_MAX,
			  width) < 0)
		return -SV3_ERR_FORMAT;
	return *width > 0 ? 0
			  : sv3__fail(loader, controller, "#interrupt-cells",
				      "absent or 0, and an SMMU has interrupts there");
}

int sv3__read_interrupts(struct sv3__loader *loader, uint32_t node, struct sv3_platform_smmu *smmu)
{
	struct sv3_platform_interrupt *interrupts;
	uint32_t controller = 0, width = 0;
	struct sv3__cells cells;
	int rc = sv3__read_cells(loader, node, "interrupts", &cells);

	if (rc < 0 || cells.count == 0)
		return rc;
	rc = find_controller(loader, node, &controller);
	if (rc == 0)
		rc = read_width(loader, controller, &width);
	if (rc < 0)
		return rc;
	if (cells.count % width != 0 || cells.count / width > INTERRUPTS_MAX)
		return sv3__fail(loader, node, "interrupts",
				 "%u cells are not 1 to %u interrupts of %u (#interrupt-cells)",
				 cells.count, INTERRUPTS_MAX, width);
	smmu->interrupt_count = cells.count / width;
	interrupts = (struct sv3_platform_interrupt *)sv3__keep(
		loader, smmu->interrupt_count * sizeof(*interrupts));
	if (interrupts == NULL)
		return sv3__fail_memory(loader);
	smmu->interrupts = interrupts;
	for (uint32_t i = 0; i < smmu->interrupt_count && rc == 0; i++) {
		interrupts[i].cell_count = width;
		for (uint32_t k = 0; k < width; k++)
			interrupts[i].cells[k] = sv3__cell(&cells, i * width + k);
		rc = read_name(loader, node, i, &interrupts[i].name);
	}
	return rc;
}
