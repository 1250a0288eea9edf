/* SPDX-License-Identifier: MIT */
/*
 * explore_file.c - a schedule as a text of six lines, which repeats it:
 *
 *   sv3 schedule 1
 *   scenario clear
 *   driver sv3
 *   bug no-tlbi
 *   steps driver 15, device 4, driver 1
 *   breaks lost
 *
 * Lines are in this order and none is left out, so that a file that was cut is known for one.
 */
#include "explore.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char none[] = "none";

/* --- writing --- */

char *explore_schedule_text(const struct sv3_explore_scenario *scenario,
			    const struct sv3_explore_schedule *schedule)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL)
		return NULL;
	for (uint32_t from = 0, to; from < schedule->length; from = to) {
		for (to = from + 1; to < schedule->length; to++)
			if (schedule->actors[to] != schedule->actors[from])
				break;
		fprintf(file, "%s%s %" PRIu32, from > 0 ? ", " : "",
			sv3_explore_actor_name(scenario, schedule->actors[from]), to - from);
	}
	if (fclose(file) == 0)
		return text;
	free(text);
	return NULL;
}

int explore_save(const struct explore_request *request, const struct explore_run *run)
{
	char *steps = explore_schedule_text(run->scenario, &run->report.schedule);
	char *text = NULL;
	int status;

	if (steps == NULL ||
	    asprintf(&text, "sv3 schedule 1\nscenario %s\ndriver %s\nbug %s\nsteps %s\nbreaks %s\n",
		     run->scenario->name, request->driver,
		     request->bug != NULL ? request->bug : none, steps,
		     sv3_explore_rule_info(run->report.finding.rule).name) < 0) {
		free(steps);
		return cli_error("explore", "%s", sv3_strerror(SV3_ERR_NOMEM));
	}
	status = cli_save("explore", &(const struct cli_file){ request->save, text, 0 }, 1);
	free(steps);
	free(text);
	return status;
}

/* --- reading --- */

struct reader {
	const char *path;
	FILE *file;
	unsigned int number; /* of the line in hand, from 1 */
	char *line;          /* owned */
	size_t size;
};

/** The value of the next line, which must begin with @key; NULL: said. */
static char *take(struct reader *reader, const char *key)
{
	const size_t key_length = strlen(key);
	ssize_t length;

	reader->number++;
	errno = 0;
	length = getline(&reader->line, &reader->size, reader->file);
	if (length < 0 && errno != 0) {
		cli_error("explore", "cannot read %s: %s", reader->path, strerror(errno));
		return NULL;
	}
	if (length <= 0 || reader->line[length - 1] != '\n') {
		cli_error("explore",
			  "%s: line %u: the file ends before the end of its line '%s'; save it "
			  "again with --save",
			  reader->path, reader->number, key);
		return NULL;
	}
	reader->line[length - 1] = '\0';
	if (strncmp(reader->line, key, key_length) != 0 || reader->line[key_length] != ' ') {
		cli_error("explore", "%s: line %u: '%.40s' should be '%s' and a value",
			  reader->path, reader->number, reader->line, key);
		return NULL;
	}
	return reader->line + key_length + 1;
}

static int refuse(const struct reader *reader, const char *what, const char *word)
{
	return cli_error("explore", "%s: line %u: unknown %s '%.40s'; %s explore --list shows them",
			 reader->path, reader->number, what, word, explore_program);
}

static int take_names(struct reader *reader, struct explore_file *file)
{
	const char *word = take(reader, "sv3 schedule");

	if (word == NULL)
		return CLI_ERROR;
	if (strcmp(word, "1") != 0)
		return cli_error("explore",
				 "%s: line 1: version '%.40s' is not 1, the one there is",
				 reader->path, word);
	word = take(reader, "scenario");
	if (word == NULL)
		return CLI_ERROR;
	file->scenario = sv3_explore_find_scenario(word);
	if (file->scenario == NULL)
		return refuse(reader, "scenario", word);
	word = take(reader, "driver");
	if (word == NULL)
		return CLI_ERROR;
	file->driver = explore_find_driver(word);
	if (file->driver == NULL)
		return refuse(reader, "driver", word);
	word = take(reader, "bug");
	if (word == NULL)
		return CLI_ERROR;
	file->mutant = sv3_explore_find_mutant(word);
	if (file->mutant == NULL && strcmp(word, none) != 0)
		return refuse(reader, "bug", word);
	return CLI_OK;
}

/** "device 4": who, and how often. */
static int add_stretch(const struct reader *reader, struct explore_file *file, char *stretch)
{
	struct sv3_explore_schedule *schedule = &file->schedule;
	char *blank = strrchr(stretch, ' ');
	const char *name;
	uint64_t count;
	uint8_t actor = 0;

	if (blank == NULL || !cli_value_parse(CLI_INTEGER, blank + 1, &count) || count == 0)
		return cli_error("explore",
				 "%s: line %u: '%.40s' is not an actor and a number above 0",
				 reader->path, reader->number, stretch);
	if (count > SV3_EXPLORE_STEPS_MAX - schedule->length)
		return cli_error("explore", "%s: line %u: more than %u steps", reader->path,
				 reader->number, SV3_EXPLORE_STEPS_MAX);
	*blank = '\0';
	while ((name = sv3_explore_actor_name(file->scenario, actor)) != NULL &&
	       strcmp(name, stretch) != 0)
		actor++;
	if (name == NULL)
		return cli_error("explore", "%s: line %u: nobody in scenario %s is called '%.40s'",
				 reader->path, reader->number, file->scenario->name, stretch);
	memset(&schedule->actors[schedule->length], actor, count);
	schedule->length += (uint32_t)count;
	return CLI_OK;
}

static int take_steps(struct reader *reader, struct explore_file *file)
{
	char *rest = take(reader, "steps");
	char *stretch;

	if (rest == NULL)
		return CLI_ERROR;
	while ((stretch = strsep(&rest, ",")) != NULL) {
		stretch += strspn(stretch, " ");
		if (add_stretch(reader, file, stretch) != CLI_OK)
			return CLI_ERROR;
	}
	return CLI_OK;
}

static int take_rule(struct reader *reader, struct explore_file *file)
{
	const char *word = take(reader, "breaks");

	if (word == NULL)
		return CLI_ERROR;
	for (unsigned int i = 1; i < SV3_EXPLORE_RULE_COUNT; i++) {
		if (strcmp(word, sv3_explore_rule_info((enum sv3_explore_rule)i).name) == 0)
			file->rule = (enum sv3_explore_rule)i;
	}
	if (file->rule == SV3_EXPLORE_OK)
		return refuse(reader, "rule", word);
	if (fgetc(reader->file) != EOF)
		return cli_error("explore", "%s: line %u: nothing may stand behind '%s'",
				 reader->path, reader->number + 1, reader->line);
	return CLI_OK;
}

int explore_load(const char *path, struct explore_file *file)
{
	struct reader reader = { .path = path, .file = fopen(path, "r") };
	int status;

	*file = (struct explore_file){ 0 };
	if (reader.file == NULL)
		return cli_error("explore", "cannot read %s: %s", path, strerror(errno));
	status = take_names(&reader, file);
	if (status == CLI_OK)
		status = take_steps(&reader, file);
	if (status == CLI_OK)
		status = take_rule(&reader, file);
	free(reader.line);
	fclose(reader.file);
	return status;
}
