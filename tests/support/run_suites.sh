#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run_suites.sh LOGDIR NAME=COMMAND ... - run suites in turn and sum up what they report.
#
# A suite reports in one of three ways:
#   GoogleTest's output
#   lines "ok NAME", "FAIL NAME: why", "skip NAME: why"; indented lines after FAIL are its details
#   a closing line "N passed, N failed, N skipped"
# A suite that ends badly without reporting a failure, or reports nothing, is itself one failure.
# Output is kept in LOGDIR/NAME.log; shown are failures, skips, and a line per suite. A suite finds
# an empty folder of its own in $SV3_TMP. The last line is the sum; exit status 1 if anything failed.
# With FAIL_FAST=1 the first failure is the end: of its suite (GoogleTest skips the rest), and of all.
set -u

logs=$1
shift
mkdir -p "$logs" && logs=$(cd "$logs" && pwd) || exit 1
export LC_ALL=C
# What runs below may call make, as a user would: not as a part of the make that called us.
unset MAKEFLAGS MFLAGS MAKELEVEL

# count NAME EXIT_STATUS <log: prints failures and skips, then "PASSED FAILED SKIPPED"
count() {
	awk -v suite="$1" -v status="$2" -v fail_fast="${FAIL_FAST-}" '
	/^\[==========\] Running / { gtest = 1 }
	gtest && /^\[ RUN      \] / { test = substr($0, 14); text = ""; next }
	# A result may follow what the test printed without a newline.
	gtest && test != "" && /\[       OK \] .* ms\)$/ { passed++; test = "" }
	gtest && test != "" && /\[  FAILED  \] .* ms\)$/ {
		failed++; printf "FAIL %s/%s\n%s", suite, test, text; test = ""
	}
	fail_fast && failed && /\[  SKIPPED \] .* ms\)$/ { test = ""; next }
	gtest && test != "" && /\[  SKIPPED \] .* ms\)$/ {
		skipped++; printf "skip %s/%s\n%s", suite, test, text; test = ""
	}
	gtest && test != "" { text = text "    " $0 "\n" }
	!gtest && /^[^ \t]/ { detail = 0 }
	!gtest && detail { print }
	!gtest && /^ok / { passed++ }
	!gtest && /^FAIL / { failed++; detail = 1; print }
	!gtest && /^skip / { skipped++; print }
	!gtest && /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
		passed = $1; failed = $3; skipped = $5 # whatever lines came before
	}
	{ last[NR % 30] = $0 }
	END {
		if (test != "")
			why = "did not finish " test
		else if (status != 0 && !failed)
			why = "exit status " status
		else if (!passed && !failed && !skipped)
			why = "reported nothing"
		if (why) {
			failed++
			print "FAIL " suite ": " why
			for (i = NR > 30 ? NR - 29 : 1; i <= NR; i++)
				print "    " last[i % 30]
		}
		print passed + 0, failed + 0, skipped + 0
	}'
}

passed=0 failed=0 skipped=0
for suite; do
	name=${suite%%=*}
	log=$logs/$name.log
	SV3_TMP=$logs/tmp/$name
	export SV3_TMP
	rm -rf "$SV3_TMP"
	mkdir -p "$SV3_TMP" "$(dirname "$log")"

	start=$(date +%s.%N)
	sh -c "${suite#*=}" >"$log" 2>&1 </dev/null
	status=$?
	end=$(date +%s.%N)

	report=$(count "$name" "$status" <"$log")
	counts=$(printf '%s\n' "$report" | tail -n 1)
	printf '%s\n' "$report" | sed '$d'
	p=${counts%% *} s=${counts##* }
	f=${counts#* } f=${f% *}
	awk -v name="$name" -v p="$p" -v f="$f" -v s="$s" -v start="$start" -v end="$end" 'BEGIN {
		printf "%-20s %5d ok %4d FAIL %4d skip %8.2f s\n", name, p, f, s, end - start }'
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ -z "${FAIL_FAST-}" ] || [ "$failed" -eq 0 ] || break
done
[ "$failed" -eq 0 ] || echo "logs: $logs"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
