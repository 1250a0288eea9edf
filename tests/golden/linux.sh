#!/bin/sh
# SPDX-License-Identifier: MIT
#
# linux.sh - the Linux harness and sources it cannot use: one line that says why, and status 1.
# The kernel trees here are empty files with the right names.
set -u
cd "$(dirname "$0")/../.." || exit 1
list=$SV3_TMP/list out=$SV3_TMP/out fake=$SV3_TMP/fake
mkdir -p "$out"
printf '%s\n' 'version 6.12' 'file lib/one.c' 'header linux/two.h include/linux/two.h' \
	'header asm/three.h include/other.h' 'empty linux/four.h' >"$list"

# tree VERSION PATCHLEVEL: a kernel source that has all of the list
tree() {
	rm -rf "$fake"
	mkdir -p "$fake/lib" "$fake/include/linux"
	printf '%s\n' "VERSION = $1" "PATCHLEVEL = $2" 'SUBLEVEL = 7' >"$fake/Makefile"
	for file in lib/one.c include/linux/two.h include/other.h; do
		echo "$file" >"$fake/$file"
	done
}

# refused NAME STATUS PATTERN [SOURCE]: prepare.sh ends so, with one line that matches
refused() {
	LINUX_SOURCES=$SV3_TMP/none sh sim/linux/prepare.sh "$out" "$list" "${4-}" >"$SV3_TMP/said" 2>&1
	status=$?
	if [ $status -eq "$2" ] && [ "$(wc -l <"$SV3_TMP/said")" -eq 1 ] && grep -qE "$3" "$SV3_TMP/said"; then
		echo "ok linux/$1"
	else
		echo "FAIL linux/$1: status $status, expected $2 and one line like: $3"
		sed 's/^/    /' "$SV3_TMP/said"
	fi
}
check() {
	if [ "$2" "$3" "$4" ]; then echo "ok linux/$1"; else echo "FAIL linux/$1: $2 $3 $4 does not hold"; fi
}

refused 'no source anywhere' 3 'KERNEL_SRC='
refused 'a source that is not there' 1 'no such kernel tree or tarball' "$SV3_TMP/missing"
echo text >"$SV3_TMP/text.tar.xz"
refused 'a file that is no tarball' 1 'tar cannot read it' "$SV3_TMP/text.tar.xz"
tree 6 13
refused 'a tree of another version' 1 'this is Linux 6\.13\.7; the harness is written for 6\.12' "$fake"
tar -cJf "$SV3_TMP/other.tar.xz" -C "$SV3_TMP" fake
refused 'a tarball of another version' 1 'this is Linux 6\.13\.7' "$SV3_TMP/other.tar.xz"
tree 6 12
rm "$fake/lib/one.c"
refused 'a tree without a file' 1 'no lib/one\.c in it' "$fake"
tar -cJf "$SV3_TMP/less.tar.xz" -C "$SV3_TMP" fake
refused 'a tarball without a file' 1 'no lib/one\.c in it' "$SV3_TMP/less.tar.xz"
check 'nothing is left of what was refused' "$(find "$out" -mindepth 1 | wc -l)" -eq 0

tree 6 12
tar -cJf "$SV3_TMP/linux.tar.xz" -C "$SV3_TMP" fake
for source in "$fake" "$SV3_TMP/linux.tar.xz"; do
	folder=$(sh sim/linux/prepare.sh "$out" "$list" "$source")
	check "$(basename "$source"): its version names the folder" "$folder" = "$out/6.12.7"
	check "$(basename "$source"): files" "$(cat "$folder/tree/lib/one.c")" = lib/one.c
	check "$(basename "$source"): headers by name" "$(cat "$folder/include/asm/three.h")" = include/other.h
	check "$(basename "$source"): empty headers" "$(wc -c <"$folder/include/linux/four.h")" -eq 0
done
touch "$folder/mark"
check 'a source that is known is not extracted again' "$(sh sim/linux/prepare.sh "$out" "$list" "$source")" = "$folder"
check 'and what was there is kept' "$(ls "$folder/mark")" = "$folder/mark"

suite() {
	"$@" >"$SV3_TMP/said" 2>&1
	head -n 1 "$SV3_TMP/said" | cut -d : -f 1
}
mkdir -p "$SV3_TMP/build/linux"
cp "$list" "$SV3_TMP/build/linux/list"
check 'the suite is skipped without a source' \
	"$(LINUX_SOURCES=$SV3_TMP/none suite sh sim/linux/run.sh "$SV3_TMP/build" release)" = 'skip linux/release'
check 'the suite fails with a bad one' \
	"$(suite sh sim/linux/run.sh "$SV3_TMP/build" release "$SV3_TMP/missing")" = 'FAIL linux/release'
check 'the suite fails without a compiler' \
	"$(CC=no-such-cc suite sh sim/linux/run.sh "$SV3_TMP/build" release "$fake")" = 'FAIL linux/release'
check 'and names it' "$(grep -c 'no compiler no-such-cc' "$SV3_TMP/said")" -eq 1
