/* SPDX-License-Identifier: MIT */
/*
 * mutate.c - small mistakes put into a C file, one at a time.
 *
 *	mutate list FILE        every place where one can be made: ID <tab> lines now <tab> lines
 *then mutate write FILE ID    the file with that one, on standard output
 *
 * An ID is FILE:LINE:COLUMN:OPERATOR. The file is cut into tokens, not parsed: what does not
 *compile after the change is sorted out by the compiler. Left alone are comments, text,
 *preprocessor lines, what stands outside of braces, the arguments of SV3_ASSERT and statistics
 *counters: no test has to ask for those.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { WORD, NUMBER, TEXT, SIGN };

struct token {
	size_t at, length;
	enum kind kind;
	unsigned int line, column;
	unsigned int braces; /* how many are open around it */
	size_t partner;      /* of a bracket: the token of the other one; else itself */
	bool frozen;         /* no change here */
	bool first;          /* of a statement */
};

/* Bytes [from, to) become @text. */
struct change {
	size_t from, to;
	const struct token *token;
	const char *operator;
	char *text;
};

static struct {
	const char *name;
	char *text;
	size_t size;
	struct token *tokens;
	size_t token_count;
	struct change *changes;
	size_t change_count;
} file;

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
	va_list arguments;

	fputs("mutate: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

/* One more element of @size bytes behind @count of them; grows by doubling. */
static void *grow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0 && count != 0)
		return array;
	array = realloc(array, (count ? 2 * count : 1) * size);
	if (!array)
		die("out of memory");
	return array;
}

static void load(const char *name)
{
	FILE *stream = fopen(name, "rb");
	size_t got;

	if (!stream)
		die("%s: %s", name, strerror(errno));
	file.name = name;
	do {
		file.text = realloc(file.text, file.size + 65536 + 1);
		if (!file.text)
			die("out of memory");
		got = fread(file.text + file.size, 1, 65536, stream);
		file.size += got;
	} while (got > 0);
	file.text[file.size] = '\0';
	fclose(stream);
}

/* --- Tokens --- */

static const char *text_at(size_t at)
{
	return file.text + at;
}

static bool is(size_t index, const char *what)
{
	const struct token *token = &file.tokens[index];

	return index < file.token_count && strlen(what) == token->length &&
	       strncmp(text_at(token->at), what, token->length) == 0;
}

static bool is_one_of(size_t index, const char *const *list)
{
	for (; *list; list++)
		if (is(index, *list))
			return true;
	return false;
}

static size_t string_end(size_t at)
{
	char quote = file.text[at++];

	while (at < file.size && file.text[at] != quote)
		at += file.text[at] == '\\' ? 2 : 1;
	return at < file.size ? at + 1 : file.size;
}

/* Behind white space, comments and preprocessor lines at @at. */
static size_t skip_blank(size_t at)
{
	for (;;) {
		bool line_begins = at == 0 || file.text[at - 1] == '\n';
		size_t end = at;

		while (file.text[end] == ' ' || file.text[end] == '\t')
			end++;
		if (line_begins && file.text[end] == '#') {
			while (end < file.size && file.text[end] != '\n')
				end += file.text[end] == '\\' ? 2 : 1;
			at = end < file.size ? end : file.size;
		} else if (strncmp(text_at(at), "/*", 2) == 0) {
			const char *close = strstr(text_at(at + 2), "*/");

			at = close ? (size_t)(close - file.text) + 2 : file.size;
		} else if (strncmp(text_at(at), "//", 2) == 0) {
			at += strcspn(text_at(at), "\n");
		} else if (isspace((unsigned char)file.text[at])) {
			at++;
		} else {
			return at;
		}
	}
}

static size_t sign_length(size_t at)
{
	static const char *const signs[] = { "<<=", ">>=", "...", "->", "++", "--", "<<", ">>",
					     "<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=",
					     "*=",  "/=",  "%=",  "&=", "|=", "^=", NULL };

	for (size_t i = 0; signs[i]; i++)
		if (strncmp(text_at(at), signs[i], strlen(signs[i])) == 0)
			return strlen(signs[i]);
	return 1;
}

static struct token token_at(size_t at)
{
	struct token token = { .at = at, .kind = SIGN, .length = sign_length(at) };
	unsigned char c = (unsigned char)file.text[at];

	if (c == '"' || c == '\'') {
		token.kind = TEXT;
		token.length = string_end(at) - at;
	} else if (isalnum(c) || c == '_') {
		token.kind = isdigit(c) ? NUMBER : WORD;
		token.length = 0;
		while (isalnum((unsigned char)file.text[at + token.length]) ||
		       file.text[at + token.length] == '_')
			token.length++;
	}
	return token;
}

static void split(void)
{
	size_t open[256], depth = 0, seen = 0, line_start = 0;
	unsigned int line = 1, braces = 0;

	for (size_t at = skip_blank(0); at < file.size;) {
		struct token token = token_at(at);
		size_t index = file.token_count;
		char c = token.kind == SIGN && token.length == 1 ? file.text[at] : '\0';

		for (; seen < at; seen++) {
			if (file.text[seen] == '\n') {
				line++;
				line_start = seen + 1;
			}
		}
		token.line = line;
		token.column = (unsigned int)(at - line_start) + 1;
		token.partner = index;
		token.braces = braces;
		file.tokens = grow(file.tokens, index, sizeof(token));
		if (c != '\0' && strchr("([{", c)) {
			if (depth == sizeof(open) / sizeof(open[0]))
				die("%s:%u: brackets too deep", file.name, line);
			open[depth++] = index;
			braces += c == '{';
		} else if (c != '\0' && strchr(")]}", c) && depth > 0) {
			token.partner = open[--depth];
			file.tokens[token.partner].partner = index;
			braces -= c == '}';
		}
		file.tokens[index] = token;
		file.token_count++;
		at = skip_blank(at + token.length);
	}
	if (depth != 0)
		die("%s:%u: a bracket is never closed", file.name, file.tokens[open[0]].line);
}

/* --- What is left alone --- */

static const char *const heads[] = { "if", "while", "for", "switch", NULL };
static const char *const keywords[] = { "if",    "while",  "for",     "switch",   "else",
					"do",    "return", "case",    "default",  "goto",
					"break", "sizeof", "const",   "static",   "struct",
					"enum",  "union",  "typedef", "continue", NULL };
static const char *const assigns[] = { "=",  "+=", "-=", "*=", "/=",  "%=",  "&=",
				       "|=", "^=", "++", "--", "<<=", ">>=", NULL };

static void find_statements(void)
{
	for (size_t i = 1; i < file.token_count; i++) {
		bool label = false;

		if (is(i - 1, ":"))
			for (size_t j = i - 1;
			     j-- > 0 && !is(j, ";") && !is(j, "{") && !is(j, "?");)
				label = label || is(j, "case") || is(j, "default");
		file.tokens[i].first = is(i - 1, ";") || is(i - 1, "{") || is(i - 1, "}") ||
				       is(i - 1, "else") || is(i - 1, "do") || label ||
				       (is(i - 1, ")") && file.tokens[i - 1].partner > 0 &&
					is_one_of(file.tokens[i - 1].partner - 1, heads));
	}
}

/* The semicolon that ends the statement at @first; 0: it is none, or has a body. */
static size_t statement_end(size_t first)
{
	for (size_t i = first; i < file.token_count; i++) {
		if (is(i, ";"))
			return i;
		if (is(i, "}") || is(i, ")") || is(i, "]"))
			return 0;
		if (file.tokens[i].partner > i)
			i = file.tokens[i].partner;
	}
	return 0;
}

static void freeze(size_t from, size_t to)
{
	for (size_t i = from; i <= to; i++)
		file.tokens[i].frozen = true;
}

static void freeze_statistics(size_t first)
{
	size_t end = statement_end(first);

	for (size_t i = first; i < end; i++)
		if (is(i, "sv3__stats") || (is(i, "stats") && is(i + 1, "->")))
			freeze(first, end);
}

static void freeze_all(void)
{
	for (size_t i = 0; i < file.token_count; i++) {
		struct token *token = &file.tokens[i];

		if (token->braces == 0)
			token->frozen = true;
		if (is(i, "SV3_ASSERT") && is(i + 1, "("))
			freeze(i, file.tokens[i + 1].partner);
		if (token->first && (!is_one_of(i, keywords) || is(i, "struct")))
			freeze_statistics(i);
	}
}

/* --- Changes --- */

static void propose(size_t index, const char *operator, size_t from, size_t to, const char *before,
		    bool keep, const char *after)
{
	struct change change = { from, to, &file.tokens[index], operator, NULL };
	size_t kept = keep ? to - from : 0;
	size_t size = strlen(before) + kept + strlen(after) + 1;

	change.text = malloc(size);
	if (!change.text)
		die("out of memory");
	snprintf(change.text, size, "%s%.*s%s", before, (int)kept, text_at(from), after);
	file.changes = grow(file.changes, file.change_count, sizeof(change));
	file.changes[file.change_count++] = change;
}

static void replace(size_t index, const char *operator, const char * text)
{
	const struct token *token = &file.tokens[index];

	propose(index, operator, token->at, token->at + token->length, text, false, "");
}

static bool ends_operand(size_t index)
{
	return file.tokens[index].kind == NUMBER || is(index, ")") || is(index, "]") ||
	       (file.tokens[index].kind == WORD && !is_one_of(index, keywords));
}

static void change_sign(size_t index)
{
	static const struct {
		const char *now, *then, *operator;
	} pairs[] = {
		{ "&&", "||", "and-or" },        { "||", "&&", "or-and" },
		{ "<", "<=", "lt-le" },          { "<=", "<", "le-lt" },
		{ ">", ">=", "gt-ge" },          { ">=", ">", "ge-gt" },
		{ "==", "!=", "eq-ne" },         { "!=", "==", "ne-eq" },
		{ "|=", "&=", "orset-andset" },  { "&=", "|=", "andset-orset" },
		{ "+", "-", "plus-minus" },      { "-", "+", "minus-plus" },
		{ "+=", "-=", "addset-subset" }, { "-=", "+=", "subset-addset" },
		{ "<<", ">>", "left-right" },    { ">>", "<<", "right-left" },
	};

	if (is(index, "!")) {
		replace(index, "not-gone", "");
		return;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (is(index, pairs[i].now) && ends_operand(index - 1))
			replace(index, pairs[i].operator, pairs[i].then);
}

/* Whether the number is the size in a declaration of an array: one more byte harms nobody. */
static bool is_array_size(size_t index)
{
	return is(index - 1, "[") && is(index + 1, "]") && file.tokens[index - 2].kind == WORD &&
	       (is(index - 3, "*") ||
		(file.tokens[index - 3].kind == WORD && !is_one_of(index - 3, keywords)));
}

static void change_number(size_t index)
{
	const struct token *token = &file.tokens[index];
	const char *text = text_at(token->at);
	bool hex = token->length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *format = hex ? "0x%llx%.*s" : "%llu%.*s";
	unsigned long long value;
	char *suffix, changed[64];
	int suffix_length;

	if (index < 3 || is_array_size(index))
		return;
	value = strtoull(text, &suffix, 0);
	suffix_length = (int)(text + token->length - suffix);
	snprintf(changed, sizeof(changed), format, value + 1, suffix_length, suffix);
	replace(index, "const+1", changed);
	if (value == 0 || value > 64)
		return;
	snprintf(changed, sizeof(changed), format, value - 1, suffix_length, suffix);
	replace(index, "const-1", changed);
}

/* Whether the condition in the brackets at @open is turned round by another operator anyway. */
static bool is_turned_elsewhere(size_t open)
{
	size_t close = file.tokens[open].partner;
	bool turned = is(open + 1, "!");

	for (size_t i = open + 1; i < close; i++) {
		if (is(i, "&&") || is(i, "||"))
			return false;
		turned = turned || is(i, "==") || is(i, "!=");
		if (file.tokens[i].partner > i)
			i = file.tokens[i].partner;
	}
	return turned;
}

static void change_word(size_t index)
{
	if (is(index, "true"))
		replace(index, "true-false", "false");
	else if (is(index, "false"))
		replace(index, "false-true", "true");
	else if ((is(index, "if") || is(index, "while")) && is(index + 1, "(") &&
		 !is_turned_elsewhere(index + 1))
		propose(index, "negate", file.tokens[index + 1].at + 1,
			file.tokens[file.tokens[index + 1].partner].at, "!(", true, ")");
}

/* An assignment, a call for its effect, a return from a void function. */
static bool can_go(size_t first, size_t end)
{
	if (is(first, "return"))
		return end == first + 1;
	if (is_one_of(first, keywords) || is(first, "{"))
		return false;
	/* "type name", "type *name": a declaration */
	if (file.tokens[first].kind == WORD &&
	    (file.tokens[first + 1].kind == WORD || is(first + 1, "*")))
		return false;
	if (file.tokens[first].kind == WORD && is(first + 1, "(") &&
	    file.tokens[first + 1].partner + 1 == end)
		return true;
	for (size_t i = first; i < end; i++) {
		if (is_one_of(i, assigns))
			return true;
		if (file.tokens[i].partner > i)
			i = file.tokens[i].partner;
	}
	return false;
}

static void change_statement(size_t first)
{
	size_t end = statement_end(first);

	if (end > first && can_go(first, end))
		propose(first, "delete", file.tokens[first].at, file.tokens[end].at, "", false, "");
}

static void find_changes(void)
{
	for (size_t i = 0; i < file.token_count; i++) {
		if (file.tokens[i].frozen)
			continue;
		if (file.tokens[i].first)
			change_statement(i);
		if (file.tokens[i].kind == SIGN)
			change_sign(i);
		else if (file.tokens[i].kind == NUMBER)
			change_number(i);
		else if (file.tokens[i].kind == WORD)
			change_word(i);
	}
}

/* --- Output --- */

/* @size bytes, each run of white space as one blank. */
static void put_squeezed(const char *text, size_t size, bool *blank)
{
	for (size_t i = 0; i < size; i++) {
		bool space = isspace((unsigned char)text[i]);

		if (!space || !*blank)
			putchar(space ? ' ' : text[i]);
		*blank = space;
	}
}

/* The lines that a change touches, as one: as they are, or (@changed) as they become. */
static void put_lines(const struct change *change, bool changed)
{
	size_t from = change->from, to = change->to;
	bool blank = true;

	while (from > 0 && file.text[from - 1] != '\n')
		from--;
	to += strcspn(text_at(to), "\n");
	put_squeezed(text_at(from), change->from - from, &blank);
	if (changed)
		put_squeezed(change->text, strlen(change->text), &blank);
	else
		put_squeezed(text_at(change->from), change->to - change->from, &blank);
	put_squeezed(text_at(change->to), to - change->to, &blank);
}

static void make_id(const struct change *change, char *id, size_t size)
{
	snprintf(id, size, "%s:%u:%u:%s", file.name, change->token->line, change->token->column,
		 change->operator);
}

static void list(void)
{
	char id[512];

	for (size_t i = 0; i < file.change_count; i++) {
		make_id(&file.changes[i], id, sizeof(id));
		printf("%s\t", id);
		put_lines(&file.changes[i], false);
		putchar('\t');
		put_lines(&file.changes[i], true);
		putchar('\n');
	}
}

static void write_changed(const char *id)
{
	for (size_t i = 0; i < file.change_count; i++) {
		const struct change *change = &file.changes[i];
		char this_id[512];

		make_id(change, this_id, sizeof(this_id));
		if (strcmp(id, this_id) != 0)
			continue;
		fwrite(file.text, 1, change->from, stdout);
		fputs(change->text, stdout);
		fwrite(text_at(change->to), 1, file.size - change->to, stdout);
		return;
	}
	die("%s: no such mutant in this file; `mutate list %s` names them", id, file.name);
}

int main(int argc, char **argv)
{
	bool listing = argc == 3 && strcmp(argv[1], "list") == 0;

	if (!listing && !(argc == 4 && strcmp(argv[1], "write") == 0)) {
		fputs("usage: mutate list FILE | mutate write FILE ID\n", stderr);
		return 1;
	}
	load(argv[2]);
	split();
	find_statements();
	freeze_all();
	find_changes();
	if (listing)
		list();
	else
		write_changed(argv[3]);
	if (fflush(stdout) != 0 || ferror(stdout))
		die("standard output: %s", strerror(errno));
	return 0;
}
