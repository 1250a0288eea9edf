#!/bin/sh
# SPDX-License-Identifier: MIT
#
# style.sh format - a suite: are the C sources as clang-format would leave them?
# style.sh sizes  - a report, as guidance: files over 600 lines, functions over 60.
# style.sh list   - the files the two look at.
set -u

list() {
	find include smmu pagetable devices traces sim tests examples -name '*.[ch]' | sort
}

case ${1-} in
list)
	list
	;;
format)
	if ! command -v clang-format >/dev/null; then
		echo 'skip style/format: no clang-format'
	elif details=$(list | xargs clang-format --dry-run --Werror 2>&1); then
		echo 'ok style/format'
	else
		echo 'FAIL style/format: run make format'
		printf '%s\n' "$details" | awk -F : '/error:/ { n[$1]++ }
			END { for (f in n) print "    " f ": " n[f] " places" }' | sort
		exit 1
	fi
	;;
sizes)
	list | xargs awk '
		FNR == 1 { start = 0 }
		/^{/ { start = FNR; head = before }
		/^}/ && start {
			if (FNR - start > 61)
				printf "%s:%d: function of %d lines: %s\n", FILENAME, start, FNR - start - 1, head
			start = 0
		}
		/^[A-Za-z_]/ { before = $0 }
		{ lines[FILENAME] = FNR }
		END { for (f in lines) if (lines[f] > 600) printf "%s: %d lines\n", f, lines[f] }' | sort
	;;
*)
	echo 'usage: style.sh format|sizes|list' >&2
	exit 1
	;;
esac
