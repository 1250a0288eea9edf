#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD FLAVOUR [SOURCE] - a suite: build the Linux harness in a flavour and run its cases; in release
# with the monitor beside them.
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
program=$(tail -n 1 "$SV3_TMP/log")
[ "$flavour" = release ] || exec "$program"

# With the monitor, and without: that may change no row but its own.
rows() {
	grep -E '^(ok|FAIL) ' "$1" | grep -v '/monitor: '
}
"$program" --monitor >"$SV3_TMP/with" 2>&1
status=$?
cat "$SV3_TMP/with"
"$program" >"$SV3_TMP/without" 2>&1
rows "$SV3_TMP/with" >"$SV3_TMP/rows"
if rows "$SV3_TMP/without" | cmp -s - "$SV3_TMP/rows"; then
	echo "ok linux/$flavour: without the monitor the other rows are the same"
else
	echo "FAIL linux/$flavour: without the monitor other rows differ"
	rows "$SV3_TMP/without" | diff - "$SV3_TMP/rows" | sed 's/^/    /' | head -n 20
	status=1
fi
exit $status
