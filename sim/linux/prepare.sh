#!/bin/sh
# SPDX-License-Identifier: MIT
#
# prepare.sh OUT LIST [SOURCE] - extract what the harness needs of a kernel source.
#
# SOURCE is a kernel tree or a tarball of one; without it the distribution's package is looked for.
# LIST, written by linux.mk: "version V", "file MEMBER", "header NAME MEMBER", "empty NAME", a line each.
# Files go to OUT/VERSION/tree, headers to OUT/VERSION/include by NAME. Done once: a stamp says of what.
# Prints OUT/VERSION. Exit status 1: one line says why; 3: no SOURCE was given, and there is none.
set -eu
out=$1 list=$2 source=${3-}

fail() {
	echo "linux-harness: $*" >&2
	exit 1
}
versions=$(awk '$1 == "version" { print $2 }' "$list")

if [ -z "$source" ]; then
	for version in $versions; do
		for found in "${LINUX_SOURCES:-/usr/src}"/linux-source-"$version".tar.*; do
			[ ! -e "$found" ] || source=$found
		done
	done
	[ -n "$source" ] || {
		echo "no kernel source: make linux-harness installs linux-source-$versions, KERNEL_SRC=TREE-OR-TARBALL takes yours" >&2
		exit 3
	}
fi
[ -e "$source" ] || fail "$source: no such kernel tree or tarball"

stamp=$(printf '%s\n' "$source"; stat -c '%Y %s' "$source"; cat "$list")
for old in "$out"/*/stamp; do
	if [ -e "$old" ] && [ "$(cat "$old")" = "$stamp" ]; then
		dirname "$old"
		exit 0
	fi
done

members=$(awk '$1 == "file" { print $2 } $1 == "header" { print $3 }' "$list" | sort -u)
work=$(mktemp -d "$out/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree" "$work/include"
if [ -d "$source" ]; then
	for member in Makefile $members; do
		[ -f "$source/$member" ] || fail "$source: no $member in it; this is no source of Linux $versions"
		mkdir -p "$work/tree/$(dirname "$member")"
		cp "$source/$member" "$work/tree/$member"
	done
else
	# All members stand in one folder; its name is that of the first.
	top=$(tar -tf "$source" 2>/dev/null | head -n 1 | cut -d / -f 1) || :
	[ -n "$top" ] || fail "$source: tar cannot read it; KERNEL_SRC is a kernel tree or a tarball of one"
	# shellcheck disable=SC2086 # a list
	tar -xf "$source" -C "$work/tree" --strip-components=1 $(printf "$top/%s\n" Makefile $members) \
		2>"$work/log" || {
		missing=$(sed -n 's|^tar: [^/]*/\(.*\): Not found in archive$|\1|p' "$work/log" | head -n 1)
		[ -z "$missing" ] || fail "$source: no $missing in it; this is no source of Linux $versions"
		fail "$source: tar cannot extract it: $(head -n 1 "$work/log")"
	}
	rm "$work/log"
fi

version=$(awk '$2 == "=" { value[$1] = $3 }
	END { print value["VERSION"] "." value["PATCHLEVEL"] "." value["SUBLEVEL"] }' "$work/tree/Makefile")
echo "$versions" | grep -qx "${version%.*}" ||
	fail "$source: this is Linux $version; the harness is written for $versions"

awk '$1 == "empty" { print $2 }' "$list" | while read -r name; do
	mkdir -p "$work/include/$(dirname "$name")"
	: >"$work/include/$name"
done
awk '$1 == "header" { print $2, $3 }' "$list" | while read -r name member; do
	mkdir -p "$work/include/$(dirname "$name")"
	ln "$work/tree/$member" "$work/include/$name"
done
printf '%s\n' "$stamp" >"$work/stamp"
rm -rf "${out:?}/$version"
mv "$work" "$out/$version"
trap - EXIT
echo "$out/$version"
