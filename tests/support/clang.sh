#!/bin/sh
# SPDX-License-Identifier: MIT
#
# clang.sh DIR - does everything compile with clang, without a warning? Built in DIR.
set -u

if ! command -v clang >/dev/null; then
	echo 'skip build/clang: no clang'
elif make -j"$(nproc)" O="$1" FLAVOUR=release CC=clang CXX=clang++ WERROR=1 all; then
	echo 'ok build/clang'
else
	echo 'FAIL build/clang: make CC=clang WERROR=1 all'
fi
