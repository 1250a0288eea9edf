#!/bin/sh
# SPDX-License-Identifier: MIT
#
# browser.sh - a suite: does a browser show the report as it is meant? `make check-report` runs it;
# it skips where there is no Chromium or no gnuplot.
#
# The page has no script, so a copy of it gets one at its end that measures the page as it is laid out
# and says what it finds to the page around it, which the browser then prints. A plot counts if its
# drawing covers some of its figure and something in it has a colour of lines or heat that the
# browser could resolve. Screenshots and the PDF stay in $SV3_BUILD/report to be looked at.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
shots=${SV3_BUILD:-build}/report

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [ -z "$browser" ]; then
	skip browser 'no Chromium: apt-get install chromium'
	exit 0
fi
if ! command -v gnuplot >/dev/null; then
	skip browser 'no gnuplot: apt-get install gnuplot-nox'
	exit 0
fi

# browse ARGUMENT...: Chromium with an empty profile and no network
browse() {
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr \
		--user-data-dir="$SV3_TMP/profile" --proxy-server=127.0.0.1:9 --virtual-time-budget=5000 \
		"$@" >"$out" 2>"$err" </dev/null
}

# What the copy measures: "plots N", "empty ID...", "wide NAME...", one a line.
cat >"$SV3_TMP/probe.html" <<'EOF'
<script>
window.addEventListener("load", function () {
	var found = [], figures = document.querySelectorAll("figure");
	figures.forEach(function (figure) {
		var svg = figure.querySelector("svg"), box = svg.getBoundingClientRect();
		var drawn = svg.querySelector("g").getBBox(), page = document.documentElement.clientWidth;
		var colored = Array.from(svg.querySelectorAll("path,polygon,rect,use")).some(function (shape) {
			var text = ["stroke", "fill", "color"].map(function (name) {
				return shape.getAttribute(name) || "";
			}).join(" ");
			var own = shape.getBBox();
			return /var\(--(line|heat)/.test(text) && own.width + own.height > 0;
		});
		if (box.width < 200 || box.height < 60 || drawn.width < 200 || drawn.height < 60 || !colored)
			found.push("empty " + figure.id);
		if (box.right > page + 1)
			found.push("wide " + figure.id);
	});
	var root = getComputedStyle(document.documentElement);
	for (var i = 0; i < 8; i++)
		if (!root.getPropertyValue("--line" + i) || !root.getPropertyValue("--heat" + i))
			found.push("colour " + i);
	if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
		found.push("wide page");
	found.push("plots " + figures.length);
	found.push("width " + document.documentElement.clientWidth);
	parent.postMessage("\n" + found.join("\n") + "\nmeasured\n", "*");
});
</script>
EOF

# frame WIDTH PAGE: a page that shows another at that width, and writes down what it says. No window of the
# browser can be as narrow as a phone.
frame() {
	cat <<EOF
<!DOCTYPE html><body style="margin:0"><iframe src="$2" style="border:0;width:$1px;height:3200px"></iframe>
<pre id="probe"></pre><script>
window.onmessage = function (event) { document.getElementById("probe").textContent = event.data; };
</script></body>
EOF
}

# look NAME PLOTS: the report in $shots/NAME at the widths of a desk and of a phone, and on paper
look() {
	page=$PWD/$shots/$1/report.html
	case $shots in /*) page=$shots/$1/report.html ;; esac
	sed "/^<\/body>/ {
		r $SV3_TMP/probe.html
		N
	}" "$page" >"$SV3_TMP/measured.html"
	for width in 1280 390; do
		frame "$width" measured.html >"$SV3_TMP/frame.html"
		browse --window-size=1280,900 --dump-dom "file://$SV3_TMP/frame.html"
		sed -n '/id="probe"/,/^measured/p' "$out" >"$SV3_TMP/probe"
		if grep -qx measured "$SV3_TMP/probe" && grep -qx "plots $2" "$SV3_TMP/probe" &&
			grep -qx "width $width" "$SV3_TMP/probe" && ! grep -qE '^(empty|wide|colour)' "$SV3_TMP/probe"; then
			pass "$1/$width"
		else
			fail "$1/$width" "not $2 plots with something in them, within the width" "$SV3_TMP/probe"
		fi
		frame "$width" "file://$page" >"$SV3_TMP/frame.html"
		browse --window-size=$width,3200 --screenshot="${page%/*}/$width.png" "file://$SV3_TMP/frame.html"
		if [ -s "${page%/*}/$width.png" ] && ! grep -E 'CONSOLE|Refused|net::ERR' "$err" >"$SV3_TMP/console"; then
			pass "$1/$width screenshot, nothing on the console"
		else
			fail "$1/$width screenshot" 'none, or the console has something' "$SV3_TMP/console"
		fi
	done
	browse --print-to-pdf="${page%/*}/report.pdf" --no-pdf-header-footer "file://$page"
	if head -c 5 "${page%/*}/report.pdf" | grep -q '%PDF-'; then
		pass "$1/paper"
	else
		fail "$1/paper" 'no PDF' "$err"
	fi
}

rm -rf "$shots"
mkdir -p "$shots"
run "$SV3" compare "$strict" --policy hw-auto,hw-manual,hw-manual-page --link 1G --time-scale 0.03 \
	--report "$shots/compare"
[ "$status" -eq 0 ] || fail compare "exit status $status" "$err"
look compare 9
run "$SV3" sweep -L inv-latency=0,10us,100us -L policy=hw-auto,hw-manual-page --out "$shots/sweep" --report "$shots/sweep" \
	-- compare --scenario fixed-area-10:pages=64
[ "$status" -eq 0 ] || fail sweep "exit status $status" "$err"
look sweep 10
