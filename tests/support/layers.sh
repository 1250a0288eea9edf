#!/bin/sh
# SPDX-License-Identifier: MIT
#
# layers.sh OBJECTS - the dependency rules of docs/ARCHITECTURE.md, read from tests/layers/*.allow.
#
# a-b.allow speaks of folder a/b. Its lines, first match decides, no match forbids:
#   symbol REGEX     no-symbol REGEX     what the folder's objects, linked together, may leave undefined
#   include REGEX    no-include REGEX    what its files may include, with <> or ""
# A kind without any line is not checked.
set -u
objects=$1

# Names the compiler puts in by itself: position independence, wide arithmetic, sanitizers, coverage.
compiler='_GLOBAL_OFFSET_TABLE_|__u?(div|mod|divmod|mul)[dt]i[34]|__(popcount|clz|ctz|ffs)[dt]i2'
compiler="$compiler|__([atl]|ub|h?w)san_.*|__sanitizer_.*|__gcov_.*|__odr_asan.*"

# Undefined symbols of a folder's objects, but for those.
symbols_of() {
	linked=$(find "$1" -name '*.c' | sed "s|\(.*\)\.c$|$objects/\1.o|")
	# shellcheck disable=SC2086 # a list
	ld -r -o "$SV3_TMP/folder.o" $linked && nm -u "$SV3_TMP/folder.o" | awk '{ print $NF }' |
		grep -vE "^($compiler)$"
}

# "FILE NAME" of every include.
includes_of() {
	find "$1" -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.def' | sort | xargs awk '
		/^[ \t]*#[ \t]*include/ && match($0, /<.*>|".*"/) {
			print substr($0, RSTART, RLENGTH), "in " FILENAME }'
}

# check NAME KIND ALLOW <lines: the first word of each is judged
check() {
	awk -v name="layers/$1" -v kind="$2" '
	NR == FNR {
		if ($1 == kind || $1 == "no-" kind) {
			rules++
			allowed[rules] = $1 == kind
			regex[rules] = "^(" $2 ")$"
		}
		next
	}
	{
		for (i = 1; i <= rules && $1 !~ regex[i]; i++)
			;
		if (i > rules || !allowed[i])
			bad = bad "\n    " $0
	}
	END {
		if (!rules)
			exit
		print bad ? "FAIL " name ": not allowed:" bad : "ok " name
	}' "$3" -
}

for allow in tests/layers/*.allow; do
	folder=$(basename "$allow" .allow | tr - /)
	if [ -z "$(find "$folder" -name '*.c' -o -name '*.cc' 2>/dev/null)" ]; then
		echo "skip layers/$folder: no sources"
		continue
	fi
	includes_of "$folder" | check "$folder/includes" include "$allow"
	if grep -q '^symbol' "$allow"; then
		if symbols_of "$folder" >"$SV3_TMP/symbols" || [ -e "$SV3_TMP/folder.o" ]; then
			check "$folder/symbols" symbol "$allow" <"$SV3_TMP/symbols"
		else
			echo "FAIL layers/$folder/symbols: its objects do not link together"
		fi
		rm -f "$SV3_TMP/folder.o"
	fi
done
