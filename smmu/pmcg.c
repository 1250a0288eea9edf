/* SPDX-License-Identifier: MIT */
#include "smmu_priv.h"

bool sv3__pmcg_ready(const struct sv3_smmu *smmu)
{
	(void)smmu;
	return false;
}

void sv3__pmcg_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	(void)smmu;
	(void)reply;
	need->kind = SV3_NEED_DONE;
}

void sv3__pmcg_add(struct sv3_smmu *smmu, enum sv3__pmcg_event event, uint32_t stream_id)
{
	(void)smmu;
	(void)event;
	(void)stream_id;
}
