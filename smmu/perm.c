/* SPDX-License-Identifier: MIT */
/*
 * perm.c - what a stage-1 leaf allows in the EL1&0 regime. A pure function of descriptor, limits
 * and CD.
 */
#include "smmu_priv.h"

static uint8_t bit_if(bool condition, enum sv3__access_kind kind)
{
	return (uint8_t)((unsigned int)condition << kind);
}

struct sv3__permissions sv3__perm_check(const struct sv3__context *context, uint8_t limits,
					uint64_t descriptor)
{
	/* [DDI0487 D8.4.1.2, R_YTXKB] AP[1]: unprivileged access; AP[2]: read-only. APTable takes
	 * away from both. */
	bool unpriv = (descriptor & SV3_PTE_AP1_UNPRIV) && !(limits & SV3__LIMIT_NO_UNPRIV);
	bool limited = (limits & SV3__LIMIT_NO_WRITE) != 0;
	bool writes = !(descriptor & SV3_PTE_AP2_RDONLY) && !limited;
	/* [DDI0487 D8.5.2.1, R_XZFQH] Writable-clean: a write is refused by AP[2] alone, and the
	 * hardware may set it. */
	bool clean = context->hd && sv3_pte_is_writable_clean(descriptor) && !limited;
	/* [IHI0070 5.4 PAN] Privileged data accesses keep off what unprivileged ones may touch. */
	bool priv_data = !(context->pan && unpriv);
	/* [DDI0487 D8.5.2.2, R_TTLCV] For execute-never, writable-clean counts as writable. */
	bool writable = writes || clean;
	bool unpriv_writable = writable && unpriv;
	bool exec_unpriv = !(descriptor & SV3_PTE_UXN) && !(limits & SV3__LIMIT_UXN) &&
			   !(context->wxn && unpriv_writable);
	/* [DDI0487 D8.4.1.2.3, R_VWLLR] What is writable unprivileged is never executable
	 * privileged. CD.UWXN is for VMSAv8-32 only. [IHI0070 5.4 UWXN] */
	bool exec_priv = !(descriptor & SV3_PTE_PXN) && !(limits & SV3__LIMIT_PXN) &&
			 !(context->wxn && writable) && !unpriv_writable;

	return (struct sv3__permissions){
		.allowed = (uint8_t)(bit_if(unpriv, SV3__ACCESS_READ_UNPRIV) |
				     bit_if(priv_data, SV3__ACCESS_READ_PRIV) |
				     bit_if(writes && unpriv, SV3__ACCESS_WRITE_UNPRIV) |
				     bit_if(writes && priv_data, SV3__ACCESS_WRITE_PRIV) |
				     bit_if(exec_unpriv, SV3__ACCESS_EXEC_UNPRIV) |
				     bit_if(exec_priv, SV3__ACCESS_EXEC_PRIV)),
		.upgradable = (uint8_t)(bit_if(clean && unpriv, SV3__ACCESS_WRITE_UNPRIV) |
					bit_if(clean && priv_data, SV3__ACCESS_WRITE_PRIV)),
	};
}
