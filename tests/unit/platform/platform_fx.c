/* SPDX-License-Identifier: MIT */
/*
 * platform_fx.c - sources go through dtc, as a user's do.
 */
#include "platform_fx.h"

#include "ctest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A file of that source; its name into @path. */
static void write_source(const char *body, char path[32])
{
	FILE *file;
	int fd;

	strcpy(path, "/tmp/sv3-XXXXXX.dts");
	fd = mkstemps(path, 4);
	file = fdopen(fd, "w");
	fprintf(file, "/dts-v1/;\n/ { %s };\n", body);
	fclose(file);
}

int fx_read(const char *body, struct sv3_platform *platform, const char **said)
{
	static struct sv3_platform_error error;
	char path[32];
	int rc;

	write_source(body, path);
	rc = sv3_platform_load(path, platform, &error);
	unlink(path);
	if (said != NULL)
		*said = strncmp(error.text, path, strlen(path)) == 0 ? error.text + strlen(path) + 2
								     : error.text;
	return rc;
}

void *fx_blob(const char *body, size_t *size)
{
	char path[32], command[80];
	uint8_t *blob = malloc(65536);
	FILE *pipe;

	write_source(body, path);
	snprintf(command, sizeof(command), "dtc -q -I dts -O dtb %s", path);
	pipe = popen(command, "r");
	*size = fread(blob, 1, 65536, pipe);
	pclose(pipe);
	unlink(path);
	return blob;
}

struct sv3_platform fx_platform(const char *body)
{
	struct sv3_platform platform;
	const char *said;

	if (fx_read(body, &platform, &said) < 0)
		ctest_fail(__FILE__, __LINE__, "%s", said);
	return platform;
}

void fx_expect_errors(const struct fx_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sv3_platform platform;
		const char *said;

		EXPECT_EQ_INT(fx_read(rows[i].body, &platform, &said), -SV3_ERR_FORMAT);
		EXPECT_EQ_STR(said, rows[i].said);
		EXPECT_TRUE(platform.owned == NULL);
		EXPECT_TRUE(strchr(said, '\n') == NULL);
	}
}
