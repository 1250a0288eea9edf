# SPDX-License-Identifier: MIT
#
# report.awk input=1 SURVIVORS input=2 RESULTS input=3 CHOSEN - the table of a run of mutants, and those that survived.
# A row of SURVIVORS is FILE <tab> line now <tab> line then <tab> reason: it names a mutant by what it
# changes, not where. Exit status 1 if fewer than 95 % of those that compile were killed.
function percent(part, whole) { return whole ? sprintf("%6.1f", 100 * part / whole) : "     -" }
function row(name, file) {
	printf "%-18s %8d %8d %9d %7d %9d %8s\n", name, all[file], n[file, "killed"], n[file, "survived"],
		n[file, "broken"], n[file, "same"], percent(n[file, "killed"], n[file, "killed"] + n[file, "survived"])
}
input == 1 && /^#|^$/ { next }
input == 1 { reason[$1, $2, $3] = $4; next }
input == 2 { outcome[$1, $2, $3] = $4; by[$1, $2, $3] = $5; next }
{
	split($3, id, ":")
	file = id[1]
	if (!(file in all))
		order[++files] = file
	got = outcome[$1, $2, $3]
	if (got == "") {
		missing++
		next
	}
	all[file]++; all["total"]++
	n[file, got]++; n["total", got]++
	if (got == "survived") {
		survivor[++survivors] = $3 "\n    now:  " $4 "\n    then: " $5
		if ((file, $4, $5) in reason)
			survivor[survivors] = survivor[survivors] "\n    known: " reason[file, $4, $5]
		else
			unknown++
	} else if ((file, $4, $5) in reason) {
		stale = stale "\n    " $3 " " got (by[$1, $2, $3] ~ /^-?$/ ? "" : " by " by[$1, $2, $3])
	}
}
END {
	for (i = 1; i <= survivors; i++)
		print "survived " survivor[i]
	if (survivors)
		print ""
	printf "%-18s %8s %8s %9s %7s %9s %8s\n", "file", "mutants", "killed", "survived", "broken", "same code", "killed %"
	for (i = 1; i <= files; i++)
		row(order[i], order[i])
	row("total", "total")
	print "\nbroken: does not compile; same code: compiles to the same object. Neither is counted in killed %."
	if (survivors)
		printf "%d survived, %d of them with a reason in tests/mutants/survivors.txt\n", survivors, survivors - unknown
	if (stale)
		print "in survivors.txt but did not survive, take the rows out:" stale
	if (missing)
		print missing " were not judged"
	killed = n["total", "killed"]
	compiled = killed + n["total", "survived"]
	if (compiled == 0 || missing || killed < 0.95 * compiled) {
		print "FAIL: less than 95 % killed"
		exit 1
	}
	print "ok: at least 95 % killed"
}
