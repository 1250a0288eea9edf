/* SPDX-License-Identifier: MIT */
/*
 * fixture.c - see fixture.h.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define HOST        UINT64_C(0x40000000)
#define HOST_SIZE   UINT64_C(0x04000000)
#define STRTAB      (HOST + 0x1000)
#define CD          (HOST + 0x2000)
#define CMDQ        (HOST + 0x4000)
#define EVTQ        (HOST + 0x8000)
#define TABLES      (HOST + 0x100000)
#define CMDQ_LOG2   4u
#define STRTAB_LOG2 4u

/* --- the bus of software --- */

static void come_between(struct fe *fe)
{
	if (!fe->between || fe->in_between)
		return;
	fe->in_between = true;
	fe->between(fe);
	fe->in_between = false;
}

static enum sv3_bus_status bus_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct fe *fe = (struct fe *)context;

	come_between(fe);
	fe->accesses++;
	return sv3_bus_read(&fe->memory, pa, data, size);
}

static enum sv3_bus_status bus_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct fe *fe = (struct fe *)context;

	come_between(fe);
	fe->accesses++;
	return sv3_bus_write(&fe->memory, pa, data, size);
}

static enum sv3_bus_status bus_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				     uint64_t *old)
{
	struct fe *fe = (struct fe *)context;

	come_between(fe);
	fe->accesses++;
	return sv3_bus_cas64(&fe->memory, pa, expect, desired, old);
}

/* --- the registers of software --- */

static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	struct fe *fe = (struct fe *)context;
	const struct sv3_regport port = sv3_fast_regport(&fe->fast);

	come_between(fe);
	return port.ops->read(port.context, offset, size);
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct fe *fe = (struct fe *)context;
	const struct sv3_regport port = sv3_fast_regport(&fe->fast);

	come_between(fe);
	port.ops->write(port.context, offset, size, value);
}

/* Software waits: what is in flight lands, at last. */
static bool port_poll(void *context)
{
	struct fe *fe = (struct fe *)context;
	const bool held = fe->holds && !fe->stuck;

	if (held)
		fe_land(fe);
	return sv3_fast_drain(&fe->fast) || held;
}

static const struct sv3_regport_ops port_ops = { port_read, port_write, port_poll };

/* --- boot --- */

static void must(int rc)
{
	if (rc < 0) {
		ctest_fail(__FILE__, __LINE__, "the machine does not come up: %s",
			   sv3_strerror(rc));
		abort();
	}
}

static void power_on(struct fe *fe, const struct sv3_smmu_config *smmu)
{
	static const struct sv3_ram_region regions[] = { { HOST, HOST_SIZE },
							 { FE_DATA, FE_DATA_SIZE } };
	static const struct sv3_bus_ops bus_ops = { .read = bus_read,
						    .write = bus_write,
						    .cas64 = bus_cas64 };
	struct sv3_smmu_config config;
	size_t size;

	if (smmu)
		config = *smmu;
	else
		sv3_smmu_config_default(&config);
	size = (sv3_smmu_size(&config) + 63) & ~(size_t)63;
	fe->block = aligned_alloc(64, size);
	must(fe->block ? 0 : -SV3_ERR_NOMEM);
	must(sv3_ram_init(&fe->ram, regions, 2));
	must(sv3_smmu_init(fe->block, size, &config, &fe->smmu));
	fe->memory = sv3_ram_bus(&fe->ram);
	fe->fast = (struct sv3_fast){ .smmu = fe->smmu, .bus = fe->memory };
	fe->bus = (struct sv3_bus){ &bus_ops, fe };
	fe->port = (struct sv3_regport){ &port_ops, fe };
}

static void make_stream(struct fe *fe, uint32_t stream)
{
	static const struct sv3_pt_config config = { .granule_lg2 = 12,
						     .input_size_lg2 = 48,
						     .dbm = true };
	struct sv3_cd_config cd_config = {
		.granule_lg2 = 12,
		.input_size_lg2 = 48,
		.output_size_lg2 = 48,
		.asid = stream + 1,
		.ha = true,
		.hd = true,
		.record = true,
		.abort = true,
	};
	const sv3_pa cd_pa = CD + stream * UINT64_C(0x40);
	uint64_t ste[8], cd[8];

	must(sv3_pt_init(&fe->pt[stream], &fe->memory, &fe->pages, &config));
	cd_config.ttb = fe->pt[stream].root;
	/* An SMMU that does not update: what is writable is so at once. */
	cd_config.hd = SV3_GET(SV3_IDR0_HTTU, fe->port.ops->read(fe, SV3_REG_IDR0, 4)) >= 2;
	must(sv3_cd_make(cd, &cd_config));
	must(sv3_cd_write(&fe->memory, cd_pa, 0, cd));
	sv3_ste_make_s1(ste, cd_pa, 0);
	must(sv3_strtab_write(&fe->strtab, stream, ste));
	fe->domain[stream] = (struct sv3_frontend_domain){ &fe->pt[stream], stream + 1 };
}

void fe_init(struct fe *fe, const struct sv3_smmu_config *smmu)
{
	memset(fe, 0, sizeof(*fe));
	power_on(fe, smmu);
	fe->pages = (struct sv3_pt_pages){ .next = TABLES, .end = HOST + HOST_SIZE };
	must(sv3_strtab_init(&fe->strtab, &fe->memory, STRTAB, CD, STRTAB_LOG2, 0));
	for (uint32_t i = 0; i < FE_STREAMS; i++)
		make_stream(fe, i);
	fe->port.ops->write(fe, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(&fe->strtab));
	fe->port.ops->write(fe, SV3_REG_STRTAB_BASE_CFG, 4, sv3_strtab_base_cfg(&fe->strtab));
	fe->port.ops->write(fe, SV3_REG_EVENTQ_BASE, 8, EVTQ | CMDQ_LOG2);
	must(sv3_cmdq_init(&fe->cmdq, &fe->bus, &fe->port, CMDQ, CMDQ_LOG2));
	fe->port.ops->write(fe, SV3_REG_CR0, 4, SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN | SV3_CR0_SMMUEN);
	fe->config = (struct sv3_frontend_config){
		.bus = fe->bus,
		.cmdq = &fe->cmdq,
		.flush = SV3_FLUSH_RANGE,
	};
	fe->accesses = 0;
}

void fe_fini(struct fe *fe)
{
	sv3_ram_fini(&fe->ram);
	free(fe->block);
}

/* --- the device --- */

static struct sv3_txn txn_of(uint32_t stream, sv3_iova iova)
{
	return (struct sv3_txn){ .iova = iova, .stream_id = stream, .write = true };
}

static void store(struct fe *fe, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, value);
	if (sv3_bus_write(&fe->memory, pa, bytes, 8) != SV3_BUS_OK)
		ctest_fail(__FILE__, __LINE__, "a write beside memory");
}

bool fe_touch(struct fe *fe, uint32_t stream, sv3_iova iova)
{
	const struct sv3_txn txn = txn_of(stream, iova);
	struct sv3_result result;

	return sv3_translate(&fe->fast, &txn, &result) == 0 && result.outcome == SV3_OUTCOME_OK;
}

bool fe_read(struct fe *fe, uint32_t stream, sv3_iova iova)
{
	const struct sv3_txn txn = { .iova = iova, .stream_id = stream };
	struct sv3_result result;

	return sv3_translate(&fe->fast, &txn, &result) == 0 && result.outcome == SV3_OUTCOME_OK;
}

bool fe_write(struct fe *fe, uint32_t stream, sv3_iova iova, uint64_t value)
{
	const struct sv3_txn txn = txn_of(stream, iova);
	struct sv3_result result;

	if (sv3_translate(&fe->fast, &txn, &result) || result.outcome != SV3_OUTCOME_OK)
		return false;
	store(fe, result.pa, value);
	return true;
}

bool fe_hold(struct fe *fe, uint32_t stream, sv3_iova iova, uint64_t value)
{
	const struct sv3_txn txn = txn_of(stream, iova);
	struct sv3_result result;

	if (fe->holds)
		fe_land(fe);
	if (sv3_translate_hold(&fe->fast, &txn, &fe->held_slot, &result))
		return false;
	if (result.outcome != SV3_OUTCOME_OK) {
		sv3_smmu_finish(fe->smmu, fe->held_slot);
		return false;
	}
	fe->holds = true;
	fe->held_pa = result.pa;
	fe->held_value = value;
	return true;
}

void fe_land(struct fe *fe)
{
	if (!fe->holds)
		return;
	store(fe, fe->held_pa, fe->held_value);
	fe->holds = false;
	sv3_smmu_finish(fe->smmu, fe->held_slot);
	sv3_fast_drain(&fe->fast);
}

uint64_t fe_value(struct fe *fe, uint64_t offset)
{
	uint8_t bytes[8] = { 0 };

	if (sv3_bus_read(&fe->memory, FE_DATA + offset, bytes, 8) != SV3_BUS_OK)
		ctest_fail(__FILE__, __LINE__, "a read beside memory");
	return sv3_le64(bytes);
}

/* --- iommufd --- */

bool fe_iommufd_open(struct fe *fe, struct fe_iommufd *iommufd)
{
	return ctest_bool(
		CTEST_AT("iommufd comes up", ""), true,
		sv3_iommufd_create(&fe->config, &iommufd->fd) == 0 &&
			sv3_iommufd_hwpt_alloc(iommufd->fd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING,
					       &fe->domain[0], NULL, &iommufd->hwpt) == 0);
}

int fe_iommufd_map(struct fe_iommufd *iommufd, uint64_t offset, uint64_t length)
{
	return sv3_iommufd_map(iommufd->fd,
			       SV3_IOMMUFD_MAP_FIXED_IOVA | SV3_IOMMUFD_MAP_WRITEABLE |
				       SV3_IOMMUFD_MAP_READABLE,
			       FE_IOVA + offset, FE_DATA + offset, length);
}

int fe_iommufd_track(const struct fe_iommufd *iommufd, bool on)
{
	const struct sv3_iommufd_set_dirty_tracking args = {
		.size = sizeof(args),
		.flags = on ? SV3_IOMMUFD_DIRTY_ENABLE : 0u,
		.hwpt_id = iommufd->hwpt,
	};

	return sv3_iommufd_set_dirty_tracking(iommufd->fd, &args);
}

int fe_iommufd_get(const struct fe_iommufd *iommufd, uint64_t offset, uint64_t length,
		   uint32_t flags, void *bits)
{
	const struct sv3_iommufd_get_dirty_bitmap args = {
		.size = sizeof(args),
		.hwpt_id = iommufd->hwpt,
		.flags = flags,
		.iova = FE_IOVA + offset,
		.length = length,
		.page_size = FE_PAGE,
		.data = bits,
	};

	return sv3_iommufd_get_dirty_bitmap(iommufd->fd, &args);
}

/* --- VFIO --- */

bool fe_vfio_open(struct fe *fe, struct sv3_vfio **vfio)
{
	return ctest_bool(CTEST_AT("a container comes up", ""), true,
			  sv3_vfio_create(&fe->config, vfio) == 0 &&
				  sv3_vfio_attach(*vfio, &fe->domain[0]) == 0);
}

int fe_vfio_map(struct sv3_vfio *vfio, uint64_t offset, uint64_t size)
{
	const struct sv3_vfio_dma_map map = {
		.argsz = sizeof(map),
		.flags = SV3_VFIO_MAP_READ | SV3_VFIO_MAP_WRITE,
		.pa = FE_DATA + offset,
		.iova = FE_IOVA + offset,
		.size = size,
	};

	return sv3_vfio_map(vfio, &map);
}

int fe_vfio_switch(struct sv3_vfio *vfio, uint32_t flag)
{
	const struct sv3_vfio_dirty_pages args = { .argsz = 8, .flags = flag };

	return sv3_vfio_dirty_pages(vfio, &args);
}

int fe_vfio_dirty(struct sv3_vfio *vfio, uint32_t flag, uint64_t offset, uint64_t size, void *bits)
{
	const struct sv3_vfio_dirty_pages args = {
		.argsz = sizeof(args),
		.flags = flag,
		.iova = FE_IOVA + offset,
		.size = size,
		.bitmap = { .pgsize = FE_PAGE, .size = fe_vfio_bytes(size), .data = bits },
	};

	return sv3_vfio_dirty_pages(vfio, &args);
}
