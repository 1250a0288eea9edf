#!/bin/sh
# SPDX-License-Identifier: MIT
#
# help.sh - every command explains itself, and every example it shows runs when pasted.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc

# In the examples, sv3 is the command under test; what they write goes to a folder of its own.
mkdir -p "$SV3_TMP/bin" "$SV3_TMP/work"
ln -sf "$(readlink -f "$SV3")" "$SV3_TMP/bin/sv3"
ln -sfn "$PWD/traces" "$SV3_TMP/work/traces"
PATH=$(cd "$SV3_TMP/bin" && pwd):$PATH

# helps NAME COMMAND...: --help and -h say the same, on stdout; its examples run
helps() {
	name=$1
	shift
	run "$SV3" "$@" --help
	if [ "$status" -ne 0 ] || [ -s "$err" ]; then
		fail "$name" "exit status $status" "$err"
		return
	fi
	cp "$out" "$SV3_TMP/help"
	if ! grep -q '^usage: sv3' "$SV3_TMP/help"; then
		fail "$name" 'no usage line' "$SV3_TMP/help"
	elif awk 'length > 100 { bad = 1 } END { exit !bad }' "$SV3_TMP/help"; then
		fail "$name" 'a line is longer than 100 characters' "$SV3_TMP/help"
	else
		pass "$name"
	fi
	run "$SV3" "$@" -h
	cmp -s "$out" "$SV3_TMP/help" || fail "$name -h" 'differs from --help' "$out"
	run_examples "$name"
}

# The lines behind "examples:", and what stands behind "example: ".
run_examples() {
	sed -n '/^examples:/,$ s/^  \(sv3 .*\)/\1/p; s/^example: //p' "$SV3_TMP/help" >"$SV3_TMP/examples"
	if ! [ -s "$SV3_TMP/examples" ]; then
		fail "$1/examples" 'there are none' "$SV3_TMP/help"
	fi
	while read -r line; do
		status=0
		(cd "$SV3_TMP/work" && sh -c "$line") >"$out" 2>"$err" </dev/null || status=$?
		# A seeded bug of a driver is found, and that is its status.
		case $line in
		"sv3 explore "*--bug*) wanted=2 ;;
		*) wanted=0 ;;
		esac
		if [ "$status" -eq "$wanted" ]; then
			pass "$1: $line"
		else
			fail "$1: $line" "exit status $status" "$err"
		fi
	done <"$SV3_TMP/examples"
}

helps sv3
for command in compare sweep replay explain experiment explore policy scenario bug regs platform timing trace; do
	helps "$command" "$command"
done
for part in info convert cut gen; do
	helps "trace $part" trace "$part"
done

run "$SV3" --version
if [ "$status" -eq 0 ] && grep -qE '^sv3 [0-9]+\.[0-9]+\.[0-9]+$' "$out"; then
	pass version
else
	fail version "exit status $status" "$out"
fi

# Every command that --help lists is there.
"$SV3" --help | sed -n '/^commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p' >"$SV3_TMP/commands"
for command in $(cat "$SV3_TMP/commands"); do
	run "$SV3" "$command" --help
	[ "$status" -eq 0 ] || fail "listed $command" "exit status $status" "$err"
done
