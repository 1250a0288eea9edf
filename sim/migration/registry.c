/* SPDX-License-Identifier: MIT */
/*
 * registry.c - the explicit rows of policies and seeded bugs. A new policy is a file and a row.
 */
#include <string.h>

#include "migration_priv.h"

static const struct sv3__policy *const policies[] = {
	&sv3__policy_all_dirty,
	&sv3__policy_pinned_scope,
	&sv3__policy_hw_auto,
	&sv3__policy_hw_manual,
	&sv3__policy_hw_manual_chunk,
	&sv3__policy_hw_manual_uapi,
	&sv3__policy_hw_manual_page,
	&sv3__policy_hw_manual_2021,
	&sv3__policy_hw_peek,
	&sv3__policy_device_log,
	&sv3__policy_write_protect,
	&sv3__policy_dirty_ring,
	&sv3__policy_pml,
	&sv3__policy_hybrid,
	&sv3__policy_guest_mark,
	&sv3__policy_bounce_diff,
	&sv3__policy_stop_only,
	&sv3__policy_initially_set,
	&sv3__policy_no_last_clear,
	&sv3__policy_software_log,
};

static const struct sv3_bug_info bugs[] = {
	{ "none", "-", "nothing is broken on purpose", SV3_BUG_NONE },
	{ "no-tlbi", "B02", "no invalidation after a clear; CMD_SYNC is still sent",
	  SV3_BUG_NO_TLBI },
	{ "copy-before-sync", "B06", "TLBI and CMD_SYNC are sent, but pages are copied at once",
	  SV3_BUG_COPY_BEFORE_SYNC },
	{ "no-atc-inv", "B14", "devices behind an ATC: no CMD_ATC_INV after a clear",
	  SV3_BUG_NO_ATC_INV },
	{ "log-before-data", "B54", "bit or mark before the data: software-log, guest-mark",
	  SV3_BUG_LOG_BEFORE_DATA },
	{ "no-mark-at-stop", "-", "guest-mark forgets buffers that are still out at the stop",
	  SV3_BUG_NO_MARK_AT_STOP },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct sv3__policy *sv3__policy_row(unsigned int index)
{
	return index < COUNT(policies) ? policies[index] : NULL;
}

const struct sv3__policy *sv3__policy_find(const char *name)
{
	for (unsigned int i = 0; name && i < COUNT(policies); i++)
		if (!strcmp(policies[i]->info.name, name))
			return policies[i];
	return NULL;
}

const struct sv3_policy_info *sv3_policy_info(unsigned int index)
{
	const struct sv3__policy *policy = sv3__policy_row(index);

	return policy ? &policy->info : NULL;
}

const struct sv3_policy_info *sv3_policy_find(const char *name)
{
	const struct sv3__policy *policy = sv3__policy_find(name);

	return policy ? &policy->info : NULL;
}

const struct sv3_bug_info *sv3_bug_info(unsigned int index)
{
	return index < COUNT(bugs) ? &bugs[index] : NULL;
}
