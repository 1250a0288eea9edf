#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD RESULTS - do the tests notice a small mistake in smmu/*.c? One at a time, MUTANTS of them.
#
# BUILD holds the suites as they are and the program `mutate`. For each mutant one object is compiled
# and each suite linked with it in front of the library, so that it is taken in the place of the
# right one; the tree is not touched. Suites in turn: the first that fails, crashes or takes too long
# has killed the mutant. From the environment: MUTANTS (a number, or all),
# MUTANT_FILES (if not smmu/*.c), COMPILE, LINK, LIBS, JOBS.
#
# A line of RESULTS is FILEKEY TESTKEY ID OUTCOME BY, with tabs. It holds as long as neither the
# mutated file nor what it is tested with changes; so an interrupted run goes on where it stopped.
# OUTCOME: killed, survived, broken (does not compile), same (compiles to the same code: no mutant).
set -u
export LC_ALL=C
build=$1 results=$2
work=$results.work
known=tests/mutants/survivors.txt
tab=$(printf '\t')

suites=
for suite in model walker unit; do
	[ ! -d "$build/obj/tests/$suite" ] || suites="$suites $suite"
done

# Tests that never ask the hardware anything, and those of a thousand worlds, take most of the time.
skipped='trace_*:pt.*:dirty.*:synthetic.*:snapshot_worlds.*'

# run_suite WORKER SUITE SECONDS
run_suite() {
	case $2 in
	walker) arguments='--accesses 20000' ;;
	*) arguments="--gtest_brief=1 --gtest_filter=-$skipped" ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	SV3_TMP=$work/$1/tmp GTEST_FAIL_FAST=1 timeout -s KILL "$3" "$work/$1/$2" $arguments \
		>"$work/$1/log" 2>&1 </dev/null
}

# link WORKER SUITE [OBJECT...]
link() {
	worker=$1 suite=$2
	shift 2
	harness=$build/obj/tests/support
	[ "$suite" != walker ] || harness= # it has a main() of its own
	# shellcheck disable=SC2046,SC2086 # lists of words
	$LINK "$@" $(find $harness "$build/obj/tests/$suite" -name '*.o') $LIBS \
		-o "$work/$worker/$suite" 2>"$work/$worker/log"
}

# The right objects; and the time each suite may take: ten times what it takes as it is, and some seconds.
measure() {
	for file in smmu/*.c; do
		compile "$work/base/$(basename "$file" .c).o" <"$file" || exit 1
	done
	passing=
	for suite in $suites; do
		link base "$suite" || { cat "$work/base/log" >&2; exit 1; }
		start=$(date +%s%N)
		if ! run_suite base "$suite" 600; then
			cp "$work/base/log" "$work/$suite.log"
			echo "mutants: suite $suite fails without a mutant: see $work/$suite.log" >&2
			[ "$suite" = walker ] || exit 1
			echo "mutants: going on without it" >&2
			continue
		fi
		passing="$passing $suite"
		echo $((5 + ($(date +%s%N) - start) / 100000000)) >"$work/$suite.limit"
	done
	suites=$passing
}

# compile OUT <FILE: by way of standard input, so that the object does not depend on where FILE stands
compile() {
	$COMPILE -x c -c - -o "$1"
}

# What killed a mutant, from the output of the suite.
killer() {
	sed -n 's/^\[  FAILED  \] \([^ ,]*\).*/\1/p; s/.*[Aa]ssert.*/assertion/p; s/^ *\(again: .*\)/\1/p' "$1" | head -n 1 | grep . ||
		echo "exit status $2"
}

# judge WORKER FILE ID: prints "OUTCOME BY"
judge() {
	here=$work/$1
	"$build/mutate" write "$2" "$3" >"$here/mutant.c" || exit 1
	if ! compile "$here/mutant.o" <"$here/mutant.c" 2>"$here/log"; then
		echo "broken$tab-"
		return
	fi
	if cmp -s "$here/mutant.o" "$work/base/$(basename "$2" .c).o"; then
		echo "same$tab-"
		return
	fi
	for suite in $suites; do
		if ! link "$1" "$suite" "$here/mutant.o"; then
			echo "broken${tab}link"
			return
		fi
		run_suite "$1" "$suite" "$(cat "$work/$suite.limit")"
		status=$?
		case $status in
		0) ;;
		137)
			echo "killed$tab$suite: too long"
			return
			;;
		*)
			echo "killed$tab$suite: $(killer "$here/log" "$status")"
			return
			;;
		esac
	done
	echo "survived$tab-"
}

# worker NUMBER: every JOBS-th line of the list
worker() {
	mkdir -p "$work/$1/tmp"
	awk -v n="$1" -v jobs="$JOBS" 'NR % jobs == n % jobs' "$work/todo" >"$work/$1/todo"
	while IFS=$tab read -r file_key test_key id _; do
		kill -0 $$ || exit 1 # nobody waits any more
		outcome=$(judge "$1" "${id%%:*}" "$id") || exit 1
		printf '%s\t%s\t%s\t%s\n' "$file_key" "$test_key" "$id" "$outcome" >>"$work/$1/done"
	done <"$work/$1/todo"
}

# What is to be done: an even spread over the places of each file, files in proportion to theirs.
choose() {
	test_key=$(find tests/model tests/unit tests/walker tests/support include smmu/*.h smmu/*.def \
		tests/mutants/mutate.c -type f 2>/dev/null | sort | xargs cat | cksum | tr ' ' -)
	for file in ${MUTANT_FILES:-smmu/*.c}; do
		"$build/mutate" list "$file" | sed "s/^/$(cksum <"$file" | tr ' ' -)$tab$test_key$tab/"
	done >"$work/all"
	awk -F '\t' -v wanted="$MUTANTS" '
	{ split($3, id, ":"); file = id[1]; if (!(file in count)) order[++files] = file
	  line[file, ++count[file]] = $0; total++ }
	END {
		if (wanted == "all" || wanted > total)
			wanted = total
		for (f = 1; f <= files; f++) {
			places += count[order[f]]
			upto = int(wanted * places / total + 0.5)
			n = upto - chosen
			for (k = 0; k < n; k++)
				print line[order[f], int((k + 0.5) * count[order[f]] / n) + 1]
			chosen = upto
		}
	}' "$work/all" >"$work/chosen"
}

case $MUTANTS in
all) ;;
*[!0-9]* | '' | 0)
	echo "mutants: MUTANTS=$MUTANTS: a number, or all" >&2
	exit 1
	;;
esac
mkdir -p "$work/base/tmp"
touch "$results"
choose
collect() {
	cat "$work"/*/done >>"$results" 2>/dev/null
	rm -f "$work"/*/done
}
collect # of a run that was interrupted
awk -F '\t' 'before { have[$1, $2, $3] = 1; next } !(($1, $2, $3) in have)' \
	before=1 "$results" before= "$work/chosen" >"$work/todo"
chosen=$(wc -l <"$work/chosen") todo=$(wc -l <"$work/todo")
echo "$(wc -l <"$work/all") places for a mutant, $chosen chosen, $((chosen - todo)) judged before"

if [ "$todo" -gt 0 ]; then
	measure
	start=$(date +%s)
	pids=
	n=0
	while [ "$n" -lt "$JOBS" ]; do
		worker "$n" &
		pids="$pids $!"
		n=$((n + 1))
	done
	# shellcheck disable=SC2086
	trap 'kill $pids 2>/dev/null; wait; collect; echo; echo "interrupted; make mutants-model goes on from here"; exit 130' INT TERM
	said=
	while
		sleep 2
		judged=$(cat "$work"/*/done 2>/dev/null | wc -l)
		seconds=$(($(date +%s) - start))
		left=$((judged > 0 ? (todo - judged) * seconds / judged : 0))
		line="$judged of $todo, $((judged * 60 / (seconds > 0 ? seconds : 1))) a minute, about $((left / 60)) min $((left % 60)) s left"
		if [ -t 2 ]; then
			printf '\r\033[K%s' "$line" >&2
		elif [ "$judged" -ge 10 ] && [ -z "$said" ]; then
			said=1
			echo "$line"
		fi
		alive=
		for pid in $pids; do
			kill -0 "$pid" 2>/dev/null && alive=1
		done
		[ -n "$alive" ]
	do :; done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	trap - INT TERM
	collect
	echo "$todo judged in $seconds s"
fi

awk -F '\t' -f tests/mutants/report.awk input=1 "$known" input=2 "$results" input=3 "$work/chosen"
