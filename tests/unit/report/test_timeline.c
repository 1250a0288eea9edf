/* SPDX-License-Identifier: MIT */
/*
 * test_timeline.c - a small world in time, watched: what the files say, taken apart again, is what
 * the statistics say.
 */
#include "ctest.h"

#include <cjson/cJSON.h>
#include <sv3/host.h>
#include <sv3/sim.h>
#include <sv3/timeline.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SID      8u
#define BASE     UINT64_C(0x40000000)
#define ACCESSES 3000u
#define TBUS     2u
#define ROUNDS   5u /* of a TLBI and a SYNC */
#define LINES    3u /* of commands that these take, four each: some were there already */

/* --- a world --- */

struct watched {
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_device device;
	struct sv3_timeline *timeline;
	struct sv3_waveform *waveform;
	FILE *timeline_file, *waveform_file;
	char *json, *vcd;
	size_t json_size, vcd_size;
	uint64_t timeline_left_out, waveform_left_out;
	struct sv3_timed_stats before, stats; /* when it was first watched; at the end */
	uint32_t walk_slots;
};

static bool make_world(struct watched *w, uint32_t clock_mhz)
{
	static const uint32_t stream = SID;
	const struct sv3_host_config host = {
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = 12,
		.leaf_max_lg2 = 12,
		.stream_ids = &stream,
		.stream_count = 1,
		.hd = true,
	};
	struct sv3_world_config config;

	sv3_world_config_default(&config);
	config.guest_base = BASE;
	config.guest_size = UINT64_C(64) << 20;
	config.is_timed = true;
	config.closed_loop = true;
	config.smmu.tlb_entries = 64;
	config.smmu.tlb_ways = 4;
	config.smmu.tbu_count = TBUS;
	sv3_timing_default(&config.timing);
	config.timing.tcu_walk_slots = 3;
	config.timing.clock_mhz = clock_mhz;
	w->walk_slots = config.timing.tcu_walk_slots;
	if (sv3_world_create(&config, &w->world) || sv3_host_create(w->world, &host, &w->host))
		return false;
	sv3_world_attach_host(w->world, w->host);
	return true;
}

static bool make_device(struct watched *w)
{
	const struct sv3_synthetic_config config = {
		.pattern = SV3_PATTERN_UNIFORM,
		.base = BASE,
		.page_count = 4096,
		.stream_id = SID,
		.write_percent = 60,
		.len = 64,
		.start = sv3_world_now(w->world),
		.period = SV3_PS_PER_NS,
		.limit = ACCESSES,
		.seed = 3,
	};

	if (sv3_synthetic_create(&config, &w->device))
		return false;
	sv3_world_attach_device(w->world, &w->device);
	return true;
}

static bool watch(struct watched *w, uint64_t limit)
{
	struct sv3_timeline_config config = {
		.clock_mhz = sv3_world_config(w->world)->timing.clock_mhz,
		.tbu_count = TBUS,
		.limit = limit,
	};
	struct sv3_timed_observer observer;

	w->timeline_file = open_memstream(&w->json, &w->json_size);
	w->waveform_file = open_memstream(&w->vcd, &w->vcd_size);
	config.file = w->timeline_file;
	if (sv3_timeline_begin(&config, &w->timeline))
		return false;
	config.file = w->waveform_file;
	if (sv3_waveform_begin(&config, &w->waveform))
		return false;
	observer = sv3_timeline_observer(w->timeline);
	if (sv3_world_timed_observe(w->world, &observer))
		return false;
	observer = sv3_waveform_observer(w->waveform);
	w->before = *sv3_world_timed_stats(w->world);
	return sv3_world_timed_observe(w->world, &observer) == 0;
}

/** The device runs; software invalidates in between, and says what it does. */
static bool run(struct watched *w)
{
	struct sv3_cmdq *cmdq = sv3_host_cmdq(w->host);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		sv3_world_advance(w->world, 3 * SV3_PS_PER_US);
		sv3_world_phase(w->world, "scan", true);
		if (sv3_cmdq_tlbi_asid(cmdq, sv3_host_domain(w->host, 0)->asid) < 0 ||
		    sv3_cmdq_sync(cmdq) < 0)
			return false;
		sv3_world_phase(w->world, "scan", false);
	}
	sv3_world_run_until(w->world, SV3_PS_NEVER);
	return true;
}

static void close_files(struct watched *w)
{
	const uint32_t clock_mhz = sv3_world_config(w->world)->timing.clock_mhz;
	const sv3_cycle now = sv3_world_now(w->world) * clock_mhz / SV3_PS_PER_US;

	w->stats = *sv3_world_timed_stats(w->world);
	EXPECT_OK(sv3_timeline_end(w->timeline, now, &w->timeline_left_out));
	sv3_waveform_end(w->waveform, now, &w->waveform_left_out);
	fclose(w->timeline_file);
	fclose(w->waveform_file);
}

static void fini(struct watched *w)
{
	sv3_host_destroy(w->host);
	sv3_world_destroy(w->world);
	sv3_device_destroy(&w->device);
	free(w->json);
	free(w->vcd);
}

static bool watch_a_run(struct watched *w, uint64_t limit, uint32_t clock_mhz)
{
	memset(w, 0, sizeof(*w));
	if (!make_world(w, clock_mhz) || !watch(w, limit) || !make_device(w) || !run(w)) {
		ctest_fail(__FILE__, __LINE__, "the world did not run");
		return false;
	}
	close_files(w);
	return true;
}

/* --- the timeline, taken apart --- */

#define LANES_MAX  4096u
#define WALKS_PID  3u
#define LEVELS_PID 6u
#define DEPTH_MAX  8u
#define NAME_CHARS 32u

struct lane {
	unsigned int pid, tid;
	uint64_t last_ns, began_ns[DEPTH_MAX];
	char names[DEPTH_MAX][NAME_CHARS];
	unsigned int depth;
	bool has_name;
};

/** What was found in a timeline. */
struct found {
	struct lane lanes[LANES_MAX];
	unsigned int lane_count;
	uint64_t accesses, walks, walk_time, walks_now, walks_most, updates, descriptors, fetches,
		syncs, phases, misses, translations, taken_most, events;
	uint64_t disorders, unbalanced, unnamed, level_before;
};

static struct lane *lane_of(struct found *found, unsigned int pid, unsigned int tid)
{
	for (unsigned int i = 0; i < found->lane_count; i++) {
		if (found->lanes[i].pid == pid && found->lanes[i].tid == tid)
			return &found->lanes[i];
	}
	if (found->lane_count == LANES_MAX)
		return &found->lanes[0];
	found->lanes[found->lane_count] = (struct lane){ .pid = pid, .tid = tid };
	return &found->lanes[found->lane_count++];
}

static bool is(const char *name, const char *other)
{
	return strcmp(name, other) == 0;
}

/** What has its lane for itself. */
static bool is_whole(const char *name)
{
	return is(name, "read") || is(name, "write") || is(name, "miss") || is(name, "walk");
}

static void span_begins(struct found *found, struct lane *lane, const cJSON *event, uint64_t at)
{
	const char *name = cJSON_GetObjectItem(event, "name")->valuestring;

	if (lane->depth == DEPTH_MAX) {
		found->unbalanced++;
		return;
	}
	/* A lane is one access's, miss's or walk's at a time: others lie within, never their like.
	 */
	found->unbalanced += lane->depth > 0 && (is_whole(name) || !is_whole(lane->names[0]));
	lane->began_ns[lane->depth] = at;
	snprintf(lane->names[lane->depth++], NAME_CHARS, "%s", name);
	found->unnamed += !lane->has_name;
	found->accesses += is(name, "read") || is(name, "write");
	found->updates += is(name, "HTTU");
	found->syncs += is(name, "SYNC");
	found->misses += is(name, "miss");
	found->translations += is(name, "translation");
	found->phases += is(name, "scan");
	if (name[0] == 'S' && name[2] == ' ')
		found->descriptors++;
	found->fetches +=
		cJSON_HasObjectItem(cJSON_GetObjectItem(event, "args"), "pa") && !is(name, "HTTU");
	if (is(name, "walk")) {
		found->walks++;
		found->walks_now++;
		if (found->walks_now > found->walks_most)
			found->walks_most = found->walks_now;
	}
}

static void span_ends(struct found *found, struct lane *lane, uint64_t at)
{
	if (lane->depth == 0) {
		found->unbalanced++;
		return;
	}
	lane->depth--;
	if (!is(lane->names[lane->depth], "walk"))
		return;
	found->walks_now--;
	found->walk_time += at - lane->began_ns[lane->depth];
}

static void take_event(struct found *found, const cJSON *event)
{
	const char *phase = cJSON_GetObjectItem(event, "ph")->valuestring;
	const unsigned int pid = (unsigned int)cJSON_GetObjectItem(event, "pid")->valueint;
	const unsigned int tid = (unsigned int)cJSON_GetObjectItem(event, "tid")->valueint;
	const cJSON *ts = cJSON_GetObjectItem(event, "ts");
	struct lane *lane = lane_of(found, pid, tid);
	uint64_t at;

	if (phase[0] == 'M') {
		if (is(cJSON_GetObjectItem(event, "name")->valuestring, "thread_name"))
			lane->has_name = true;
		return;
	}
	found->events++;
	at = (uint64_t)(ts->valuedouble * 1000 + 0.5);
	found->disorders += at < lane->last_ns;
	lane->last_ns = at;
	if (phase[0] == 'B')
		span_begins(found, lane, event, at);
	else if (phase[0] == 'E')
		span_ends(found, lane, at);
	else if (phase[0] == 'C' &&
		 is(cJSON_GetObjectItem(event, "name")->valuestring, "walk slots")) {
		const cJSON *args = cJSON_GetObjectItem(event, "args");
		const uint64_t taken = (uint64_t)cJSON_GetObjectItem(args, "taken")->valueint;

		if (taken > found->taken_most)
			found->taken_most = taken;
	}
}

/** NULL: that is no timeline. Released by the caller. */
static struct found *take_apart(const struct watched *w)
{
	struct found *found = calloc(1, sizeof(*found));
	cJSON *top = cJSON_Parse(w->json);
	const cJSON *event;

	if (top == NULL) {
		free(found);
		return NULL;
	}
	cJSON_ArrayForEach(event, cJSON_GetObjectItem(top, "traceEvents")) take_event(found, event);
	for (unsigned int i = 0; i < found->lane_count; i++)
		found->unbalanced += found->lanes[i].depth;
	cJSON_Delete(top);
	return found;
}

TEST_C(timeline, is_sound)
{
	struct watched w;
	struct found *found;

	ASSERT_TRUE(watch_a_run(&w, 0, 1000));
	found = take_apart(&w);
	ASSERT_TRUE(found != NULL);
	EXPECT_EQ_U64(found->unbalanced, 0);
	EXPECT_EQ_U64(found->disorders, 0);
	EXPECT_EQ_U64(found->unnamed, 0);
	EXPECT_EQ_U64(w.timeline_left_out, 0);
	free(found);
	fini(&w);
}

TEST_C(timeline, agrees_with_the_statistics)
{
	const struct sv3_timed_unit_stats *walk;
	struct watched w;
	struct found *found;

	ASSERT_TRUE(watch_a_run(&w, 0, 1000));
	found = take_apart(&w);
	ASSERT_TRUE(found != NULL);
	walk = &w.stats.units[SV3_TIMED_WALK];
	EXPECT_EQ_U64(found->accesses, ACCESSES);
	EXPECT_EQ_U64(found->translations, w.stats.translation.count);
	EXPECT_EQ_U64(found->misses, w.stats.misses);
	EXPECT_EQ_U64(found->walks, w.stats.walks);
	EXPECT_EQ_U64(found->walk_time, w.stats.walk.sum);
	EXPECT_EQ_U64(found->walks_most, walk->occupied_max);
	EXPECT_EQ_U64(found->taken_most, walk->occupied_max);
	EXPECT_EQ_U64(found->updates, w.stats.atomics);
	/* What an invalidation overtook was read all the same, and is no part of a walk. */
	EXPECT_GE_U64(found->descriptors, sv3_world_smmu_stats(w.world)->walk_reads);
	EXPECT_EQ_U64(found->fetches, w.stats.memory_reads - w.before.memory_reads - LINES);
	EXPECT_EQ_U64(found->syncs, w.stats.syncs - w.before.syncs);
	EXPECT_EQ_U64(found->phases, ROUNDS);
	EXPECT_GT_U64(found->updates, 100);
	EXPECT_GT_U64(found->syncs, 0);
	free(found);
	fini(&w);
}

TEST_C(timeline, no_more_walks_at_once_than_slots)
{
	struct watched w;
	struct found *found;

	ASSERT_TRUE(watch_a_run(&w, 0, 1000));
	found = take_apart(&w);
	ASSERT_TRUE(found != NULL);
	EXPECT_LE_U64(found->walks_most, w.walk_slots);
	/* They were short of them, or this would say nothing; and as many lanes as slots. */
	EXPECT_GT_U64(w.stats.units[SV3_TIMED_WALK].waited, 0);
	for (unsigned int i = 0; i < found->lane_count; i++)
		EXPECT_TRUE(found->lanes[i].pid != WALKS_PID ||
			    found->lanes[i].tid <= w.walk_slots);
	free(found);
	fini(&w);
}

TEST_C(timeline, a_cut_one_is_sound_too)
{
	struct watched w;
	struct found *found;

	ASSERT_TRUE(watch_a_run(&w, 500, 1000));
	found = take_apart(&w);
	ASSERT_TRUE(found != NULL);
	EXPECT_EQ_U64(found->unbalanced, 0);
	EXPECT_EQ_U64(found->disorders, 0);
	/* What was going on is ended behind the limit. */
	EXPECT_GE_U64(found->events, 500);
	EXPECT_LT_U64(found->events, 2000);
	EXPECT_GT_U64(w.timeline_left_out, 1000);
	EXPECT_TRUE(strstr(w.json, "\"cut: the limit of events\"") != NULL);
	EXPECT_GT_U64(w.waveform_left_out, 0);
	free(found);
	fini(&w);
}

TEST_C(timeline, cycles_of_half_a_nanosecond_are_told_apart)
{
	struct watched w;

	ASSERT_TRUE(watch_a_run(&w, 0, 2000));
	/* Six decimals of a microsecond. */
	EXPECT_TRUE(strstr(w.json, "500,\"name\":\"miss\"") != NULL);
	fini(&w);
}

/* --- the waveform, taken apart --- */

#define SIGNALS_MAX 64u

struct signal {
	char scope[NAME_CHARS], name[NAME_CHARS], code[8];
	uint64_t value, most, integral, rises, since;
};

struct wave {
	struct signal signals[SIGNALS_MAX];
	unsigned int count;
	bool is_sound;
	char timescale[NAME_CHARS];
};

static struct signal *signal_of(struct wave *wave, const char *code)
{
	for (unsigned int i = 0; i < wave->count; i++) {
		if (is(wave->signals[i].code, code))
			return &wave->signals[i];
	}
	wave->is_sound = false;
	return &wave->signals[0];
}

static const struct signal *find(const struct wave *wave, const char *scope, const char *name)
{
	static const struct signal none = { .most = UINT64_MAX };

	for (unsigned int i = 0; i < wave->count; i++) {
		if (is(wave->signals[i].scope, scope) && is(wave->signals[i].name, name))
			return &wave->signals[i];
	}
	return &none;
}

static void take_change(struct wave *wave, const char *code, uint64_t value, uint64_t at)
{
	struct signal *signal = signal_of(wave, code);

	/* Changes alone, but for the first of all. */
	wave->is_sound &= at == 0 || value != signal->value;
	signal->integral += signal->value * (at - signal->since);
	signal->rises += value > signal->value;
	signal->since = at;
	signal->value = value;
	if (value > signal->most)
		signal->most = value;
}

/** One line of the header. */
static void take_header(struct wave *wave, const char *line, char *scope)
{
	struct signal *signal = &wave->signals[wave->count];
	char kind[NAME_CHARS];
	unsigned int width;

	if (sscanf(line, "$scope module %31s $end", scope) == 1 ||
	    sscanf(line, "$timescale %31[^$]", wave->timescale) == 1)
		return;
	if (sscanf(line, "$var %31s %u %7s %31s $end", kind, &width, signal->code, signal->name) !=
	    4)
		return;
	snprintf(signal->scope, NAME_CHARS, "%s", scope);
	wave->is_sound &= width == (is(kind, "wire") ? 1u : 32u);
	wave->count++;
}

static void take_value(struct wave *wave, char *line, uint64_t at)
{
	char *blank;

	if (line[0] == '0' || line[0] == '1') {
		take_change(wave, line + 1, (uint64_t)(line[0] - '0'), at);
		return;
	}
	blank = strchr(line, ' ');
	if (line[0] != 'b' || blank == NULL) {
		wave->is_sound = false;
		return;
	}
	take_change(wave, blank + 1, strtoull(line + 1, NULL, 2), at);
}

/** Times in ns. Released by the caller. */
static struct wave *take_wave_apart(struct watched *w)
{
	struct wave *wave = calloc(1, sizeof(*wave));
	bool in_header = true;
	char scope[NAME_CHARS] = "", *rest = NULL;
	uint64_t at = 0;

	wave->is_sound = true;
	for (char *line = strtok_r(w->vcd, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (in_header) {
			take_header(wave, line, scope);
			in_header = !is(line, "$enddefinitions $end");
		} else if (line[0] == '#') {
			const uint64_t now = strtoull(line + 1, NULL, 10) / 1000;

			wave->is_sound &= now >= at;
			at = now;
		} else if (line[0] != '$') {
			take_value(wave, line, at);
		}
	}
	wave->is_sound &= !in_header && at > 0;
	return wave;
}

static void expect_level(const struct watched *w, const struct wave *wave, const char *scope,
			 const char *name, enum sv3_timed_unit unit)
{
	const struct signal *signal = find(wave, scope, name);

	EXPECT_EQ_U64(signal->most, w->stats.units[unit].occupied_max);
	EXPECT_EQ_U64(signal->integral, w->stats.units[unit].occupied);
	EXPECT_EQ_U64(signal->value, 0);
}

TEST_C(waveform, has_the_header_that_programs_expect)
{
	struct watched w;
	struct wave *wave;

	ASSERT_TRUE(watch_a_run(&w, 0, 1000));
	EXPECT_TRUE(strstr(w.vcd, "$enddefinitions $end\n#0\n$dumpvars\n") != NULL);
	wave = take_wave_apart(&w);
	EXPECT_TRUE(wave->is_sound);
	EXPECT_EQ_STR(wave->timescale, "1 ps ");
	EXPECT_EQ_U64(wave->count, 9 + 5 * TBUS);
	free(wave);
	fini(&w);
}

TEST_C(waveform, levels_are_those_of_the_statistics)
{
	struct watched w;
	struct wave *wave;

	ASSERT_TRUE(watch_a_run(&w, 0, 1000));
	wave = take_wave_apart(&w);
	expect_level(&w, wave, "device", "tags", SV3_TIMED_TAGS);
	expect_level(&w, wave, "device", "link", SV3_TIMED_LINK);
	expect_level(&w, wave, "root_complex", "buffers", SV3_TIMED_RC);
	expect_level(&w, wave, "tcu", "slots", SV3_TIMED_TCU);
	expect_level(&w, wave, "tcu", "walks", SV3_TIMED_WALK);
	/* All accesses of this device come in at the first TBU. */
	expect_level(&w, wave, "tbu0", "slots", SV3_TIMED_TBU);
	expect_level(&w, wave, "tbu0", "write_buffer", SV3_TIMED_WRITE_BUFFER);
	EXPECT_EQ_U64(find(wave, "tbu1", "slots")->most, 0);
	free(wave);
	fini(&w);
}

TEST_C(waveform, wires_are_those_of_the_statistics)
{
	const struct signal *miss, *sync;
	struct watched w;
	struct wave *wave;

	ASSERT_TRUE(watch_a_run(&w, 0, 1000));
	wave = take_wave_apart(&w);
	sync = find(wave, "cmdq", "sync");
	miss = find(wave, "tbu0", "tlb_miss");
	EXPECT_EQ_U64(sync->integral, w.stats.sync.sum - w.before.sync.sum);
	EXPECT_EQ_U64(sync->rises, w.stats.syncs - w.before.syncs);
	/* Several in one cycle are one pulse; translations return one a cycle, so there are none.
	 */
	EXPECT_EQ_U64(miss->integral, w.stats.misses);
	EXPECT_GT_U64(find(wave, "tcu", "httu")->integral, 0);
	EXPECT_GT_U64(find(wave, "tbu0", "utlb_hit")->rises + find(wave, "tbu0", "tlb_hit")->rises,
		      0);
	free(wave);
	fini(&w);
}

/* --- histograms --- */

static struct sv3_histogram example(void)
{
	struct sv3_histogram histogram = { 0 };

	for (unsigned int i = 0; i < 3; i++)
		sv3_histogram_add(&histogram, 5);
	sv3_histogram_add(&histogram, 33);
	return histogram;
}

TEST_C(histogram, rows_of_a_dataset)
{
	static const char *const keys[] = SV3_HISTOGRAM_KEYS;
	const struct sv3_histogram histogram = example();
	struct sv3_dataset *dataset;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	ASSERT_OK(sv3_dataset_create(keys, 4, &dataset));
	sv3_histogram_rows(dataset, "walk", &histogram, 2000);
	EXPECT_OK(sv3_dataset_csv(dataset, file));
	fclose(file);
	EXPECT_EQ_STR(text, "name,from_ns,below_ns,count\n"
			    "walk,2.500,3.000,3\nwalk,16.000,17.000,1\n");
	free(text);
	sv3_dataset_destroy(dataset);
}

TEST_C(histogram, points_of_a_plot)
{
	const struct sv3_histogram histogram = example(), none = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	sv3_histogram_curve(file, &none, 1000);
	sv3_histogram_curve(file, &histogram, 1000);
	fclose(file);
	EXPECT_EQ_STR(text, "5.000 1000.000\n32.000 250.000\n33.000 0.000\n");
	free(text);
}

TEST_C(histogram, bars_of_a_terminal)
{
	const struct sv3_chart_style style = { .width = 40 };
	const struct sv3_histogram histogram = example();
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	sv3_histogram_chart("walks", &histogram, 1000, &style, file);
	fclose(file);
	EXPECT_TRUE(strncmp(text, "walks\n", 6) == 0);
	/* 28 buckets, so two a bar. */
	EXPECT_TRUE(strstr(text, "from 4 ns") != NULL);
	EXPECT_TRUE(strstr(text, "from 32 ns") == NULL || strstr(text, " 3\n") != NULL);
	EXPECT_TRUE(strstr(text, "######") != NULL);
	free(text);
}
