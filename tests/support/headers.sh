#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers.sh - each public header compiles alone, twice in a row, as C11 and as C++17.
set -u

# check NAME COMPILER FLAGS...
check() {
	name=$1
	shift
	if details=$(printf '#include <sv3/%s>\n#include <sv3/%s>\n' "$header" "$header" |
		"$@" -Wall -Wextra -Wconversion -Wpedantic -Werror -Iinclude -fsyntax-only - 2>&1); then
		echo "ok headers/$header as $name"
	else
		echo "FAIL headers/$header as $name"
		printf '%s\n' "$details" | sed 's/^/    /'
	fi
}

for path in include/sv3/*.h; do
	header=${path#include/sv3/}
	check 'C11 by gcc' gcc -std=c11 -x c
	check 'C++17 by g++' g++ -std=c++17 -x c++
	if command -v clang >/dev/null; then
		check 'C11 by clang' clang -std=c11 -x c
		check 'C++17 by clang++' clang++ -std=c++17 -x c++
	fi
done
