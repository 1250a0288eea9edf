#!/bin/sh
# SPDX-License-Identifier: MIT
#
# explain.sh - a machine saved in the middle of a replay, and what is told of accesses through it;
# UPDATE=1 rewrites what is expected.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
expected=tests/golden/expected
machine=$SV3_TMP/machine.snap

# explained NAME ARGUMENT...: stdout is expected/NAME, but for the folder of the snapshot
explained() {
	name=$1
	shift
	run "$SV3" explain --snapshot "$machine" "$@"
	if [ "$status" -ne 0 ]; then
		fail "$name" "exit status $status" "$err"
		return
	fi
	sed "s|$SV3_TMP/||" "$out" >"$SV3_TMP/told"
	if [ -n "${UPDATE-}" ]; then
		cp "$SV3_TMP/told" "$expected/$name"
	fi
	if diff -u "$expected/$name" "$SV3_TMP/told" >"$SV3_TMP/diff" 2>&1; then
		pass "$name"
	else
		fail "$name" 'differs from what is expected; if it should: make check-golden UPDATE=1' \
			"$SV3_TMP/diff"
	fi
}

# refused NAME PATTERN ARGUMENT...: one line on stderr that matches, status 1, nothing on stdout
refused() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" "$@"
	if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && [ ! -s "$out" ] &&
		grep -qE -e "$pattern" "$err"; then
		pass "$name"
	else
		fail "$name" "exit status $status" "$err"
	fi
}

# ---- the way of an access ------------------------------------------------------------------------

# The driver forgets its invalidations: the TLB holds mappings that memory has no more.
run "$SV3" replay "$lazy" --ignore-tlbi --snapshot-at 116190us --snapshot "$machine" --json
cp "$out" "$SV3_TMP/replayed"
run "$SV3" replay "$lazy" --ignore-tlbi --json
if [ "$status" -eq 2 ] && cmp -s "$out" "$SV3_TMP/replayed"; then
	pass a_snapshot_changes_nothing
else
	fail a_snapshot_changes_nothing "exit status $status" "$err"
fi
cp "$machine" "$SV3_TMP/first.snap"
"$SV3" replay "$lazy" --ignore-tlbi --snapshot-at 116190us --snapshot "$machine" >/dev/null 2>&1
if cmp -s "$machine" "$SV3_TMP/first.snap"; then
	pass the_same_replay_gives_the_same_file
else
	fail the_same_replay_gives_the_same_file differs
fi

explained explain-hit.txt --sid 0x8 --iova 0xffff6014 --write
explained explain-dirty.txt --sid 0x8 --iova 0xffff8010 --write
explained explain-fault.txt --sid 0x8 --iova 0xffffc000
explained explain-fault.json --sid 0x8 --iova 0xffffc000 --json
explained explain-range.txt --sid 0x8 --iova 0x10000ffff6014 --priv
explained explain-stream.txt --sid 0x9 --iova 0x1000
explained explain-substream.txt --sid 0x8 --ssid 3 --iova 0x1000 --exec

# ---- machines that no replay comes to ------------------------------------------------------------

# agrees SID SSID IOVA WRITE: what explain says of the access is what it does, SSID -1: none
agrees() {
	name="explained and done: $* (choices $choices)"
	set -- "$@" "--sid $1 --iova $3"
	[ "$2" = -1 ] || set -- "$1" "$2" "$3" "$4" "$5 --ssid $2"
	[ "$4" = 0 ] || set -- "$1" "$2" "$3" "$4" "$5 --write"
	# shellcheck disable=SC2086 # words
	run "$SV3" explain --snapshot "$machine" $5 --json
	# The updates first, by address; then how it ends.
	tr -d ',\t"' <"$out" | awk -F: '
		/^updates/ { in_updates = 1 }
		/^result/ { in_updates = 0; in_result = 1 }
		/^tlb/ { in_result = 0 }
		in_updates && $1 == "at" { at = $2 }
		in_updates && $1 == "from" { from = $2 }
		in_updates && $1 == "to" { print at, from, $2 }
		in_result && $1 == "ok" { ok = $2 == "true" }
		in_result && $1 == "event" { event = $2 }
		in_result && $1 == "pa" { pa = $2 }
		END { print "ok", ok + 0, "event", event + 0, "pa", pa + 0 }' | sort >"$SV3_TMP/said"
	"$SV3_TMP/machines" access "$machine" "$1" "$2" "$3" "$4" | sort >"$SV3_TMP/done"
	if [ -s "$SV3_TMP/done" ] && diff -u "$SV3_TMP/said" "$SV3_TMP/done" >"$SV3_TMP/diff"; then
		pass "$name"
	else
		fail "$name" 'it does something else' "$SV3_TMP/diff"
	fi
}

if [ "${SV3_FLAVOUR:-release}" != release ]; then
	skip machines 'built in the release flavour only'
elif ! "${CC:-cc}" -Iinclude tests/golden/machines.c "${SV3_BUILD:-build/release}/libsv3io.a" \
	"${SV3_BUILD:-build/release}/libsv3.a" -lzstd -o "$SV3_TMP/machines" 2>"$err"; then
	fail machines 'does not build' "$err"
else
	# Dirty state cleared without an invalidation: the next write goes unseen.
	leaf=$("$SV3" explain --snapshot "$machine" --sid 0x8 --iova 0xffff6014 |
		awk '/^S1 L3/ { print $3 }')
	"$SV3_TMP/machines" clean "$machine" "$SV3_TMP/cleaned.snap" "$leaf"
	machine=$SV3_TMP/cleaned.snap
	explained explain-lost.txt --sid 0x8 --iova 0xffff6014 --write

	machine=$SV3_TMP/nested.snap
	choices=0
	"$SV3_TMP/machines" nested "$machine" 0
	explained explain-nested.txt --sid 0 --iova 0x10 --write
	explained explain-nested-substream.txt --sid 0 --ssid 3 --iova 0x1000 --write
	explained explain-nested-table.txt --sid 0 --iova 0x200000
	explained explain-nested-off.txt --sid 2 --iova 0x5000 --write
	explained explain-stage2-lost.txt --sid 1 --iova 0x40083000 --write
	explained explain-bypass.txt --sid 3 --iova 0x4000 --write
	for iova in 0x10 0x1000 0x2000 0x3000 0x4000 0x5000 0x6000 0x200000 0x400123 \
		0x600000 0x601000; do
		for sid in 0 2 4; do
			agrees $sid -1 $iova 0
			agrees $sid -1 $iova 1
		done
	done
	agrees 0 3 0x10 1
	agrees 1 -1 0x40081000 0
	agrees 1 -1 0x40081000 1
	agrees 1 -1 0x400c0000 1
	agrees 3 -1 0x40081000 1
	agrees 7 -1 0 1
	agrees 0 400 0 1
	# enum sv3_choice: AF_ON_PERMISSION, S1_DIRTY_FIRST, S1_AF_LAST, S2_TABLE_DIRTY
	for choices in 0x4 0x8 0x10 0x18 0x40; do
		"$SV3_TMP/machines" nested "$machine" $choices
		for iova in 0x10 0x3000 0x6000 0x600000; do
			agrees 0 -1 $iova 0
			agrees 0 -1 $iova 1
			agrees 4 -1 $iova 1
		done
	done
	machine=$SV3_TMP/machine.snap
fi

# ---- the end of the replay -----------------------------------------------------------------------

# It is what is saved when no time is said.
if "$SV3" replay "$strict" --snapshot "$SV3_TMP/end.snap" >/dev/null &&
	"$SV3" explain --snapshot "$SV3_TMP/end.snap" --sid 8 --iova 0 >"$SV3_TMP/told" &&
	grep -q 'at 290[0-9]*[a-z]*s' "$SV3_TMP/told"; then
	pass at_the_end
else
	fail at_the_end 'not saved at the end' "$SV3_TMP/told"
fi

# ---- what is refused -----------------------------------------------------------------------------

size=$(wc -c <"$machine")
head -c $((size / 2)) "$machine" >"$SV3_TMP/cut.snap"
{
	head -c 700 "$machine"
	printf '\377\000\377'
	tail -c +704 "$machine"
} >"$SV3_TMP/damaged.snap"
access="--sid 8 --iova 0x1000"
# shellcheck disable=SC2086 # words, here and below
refused cut "cut.snap: offset $((size / 2)): the file ends here" \
	explain --snapshot "$SV3_TMP/cut.snap" $access
# shellcheck disable=SC2086
refused damaged 'damaged.snap: offset [0-9]*: .*copy' explain --snapshot "$SV3_TMP/damaged.snap" $access
# shellcheck disable=SC2086
refused a_trace 'no snapshot; sv3 replay' explain --snapshot "$lazy" $access
# shellcheck disable=SC2086
refused no_file 'cannot read: No such file' explain --snapshot "$SV3_TMP/none.snap" $access
# shellcheck disable=SC2086
refused no_snapshot '--snapshot is missing' explain $access
refused no_sid '--sid is missing' explain --snapshot "$machine" --iova 0
refused no_iova '--iova is missing' explain --snapshot "$machine" --sid 8
refused wide_sid "--sid: '0x100000000'" explain --snapshot "$machine" --sid 0x100000000 --iova 0
refused wide_ssid "--ssid: '0x100000'" explain --snapshot "$machine" $access --ssid 0x100000
# shellcheck disable=SC2086
refused write_and_fetch 'a write is never a fetch' explain --snapshot "$machine" $access --write --exec
refused time_alone '--snapshot-at needs --snapshot' replay "$strict" --snapshot-at 1s
refused time_zero "--snapshot-at: '0'" replay "$strict" --snapshot-at 0 --snapshot "$SV3_TMP/x.snap"
refused after_the_end 'the replay is over after [0-9]*' \
	replay "$strict" --snapshot-at 100s --snapshot "$SV3_TMP/x.snap" --json
refused to_stdout 'give a file' replay "$strict" --snapshot -
refused unwritable 'cannot write' replay "$strict" --snapshot "$SV3_TMP/nowhere/x.snap"
if [ -e "$SV3_TMP/x.snap" ]; then
	fail nothing_left 'a file was left behind'
else
	pass nothing_left
fi
