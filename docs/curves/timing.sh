#!/bin/sh
# SPDX-License-Identifier: MIT
#
# timing.sh FOLDER - draws what sv3-timing --plots FOLDER left there: FOLDER/pcie-bench.svg and
# FOLDER/fast-and-safe.svg.
set -eu

folder=${1:-build/timing}

if ! command -v gnuplot >/dev/null; then
	echo "timing.sh: gnuplot is missing; install gnuplot-nox" >&2
	exit 1
fi

gnuplot <<END
set terminal svg size 900,440 font 'sans-serif,12' background '#ffffff'
set style data linespoints
set key bottom left
set grid ytics
set yrange [0:*]

set output '$folder/pcie-bench.svg'
set title 'DMA at random in a window of 4 KiB pages, preset intel-bdw; crosses: measured by pcie-bench'
set xlabel 'window, KiB'
set ylabel 'Gb/s'
set logscale x 2
plot '$folder/pcie-bench.dat' using 1:4 title 'reads of 512 bytes', \
	'' using 1:2 title 'reads of 64 bytes', \
	'' using 1:3 title 'writes of 64 bytes', \
	'-' using 1:2 with points pointtype 2 pointsize 1.5 linecolor 'black' title 'measured'
64 55.0
16384 53.6
64 32.4
16384 9.8
64 24.3
16384 11.1
e

set output '$folder/fast-and-safe.svg'
set title 'A receiver of pages in strict mode, preset fast-and-safe; circles: measured'
set xlabel 'memory reads of walks for each page'
set ylabel 'Gb/s'
unset logscale x
set key top right
set xrange [0:10]
plot 32768 / (65 + 197 * x) with lines title '4 KiB / (65 ns + reads x 197 ns)', \
	'$folder/fast-and-safe.dat' using 1:2 with points pointtype 7 title 'sv3', \
	'-' using 1:2 with points pointtype 6 pointsize 2 linecolor 'black' title 'measured (formula at 1.76 and 4.36)'
1.76 79.6
4.36 35.5
e
END
echo "$folder/pcie-bench.svg, $folder/fast-and-safe.svg"
