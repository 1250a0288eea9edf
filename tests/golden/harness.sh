#!/bin/sh
# SPDX-License-Identifier: MIT
#
# harness.sh - do the test harness and the summing up see a failure as one?
set -u
cd "$(dirname "$0")/../.." || exit 1
mkdir -p "$SV3_TMP"

# expect NAME PATTERN FILE: some line of the file matches; refuse: none does
expect() {
	if grep -qE -e "$2" "$3"; then
		echo "ok harness/$1"
	else
		echo "FAIL harness/$1: no line matches $2 in"
		sed 's/^/    /' "$3"
	fi
}
refuse() {
	if grep -E -e "$2" "$3" | sed 's/^/    /' | grep .; then
		echo "FAIL harness/$1: a line matches $2"
	else
		echo "ok harness/$1"
	fi
}

# ---- C tests that fail in every way --------------------------------------------------------------

cat >"$SV3_TMP/fails.c" <<'END'
#include "ctest.h"
TEST_C(fails, expect_goes_on) { EXPECT_EQ_U64(0x10, 17); EXPECT_TRUE(1 == 2); EXPECT_FALSE(1); }
TEST_C(fails, assert_returns) { ASSERT_LT_U64(2, 1); FAIL_C("reached after assert"); }
TEST_C(fails, integers) { EXPECT_EQ_INT(-1, 1); }
TEST_C(fails, strings) { EXPECT_EQ_STR("left", NULL); }
TEST_C(fails, memory) { EXPECT_EQ_MEM("abcd", "abXd", 4); }
TEST_C(fails, floats) { EXPECT_NEAR_F64(1.0, 2.0, 0.5); }
TEST_C(fails, results) { EXPECT_OK(-1); }
TEST_C(fails, by_hand) { FAIL_C("number %d", 42); }
TEST_C(skips, for_a_reason) { SKIP_C("no such hardware"); FAIL_C("reached after skip"); }
TEST_C(passes, and_is_counted) { EXPECT_TRUE(1); }
END
cat >"$SV3_TMP/crashes.c" <<'END'
#include "ctest.h"
#include <stdlib.h>
TEST_C(crashes, before) { EXPECT_TRUE(1); }
TEST_C(crashes, here) { exit(0); }
END
: >"$SV3_TMP/empty.c"

# The harness is built plainly, whatever the flavour: it is the reports that are looked at.
# shellcheck disable=SC2046 # lists of words
build() {
	g++ -std=c++17 -Iinclude -Itests/support $(pkg-config --cflags gtest) -c tests/support/shim.cc \
		-o "$SV3_TMP/shim.o" || return
	for program in fails crashes empty; do
		gcc -std=c11 -Iinclude -Itests/support -c "$SV3_TMP/$program.c" -o "$SV3_TMP/$program.o" &&
			gcc -std=c11 -Iinclude -c sim/engine/base.c -o "$SV3_TMP/base.o" &&
			g++ "$SV3_TMP/$program.o" "$SV3_TMP/base.o" "$SV3_TMP/shim.o" \
				$(pkg-config --libs gtest) -o "$SV3_TMP/$program" || return
	done
}
build || {
	echo "FAIL harness: does not build, see its log"
	exit 1
}

# ---- suites of every kind, summed up -------------------------------------------------------------

sum=$SV3_TMP/sum
sh tests/support/run_suites.sh "$SV3_TMP/log" \
	"fails=$SV3_TMP/fails" "crashes=$SV3_TMP/crashes" "empty=$SV3_TMP/empty" \
	'lines=echo ok a; echo ok b; echo skip c: why; echo FAIL d: why; echo "    detail"' \
	'closing=echo FAIL x: y; echo 3 passed, 1 failed, 2 skipped; exit 1' \
	'silent=:' 'status=echo ok a; exit 3' 'signal=echo ok a; kill -SEGV $$' >"$sum" 2>&1
status=$?

expect unsigned_in_hex_and_decimal 'left: 0x10 \(16\)' "$sum"
expect place_of_failure 'fails\.c:2: Failure' "$sum"
expect expect_goes_on 'expected true: 1 == 2' "$sum"
expect assert_fails 'expected: 2 < 1' "$sum"
refuse assert_returns 'reached after' "$sum"
expect integers 'left: -1 ' "$sum"
expect strings 'right: NULL' "$sum"
expect memory 'offset 2: 0x63, 0x58' "$sum"
expect floats '1\.0 == 2\.0 within 0\.5' "$sum"
expect results 'result: -1, ' "$sum"
expect by_hand 'number 42' "$sum"
expect skip_reason 'no such hardware' "$sum"
expect gtest_counts '^fails +1 ok +8 FAIL +1 skip' "$sum"
expect crash_is_a_failure '^FAIL crashes: did not finish crashes\.here' "$sum"
expect empty_is_a_failure '^FAIL empty: reported nothing' "$sum"
expect line_counts '^lines +2 ok +1 FAIL +1 skip' "$sum"
expect line_details '^    detail' "$sum"
expect closing_counts '^closing +3 ok +1 FAIL +2 skip' "$sum"
expect silence_is_a_failure '^FAIL silent: reported nothing' "$sum"
expect status_is_a_failure '^FAIL status: exit status 3' "$sum"
expect signal_is_a_failure '^FAIL signal: exit status 139' "$sum"
tail -n 1 "$sum" >"$SV3_TMP/last"
expect last_line '^9 passed, 15 failed, 4 skipped$' "$SV3_TMP/last"
echo "exit status $status" >"$SV3_TMP/status"
expect exit_status '^exit status 1$' "$SV3_TMP/status"

# ---- the first failure is the end ----------------------------------------------------------------

FAIL_FAST=1 GTEST_FAIL_FAST=1 sh tests/support/run_suites.sh "$SV3_TMP/log" \
	'before=echo ok a' "fails=$SV3_TMP/fails" 'after=echo ok b' >"$sum" 2>&1
expect fail_fast_of_a_suite '^fails +0 ok +1 FAIL +0 skip' "$sum"
refuse fail_fast_of_all '^after ' "$sum"
expect fail_fast_sum '^1 passed, 1 failed, 0 skipped$' "$sum"
