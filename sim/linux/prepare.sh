#!/bin/sh
# SPDX-License-Identifier: MIT
#
# prepare.sh OUT VERSIONS FILES EMPTY [SOURCE] - extract the listed files of a kernel source.
#
# SOURCE is a kernel tree or a tarball of one; without it, the distribution's package is looked for.
# The files go to OUT/VERSION/tree, and the include folder that the kernel half is compiled with to
# OUT/VERSION/include. Prints OUT/VERSION. Extracts once: a stamp says of what.
# Exit status 1: one line says why; 3: no SOURCE was given, and there is none.
set -eu
out=$1 versions=$2 files=$3 empty=$4 source=${5-}

fail() {
	echo "linux-harness: $*" >&2
	exit 1
}

if [ -z "$source" ]; then
	for version in $versions; do
		for found in /usr/src/linux-source-"$version".tar.*; do
			[ ! -e "$found" ] || source=$found
		done
	done
	[ -n "$source" ] || {
		echo "no kernel source: install linux-source-${versions%% *}, or give KERNEL_SRC=TREE-OR-TARBALL" >&2
		exit 3
	}
fi
[ -e "$source" ] || fail "$source: no such kernel tree or tarball"

# What is in include/ as we name it, and where that stands in a kernel tree: "NAME=MEMBER" or "MEMBER".
members=
for file in $files; do
	members="$members ${file#*=}"
done

stamp=$(printf '%s\n' "$source" "$members" "$empty"; stat -c '%Y %s' "$source")
for old in "$out"/*/stamp; do
	if [ -e "$old" ] && [ "$(cat "$old")" = "$stamp" ]; then
		dirname "$old"
		exit 0
	fi
done

mkdir -p "$out"
work=$(mktemp -d "$out/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
if [ -d "$source" ]; then
	for member in Makefile $members; do
		[ -f "$source/$member" ] || fail "$source: no $member in it: not a kernel source this harness knows"
		mkdir -p "$work/tree/$(dirname "$member")"
		cp "$source/$member" "$work/tree/$member"
	done
else
	# The name of the folder in the tarball is that of its first member.
	top=$(tar -tf "$source" 2>/dev/null | head -n 1 | cut -d / -f 1) || :
	[ -n "$top" ] || fail "$source: not a tarball that tar can read"
	# shellcheck disable=SC2086 # lists of words
	tar -xf "$source" -C "$work/tree" --strip-components=1 \
		$(printf "$top/%s\n" Makefile $members | sort -u) 2>"$work/log" ||
		fail "$source: $(sed -n 's|^tar: [^/]*/\(.*\): Not found in archive$|no \1 in it: not a kernel source this harness knows|p; /^xz/p' "$work/log" | head -n 1)"
fi

version=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { p = $3 } $1 == "SUBLEVEL" { s = $3 }
	END { print v "." p "." s }' "$work/tree/Makefile")
case " $versions " in
*" ${version%.*} "*) ;;
*) fail "$source: kernel $version; the harness is written for ${versions} (its driver and shim belong together)" ;;
esac

mkdir "$work/include"
for name in $empty; do
	mkdir -p "$work/include/$(dirname "$name")"
	: >"$work/include/$name"
done
for file in $files; do
	name=${file%%=*} member=${file#*=}
	case $member in
	include/*)
		mkdir -p "$work/include/$(dirname "${name#include/}")"
		cp "$work/tree/$member" "$work/include/${name#include/}"
		;;
	esac
done
printf '%s\n' "$stamp" >"$work/stamp"
rm -rf "${out:?}/$version"
mv "$work" "$out/$version"
trap - EXIT
echo "$out/$version"
