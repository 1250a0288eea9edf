#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD FLAVOUR [SOURCE] - a suite: build the Linux harness in a flavour and run its cases.
# Without a kernel source it is skipped.
set -u
build=$1 flavour=$2 source=${3-}

folder=$(sh sim/linux/prepare.sh "$build/linux" "$build/linux/list" "$source" 2>"$SV3_TMP/why") || {
	if [ $? -eq 3 ]; then
		echo "skip linux: $(cat "$SV3_TMP/why")"
		exit 0
	fi
	echo "FAIL linux: $(cat "$SV3_TMP/why")"
	exit 1
}
make -j"$(nproc)" O="$build" FLAVOUR="$flavour" LINUX_FOLDER="$folder" linux-program >"$SV3_TMP/log" 2>&1 || {
	echo 'FAIL linux: the harness does not build'
	sed 's/^/    /' "$SV3_TMP/log" | tail -n 20
	exit 1
}
echo "Linux ${folder##*/}, $flavour"
exec "$(tail -n 1 "$SV3_TMP/log")"
