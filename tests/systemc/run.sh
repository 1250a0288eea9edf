#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [PROGRAM] - the tests of the SystemC module; without SystemC there is no program.
if [ -z "${1-}" ]; then
	echo 'skip systemc: SystemC is not installed'
	exit 0
fi
exec "$1"
