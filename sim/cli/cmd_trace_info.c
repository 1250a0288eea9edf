/* SPDX-License-Identifier: MIT */
/*
 * cmd_trace_info.c - `sv3 trace info`: what a trace holds, as tables for people or as JSON.
 *
 * Counts of the whole trace come from sv3_trace_summarize(); accesses by stream, op and class are
 * counted here.
 */
#include "cmd_trace.h"

#include "platform.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

static const char command[] = "trace info";

/** Rows of the table of classes that people get to see; JSON holds all. */
enum { CLASS_ROWS_SHOWN = 60 };

/** Accesses of one stream, op and class. */
struct class_row {
	uint32_t sid;
	uint8_t op, aux;
	uint64_t count, bytes;
};

/** Open addressing, at most half full; a row is used when its count is not 0. */
struct class_table {
	struct class_row *rows;
	uint64_t used, slots; /* a power of two, or 0 */
};

static struct class_row *class_slot(const struct class_table *table, uint32_t sid, uint8_t op,
				    uint8_t aux)
{
	uint64_t key = (uint64_t)sid << 16 | (uint64_t)op << 8 | aux;
	uint64_t slot = (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (table->slots - 1);

	while (table->rows[slot].count != 0 &&
	       (table->rows[slot].sid != sid || table->rows[slot].op != op ||
		table->rows[slot].aux != aux))
		slot = (slot + 1) & (table->slots - 1);
	return &table->rows[slot];
}

static bool class_table_grow(struct class_table *table)
{
	struct class_table grown = { .used = table->used,
				     .slots = table->slots == 0 ? 256 : table->slots * 2 };

	grown.rows = calloc((size_t)grown.slots, sizeof(*grown.rows));
	if (grown.rows == NULL)
		return false;
	for (uint64_t i = 0; i < table->slots; i++) {
		const struct class_row *row = &table->rows[i];

		if (row->count != 0)
			*class_slot(&grown, row->sid, row->op, row->aux) = *row;
	}
	free(table->rows);
	*table = grown;
	return true;
}

static bool class_table_fill(struct class_table *table, const struct sv3_trace *trace)
{
	struct class_row *row;

	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		if (rec->op != SV3_TRACE_R && rec->op != SV3_TRACE_W)
			continue;
		if (table->used * 2 >= table->slots && !class_table_grow(table))
			return false;
		row = class_slot(table, rec->sid, rec->op, rec->aux);
		if (row->count == 0) {
			*row = (struct class_row){ .sid = rec->sid,
						   .op = rec->op,
						   .aux = rec->aux };
			table->used++;
		}
		row->count++;
		row->bytes += rec->len;
	}
	return true;
}

/** By stream, then reads before writes, then the most frequent first; unused rows to the end. */
static int class_compare(const void *left, const void *right)
{
	const struct class_row *a = left, *b = right;

	if ((a->count == 0) != (b->count == 0))
		return a->count == 0 ? 1 : -1;
	if (a->sid != b->sid)
		return a->sid < b->sid ? -1 : 1;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (int)a->aux - (int)b->aux;
}

/** A number with its digits in groups of three; @text has room for 27 bytes. */
static const char *grouped(uint64_t value, char text[32])
{
	char digits[24];
	int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		text[used++] = digits[i];
		if ((count - i) % 3 == 1 && i + 1 < count)
			text[used++] = ',';
	}
	text[used] = '\0';
	return text;
}

static void print_number(const char *label, uint64_t value, const char *unit)
{
	char text[32];

	printf("%-22s %17s%s%s\n", label, grouped(value, text), *unit != '\0' ? " " : "", unit);
}

static uint64_t rate_per_s(const struct sv3_trace *trace, const struct sv3_trace_summary *summary)
{
	if (summary->duration_ns == 0)
		return 0;
	return (uint64_t)((double)trace->count * 1e9 / (double)summary->duration_ns + 0.5);
}

static void print_totals(const char *path, const struct sv3_trace *trace,
			 const struct sv3_trace_summary *summary)
{
	uint64_t reads = summary->op_count[SV3_TRACE_R], writes = summary->op_count[SV3_TRACE_W];
	char duration[48];

	printf("%-22s %s\n%-22s %s\n", "trace", path, "format", trace->format);
	print_number("records", trace->count, "");
	(void)snprintf(duration, sizeof(duration), "%.6f", (double)summary->duration_ns / 1e9);
	printf("%-22s %17s s\n", "duration", duration);
	print_number("rate", rate_per_s(trace, summary), "records/s");
	print_number("streams", summary->stream_count, "");
	print_number("bytes read", summary->read_bytes, "B");
	print_number("bytes written", summary->write_bytes, "B");
	if (reads + writes != 0)
		printf("%-22s %17.3f\n", "write ratio", (double)writes / (double)(reads + writes));
	print_number("physical pages", summary->pa_pages, "");
	print_number("  of them written", summary->pa_pages_written, "");
	print_number("IOVA pages", summary->iova_pages, "");
	printf("%-22s 0x%llx to 0x%llx\n", "physical addresses",
	       (unsigned long long)summary->pa_lowest, (unsigned long long)summary->pa_highest);
	if (trace->direction_is_bound)
		printf("%-22s directions and lengths are upper bounds: the log does not record "
		       "them\n",
		       "remark");
}

/** Who has a StreamID in the tree, behind whichever SMMU; NULL: nobody. */
static const char *master_of(const struct sv3_platform *tree, uint32_t sid)
{
	for (uint32_t i = 0; i < tree->smmu_count; i++) {
		const uint32_t master = sv3_platform_master_of(tree, i, sid);

		if (master != SV3_PLATFORM_NONE)
			return tree->masters[master].node;
	}
	return NULL;
}

static void print_master(const struct cli_platform *platform, uint32_t sid)
{
	const char *node = master_of(&platform->tree, sid);

	if (platform->path != NULL)
		printf("  %s", node != NULL ? node : "no master");
}

static void print_tables(const struct sv3_trace_summary *summary, const struct class_table *table,
			 const struct cli_platform *platform)
{
	char count[32], bytes[32], sid[16];

	printf("\n%-22s %17s\n", "op", "count");
	for (unsigned int op = 0; op < SV3_TRACE_OP_COUNT; op++) {
		if (summary->op_count[op] != 0)
			print_number(sv3_trace_op_name(op), summary->op_count[op], "");
	}
	if (table->used != 0)
		printf("\n%-12s %-2s %-8s %15s %17s%s\n", "stream", "op", "class", "count", "bytes",
		       platform->path != NULL ? "  master" : "");
	for (uint64_t i = 0; i < table->used && i < CLASS_ROWS_SHOWN; i++) {
		const struct class_row *row = &table->rows[i];

		(void)snprintf(sid, sizeof(sid), "0x%x", row->sid);
		printf("%-12s %-2s %-8s %15s %17s", sid, sv3_trace_op_name(row->op),
		       row->aux == SV3_TRACE_AUX_NONE ? "-" : sv3_trace_aux_name(row->aux),
		       grouped(row->count, count), grouped(row->bytes, bytes));
		print_master(platform, row->sid);
		putchar('\n');
	}
	if (table->used > CLASS_ROWS_SHOWN)
		printf("... and %s rows more: --json has them all\n",
		       grouped(table->used - CLASS_ROWS_SHOWN, count));
}

/** Addresses do not fit the numbers of JSON, so they are text. */
static void json_hex(cJSON *object, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	cJSON_AddStringToObject(object, name, text);
}

static cJSON *json_totals(const char *path, const struct sv3_trace *trace,
			  const struct sv3_trace_summary *summary)
{
	cJSON *root = cJSON_CreateObject(), *ops;

	cJSON_AddStringToObject(root, "trace", path);
	cJSON_AddStringToObject(root, "format", trace->format);
	cli_json_u64(root, "records", trace->count);
	cli_json_u64(root, "duration_ns", summary->duration_ns);
	cli_json_u64(root, "records_per_s", rate_per_s(trace, summary));
	cli_json_u64(root, "streams", summary->stream_count);
	cli_json_u64(root, "read_bytes", summary->read_bytes);
	cli_json_u64(root, "write_bytes", summary->write_bytes);
	cli_json_u64(root, "pa_pages", summary->pa_pages);
	cli_json_u64(root, "pa_pages_written", summary->pa_pages_written);
	cli_json_u64(root, "iova_pages", summary->iova_pages);
	json_hex(root, "pa_lowest", summary->pa_lowest);
	json_hex(root, "pa_highest", summary->pa_highest);
	cJSON_AddBoolToObject(root, "direction_is_bound", trace->direction_is_bound);
	ops = cJSON_AddObjectToObject(root, "ops");
	for (unsigned int op = 0; op < SV3_TRACE_OP_COUNT; op++)
		cli_json_u64(ops, sv3_trace_op_name(op), summary->op_count[op]);
	return root;
}

static void json_classes(cJSON *root, const struct class_table *table,
			 const struct cli_platform *platform)
{
	cJSON *list = cJSON_AddArrayToObject(root, "classes");

	for (uint64_t i = 0; i < table->used; i++) {
		const struct class_row *row = &table->rows[i];
		const char *node = master_of(&platform->tree, row->sid);
		cJSON *item = cJSON_CreateObject();

		json_hex(item, "sid", row->sid);
		cJSON_AddStringToObject(item, "op", sv3_trace_op_name(row->op));
		cJSON_AddStringToObject(item, "class", sv3_trace_aux_name(row->aux));
		cli_json_u64(item, "count", row->count);
		cli_json_u64(item, "bytes", row->bytes);
		if (node != NULL)
			cJSON_AddStringToObject(item, "master", node);
		cJSON_AddItemToArray(list, item);
	}
}

static int info_print(const char *path, const struct sv3_trace *trace,
		      const struct cli_platform *platform, bool as_json)
{
	struct class_table table = { .rows = NULL };
	struct sv3_trace_summary summary;
	int status = CLI_OK;
	cJSON *root;

	if (sv3_trace_summarize(trace, &summary) < 0 || !class_table_fill(&table, trace)) {
		free(table.rows);
		return cli_error(command, "%s: out of memory", path);
	}
	if (table.used != 0)
		qsort(table.rows, (size_t)table.slots, sizeof(*table.rows), class_compare);
	if (as_json) {
		root = json_totals(path, trace, &summary);
		json_classes(root, &table, platform);
		status = cli_json_save(command, "-", root);
	} else {
		print_totals(path, trace, &summary);
		print_tables(&summary, &table, platform);
	}
	free(table.rows);
	return status;
}

int trace_info(int argc, char **argv)
{
	static const char *const examples[] = {
		"sv3 trace info traces/samples/mixed-lazy.s3t",
		"sv3 platform default >my.dts && sv3 trace info traces/samples/mixed-lazy.s3t "
		"--platform my.dts",
		NULL,
	};
	struct cli_platform platform = { .path = NULL };
	bool as_json = false;
	const struct cli_option options[] = {
		{ "--platform", "FILE", CLI_TEXT, &platform.path, 0, 0, NULL,
		  "a device tree, .dtb or .dts: who has the streams there" },
		{ "--json", NULL, CLI_FLAG, &as_json, 0, 0, NULL,
		  "one JSON object in place of the tables" },
	};
	const struct cli_usage usage = {
		.command = command,
		.operands = "FILE",
		.about =
			"Shows what a trace holds: counts, bytes, pages, classes of access by stream.\n\n"
			"Pages are of 4 KiB. MSI writes go to no memory: bytes and physical pages leave\n"
			"them out.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_min = 1,
		.operand_max = 1,
	};
	struct sv3_trace trace;
	struct cli_args args;
	int status;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	status = cli_platform_load(command, &platform);
	if (status == CLI_OK)
		status = cli_trace_read(command, args.operands[0], &trace);
	if (status == CLI_OK) {
		status = info_print(args.operands[0], &trace, &platform, as_json);
		sv3_trace_free(&trace);
	}
	cli_platform_free(&platform);
	return status;
}
