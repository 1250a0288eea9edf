#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD FLAVOUR [SOURCE] - a suite: build the Linux harness in a flavour and run its cases; in release
# with the monitor beside them.
set -u
. sim/linux/suite.sh
flavour=$2
build "linux/$flavour" "$flavour" linux-program "$1" "${3-}"
echo "Linux ${folder##*/}, $flavour"
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
