#!/bin/sh
# SPDX-License-Identifier: MIT
#
# curves.sh SV3 FOLDER - the runs behind docs/MIGRATION.md: for each trace a sweep of invalidation latency by policy, drawn,
# and one comparison of all policies; for one of them a sweep of chunk sizes.
#
# FOLDER gets NAME.csv (a sweep), NAME.svg (its curves) and NAME-all.csv. Sweeps are kept in FOLDER.runs: started again, what
# is there is not run again.
set -eu

sv3=${1:-build/sv3}
folder=${2:-build/curves}
runs=$folder.runs
latencies=0,10us,100us,1ms,10ms
policies=hw-auto,hw-manual,hw-manual-chunk,hw-manual-uapi,hw-manual-2021
# A wait for each page: at longer latencies it takes hours, of the guest as well.
page_latencies=0,10us,100us
contentions="1 10 100 1000"
columns=rounds,pages_sent,pages_resent,pages_redundant,tlbi,sync,sync_time_ns,total_ns,downtime_ns,converged
common="--link 1G --downtime 5ms --max-rounds 10"

if ! command -v gnuplot >/dev/null; then
	echo "curves.sh: gnuplot is missing; install gnuplot-nox" >&2
	exit 1
fi
mkdir -p "$folder" "$runs"

# Two plots of FOLDER/NAME.csv: along the bottom the values of COLUMN, a line for each of another column.
draw() { # NAME TITLE COLUMN VALUES LINE-COLUMN LINES
	awk -F , -v x="$3" -v values="$4" -v line="$5" -v names="$6" '
	NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	{
		key = $column[line] SUBSEP $column[x]
		resent[key] = $column["pages_resent"]
		downtime[key] = $column["downtime_ns"] / 1e6
	}
	END {
		count = split(values, value, ",")
		lines = split(names, name, ",")
		for (j = 1; j <= lines; j++) {
			for (i = 1; i <= count; i++) {
				key = name[j] SUBSEP value[i]
				text = value[i]
				if (sub(/.*permille=/, "", text))
					text = text / 1000 "x"
				if (key in resent)
					print i, text, resent[key], downtime[key]
			}
			printf "\n\n"
		}
	}' "$folder/$1.csv" > "$runs/$1.dat"
	names=$(echo "$6" | tr , ' ')
	below=$3
	[ "$3" != set ] || below='what a command costs, against an idle machine'
	gnuplot <<-END
		set terminal svg size 900,440 font 'sans-serif,12' background '#ffffff'
		set output '$folder/$1.svg'
		set multiplot title '$2' noenhanced
		set key at screen 0.5, 0.07 center horizontal maxrows 2 noenhanced samplen 2
		set style data linespoints
		set xlabel '$below'
		set tmargin at screen 0.9
		set bmargin at screen 0.28
		set offsets 0.2, 0.2, 0, 0
		set xtics nomirror
		set ytics nomirror
		set border 3
		set grid ytics lc '#dddddd'
		set logscale y
		set format y '%.0s%c'
		lines = words('$names')
		set lmargin at screen 0.1
		set rmargin at screen 0.48
		set ylabel 'pages sent again'
		plot for [i = 1:lines] '$runs/$1.dat' index i - 1 using 1:3:xtic(2) lw 2 pt i + 3 title word('$names', i)
		set lmargin at screen 0.6
		set rmargin at screen 0.98
		set ylabel 'downtime, ms'
		unset key
		plot for [i = 1:lines] '$runs/$1.dat' index i - 1 using 1:4:xtic(2) lw 2 pt i + 3
		unset multiplot
	END
}

sweep() { # KEPT AXES TRACE OPTION...
	kept=$runs/$1
	axes=$2
	shift 2
	echo "\$ $sv3 sweep $axes -- compare $*"
	# shellcheck disable=SC2086 # the axes are words
	"$sv3" sweep --out "$kept" --columns "$columns" $axes -- compare "$@"
}

# By policy and latency, and all policies.
curve() { # NAME TRACE OPTION...
	name=$1
	shift
	sweep "$name" "-L inv-latency=$latencies -L policy=$policies" "$@"
	sweep "$name-page" "-L inv-latency=$page_latencies -L policy=hw-manual-page" "$@"
	cp "$runs/$name/sweep.csv" "$folder/$name.csv"
	sed 1d "$runs/$name-page/sweep.csv" >> "$folder/$name.csv"
	draw "$name" "$name: what invalidation latency costs" inv-latency "$latencies" policy "$policies,hw-manual-page"
	echo "\$ $sv3 compare $* --policy all"
	"$sv3" compare "$@" --policy all --csv "$folder/$name-all.csv"
	echo
}

# The same on hardware that takes time: how long an invalidation takes is a result, and what makes it long is how many
# processors want the command queue.
timed_curve() { # NAME TRACE OPTION...
	name=$1
	trace=$2
	shift 2
	axis=
	for times in $contentions; do
		axis=$axis,sw.contention_permille=${times}000
	done
	sweep "timed-$name" "-L set=${axis#,} -L policy=$policies,hw-manual-page" "$trace" --timed "$@"
	cp "$runs/timed-$name/sweep.csv" "$folder/timed-$name.csv"
	draw "timed-$name" "timed $name: what contention for the command queue costs" set "${axis#,}" \
		policy "$policies,hw-manual-page"
	echo "\$ $sv3 compare $trace --timed $* --policy all"
	"$sv3" compare "$trace" --timed "$@" --policy all --csv "$folder/timed-$name-all.csv"
	echo
}

# By size of a chunk and latency.
chunks() { # NAME TRACE OPTION...
	name=$1
	sizes=0,3,6,9,12,15,18
	latencies_us=10us,100us,1ms
	shift
	sweep "$name" "-L chunk-shift=$sizes -L inv-latency=$latencies_us" "$@" --policy hw-manual-chunk
	cp "$runs/$name/sweep.csv" "$folder/$name.csv"
	draw "$name" "hw-manual-chunk: chunks of 2^n pages, by invalidation latency" chunk-shift "$sizes" \
		inv-latency "$latencies_us"
}

"$sv3" trace gen "$runs/uniform.s3t" --pattern uniform --pages 65536 --rate 20000 --duration 10s --writes 1
"$sv3" trace gen "$runs/zipf.s3t" --pattern zipf --theta 1.1 --pages 65536 --rate 200000 --duration 10s --writes 1

# shellcheck disable=SC2086 # the options are words
{
	curve mixed-lazy traces/samples/mixed-lazy.s3t $common --chunk-shift 9 --time-scale 0.03
	curve nvme-rand-strict traces/samples/nvme-rand-strict.s3t $common --chunk-shift 9 --time-scale 0.03
	curve nvme-seq-strict traces/samples/nvme-seq-strict.s3t $common --chunk-shift 9
	curve nic-rx-strict traces/samples/nic-rx-strict.s3t $common --chunk-shift 9 --time-scale 0.03
	curve uniform "$runs/uniform.s3t" $common --chunk-shift 9
	curve zipf "$runs/zipf.s3t" $common --chunk-shift 9
	chunks chunks traces/samples/nvme-rand-strict.s3t $common --time-scale 0.03
	for name in mixed-lazy nvme-rand-strict nic-rx-strict; do
		timed_curve $name traces/samples/$name.s3t $common --chunk-shift 9 --time-scale 0.03
	done
	timed_curve nvme-seq-strict traces/samples/nvme-seq-strict.s3t $common --chunk-shift 9
	timed_curve uniform "$runs/uniform.s3t" $common --chunk-shift 9
	timed_curve zipf "$runs/zipf.s3t" $common --chunk-shift 9
}
