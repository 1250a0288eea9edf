/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - the monitor beside the machine (--monitor): what the driver owes the SMMU, and the
 * rows about it. Without one all of this does nothing.
 *
 * It hears registers, accesses of devices, memory that is given back, and stores (stores.c). A
 * position is a step: one of these.
 */
#include <stdio.h>
#include <string.h>

#include <sv3/arch.h>

#include "host.h"

bool host_is_monitored;
struct sv3_monitor *host_monitor;
uint64_t host_monitor_steps;

static uint64_t expected[SV3_MONITOR_RULE_COUNT];
static bool message_came;

static uint64_t peek_register(void *context, uint32_t offset, uint32_t size)
{
	(void)context;
	return sv3_smmu_reg_peek(host_machine.smmu, offset, size);
}

static uint64_t position(void *context)
{
	(void)context;
	return host_monitor_steps;
}

/* --- every store the kernel marks: WRITE_ONCE() and its like --- */

static void hear_marked(const volatile void *where)
{
	host_stored(where, 8);
}

void host_monitor_create(const struct sv3_smmu_config *smmu)
{
	static const struct sv3_bus_ops ops = { .read = host_stores_peek };
	const struct sv3_monitor_config config = {
		.memory = { .ops = &ops },
		.idr0 = smmu->idr0,
		.idr3 = smmu->idr3,
		.peek = peek_register,
		.position = position,
		.sync_is_read = true,
		.area_count = 8192,
		.owed_count = 16384,
		.finding_count = 64,
	};

	if (!host_is_monitored)
		return;
	host_stores_init();
	SV3_ASSERT(!sv3_monitor_create(&config, &host_monitor));
	seam_stored = hear_marked;
}

/* --- software meets hardware: all of these under the lock --- */

void host_monitor_enter(void)
{
	if (!host_monitor)
		return;
	host_monitor_steps++;
	host_stores_compare();
}

/* A CMD_SYNC that is polled for is known to be over when CMDQ_CONS is read; one that ends by a
 * message, which the driver wants in the command itself, as soon as it is there. */
void host_monitor_written(sv3_pa pa)
{
	const uint64_t base = sv3_smmu_reg_peek(host_machine.smmu, SV3_REG_CMDQ_BASE, 8);

	message_came |= pa - (base & SV3_QUEUE_BASE_ADDR) < UINT64_C(16) << (base & 31);
}

void host_monitor_leave(void)
{
	if (!host_monitor)
		return;
	if (message_came)
		sv3_monitor_reg_read(host_monitor, SV3_REG_CMDQ_CONS, 4,
				     peek_register(NULL, SV3_REG_CMDQ_CONS, 4));
	message_came = false;
	host_stores_watch();
}

void host_monitor_reg_read(uint32_t offset, uint32_t size, uint64_t value)
{
	if (host_monitor)
		sv3_monitor_reg_read(host_monitor, offset, size, value);
}

void host_monitor_reg_write(uint32_t offset, uint32_t size, uint64_t value)
{
	if (host_monitor)
		sv3_monitor_reg_write(host_monitor, offset, size, value);
}

void host_monitor_translated(const struct sv3_txn *txn, const struct sv3_result *result)
{
	if (host_monitor)
		sv3_monitor_translated(host_monitor, txn, result);
}

void host_monitor_landed(uint32_t stream_id, sv3_iova iova, sv3_pa pa)
{
	if (host_monitor)
		sv3_monitor_landed(host_monitor, stream_id, iova, pa);
}

void host_monitor_freed(const void *pages, uint64_t size)
{
	if (!host_monitor)
		return;
	host_monitor_enter();
	sv3_monitor_freed(host_monitor,
			  HOST_WINDOW_PA + (sv3_pa)((const char *)pages - seam_window), size);
}

/* --- what cases ask and tell, one thread alone --- */

_Bool hw_is_monitored(void)
{
	return host_monitor != NULL;
}

unsigned long long hw_monitor_steps(void)
{
	return host_monitor_steps;
}

/* Outside of the lock: what software stored until now. */
static void hear_all(void)
{
	host_lock();
	host_monitor_enter();
	host_unlock();
}

void hw_copied(unsigned long long pa, unsigned long long len)
{
	if (!host_monitor)
		return;
	hear_all();
	sv3_monitor_copied(host_monitor, pa, len);
}

void hw_owed(struct hw_owed *owed)
{
	const struct sv3_monitor_stats *stats;

	*owed = (struct hw_owed){ 0 };
	if (!host_monitor)
		return;
	hear_all();
	stats = sv3_monitor_stats(host_monitor);
	*owed = (struct hw_owed){ .changes = stats->changes, .owed = stats->owed };
}

void hw_judge(void)
{
	if (!host_monitor)
		return;
	hear_all();
	sv3_monitor_finish(host_monitor);
}

static enum sv3_monitor_rule rule_of(const char *name)
{
	const struct sv3_monitor_rule_info *info;
	unsigned int rule = 1;

	while ((info = sv3_monitor_rule_info(rule)) && strcmp(info->name, name) != 0)
		rule++;
	SV3_ASSERT(info && "no such rule in monitor.def");
	return (enum sv3_monitor_rule)rule;
}

void hw_expect_findings(const char *rule, unsigned long long count)
{
	expected[rule_of(rule)] = count;
}

_Bool hw_finding(const char *rule, struct hw_finding *out)
{
	const enum sv3_monitor_rule wanted = rule_of(rule);
	const struct sv3_monitor_finding *finding;

	*out = (struct hw_finding){ 0 };
	for (uint32_t i = 0; host_monitor && (finding = sv3_monitor_finding(host_monitor, i)); i++)
		if (finding->rule == wanted) {
			*out = (struct hw_finding){ .first = finding->first,
						    .last = finding->last,
						    .changed = finding->changed,
						    .found = finding->found };
			return true;
		}
	return false;
}

/* --- rows --- */

static void note(const struct sv3_monitor_finding *finding)
{
	char text[512];

	sv3_monitor_describe(finding, text, sizeof(text));
	seam_note("%s: %llu times, 0x%llx to 0x%llx, first at step %llu, the change at step %llu",
		  sv3_monitor_rule_info(finding->rule)->name, (unsigned long long)finding->count,
		  (unsigned long long)finding->first, (unsigned long long)finding->last,
		  (unsigned long long)finding->found, (unsigned long long)finding->changed);
	seam_note("  %s", text);
}

void hw_note_findings(const char *rule)
{
	const struct sv3_monitor_finding *finding;

	for (uint32_t i = 0; host_monitor && (finding = sv3_monitor_finding(host_monitor, i)); i++)
		if (!rule || finding->rule == rule_of(rule))
			note(finding);
}

void host_monitor_rows(void)
{
	uint64_t seen[SV3_MONITOR_RULE_COUNT] = { 0 }, all_expected = 0, all_seen = 0;
	const struct sv3_monitor_finding *finding;
	const struct sv3_monitor_stats *stats;
	bool as_expected = true;
	char name[64];

	if (!host_monitor)
		return;
	hw_judge();
	for (uint32_t i = 0; (finding = sv3_monitor_finding(host_monitor, i)); i++) {
		seen[finding->rule] += finding->count;
	}
	for (unsigned int rule = 1; rule < SV3_MONITOR_RULE_COUNT; rule++) {
		all_expected += expected[rule];
		all_seen += seen[rule];
		if (!expected[rule] && !seen[rule])
			continue;
		snprintf(name, sizeof(name), "monitor: %s", sv3_monitor_rule_info(rule)->name);
		seam_row(name, expected[rule], seen[rule]);
		as_expected &= expected[rule] == seen[rule];
	}
	if (!as_expected)
		hw_note_findings(NULL);
	seam_row("monitor: findings", all_expected, all_seen);
	stats = sv3_monitor_stats(host_monitor);
	seam_row("monitor: what was not followed", 0,
		 stats->areas_lost + stats->changes_lost + stats->findings_lost +
			 stats->nested_streams);
}
