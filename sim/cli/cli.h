/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what the commands share: options, messages, output files, JSON numbers, progress.
 *
 * Concepts:
 *   command  one word behind `sv3`, one file, one row in main.c.
 *   option   a row that says name, kind of value, where it goes and what it means; the parser and
 *            --help both read it, so they cannot disagree.
 *   value    a number with a unit as people write it: 25G, 300ms, 0x40000000, 0.1.
 * An error is one line on stderr and status CLI_ERROR; nothing half-done is left behind.
 */
#ifndef SV3_CLI_H
#define SV3_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Exit statuses of sv3. */
enum cli_status {
	CLI_OK = 0,
	CLI_ERROR = 1, /* usage or input */
	CLI_MISTRUST =
		2, /* it ran, and what came out must not be: a lost page, a wrong translation */
};

/* --- commands: argv[0] is the command's own name; they return an exit status --- */

int cmd_compare(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_experiment(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_platform(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_scenario(int argc, char **argv);
int cmd_bug(int argc, char **argv);
int cmd_regs(int argc, char **argv);
int cmd_timing(int argc, char **argv);

/* --- values --- */

enum cli_kind {
	CLI_FLAG,     /* bool: no value */
	CLI_TEXT,     /* const char * */
	CLI_TEXTS,    /* struct cli_texts: may be given again and again */
	CLI_CHOICE,   /* unsigned int: index into the option's choices */
	CLI_INTEGER,  /* uint64_t, from here on; decimal or 0x... */
	CLI_ADDRESS,  /* 0x40000000, 1G */
	CLI_SIZE,     /* bytes: 4096, 64K, 2G, 1.5GiB */
	CLI_RATE,     /* bit/s, decimal: 25G, 100M */
	CLI_DURATION, /* picoseconds: 300ms, 10us, 1ns, 500ps */
	CLI_SCALE,    /* millionths: 0.1 is 100000 */
};

#define CLI_VALUE_CHARS 32

/** cli_value_parse - a number of @kind; false for anything else, however close. */
bool cli_value_parse(enum cli_kind kind, const char *text, uint64_t *value);
/** cli_value_format - the shortest text that cli_value_parse() reads back; @text holds
 * CLI_VALUE_CHARS. */
const char *cli_value_format(enum cli_kind kind, uint64_t value, char *text);

/* --- options --- */

#define CLI_TEXTS_MAX   16u
#define CLI_OPTIONS_MAX 128u /* rows of a command, headings included */

/** What an option of kind CLI_TEXTS was given, in order. */
struct cli_texts {
	const char *items[CLI_TEXTS_MAX];
	unsigned int count;
};

struct cli_option {
	const char *name; /* "--link"; NULL: @help is a heading */
	const char *meta; /* what stands for the value in --help; NULL: by kind */
	enum cli_kind kind;
	void *target;               /* holds the default; its type is said by the kind */
	uint64_t min, max;          /* of numbers; max 0: no limit. A default below min is "none" */
	const char *const *choices; /* CLI_CHOICE: ends with NULL */
	const char *help;
};

struct cli_usage {
	const char *command;  /* "compare", "trace cut" */
	const char *operands; /* "TRACE", "" */
	const char *about;    /* what it does, lines as they are to be printed */
	const struct cli_option *options;
	unsigned int option_count;
	const char *const *examples; /* whole command lines that can be pasted; ends with NULL */
	unsigned int operand_min, operand_max;
};

#define CLI_OPERANDS_MAX 64u

struct cli_args {
	const char *operands[CLI_OPERANDS_MAX];
	unsigned int operand_count;
	const char *given[CLI_OPTIONS_MAX]; /* names of the options that were typed */
	unsigned int given_count;
	int status; /* when the command is over already */
};

/**
 * cli_parse - read a command line into the targets of the options
 * Knows --help. Options may stand anywhere, "--" ends them; "--link 25G" is "--link=25G".
 * Returns: true; false: return args->status at once (help was printed, or an error).
 */
bool cli_parse(const struct cli_usage *usage, int argc, char **argv, struct cli_args *args);
/** cli_is_given - whether an option was typed, or has its default. */
bool cli_is_given(const struct cli_args *args, const char *name);
/**
 * cli_set - set an option from elsewhere, unless it was typed
 * @place: what messages name in place of the option: "my.dts: /sv3: link"
 * Returns: CLI_OK, also if there is no such option; CLI_ERROR: said.
 */
int cli_set(const struct cli_usage *usage, const struct cli_args *args, const char *name,
	    const char *place, const char *text);
/** cli_help - print the usage. */
void cli_help(const struct cli_usage *usage);

/* --- messages --- */

/** cli_error - "sv3 COMMAND: message", one line on stderr. @command may be NULL. CLI_ERROR. */
int cli_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * cli_unknown - an error about a word that is none of @names, with the nearest as a suggestion
 * @names: ends with NULL
 * Returns: CLI_ERROR.
 */
int cli_unknown(const char *command, const char *what, const char *word, const char *const *names,
		const char *remedy);

/* --- output --- */

/** Whether @path is "-", standard output. */
bool cli_is_stdout(const char *path);
/** cli_save_check - refuse a path that cannot be written before any work is done. CLI_OK or
 * CLI_ERROR. */
int cli_save_check(const char *command, const char *path);
/** A text, or  bytes, and where they go. */
struct cli_file {
	const char *path;
	const void *text;
	size_t size; /* 0: to the end of the text */
};
#define CLI_FILES_MAX 16u
/** cli_save - write files, all or none of them, each whole or not at all. CLI_OK or CLI_ERROR. */
int cli_save(const char *command, const struct cli_file *files, unsigned int count);

/** A file that is written bit by bit. */
struct cli_stream {
	const char *path;
	char *part; /* where it is until it is whole; NULL: a device */
	FILE *file; /* NULL: not open */
};
/** cli_stream_open - open @path, which is not standard output, for writing. CLI_OK or CLI_ERROR. */
int cli_stream_open(const char *command, const char *path, struct cli_stream *stream);
/**
 * cli_stream_close - the file is whole and stands at its path, or nothing of it is left
 * One that is not open is left alone; without @is_kept nothing is left, and no error is told.
 * Returns: CLI_OK or CLI_ERROR.
 */
int cli_stream_close(const char *command, struct cli_stream *stream, bool is_kept);

struct cJSON;
/** Numbers that keep all their digits: cJSON's own are doubles. */
void cli_json_u64(struct cJSON *object, const char *key, uint64_t value);
/** Picoseconds as whole nanoseconds; null for SV3_PS_NEVER. */
void cli_json_ns(struct cJSON *object, const char *key, uint64_t ps);
/** @value / 10^@digits as an exact decimal. */
void cli_json_decimal(struct cJSON *object, const char *key, uint64_t value, unsigned int digits);
/** cli_json_print - @object as text with a newline at its end; releases it. NULL: out of memory. */
char *cli_json_print(struct cJSON *object);
/** cli_json_save - print @object and save it; releases it. CLI_OK or CLI_ERROR. */
int cli_json_save(const char *command, const char *path, struct cJSON *object);

/* --- input --- */

struct sv3_trace;
/** cli_trace_read - read a trace for @command; says what is wrong. CLI_OK or CLI_ERROR. */
int cli_trace_read(const char *command, const char *path, struct sv3_trace *trace);

/** Where the RAM of the guest lies. */
struct cli_guest {
	uint64_t base, size; /* size 0: from the trace */
};
/** cli_guest_align_check - refuse RAM that is no whole pages or too much. CLI_OK or CLI_ERROR. */
int cli_guest_align_check(const char *command, const struct cli_guest *guest);
/** cli_guest_check - find the size if not given, refuse rows outside. CLI_OK or CLI_ERROR. */
int cli_guest_check(const char *command, const char *path, const struct sv3_trace *trace,
		    struct cli_guest *guest);
/** cli_view_check - refuse a trace that lacks what the view needs. CLI_OK or CLI_ERROR. */
int cli_view_check(const char *command, const char *path, const struct sv3_trace *trace,
		   bool iova_view);

/** The bus masters of a trace: their streams, and the pages their interrupts go to. */
struct cli_masters {
	uint32_t *stream_ids; /* shape [stream_count], owned */
	uint64_t *msi_pages;  /* shape [msi_page_count], owned */
	uint32_t stream_count, msi_page_count;
};
/** cli_masters_find - collect them. CLI_OK or CLI_ERROR. */
int cli_masters_find(const char *command, const struct sv3_trace *trace,
		     struct cli_masters *masters);
void cli_masters_free(struct cli_masters *masters);

struct sv3_smmu_config;
/** cli_profile - the configuration of a profile by name. CLI_OK or CLI_ERROR. */
int cli_profile(const char *command, const char *name, struct sv3_smmu_config *config);
/** cli_tlb_size - set the size, ways shrunk to fit; refuses what cannot be. CLI_OK or CLI_ERROR. */
int cli_tlb_size(const char *command, struct sv3_smmu_config *config, uint64_t entries);
/** cli_walk_cache_size - the same for the walk cache. */
int cli_walk_cache_size(const char *command, struct sv3_smmu_config *config, uint64_t entries);

/* --- progress: on stderr, if that is a terminal, and only when it takes longer than 2 s --- */

struct cli_progress {
	bool is_shown, is_terminal;
	uint64_t start_ns, last_ns; /* host time */
	const char *unit;           /* "pages" */
};
void cli_progress_begin(struct cli_progress *progress, const char *unit);
/** cli_progress_update - @total 0: unknown, no ETA. */
void cli_progress_update(struct cli_progress *progress, const char *label, uint64_t count,
			 uint64_t total);
/** cli_progress_end - take the line away. */
void cli_progress_end(struct cli_progress *progress);
/** cli_jobs - how much is done at a time: @asked; 0: one a processor. */
unsigned int cli_jobs(uint64_t asked);
/** cli_host_ns - the host's clock: for progress and rates, never for results. */
uint64_t cli_host_ns(void);

#endif
