/* SPDX-License-Identifier: MIT */
/*
 * perm.c - what a leaf allows, stage by stage: pure functions of descriptor, limits and
 * configuration.
 *
 * A leaf says what is allowed now, and which writes would be if the hardware made it
 * writable-dirty.
 */
#include "xlat_priv.h"

static uint8_t set_if(bool condition, uint32_t set)
{
	return (uint8_t)(condition ? set : 0);
}

static uint32_t one(enum sv3__access_kind kind)
{
	return 1u << kind;
}

/* A regime with one privilege: AP[1] is taken as 1, XN as UXN, and PXN, PAN do not exist.
 * [DDI0487 D8.4.1.2] [IHI0070 5.2 STRW] */
static struct sv3__permissions single_privilege(const struct sv3__context *context, uint8_t limits,
						uint64_t descriptor)
{
	bool limited = (limits & SV3__LIMIT_NO_WRITE) != 0;
	bool writes = !(descriptor & SV3_PTE_AP2_RDONLY) && !limited;
	bool clean = context->hd && sv3_pte_is_writable_clean(descriptor) && !limited;
	bool execs = !(descriptor & SV3_PTE_UXN) && !(limits & SV3__LIMIT_UXN) &&
		     !(context->wxn && (writes || clean));

	return (struct sv3__permissions){
		.allowed = (uint8_t)(SV3__READS | set_if(writes, SV3__WRITES) |
				     set_if(execs, SV3__EXECS)),
		.upgradable = set_if(clean, SV3__WRITES),
	};
}

struct sv3__permissions sv3__perm_stage1(const struct sv3__context *context, uint8_t limits,
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

	if (context->regime == SV3__REGIME_EL2)
		return single_privilege(context, limits, descriptor);
	return (struct sv3__permissions){
		.allowed = (uint8_t)(set_if(unpriv, one(SV3__ACCESS_READ_UNPRIV)) |
				     set_if(priv_data, one(SV3__ACCESS_READ_PRIV)) |
				     set_if(writes && unpriv, one(SV3__ACCESS_WRITE_UNPRIV)) |
				     set_if(writes && priv_data, one(SV3__ACCESS_WRITE_PRIV)) |
				     set_if(exec_unpriv, one(SV3__ACCESS_EXEC_UNPRIV)) |
				     set_if(exec_priv, one(SV3__ACCESS_EXEC_PRIV))),
		.upgradable = (uint8_t)(set_if(clean && unpriv, one(SV3__ACCESS_WRITE_UNPRIV)) |
					set_if(clean && priv_data, one(SV3__ACCESS_WRITE_PRIV))),
	};
}

/* [DDI0487 D8.4.2] S2AP says what data accesses may do, whatever their privilege; XN what may be
 * executed, with XNX at which privilege. */
struct sv3__permissions sv3__perm_stage2(const struct sv3__stage2 *s2, bool has_xnx,
					 uint64_t descriptor)
{
	bool reads = (descriptor & SV3_PTE_S2AP_READ) != 0;
	bool writes = (descriptor & SV3_PTE_S2AP_WRITE) != 0;
	bool clean = s2->hd && (descriptor & SV3_PTE_DBM) && !writes;
	bool xn1 = (descriptor & SV3_BIT(54)) != 0;
	bool xn0 = has_xnx && (descriptor & SV3_BIT(53));
	/* XN[1:0]: 0 all, 1 unprivileged only, 2 none, 3 privileged only. */
	bool exec_unpriv = !xn1;
	bool exec_priv = xn1 == xn0;

	return (struct sv3__permissions){
		.allowed = (uint8_t)(set_if(reads, SV3__READS) | set_if(writes, SV3__WRITES) |
				     set_if(exec_unpriv, one(SV3__ACCESS_EXEC_UNPRIV)) |
				     set_if(exec_priv, one(SV3__ACCESS_EXEC_PRIV))),
		.upgradable = set_if(clean, SV3__WRITES),
	};
}
