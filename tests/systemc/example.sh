#!/bin/sh
# SPDX-License-Identifier: MIT
#
# example.sh [PROGRAM] - does the SystemC example print what docs/SYSTEMC.md shows, and leave waves?
set -u

if [ -z "${1-}" ]; then
	echo 'skip systemc-example: SystemC is not installed'
	exit 0
fi
expected=$PWD/tests/systemc/example.txt
program=$(readlink -f "$1")
cd "$SV3_TMP" || exit 1
if SC_COPYRIGHT_MESSAGE=DISABLE "$program" 2>&1 | sed "/^Info: /d; /^$/d" >out && diff -u "$expected" out >difference; then
	echo 'ok output'
else
	echo 'FAIL output'
	sed 's/^/    /' difference out
fi
if grep -q cmdq_level example.vcd; then
	echo 'ok waves'
else
	echo 'FAIL waves: no example.vcd with the levels of queues'
fi
