/* SPDX-License-Identifier: MIT */
/*
 * findings.c - findings in groups, and the words for them.
 *
 * One group is one rule, stream, ASID, level and kind of change; what else differs widens it.
 */
#include "monitor_priv.h"

#include <inttypes.h>
#include <stdio.h>

static const struct sv3_monitor_rule_info rules[SV3_MONITOR_RULE_COUNT] = {
#define RULE(name, text, source, what, remedy) \
	[SV3_MONITOR_##name] = { (text), (source), (what), (remedy) },
#include <sv3/monitor.def>
#undef RULE
};

const struct sv3_monitor_rule_info *sv3_monitor_rule_info(unsigned int rule)
{
	return rule > 0 && rule < SV3_MONITOR_RULE_COUNT ? &rules[rule] : NULL;
}

const char *sv3_monitor_change_text(enum sv3_monitor_change change)
{
	static const char *const texts[SV3_CHANGE_COUNT] = {
		[SV3_CHANGE_NONE] = "unchanged",        [SV3_CHANGE_CLEANED] = "cleaned",
		[SV3_CHANGE_RESTRICTED] = "restricted", [SV3_CHANGE_UNMAPPED] = "unmapped",
		[SV3_CHANGE_UNLINKED] = "unlinked",     [SV3_CHANGE_RESIZED] = "resized",
		[SV3_CHANGE_REPLACED] = "replaced",
	};

	return (unsigned int)change < SV3_CHANGE_COUNT ? texts[change] : "?";
}

/* --- groups --- */

static bool is_descriptor(const struct sv3_monitor_finding *finding)
{
	return finding->change != SV3_CHANGE_NONE;
}

static bool is_like(const struct sv3_monitor_finding *a, const struct sv3_monitor_finding *b)
{
	if (a->rule != b->rule || a->stream_id != b->stream_id || a->change != b->change)
		return false;
	if (!is_descriptor(a))
		return a->rule != SV3_MONITOR_GUARDED || a->first == b->first;
	return a->asid == b->asid && a->level == b->level;
}

/* One more of a group; what is told of it is the first time, of the first change. */
static void join(struct sv3_monitor_finding *group, const struct sv3_monitor_finding *finding)
{
	const uint64_t first = finding->first < group->first ? finding->first : group->first;
	const uint64_t last = finding->last > group->last ? finding->last : group->last;
	const uint64_t count = group->count + 1;

	if (finding->found < group->found ||
	    (finding->found == group->found && finding->changed < group->changed))
		*group = *finding;
	group->count = count;
	group->first = first;
	group->last = last;
}

void sv3__find(struct sv3_monitor *m, const struct sv3_monitor_finding *finding)
{
	struct sv3_monitor_finding *group;
	uint32_t i = 0;

	while (i < m->finding_count && !is_like(&m->findings[i], finding))
		i++;
	if (i == m->config.finding_count) {
		m->stats.findings_lost++;
		return;
	}
	group = &m->findings[i];
	if (i == m->finding_count) {
		*group = *finding;
		group->count = 1;
		m->finding_count++;
		return;
	}
	join(group, finding);
}

void sv3__sort_findings(struct sv3_monitor *m)
{
	for (uint32_t i = 1; i < m->finding_count; i++) {
		const struct sv3_monitor_finding finding = m->findings[i];
		uint32_t at = i;

		for (; at > 0 && m->findings[at - 1].found > finding.found; at--)
			m->findings[at] = m->findings[at - 1];
		m->findings[at] = finding;
	}
}

void sv3__find_owed(struct sv3_monitor *m, enum sv3_monitor_rule rule, const struct sv3__owed *owed,
		    uint64_t input, uint64_t found)
{
	const struct sv3__context *context = &m->contexts[owed->context];

	sv3__find(m, &(const struct sv3_monitor_finding){
			     .rule = rule,
			     .change = (enum sv3_monitor_change)owed->change,
			     .stream_id = context->stream,
			     .asid = context->asid,
			     .level = owed->level,
			     .first = owed->input,
			     .last = owed->input + sv3__span_mask(owed->span_lg2),
			     .changed = owed->since,
			     .found = found,
			     .input = input,
			     .pa = owed->pa,
			     .before = owed->before,
			     .now = owed->now });
}

const struct sv3_monitor_finding *sv3_monitor_finding(const struct sv3_monitor *monitor,
						      uint32_t index)
{
	return index < monitor->finding_count ? &monitor->findings[index] : NULL;
}

/* --- words --- */

static void describe_descriptor(const struct sv3_monitor_finding *f, char *text, size_t size)
{
	snprintf(text, size,
		 "the level-%u descriptor of 0x%" PRIx64 " (stream 0x%" PRIx32 ", ASID %" PRIu32
		 ", at 0x%" PRIx64 ") was %s: %s",
		 f->level, f->input, f->stream_id, f->asid, f->pa,
		 sv3_monitor_change_text(f->change), rules[f->rule].what);
}

void sv3_monitor_describe(const struct sv3_monitor_finding *f, char *text, size_t size)
{
	if (is_descriptor(f))
		describe_descriptor(f, text, size);
	else if (f->stream_id != UINT32_MAX)
		snprintf(text, size, "stream 0x%" PRIx32 ", structure at 0x%" PRIx64 ": %s",
			 f->stream_id, f->pa, rules[f->rule].what);
	else
		snprintf(text, size, "0x%" PRIx64 ": %s (it held 0x%" PRIx64 ", now 0x%" PRIx64 ")",
			 f->input, rules[f->rule].what, f->before, f->now);
}
