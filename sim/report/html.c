/* SPDX-License-Identifier: MIT */
/*
 * html.c - the frame of a page: one document, no script, nothing from elsewhere, for screens of any
 * width, light or dark, and for paper.
 *
 * The colours of lines are those of Okabe and Ito, which stay apart for every kind of colour
 * vision; plots give each line a mark and a dash of its own as well. Heat goes from near the
 * background to far from it, so that more is stronger in light, in dark and in print.
 */
#include <sv3/report.h>

static const char style[] =
	":root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--dim:#59636e;--rule:#d5dae0;"
	"--soft:#f5f7f9;--bad:#b3261e;\n"
	"--line0:#0072b2;--line1:#d55e00;--line2:#009e73;--line3:#cc79a7;--line4:#b88a00;"
	"--line5:#3f9fd6;--line6:#5b5f66;--line7:#7b3294;\n"
	"--heat0:#deebf7;--heat1:#c2d9ee;--heat2:#9ec6e0;--heat3:#74aed4;--heat4:#4a93c4;"
	"--heat5:#2a76b2;--heat6:#125799;--heat7:#08306b}\n"
	"@media (prefers-color-scheme:dark){:root{--page:#14171b;--text:#e4e7eb;--dim:#9aa4af;"
	"--rule:#343a42;--soft:#1d2126;--bad:#ff8a80;\n"
	"--line0:#56a8e0;--line1:#f08a3c;--line2:#2fc79b;--line3:#e29cc4;--line4:#e8c24a;"
	"--line5:#8fd0f7;--line6:#a9b0b8;--line7:#bf8fe0;\n"
	"--heat0:#1b2a3c;--heat1:#1d3b58;--heat2:#1f4f78;--heat3:#256698;--heat4:#3a82b6;"
	"--heat5:#63a3cd;--heat6:#9bc7e3;--heat7:#e0f0fa}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:82rem;background:var(--page);"
	"color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}\n"
	"h2{font-size:1.125rem;margin:2.25rem 0 .5rem;padding-top:.75rem;"
	"border-top:1px solid var(--rule)}\n"
	"p{max-width:46rem;margin:.5rem 0}\n"
	"p.lead{color:var(--dim)}\n"
	"dl{display:grid;grid-template-columns:4.5rem 1fr;gap:.15rem 1.25rem;margin:.5rem 0}\n"
	"dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
	".wide{overflow-x:auto;margin:.75rem 0}\n"
	"table{border-collapse:collapse;font-size:.8125rem;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.3rem .5rem;white-space:nowrap;vertical-align:bottom}\n"
	"th:first-child,td:first-child{padding-left:0}\n"
	"th{font-weight:600;border-bottom:2px solid var(--rule)}\n"
	"th small{display:block;min-height:1.4em;font-weight:400;color:var(--dim)}\n"
	"td{border-bottom:1px solid var(--rule)}\n"
	".number{text-align:right}.word{text-align:left}.bad{color:var(--bad);font-weight:700}\n"
	"code,pre{font:.8125rem/1.5 ui-monospace,monospace}\n"
	"pre{background:var(--soft);border:1px solid var(--rule);border-radius:4px;"
	"padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}\n"
	".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));"
	"gap:1.5rem 2rem}\n"
	"figure{margin:0;min-width:0;break-inside:avoid}\n"
	"figcaption{font-size:.875rem;color:var(--dim);margin-bottom:.25rem}\n"
	"figcaption b{display:block;font-size:1rem;color:var(--text)}\n"
	"svg{display:block;width:100%;height:auto;font-family:inherit}\n"
	"svg .gridline{stroke:var(--rule);stroke-dasharray:none}\n"
	"footer{margin-top:2.5rem;color:var(--dim);font-size:.875rem}\n"
	"@media print{:root{color-scheme:light}body{font-size:10pt;padding:0;max-width:none}"
	"h2{break-after:avoid}.plots{grid-template-columns:1fr 1fr;gap:1rem}"
	"table{font-size:7.5pt}th,td{padding:.1rem .3rem}.wide{overflow:visible}}\n"
	"@page{size:landscape;margin:12mm}\n";

void sv3_html_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			fputc(*text, file);
		}
	}
}

void sv3_html_begin(FILE *file, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
	      file);
	sv3_html_text(file, title);
	fprintf(file, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
	sv3_html_text(file, title);
	fputs("</h1>\n", file);
}

void sv3_html_end(FILE *file)
{
	fprintf(file, "<footer>sv3 %s</footer>\n</body>\n</html>\n", SV3_VERSION_STRING);
}
