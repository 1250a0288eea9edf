#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh [base|check|report|systemc|linux|browser|valgrind|fuzz]... - see that what these steps need is there.
# On Debian the missing packages are installed; elsewhere they are named, and that is the end.
set -eu

packages='' commands='' modules='' headers=''
for step; do
	case $step in
	base)
		packages="$packages gcc g++ make pkg-config libzstd-dev liblzma-dev libcjson-dev"
		packages="$packages libfdt-dev device-tree-compiler libgtest-dev zstd xz-utils"
		commands="$commands gcc g++ make pkg-config zstd xz dtc"
		headers="$headers libfdt.h"
		modules="$modules libzstd liblzma libcjson gtest"
		;;
	check)
		packages="$packages clang clang-format"
		commands="$commands clang clang-format"
		;;
	report)
		packages="$packages gnuplot-nox"
		commands="$commands gnuplot"
		;;
	systemc)
		packages="$packages libsystemc-dev"
		modules="$modules systemc"
		;;
	linux)
		packages="$packages linux-source-6.12 xz-utils"
		commands="$commands xz"
		;;
	browser)
		packages="$packages chromium"
		commands="$commands chromium"
		;;
	valgrind)
		packages="$packages valgrind"
		commands="$commands valgrind"
		;;
	fuzz)
		packages="$packages clang libclang-rt-dev"
		commands="$commands clang"
		;;
	*)
		echo "deps.sh: $step: unknown step" >&2
		exit 1
		;;
	esac
done

if [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
	# shellcheck disable=SC2086 # lists of words, here and below
	installed=" $(dpkg-query -W -f '${db:Status-Status}/${Package} ' $packages 2>/dev/null || :)"
	missing=
	for package in $packages; do
		case $installed in
		*" installed/$package "*) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || exit 0

	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		sudo=sudo
		command -v sudo >/dev/null || {
			echo "missing packages, and neither root nor sudo to install them:$missing" >&2
			exit 1
		}
	fi
	echo "installing:$missing"
	apt="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
	$apt update
	# shellcheck disable=SC2086
	$apt install -y --no-install-recommends $missing >/dev/null
	exit 0
fi

missing=
for command in $commands; do
	command -v "$command" >/dev/null || missing="$missing $command"
done
for module in $modules; do
	pkg-config --exists "$module" 2>/dev/null || missing="$missing $module"
done
for header in $headers; do
	echo "#include <$header>" | ${CC:-cc} -E - >/dev/null 2>&1 || missing="$missing $header"
done
[ -z "$missing" ] || {
	echo "not found:$missing" >&2
	# shellcheck disable=SC2086
	echo "install what your system calls these packages of Debian:" $packages >&2
	exit 1
}
