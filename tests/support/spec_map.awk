# SPDX-License-Identifier: MIT
#
# spec_map.awk - clause of the specification -> functions and tests, of all files named.
#
# A citation stands in brackets: [IHI0070 3.13.2, 5.4 AFFD] is two clauses; "7.3.3 to 7.3.5" is three.
# It belongs to the function whose comment or body it is in; in tests/ to the test; in a .def to the
# row. A test covers a clause if it cites it, or the section above or below it; of two fields of one
# section each needs its own. conformance.txt lists what must be tested, by the names of tests.
# Exit status 1 if one of those has no test.

function name_of(line) {
	if (match(line, /^TEST_C\([^)]*\)/)) {
		line = substr(line, 8, RLENGTH - 8)
		sub(/, */, ".", line)
		return line
	}
	if (FILENAME ~ /\.def$/) {
		sub(/,.*/, ")", line)
		return line
	}
	sub(/__attribute__ *\(\(.*\)\) /, "", line)
	sub(/\(.*/, "", line)
	sub(/.*[ *]/, "", line)
	return line
}

# Cited at the end of a file, or before anything that has a name: by the file.
function flush(name, i) {
	for (i = 1; i <= pending; i++)
		cite(clause[i], name == "" ? where : name, is_test)
	pending = 0
}

function cite(key, name, by_test) {
	if (by_test) {
		if (!((key, name) in seen))
			tests[key] = tests[key] (key in tests ? ", " : "") name
	} else {
		if (!((key, name) in seen))
			code[key] = code[key] (key in code ? ", " : "") name
	}
	seen[key, name] = 1
}

# "IHI0070 3.12, 7.3.3 to 7.3.5, 5.4 HA (note)": each clause is pending until its owner is known.
function take(text, n, i, part, document, range, first, last, head, last_section) {
	gsub(/\([^)]*\)/, "", text)
	n = split(text, part, / *, */)
	for (i = 1; i <= n; i++) {
		if (match(part[i], /^(IHI0070|DDI0487) */)) {
			document = substr(part[i], 1, 7)
			part[i] = substr(part[i], RLENGTH + 1)
		}
		sub(/^[A-Z]\.[a-z](\.[a-z])?( |$)/, "", part[i]) # the edition
		sub(/ +$/, "", part[i])
		if (part[i] == "")
			continue
		if (split(part[i], range, / to /) == 2 && match(range[1], /[0-9]+$/)) {
			head = substr(range[1], 1, RSTART - 1)
			first = substr(range[1], RSTART) + 0
			last = range[2]
			sub(/.*\./, "", last)
			for (; first <= last + 0; first++)
				clause[++pending] = document " " head first
		} else {
			# "5.2 S2HA, S2HD": the second is of the same section.
			if (part[i] ~ /^[A-Z][A-Z0-9]*$/ && document == "IHI0070" && last_section != "")
				part[i] = last_section " " part[i]
			clause[++pending] = document " " part[i]
			last_section = part[i]
			sub(/ .*/, "", last_section)
		}
	}
}

FNR == 1 {
	flush("")
	inside = carried = ""
	is_test = FILENAME ~ /^tests\//
	where = FILENAME
	listing = FILENAME ~ /conformance\.txt$/
}
listing {
	if ($1 ~ /^[0-9]+$/) {
		number[++wanted] = $1
		wanted_name[wanted] = $2
		if (NF > 2)
			sub(/^[0-9]+ +[^ ]+ +/, "")
		else
			$0 = $2
		parts[wanted] = $0
	}
	next
}
/^TEST_C\(/ {
	full = name_of($0)
	all_tests[++test_count] = full
}
/^[A-Za-z_].*\(/ && !/^#/ { inside = name_of($0); body = 0; flush(inside) }
/^{/ { body = 1 }
/^$/ && inside == "" { flush("") }
/^}/ { flush(inside); inside = "" }
{
	line = $0
	if (carried != "") {
		sub(/^[ \t]*\*? */, " ", line)
		line = carried line
		carried = ""
	}
	while (match(line, /\[(IHI0070|DDI0487)[^]]*\]/)) {
		citation = substr(line, RSTART + 1, RLENGTH - 2)
		line = substr(line, RSTART + RLENGTH)
		take(citation)
	}
	if (match(line, /\[(IHI0070|DDI0487)[^]]*$/))
		carried = substr(line, RSTART)
	if (inside != "")
		flush(inside)
}
/;$/ && !body { inside = "" }
FILENAME ~ /\.def$/ { inside = "" }

# Numbers in a clause compare as numbers.
function order_of(key, sorted) {
	sorted = ""
	while (match(key, /[0-9]+/)) {
		sorted = sorted substr(key, 1, RSTART - 1) sprintf("%05d", substr(key, RSTART, RLENGTH))
		key = substr(key, RSTART + RLENGTH)
	}
	return sorted key
}
function sort_keys(i, j, key, order) {
	for (key in code) {
		order = order_of(key)
		for (i = ++keys; i > 1 && orders[i - 1] > order; i--) {
			orders[i] = orders[i - 1]
			sorted_key[i] = sorted_key[i - 1]
		}
		orders[i] = order
		sorted_key[i] = key
	}
}

# "IHI0070 5.4 HA" -> section "IHI0070 5.4.", field "HA"
function section(key, part) { split(key, part, " "); return part[1] " " part[2] "." }
function field(key) { return key ~ /^[^ ]+ [^ ]+ ./ ? substr(key, index(substr(key, 9), " ") + 9) : "" }
function is_related(a, b, sa, sb) {
	if (a == b)
		return 1
	sa = section(a)
	sb = section(b)
	if (sa == sb)
		return field(a) == "" || field(b) == "" || field(a) == field(b)
	# Whole chapters are no answer.
	return (index(sa, sb) == 1 && sb ~ /\..*\./) || (index(sb, sa) == 1 && sa ~ /\..*\./)
}
function covering(key, other, list) {
	list = key in tests ? tests[key] : ""
	for (other in tests)
		if (other != key && is_related(key, other))
			list = list (list == "" ? "" : ", ") tests[other]
	return list
}

# A list of names, in lines of at most 110 columns behind @indent blanks.
function put_list(label, list, indent, n, i, name, line, shown) {
	n = split(list, name, ", ")
	line = sprintf("%-" indent "s", label)
	for (i = 1; i <= n; i++) {
		if (name[i] in shown)
			continue
		shown[name[i]] = 1
		if (length(line) + length(name[i]) > 110 && length(line) > indent) {
			sub(/ +$/, "", line)
			print line
			line = sprintf("%-" indent "s", "")
		}
		line = line name[i] " "
	}
	sub(/ +$/, "", line)
	print line
}

function put_clauses(i, key, list) {
	print "Clause, what is written for it, and the tests that cite it\n"
	for (i = 1; i <= keys; i++) {
		key = sorted_key[i]
		list = covering(key)
		put_list(sprintf("%-28s code", key), code[key], 36)
		if (list == "") {
			untested[++untested_count] = key
			put_list(sprintf("%-28s tests", ""), "-", 36)
		} else
			put_list(sprintf("%-28s tests", ""), list, 36)
	}
}

# The tests named @name, or @name and more.
function tests_named(name, j, bare, list) {
	for (j = 1; j <= test_count; j++) {
		bare = all_tests[j]
		sub(/^[^.]*\./, "", bare)
		if (bare == name || index(bare, name "_") == 1)
			list = list (list == "" ? "" : ", ") all_tests[j]
	}
	return list
}

function put_conformance(i, k, n, name, found, list, missing, lacking) {
	print "\nConformance tests (tests/model/conformance.txt)\n"
	for (i = 1; i <= wanted; i++) {
		list = ""
		lacking = 0
		n = split(parts[i], name, " ")
		for (k = 1; k <= n; k++) {
			found = tests_named(name[k])
			if (found == "") {
				lacking = 1
				found = "NO TEST"
			}
			list = list (list == "" ? "" : ", ") found
		}
		if (lacking)
			missing = missing " " wanted_name[i]
		put_list(sprintf("%3d %s", number[i], wanted_name[i]), list, 24)
	}
	n = split(missing, name, " ")
	printf "\n%d of %d conformance tests are there", wanted - n, wanted
	print n ? "; missing:" missing : ""
	return n
}

END {
	flush("")
	sort_keys()
	put_clauses()
	missing = put_conformance()
	printf "%d clauses are cited in code, %d of them by no test", keys, untested_count
	print untested_count ? ":" : ""
	for (i = 1; i <= untested_count; i++)
		put_list("  " untested[i], code[untested[i]], 36)
	exit missing > 0
}
