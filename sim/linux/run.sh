#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD FLAVOUR [SOURCE] - a suite: build the Linux harness in a flavour and run its cases.
# Without a kernel source it is skipped.
set -u
build=$1 flavour=$2 source=${3-}

if folder=$(sh sim/linux/prepare.sh "$build/linux" "$build/linux/list" "$source" 2>"$SV3_TMP/why"); then
	:
elif [ $? -eq 3 ]; then
	echo "skip linux/$flavour: $(cat "$SV3_TMP/why")"
	exit 0
else
	echo "FAIL linux/$flavour: $(cat "$SV3_TMP/why")"
	exit 1
fi
compiler=${CC:-gcc}
command -v "${compiler%% *}" >/dev/null || {
	echo "FAIL linux/$flavour: no compiler ${compiler%% *}"
	exit 1
}
make -j"$(nproc)" O="$build" FLAVOUR="$flavour" LINUX_FOLDER="$folder" linux-program >"$SV3_TMP/log" 2>&1 || {
	echo "FAIL linux/$flavour: the harness does not build"
	sed 's/^/    /' "$SV3_TMP/log" | tail -n 20
	exit 1
}
echo "Linux ${folder##*/}, $flavour"
exec "$(tail -n 1 "$SV3_TMP/log")"
