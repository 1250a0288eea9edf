/* SPDX-License-Identifier: MIT */
/*
 * ats.c - boots the stream of ats.h and sends what its endpoint would.
 */
#include "tests/model/ats.h"

void ats_boot(struct fx *f, unsigned int flags, uint32_t choices)
{
	struct sv3_smmu_config config;

	fx_config(&config, FX_FULL | flags);
	config.choices = choices;
	config.idr0 |= UINT32_C(1) << 23; /* ATSRECERR */
	fx_power_on(f, &config);
	fx_boot(f, FX_FULL | flags);
	fx_set_reg(f, SV3_REG_CR0, 0x1d);
	fx_ste(f, FX_SID, flags & FX_NESTED ? FX_STE_NESTED | FX_IPA(FX_CD) : FX_STE_S1 | FX_CD,
	       ATS_FULL);
}

unsigned int ats_go(struct fx *f, const struct sv3_txn *txn)
{
	fx_go(f, txn);
	return f->result.outcome == SV3_OUTCOME_OK ? f->result.ats : ATS_REFUSED(f->result.outcome);
}

unsigned int ats_request(struct fx *f, sv3_iova iova, bool write)
{
	struct sv3_txn txn = fx_txn(iova, write);

	txn.kind = SV3_TXN_ATS_REQUEST;
	txn.privileged = false;
	return ats_go(f, &txn);
}

uint64_t ats_translated(struct fx *f, uint64_t address, bool write)
{
	struct sv3_txn txn = fx_txn(address, write);

	txn.kind = SV3_TXN_ATS_TRANSLATED;
	return fx_go(f, &txn);
}
