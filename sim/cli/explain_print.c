/* SPDX-License-Identifier: MIT */
/*
 * explain_print.c - the explanation of an access on paper: for people, and as JSON.
 */
#include "explain.h"

#include <cjson/cJSON.h>

#include <inttypes.h>

/* --- for people --- */

/** "label     text", the label as wide as the widest; @tone colours the text. */
static void line(const char *label, enum sv3_tone tone, const char *text)
{
	const bool color = sv3_report_wants_color(stdout);
	const char *on = !color                  ? ""
			 : tone == SV3_TONE_BAD  ? "\033[1;31m"
			 : tone == SV3_TONE_GOOD ? "\033[32m"
						 : "";

	printf("%-11s %s%s%s\n", label, on, text, on[0] != '\0' ? "\033[0m" : "");
}

static void print_head(const struct explanation *e)
{
	const char *trace = sv3_snapshot_note(&e->snapshot, "trace");
	const char *view = sv3_snapshot_note(&e->snapshot, "view");
	char text[EXPLAIN_TEXT_CHARS], time[CLI_VALUE_CHARS], substream[CLI_VALUE_CHARS] = "";

	cli_value_format(CLI_DURATION, e->snapshot.time, time);
	snprintf(text, sizeof(text), "%.120s, at %s%s%.100s%s%.20s", e->path, time,
		 trace != NULL ? ", of " : "", trace != NULL ? trace : "",
		 view != NULL ? ", view " : "", view != NULL ? view : "");
	line("snapshot", SV3_TONE_PLAIN, text);
	if (e->txn.substream_valid)
		snprintf(substream, sizeof(substream), ", substream 0x%" PRIx32,
			 e->txn.substream_id);
	snprintf(text, sizeof(text), "stream 0x%" PRIx32 "%s: %s at 0x%" PRIx64 ", %s",
		 e->txn.stream_id, substream,
		 e->txn.write         ? "write"
		 : e->txn.instruction ? "instruction fetch"
				      : "read",
		 e->txn.iova, e->txn.privileged ? "privileged" : "unprivileged");
	line("access", SV3_TONE_PLAIN, text);
	if (e->master == NULL)
		return;
	snprintf(text, sizeof(text), "%.140s, behind %.140s", e->master, e->smmu_node);
	line("master", SV3_TONE_PLAIN, text);
}

static int print_rows(const struct explain_rows *rows, const char *head)
{
	const struct sv3_table_column columns[] = {
		{ head, "", SV3_ALIGN_LEFT },
		{ "at", "", SV3_ALIGN_RIGHT },
		{ "value", "", SV3_ALIGN_RIGHT },
		{ "meaning", "", SV3_ALIGN_LEFT },
	};
	struct sv3_table *table;
	char text[CLI_VALUE_CHARS];
	int error;

	if (rows->count == 0)
		return CLI_OK;
	if (sv3_table_create(columns, 4, &table) < 0)
		return cli_error("explain", "%s", sv3_strerror(SV3_ERR_NOMEM));
	for (unsigned int i = 0; i < rows->count; i++) {
		const struct explain_row *row = &rows->rows[i];

		sv3_table_text(table, row->what, SV3_TONE_PLAIN);
		sv3_table_text(table, cli_value_format(CLI_ADDRESS, row->at, text), SV3_TONE_DIM);
		cli_value_format(CLI_ADDRESS, row->value, text);
		sv3_table_text(table, row->aborted ? "" : text, SV3_TONE_PLAIN);
		sv3_table_text(table, row->text, row->tone);
	}
	printf("\n");
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	return error < 0 ? cli_error("explain", "%s", sv3_strerror(error)) : CLI_OK;
}

static void print_updates(const struct explanation *e)
{
	char text[EXPLAIN_TEXT_CHARS];

	if (e->update_count == 0 && e->permission_text[0] != '\0')
		line("updates", SV3_TONE_PLAIN, "none: every descriptor stays as it is");
	for (unsigned int i = 0; i < e->update_count; i++) {
		const struct explain_update *update = &e->updates[i];

		snprintf(text, sizeof(text),
			 "stage %d leaf at 0x%" PRIx64 " %s%s%s, by compare-and-swap 0x%" PRIx64
			 " -> 0x%" PRIx64,
			 1 + update->is_stage2, update->pa,
			 update->makes_dirty ? "would become writable-dirty" : "",
			 update->makes_dirty && update->sets_af ? ", " : "",
			 update->sets_af ? "would get its access flag" : "", update->from,
			 update->to);
		line(i == 0 ? "updates" : "", SV3_TONE_PLAIN, text);
	}
}

static void print_rule(const struct explanation *e)
{
	struct sv3_rule_info rule;
	char text[EXPLAIN_TEXT_CHARS];

	if (e->result.rule == 0 || !sv3_rule_info(e->result.rule, &rule))
		return;
	snprintf(text, sizeof(text), "%s (%s %s)", rule.what, rule.name, rule.source);
	line("why", SV3_TONE_PLAIN, text);
	line("remedy", SV3_TONE_PLAIN, rule.remedy);
}

static void print_result(const struct explanation *e)
{
	char text[EXPLAIN_TEXT_CHARS + 16];

	if (e->result.event != 0)
		snprintf(text, sizeof(text), "%s (0x%02x)", e->result_text, e->result.event);
	else
		snprintf(text, sizeof(text), "%s", e->result_text);
	line("result", e->result.outcome == SV3_OUTCOME_OK ? SV3_TONE_GOOD : SV3_TONE_BAD, text);
	print_rule(e);
}

static void print_tlb(const struct explanation *e)
{
	char text[EXPLAIN_TEXT_CHARS], span[CLI_VALUE_CHARS];

	if (e->is_stale) {
		snprintf(text, sizeof(text), "STALE: %.300s", e->tlb_text);
		line("TLB", SV3_TONE_BAD, text);
	} else {
		line("TLB", SV3_TONE_PLAIN, e->tlb_text);
	}
	if (!e->has_tlb)
		return;
	explain_size(e->tlb.span_lg2, span);
	snprintf(text, sizeof(text),
		 "entry of %s, 0x%" PRIx64 " -> 0x%" PRIx64 ", %s%s%s, ASID %u, VMID %u%s", span,
		 e->tlb.iova, e->tlb.pa, e->tlb.read ? "r" : "-", e->tlb.write ? "w" : "-",
		 e->tlb.execute ? "x" : "-", e->tlb.asid, e->tlb.vmid,
		 e->tlb.global ? ", global" : "");
	line("", SV3_TONE_PLAIN, text);
}

int explain_print(const struct explanation *e)
{
	print_head(e);
	if (print_rows(&e->registers, "register") != CLI_OK ||
	    print_rows(&e->way, "on the way") != CLI_OK)
		return CLI_ERROR;
	printf("\n");
	if (e->permission_text[0] != '\0')
		line("permission", SV3_TONE_PLAIN, e->permission_text);
	print_updates(e);
	print_result(e);
	print_tlb(e);
	return CLI_OK;
}

/* --- as JSON --- */

static void json_rows(cJSON *top, const char *key, const struct explain_rows *rows)
{
	cJSON *array = cJSON_AddArrayToObject(top, key);

	for (unsigned int i = 0; i < rows->count; i++) {
		const struct explain_row *row = &rows->rows[i];
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "what", row->what);
		cli_json_u64(object, "at", row->at);
		if (row->aborted)
			cJSON_AddNullToObject(object, "value");
		else
			cli_json_u64(object, "value", row->value);
		cJSON_AddStringToObject(object, "meaning", row->text);
		cJSON_AddItemToArray(array, object);
	}
}

static void json_access(cJSON *top, const struct explanation *e)
{
	cJSON *access = cJSON_AddObjectToObject(top, "access");

	cli_json_u64(access, "sid", e->txn.stream_id);
	if (e->master != NULL) {
		cJSON_AddStringToObject(access, "master", e->master);
		cJSON_AddStringToObject(access, "smmu", e->smmu_node);
	}
	if (e->txn.substream_valid)
		cli_json_u64(access, "ssid", e->txn.substream_id);
	cli_json_u64(access, "iova", e->txn.iova);
	cJSON_AddBoolToObject(access, "write", e->txn.write);
	cJSON_AddBoolToObject(access, "privileged", e->txn.privileged);
	cJSON_AddBoolToObject(access, "instruction", e->txn.instruction);
}

static void json_updates(cJSON *top, const struct explanation *e)
{
	cJSON *array = cJSON_AddArrayToObject(top, "updates");

	for (unsigned int i = 0; i < e->update_count; i++) {
		const struct explain_update *update = &e->updates[i];
		cJSON *object = cJSON_CreateObject();

		cli_json_u64(object, "stage", update->is_stage2 ? 2 : 1);
		cli_json_u64(object, "at", update->pa);
		cli_json_u64(object, "from", update->from);
		cli_json_u64(object, "to", update->to);
		cJSON_AddBoolToObject(object, "sets_access_flag", update->sets_af);
		cJSON_AddBoolToObject(object, "makes_dirty", update->makes_dirty);
		cJSON_AddItemToArray(array, object);
	}
}

static void json_result(cJSON *top, const struct explanation *e)
{
	cJSON *result = cJSON_AddObjectToObject(top, "result");
	const char *event = sv3_event_name(e->result.event);
	struct sv3_rule_info rule;

	cJSON_AddBoolToObject(result, "ok", e->result.outcome == SV3_OUTCOME_OK);
	cJSON_AddStringToObject(result, "text", e->result_text);
	if (e->result.outcome == SV3_OUTCOME_OK) {
		cli_json_u64(result, "pa", e->result.pa);
		cli_json_u64(result, "span_lg2", e->result.span_lg2);
		cli_json_u64(result, "memory", e->result.memory);
		cli_json_u64(result, "shareability", e->result.shareability);
		return;
	}
	cli_json_u64(result, "event", e->result.event);
	if (event != NULL)
		cJSON_AddStringToObject(result, "event_name", event);
	if (e->result.rule == 0 || !sv3_rule_info(e->result.rule, &rule))
		return;
	cJSON_AddStringToObject(result, "rule", rule.name);
	cJSON_AddStringToObject(result, "source", rule.source);
	cJSON_AddStringToObject(result, "why", rule.what);
	cJSON_AddStringToObject(result, "remedy", rule.remedy);
}

static void json_tlb(cJSON *top, const struct explanation *e)
{
	cJSON *tlb = cJSON_AddObjectToObject(top, "tlb");

	cJSON_AddBoolToObject(tlb, "entry", e->has_tlb);
	cJSON_AddBoolToObject(tlb, "stale", e->is_stale);
	cJSON_AddBoolToObject(tlb, "write_would_be_lost", e->would_be_lost);
	cJSON_AddStringToObject(tlb, "text", e->tlb_text);
	if (!e->has_tlb)
		return;
	cli_json_u64(tlb, "iova", e->tlb.iova);
	cli_json_u64(tlb, "pa", e->tlb.pa);
	cli_json_u64(tlb, "span_lg2", e->tlb.span_lg2);
	cJSON_AddBoolToObject(tlb, "allows", e->tlb.allows);
	cJSON_AddBoolToObject(tlb, "read", e->tlb.read);
	cJSON_AddBoolToObject(tlb, "write", e->tlb.write);
	cJSON_AddBoolToObject(tlb, "execute", e->tlb.execute);
	cJSON_AddBoolToObject(tlb, "global", e->tlb.global);
	cli_json_u64(tlb, "asid", e->tlb.asid);
	cli_json_u64(tlb, "vmid", e->tlb.vmid);
}

int explain_print_json(const struct explanation *e)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *notes;

	cJSON_AddStringToObject(top, "snapshot", e->path);
	cli_json_decimal(top, "time_ns", e->snapshot.time, 3);
	notes = cJSON_AddObjectToObject(top, "notes");
	for (uint32_t i = 0; i < e->snapshot.note_count; i++)
		cJSON_AddStringToObject(notes, e->snapshot.notes[i].key,
					e->snapshot.notes[i].value);
	json_access(top, e);
	json_rows(top, "registers", &e->registers);
	json_rows(top, "way", &e->way);
	cJSON_AddStringToObject(top, "permission", e->permission_text);
	json_updates(top, e);
	json_result(top, e);
	json_tlb(top, e);
	return cli_json_save("explain", "-", top);
}
