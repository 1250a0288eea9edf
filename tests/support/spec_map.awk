# SPDX-License-Identifier: MIT
#
# spec_map.awk - citations of the specifications: "[IHI0070 F.b 5.2] <tab> function <tab> file:line".
# The function is the one a comment stands in or right in front of, or "-"; in tests it is suite.name.
function name_of(line) {
	if (match(line, /^TEST_C\([^)]*\)/)) {
		line = substr(line, 8, RLENGTH - 8)
		sub(/, */, ".", line)
		return line
	}
	sub(/__attribute__ *\(\(.*\)\) /, "", line)
	sub(/\(.*/, "", line)
	sub(/.*[ *]/, "", line)
	return line
}
function flush(name, i) {
	for (i = 1; i <= pending; i++)
		print tag[i] "\t" (name == "" ? "-" : name) "\t" place[i]
	pending = 0
}
FNR == 1 { flush(""); inside = "" }
/^[A-Za-z_].*\(/ && !/^#/ { inside = name_of($0); body = 0; flush(inside) }
/^{/ { body = 1 }
/^$/ && inside == "" { flush("") }
/^}/ { flush(inside); inside = "" }
{
	line = $0
	while (match(line, /\[(IHI0070|DDI0487)[^]]*\]/)) {
		pending++
		tag[pending] = substr(line, RSTART, RLENGTH)
		place[pending] = FILENAME ":" FNR
		line = substr(line, RSTART + RLENGTH)
	}
	if (inside != "")
		flush(inside)
}
/;$/ && !body { inside = "" }
END { flush("") }
