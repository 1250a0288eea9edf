/* SPDX-License-Identifier: MIT */
/*
 * options.c - command lines by rows: the same row parses an option, checks its range and prints its
 * help.
 */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

/** How a kind of value is spoken of. */
struct kind_text {
	const char *meta, *noun, *remedy;
};

static const struct kind_text kind_texts[] = {
	[CLI_FLAG] = { "", "", "" },
	[CLI_TEXT] = { "TEXT", "", "" },
	[CLI_TEXTS] = { "TEXT", "", "" },
	[CLI_CHOICE] = { "WORD", "", "" },
	[CLI_INTEGER] = { "N", "a number", "give a whole number such as 30 or 0x1e" },
	[CLI_ADDRESS] = { "ADDRESS", "an address", "give it in hexadecimal such as 0x40000000" },
	[CLI_SIZE] = { "SIZE", "a size", "give bytes such as 4096, 64K or 2G" },
	[CLI_RATE] = { "RATE", "a rate", "give bit/s such as 25G" },
	[CLI_DURATION] = { "TIME", "a time", "give it with its unit such as 300ms, 10us or 500ps" },
	[CLI_SCALE] = { "X", "a factor", "give a decimal such as 0.1 or 2" },
};

static bool has_value(const struct cli_option *option)
{
	return option->kind != CLI_FLAG;
}

/** The value's place holder; @text holds @size. */
static const char *meta_of(const struct cli_option *option, char *text, size_t size)
{
	if (option->meta != NULL)
		return option->meta;
	if (option->kind != CLI_CHOICE)
		return kind_texts[option->kind].meta;
	text[0] = '\0';
	for (const char *const *choice = option->choices; *choice != NULL; choice++) {
		if (choice != option->choices)
			strncat(text, "|", size - strlen(text) - 1);
		strncat(text, *choice, size - strlen(text) - 1);
	}
	return text;
}

/* --- parsing --- */

static int refuse_value(const char *command, const struct cli_option *option, const char *text)
{
	const struct kind_text *kind = &kind_texts[option->kind];
	char bound[CLI_VALUE_CHARS], range[CLI_VALUE_CHARS + 16] = "";
	uint64_t value;

	if (option->max != 0 && cli_value_parse(option->kind, text, &value) && value > option->max)
		return cli_error(command, "%s: '%s' is above %s, the most it can be", option->name,
				 text, cli_value_format(option->kind, option->max, bound));
	if (option->min == 1)
		snprintf(range, sizeof(range), " above 0");
	else if (option->min > 1)
		snprintf(range, sizeof(range), " from %s up",
			 cli_value_format(option->kind, option->min, bound));
	return cli_error(command, "%s: '%s' is not %s%s; %s", option->name, text, kind->noun, range,
			 kind->remedy);
}

static int set_choice(const char *command, const struct cli_option *option, const char *text)
{
	unsigned int *target = option->target;
	char meta[128];

	for (unsigned int i = 0; option->choices[i] != NULL; i++) {
		if (strcmp(option->choices[i], text) == 0) {
			*target = i;
			return CLI_OK;
		}
	}
	return cli_error(command, "%s: '%s' is none of %s", option->name, text,
			 meta_of(option, meta, sizeof(meta)));
}

static int add_text(const char *command, const struct cli_option *option, const char *text)
{
	struct cli_texts *texts = option->target;

	if (texts->count == CLI_TEXTS_MAX)
		return cli_error(command, "%s: more than %u of them", option->name, CLI_TEXTS_MAX);
	texts->items[texts->count++] = text;
	return CLI_OK;
}

static int set_option(const char *command, const struct cli_option *option, const char *text)
{
	uint64_t value;

	switch (option->kind) {
	case CLI_FLAG:
		*(bool *)option->target = true;
		return CLI_OK;
	case CLI_TEXT:
		if (text[0] == '\0')
			return cli_error(command, "%s: its value is empty", option->name);
		*(const char **)option->target = text;
		return CLI_OK;
	case CLI_TEXTS:
		return add_text(command, option, text);
	case CLI_CHOICE:
		return set_choice(command, option, text);
	default:
		break;
	}
	if (!cli_value_parse(option->kind, text, &value) || value < option->min ||
	    (option->max != 0 && value > option->max))
		return refuse_value(command, option, text);
	*(uint64_t *)option->target = value;
	return CLI_OK;
}

static const struct cli_option *find_option(const struct cli_usage *usage, const char *name,
					    size_t length)
{
	for (unsigned int i = 0; i < usage->option_count; i++) {
		const struct cli_option *option = &usage->options[i];

		if (option->name != NULL && strlen(option->name) == length &&
		    strncmp(option->name, name, length) == 0)
			return option;
	}
	return NULL;
}

static int refuse_option(const struct cli_usage *usage, const char *word, size_t length)
{
	const char *names[CLI_OPTIONS_MAX + 1];
	unsigned int count = 0;
	char name[64], remedy[96];

	snprintf(name, sizeof(name), "%.*s", (int)length, word);
	if (strcmp(name, "--platform") == 0 || strcmp(name, "--smmu") == 0)
		return cli_error(usage->command,
				 "%s: this command takes no machine; compare, replay, explain, "
				 "regs, timing and trace info do, and sweep behind -- compare",
				 name);
	snprintf(remedy, sizeof(remedy), "sv3 %s --help lists the options", usage->command);
	for (unsigned int i = 0; i < usage->option_count && count < CLI_OPTIONS_MAX; i++) {
		if (usage->options[i].name != NULL)
			names[count++] = usage->options[i].name;
	}
	names[count] = NULL;
	return cli_unknown(usage->command, "option", name, names, remedy);
}

/** Notes that an option was typed; again and again counts once. */
static void note_given(struct cli_args *args, const char *name)
{
	if (!cli_is_given(args, name) && args->given_count < CLI_OPTIONS_MAX)
		args->given[args->given_count++] = name;
}

/** One option at argv[*index]; steps over its value. */
static int parse_option(const struct cli_usage *usage, int argc, char **argv, int *index,
			struct cli_args *args)
{
	const char *word = argv[*index];
	const char *equals = strchr(word, '=');
	const size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(usage, word, length);

	if (option == NULL)
		return refuse_option(usage, word, length);
	note_given(args, option->name);
	if (!has_value(option)) {
		if (equals != NULL)
			return cli_error(usage->command, "%s takes no value", option->name);
		return set_option(usage->command, option, "");
	}
	if (equals != NULL)
		return set_option(usage->command, option, equals + 1);
	if (*index + 1 >= argc) {
		char meta[128];

		return cli_error(usage->command, "%s: its value is missing; write %s %s",
				 option->name, option->name, meta_of(option, meta, sizeof(meta)));
	}
	*index += 1;
	return set_option(usage->command, option, argv[*index]);
}

bool cli_is_given(const struct cli_args *args, const char *name)
{
	for (unsigned int i = 0; i < args->given_count; i++) {
		if (strcmp(args->given[i], name) == 0)
			return true;
	}
	return false;
}

int cli_set(const struct cli_usage *usage, const struct cli_args *args, const char *name,
	    const char *place, const char *text)
{
	const struct cli_option *found = find_option(usage, name, strlen(name));
	struct cli_option option;

	if (found == NULL || cli_is_given(args, name))
		return CLI_OK;
	option = *found;
	option.name = place;
	if (!has_value(&option) && text[0] != '\0')
		return cli_error(usage->command, "%s: takes no value; write it without one", place);
	return set_option(usage->command, &option, text);
}

static int add_operand(const struct cli_usage *usage, const char *word, struct cli_args *args)
{
	if (args->operand_count == usage->operand_max)
		return cli_error(usage->command, "'%s' is one argument too many; sv3 %s --help",
				 word, usage->command);
	args->operands[args->operand_count++] = word;
	return CLI_OK;
}

bool cli_parse(const struct cli_usage *usage, int argc, char **argv, struct cli_args *args)
{
	bool options_over = false;

	*args = (struct cli_args){ .status = CLI_OK };
	for (int i = 1; i < argc; i++) {
		if (!options_over &&
		    (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			cli_help(usage);
			return false;
		}
		if (!options_over && strcmp(argv[i], "--") == 0)
			options_over = true;
		else if (!options_over && argv[i][0] == '-' && argv[i][1] != '\0')
			args->status = parse_option(usage, argc, argv, &i, args);
		else
			args->status = add_operand(usage, argv[i], args);
		if (args->status != CLI_OK)
			return false;
	}
	if (args->operand_count < usage->operand_min) {
		args->status = cli_error(usage->command, "%s is missing; sv3 %s --help",
					 usage->operands, usage->command);
		return false;
	}
	return true;
}

/* --- help --- */

enum { HELP_COLUMN = 28 };

/** Help of one option, its lines aligned, the default behind it. */
static void print_option(const struct cli_option *option)
{
	char left[96], meta[80], value[CLI_VALUE_CHARS];
	const char *help = option->help;
	const char *fallback = NULL;

	if (option->name == NULL) {
		printf("\n%s:\n", option->help);
		return;
	}
	snprintf(left, sizeof(left), "  %s%s%s", option->name, has_value(option) ? " " : "",
		 has_value(option) ? meta_of(option, meta, sizeof(meta)) : "");
	printf("%-*s", HELP_COLUMN, left);
	if (strlen(left) >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	for (const char *end; (end = strchr(help, '\n')) != NULL; help = end + 1)
		printf("%.*s\n%*s", (int)(end - help), help, HELP_COLUMN, "");
	if (option->kind == CLI_CHOICE)
		fallback = option->choices[*(const unsigned int *)option->target];
	else if (option->kind == CLI_TEXT)
		fallback = *(const char *const *)option->target;
	else if (has_value(option) && option->kind != CLI_TEXTS &&
		 *(const uint64_t *)option->target >= option->min)
		fallback = cli_value_format(option->kind, *(const uint64_t *)option->target, value);
	if (fallback != NULL)
		printf("%s [%s]\n", help, fallback);
	else
		printf("%s\n", help);
}

void cli_help(const struct cli_usage *usage)
{
	printf("usage: sv3 %s%s%s%s\n\n%s\n", usage->command, usage->operands[0] != '\0' ? " " : "",
	       usage->operands, usage->option_count > 0 ? " [OPTION]..." : "", usage->about);
	if (usage->option_count > 0 && usage->options[0].name != NULL)
		printf("\noptions:\n");
	for (unsigned int i = 0; i < usage->option_count; i++)
		print_option(&usage->options[i]);
	if (usage->examples != NULL)
		printf("\nexamples:\n");
	for (unsigned int i = 0; usage->examples != NULL && usage->examples[i] != NULL; i++)
		printf("  %s\n", usage->examples[i]);
}
