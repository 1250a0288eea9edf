/* SPDX-License-Identifier: MIT */
/*
 * once.c - main() in the place of libFuzzer's: each file of the folders named is run once.
 *
 * So the corpus is a test that needs no clang. Prints "ok NAME" for each file; the program under
 * test ends it when something is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void die(const char *path)
{
	fprintf(stderr, "once: %s: %s\n", path, strerror(errno));
	exit(1);
}

static void run(const char *path)
{
	FILE *stream = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t size = 0, got;

	if (!stream)
		die(path);
	do {
		bytes = realloc(bytes, size + 65536);
		if (!bytes)
			die(path);
		got = fread(bytes + size, 1, 65536, stream);
		size += got;
	} while (got > 0);
	fclose(stream);
	/* Of its own size, so that tools see where it ends. */
	bytes = realloc(bytes, size ? size : 1);
	printf("run %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, size);
	printf("ok %s\n", path);
	free(bytes);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct dirent **names;
		int count = scandir(argv[i], &names, NULL, alphasort);
		char path[4096];

		if (count < 0)
			die(argv[i]);
		for (int n = 0; n < count; n++) {
			if (names[n]->d_name[0] != '.') {
				snprintf(path, sizeof(path), "%s/%s", argv[i], names[n]->d_name);
				run(path);
			}
			free(names[n]);
		}
		free(names);
	}
	return 0;
}
