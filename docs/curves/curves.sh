#!/bin/sh
# SPDX-License-Identifier: MIT
#
# curves.sh SV3 FOLDER - the runs behind docs/MIGRATION.md: for each trace a sweep of invalidation latency by policy, drawn,
# and one comparison of all policies.
#
# FOLDER gets NAME.csv (the sweep), NAME.svg (its curves) and NAME-all.csv. Sweeps are kept in FOLDER.runs: started again,
# what is there is not run again.
set -eu

sv3=${1:-build/sv3}
folder=${2:-build/curves}
runs=$folder.runs
latencies=0,10us,100us,1ms,10ms
policies=hw-auto,hw-manual,hw-manual-chunk,hw-manual-uapi,hw-manual-page,hw-manual-2021
columns=rounds,pages_sent,pages_resent,pages_redundant,tlbi,sync,total_ns,downtime_ns,converged

mkdir -p "$folder" "$runs"

draw() { # NAME
	awk -F , -v latencies="$latencies" -v policies="$policies" '
	NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	{
		key = $column["policy"] SUBSEP $column["inv-latency"]
		resent[key] = $column["pages_resent"]
		downtime[key] = $column["downtime_ns"] / 1e6
	}
	END {
		count = split(latencies, latency, ",")
		lines = split(policies, policy, ",")
		for (j = 1; j <= lines; j++) {
			for (i = 1; i <= count; i++) {
				key = policy[j] SUBSEP latency[i]
				print i, latency[i], resent[key], downtime[key]
			}
			printf "\n\n"
		}
	}' "$folder/$1.csv" > "$runs/$1.dat"
	gnuplot <<-END
		set terminal svg size 900,380 font 'sans-serif,12' background '#ffffff'
		set output '$folder/$1.svg'
		set multiplot layout 1,2 title '$1: what invalidation latency costs' noenhanced
		set key top left noenhanced samplen 2
		set style data linespoints
		set xlabel 'invalidation latency'
		set xrange [0.8:5.2]
		set xtics nomirror
		set ytics nomirror
		set border 3
		set grid ytics lc '#dddddd'
		set ylabel 'pages sent again'
		plot for [i = 0:5] '$runs/$1.dat' index i using 1:3:xtic(2) lw 2 pt i + 4 \\
			title word('$(echo $policies | tr , ' ')', i + 1)
		set ylabel 'downtime, ms'
		set logscale y
		unset key
		plot for [i = 0:5] '$runs/$1.dat' index i using 1:4:xtic(2) lw 2 pt i + 4
		unset multiplot
	END
}

curve() { # NAME TRACE OPTION...
	name=$1
	trace=$2
	shift 2
	echo "\$ $sv3 sweep -L inv-latency=$latencies -L policy=$policies -- compare $trace $*"
	"$sv3" sweep --out "$runs/$name" --columns "$columns" -L inv-latency="$latencies" -L policy="$policies" \
		-- compare "$trace" "$@"
	cp "$runs/$name/sweep.csv" "$folder/$name.csv"
	draw "$name"
	echo "\$ $sv3 compare $trace --policy all $*"
	"$sv3" compare "$trace" --policy all --csv "$folder/$name-all.csv" "$@"
	echo
}

"$sv3" trace gen "$runs/uniform.s3t" --pattern uniform --pages 65536 --rate 20000 --duration 10s --writes 1 >&2
"$sv3" trace gen "$runs/zipf.s3t" --pattern zipf --theta 1.1 --pages 65536 --rate 200000 --duration 10s --writes 1 >&2

common="--link 1G --downtime 5ms --max-rounds 12 --chunk-shift 9"
curve mixed-lazy traces/samples/mixed-lazy.s3t $common --time-scale 0.03
curve nvme-rand-strict traces/samples/nvme-rand-strict.s3t $common --time-scale 0.03
curve nvme-seq-strict traces/samples/nvme-seq-strict.s3t $common --time-scale 1
curve nic-rx-strict traces/samples/nic-rx-strict.s3t $common --time-scale 0.03
curve uniform "$runs/uniform.s3t" $common
curve zipf "$runs/zipf.s3t" $common
