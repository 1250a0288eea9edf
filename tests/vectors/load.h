/* SPDX-License-Identifier: MIT */
/*
 * load.h - a text file, plain or .xz, as one string.
 */
#ifndef SV3_TESTS_VECTORS_LOAD_H
#define SV3_TESTS_VECTORS_LOAD_H

/**
 * load_text - read a whole file
 * @why: out, on failure: what is wrong with it, a static string
 * Returns: the text, ended by a zero byte, to be freed; NULL on failure.
 */
char *load_text(const char *path, const char **why);

#endif
