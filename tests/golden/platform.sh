#!/bin/sh
# SPDX-License-Identifier: MIT
#
# platform.sh - device trees on the command line: what show draws, that the default changes nothing,
# what wins over what, which SMMU a run gets, and one line for each mistake. UPDATE=1 rewrites.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/golden/functions.inc
expected=tests/golden/expected
trees=tests/data/platforms
work=$SV3_TMP/trees
mkdir -p "$work"

# golden NAME ARGUMENT...: stdout is expected/NAME
golden() {
	name=$1
	shift
	run "$SV3" "$@"
	if [ "$status" -ne 0 ]; then
		fail "$name" "exit status $status" "$err"
		return
	fi
	[ -z "${UPDATE-}" ] || cp "$out" "$expected/$name"
	if diff -u "$expected/$name" "$out" >"$SV3_TMP/diff" 2>&1; then
		pass "$name"
	else
		fail "$name" 'differs from what is expected' "$SV3_TMP/diff"
	fi
}

# same NAME ARGUMENT...: with the default tree the command prints what it prints without
same() {
	name=$1
	shift
	"$SV3" "$@" >"$SV3_TMP/without" 2>"$err" || :
	run "$SV3" "$@" --platform "$work/default.dts"
	if [ "$status" -eq 0 ] && cmp -s "$out" "$SV3_TMP/without"; then
		pass "same/$name"
	else
		diff "$SV3_TMP/without" "$out" >>"$err"
		fail "same/$name" "exit status $status, or other output" "$err"
	fi
}

# refused NAME PATTERN ARGUMENT...: one line that matches, status 1, no output
refused() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" "$@"
	if [ "$status" -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && [ ! -s "$out" ] &&
		grep -qE -e "^sv3[^:]*: .*($pattern)" "$err"; then
		pass "refused/$name"
	else
		fail "refused/$name" "exit status $status, or not: $pattern" "$err"
	fi
}

# changed FILE SED: the default tree, changed
changed() {
	"$SV3" platform default | sed "$2" >"$work/$1"
}

# prints NAME PATTERN ARGUMENT...: it works, and a line matches
prints() {
	name=$1 pattern=$2
	shift 2
	run "$SV3" "$@"
	if [ "$status" -eq 0 ] && grep -qE -e "$pattern" "$out"; then
		pass "$name"
	else
		cat "$out" >>"$err"
		fail "$name" "exit status $status, or no line like $pattern" "$err"
	fi
}

# ---- show and default ----------------------------------------------------------------------------

golden platform-default.dts platform default
"$SV3" platform default >"$work/default.dts"
golden platform-qemu.txt platform show $trees/qemu-virt.dts
golden platform-board.txt platform show $trees/board.dts
golden platform-board.json platform show $trees/board.dts --json
golden platform-devices.txt platform show $trees/devices.dts
golden platform-devices.json platform show $trees/devices.dts --json
dtc -q -I dts -O dtb $trees/board.dts >"$work/board.dtb"
"$SV3" platform show "$work/board.dtb" | sed "s|$work/board.dtb|$trees/board.dts|" >"$SV3_TMP/from_blob"
if cmp -s "$SV3_TMP/from_blob" $expected/platform-board.txt; then
	pass blob_as_source
else
	fail blob_as_source 'the blob draws another picture' "$SV3_TMP/from_blob"
fi

# ---- the default changes nothing -----------------------------------------------------------------

same replay replay "$lazy" --json
same replay_guest replay "$strict" --view guest --tlb-entries 64 --json
same compare compare "$strict" --policy hw-auto,hw-manual --time-scale 0.03 --link 1G
same compare_json compare "$strict" --policy hw-auto --json -
same compare_iova compare "$lazy" --view iova --policy hw-auto --time-scale 0.01 --csv -
same compare_two compare "$strict" "$lazy" --stream-offset 0x100 --policy hw-auto --csv -
same scenario compare --scenario fixed-area-10:pages=16 --json -
same regs regs
same regs_json regs --json

# ---- what wins -----------------------------------------------------------------------------------

changed small.dts 's/sv3,tlb-entries = <2048>/sv3,tlb-entries = <64>/; s/post-delay = "1us"/post-delay = "3us"/'
prints tree_wins_over_defaults '"tlb_entries":[[:space:]]*64,' replay "$lazy" --json --platform "$work/small.dts"
prints setting_wins_over_defaults '"post_delay_ns":[[:space:]]*3000' replay "$lazy" --json --platform "$work/small.dts"
prints typed_wins '"tlb_entries":[[:space:]]*128,' replay "$lazy" --json --platform "$work/small.dts" \
	--tlb-entries 128
prints typed_setting_wins '"post_delay_ns":[[:space:]]*5000' replay "$lazy" --json \
	--platform "$work/small.dts" --post-delay 5us
prints compare_of_tree '--tlb-entries 64' compare "$strict" --policy hw-auto --platform "$work/small.dts"
prints compare_typed '--tlb-entries 128' compare "$strict" --policy hw-auto \
	--platform "$work/small.dts" --tlb-entries 128
changed mmu700.dts 's/sv3,profile = "default"/sv3,profile = "mmu-700"/'
prints regs_of_tree '^IDR1 .* 0xe739d20 ' regs --platform "$work/mmu700.dts"
changed ram.dts 's/0x0 0x40000000>/0x2 0x0>/'
prints memory_of_tree '"guest_mem":[[:space:]]*8589934592' replay "$lazy" --json --platform "$work/ram.dts"
prints memory_typed '"guest_mem":[[:space:]]*4294967296' replay "$lazy" --json --platform "$work/ram.dts" \
	--guest-mem 4G
changed second.dts 's/reg = <0x0 0x40000000 0x0 0x40000000>/reg = <0 0x1000 0 0x1000 0 0x40000000 0 0x60000000>/; s/sv3,grows;//'
prints memory_by_trace '"guest_mem":[[:space:]]*1610612736' replay "$lazy" --json --platform "$work/second.dts"

# ---- devices of the tree -------------------------------------------------------------------------

changed disk.dts '/Devices are replayed/i\
		*/ disk { compatible = "sv3,replay"; trace = "disk.s3t"; master = \&pcie; rid = <0x10>; }; /*'
cp "$strict" "$work/disk.s3t"
prints replay_of_tree "^trace .*$work/disk.s3t" replay --platform "$work/disk.dts"
prints compare_of_trees_traces "^trace .*$work/disk.s3t" compare --policy hw-auto --platform "$work/disk.dts"
prints typed_trace_wins "^trace .*$lazy" replay "$lazy" --platform "$work/disk.dts"
changed load.dts '/Devices are replayed/i\
		*/ nic { compatible = "sv3,synthetic"; pattern = "zipf"; pages = <256>; master = \&pcie; rid = <8>; };\
		gpu { compatible = "sv3,synthetic"; pattern = "fixed"; pages = <16>; master = \&pcie; rid = <16>; }; /*'
prints compare_synthetic '^device    /sv3/nic: stream 0x8, zipf over 256 pages' compare \
	--platform "$work/load.dts" --policy hw-auto,hw-manual-page
prints compare_synthetic_json '"stream_id":[[:space:]]*16,' compare --platform "$work/load.dts" \
	--policy hw-auto --json -
prints sweep '2 points' sweep -L policy=hw-auto,hw-manual --out "$SV3_TMP/sweep" -- compare \
	--platform "$work/load.dts"
run "$SV3" replay "$lazy" --platform "$work/disk.dts" --snapshot "$SV3_TMP/m.snap"
prints explain_names_the_master '^master +/pcie@10000000, behind /iommu@9050000' explain \
	--snapshot "$SV3_TMP/m.snap" --sid 0x8 --iova 0x1000 --platform "$work/default.dts"

# ---- which SMMU ----------------------------------------------------------------------------------

changed two.dts 's/iommu-map = .*/iommu-map = <0x0 \&smmu 0x0 0x10000>; };\
	second: iommu@9090000 { compatible = "arm,smmu-v3"; reg = <0x0 0x9090000 0x0 0x20000>; #iommu-cells = <1>;\
		dma-coherent; sv3,tlb-entries = <32>; };\
	other { iommus = <\&second 0x8>, <\&second 0x10>, <\&second 0x18>;/'
changed apart.dts 's/iommu-map = .*/iommu-map = <0x0 \&smmu 0x0 0x8>; };\
	second: iommu@9090000 { compatible = "arm,smmu-v3"; reg = <0x0 0x9090000 0x0 0x20000>; #iommu-cells = <1>;\
		dma-coherent; sv3,tlb-entries = <32>; };\
	other { iommus = <\&second 0x8>, <\&second 0x10>, <\&second 0x18>;/'
refused several 'several SMMUs that this run could be behind; give --smmu, one of /iommu@9050000, /iommu@9090000' \
	replay "$strict" --platform "$work/two.dts"
prints smmu_by_path '"tlb_entries":[[:space:]]*32,' replay "$strict" --json --platform "$work/two.dts" \
	--smmu /iommu@9090000
prints smmu_by_name '"tlb_entries":[[:space:]]*2048,' replay "$strict" --json --platform "$work/two.dts" \
	--smmu iommu@9050000
prints smmu_by_streams '"tlb_entries":[[:space:]]*32,' replay "$strict" --json --platform "$work/apart.dts"
refused smmu_unknown "no SMMU of .*two.dts is 'iommu@1'; give one of /iommu@9050000, /iommu@9090000" \
	replay "$strict" --platform "$work/two.dts" --smmu iommu@1
refused smmu_of_others 'StreamID 0x8 is behind /iommu@9090000, not /iommu@9050000' \
	replay "$strict" --platform "$work/apart.dts" --smmu iommu@9050000
refused smmu_alone '--smmu names a node of a device tree; give --platform' replay "$strict" --smmu x
changed nobody.dts 's/iommu-map = .*/iommu-map = <0x0 \&smmu 0x0 0x1>;/'
refused stream_of_nobody 'StreamID 0x8 is that of no master in .*nobody.dts; add it to an iommus or iommu-map' \
	replay "$strict" --platform "$work/nobody.dts"
refused no_smmu '/: no node is a compatible "arm,smmu-v3"' replay "$strict" --platform $trees/none.dts

# ---- mistakes ------------------------------------------------------------------------------------

refused no_file 'absent.dts: No such file' replay "$strict" --platform absent.dts
refused no_tree 'Makefile: no device tree blob' replay "$strict" --platform Makefile
echo '/dts-v1/; / { a = <; };' >"$work/syntax.dts"
refused syntax 'syntax.dts: dtc: .*syntax.dts:1.*syntax error' compare "$strict" --platform "$work/syntax.dts"
head -c 500 "$work/board.dtb" >"$work/cut.dtb"
refused cut 'cut.dtb: not a whole device tree blob' platform show "$work/cut.dtb"
changed setting.dts 's/link = "25G"/lnk = "25G"/'
for command in replay compare; do
	refused "setting of $command" 'setting.dts: /sv3: lnk: no parameter of a run' "$command" "$strict" \
		--platform "$work/setting.dts"
done
refused setting_shown '/sv3: lnk: no parameter' platform show "$work/setting.dts"
changed value.dts 's/link = "25G"/link = "fast"/'
refused value "value.dts: /sv3: link: 'fast' is not a rate above 0" compare "$strict" --platform "$work/value.dts"
refused value_shown "/sv3: link: 'fast' is not a rate" platform show "$work/value.dts"
changed flag.dts 's/link = "25G"/ats = "yes"/'
refused flag '/sv3: ats: takes no value' compare "$strict" --platform "$work/flag.dts"
changed property.dts 's/sv3,tlb-ways/sv3,tlb-way/'
refused property '/iommu@9050000: sv3,tlb-way: there is no such property' regs --platform "$work/property.dts"
changed timing.dts 's/time-scale = .*/timing { tbu-hit = <1>; };/; s/^\t\t\(scan\|clear\|cmdq\|inv\|post\|fault\|link\|down\|max\|seed\).*//'
refused timing '/sv3/timing: tbu-hit: there is no such parameter' replay "$strict" --platform "$work/timing.dts"
changed preset.dts 's/time-scale = .*/timing { preset = "fast"; };/; s/^\t\t\(scan\|clear\|cmdq\|inv\|post\|fault\|link\|down\|max\|seed\).*//'
refused preset "/sv3/timing: preset: there is no 'fast'" platform show "$work/preset.dts"
changed timed.dts 's/time-scale = .*/timing { preset = "gem5"; tcu-walk-slots = <3>; };/; s/^\t\t\(scan\|clear\|cmdq\|inv\|post\|fault\|link\|down\|max\|seed\).*//'
prints timing_of_tree '"tcu.walk_slots":[[:space:]]*3,' replay "$strict" --timed --json --platform "$work/timed.dts"
prints preset_of_tree '"preset":[[:space:]]*"gem5"' replay "$strict" --timed --json --platform "$work/timed.dts"
prints timing_lists_tree '^tcu.walk_slots +3 +slots +16 ' timing --platform "$work/timed.dts"
prints timing_names_preset '"preset":[[:space:]]*"gem5"' timing --json --platform "$work/timed.dts"
prints timing_typed_wins '"preset":[[:space:]]*"server"' timing server --json --platform "$work/timed.dts"
prints timing_set '^tcu.walk_slots +5 +slots +16 ' timing --set tcu.walk_slots=5 --platform "$work/timed.dts"
prints master_of_stream '^0x8 .*  /pcie@10000000/ethernet@1,0$' trace info traces/samples/mixed-lazy.s3t \
	--platform $trees/devices.dts
prints master_in_json '"master":[[:space:]]*"/pcie@10000000/ethernet@1,0"' trace info \
	traces/samples/mixed-lazy.s3t --json --platform $trees/devices.dts
prints no_master '^0x8 .*  no master$' trace info traces/samples/mixed-lazy.s3t --platform "$work/nobody.dts"
prints typed_preset_wins '"preset":[[:space:]]*"intel-bdw"' replay "$strict" --timed --preset intel-bdw --json \
	--platform "$work/timed.dts"
prints typed_parameter_wins '"tcu.walk_slots":[[:space:]]*2,' compare "$strict" --timed --set tcu.walk_slots=2 --policy hw-auto \
	--json - --platform "$work/timed.dts"
changed outside.dts 's/0x0 0x40000000 0x0 0x40000000/0x8 0x0 0x0 0x40000000/'
refused outside 'is in no memory of .*outside.dts, which begins at 0x800000000' replay "$strict" \
	--platform "$work/outside.dts"
refused profile_and_platform 'give one of them' regs --profile full --platform "$work/default.dts"
refused mixed 'a run has devices of one kind' compare --platform $trees/devices.dts
refused view_of_synthetic 'needs a TRACE with MAP rows' compare --view iova --platform "$work/load.dts"
changed large.dts '/Devices are replayed/i\
		*/ nic { compatible = "sv3,synthetic"; pattern = "uniform"; pages = <262145>; master = \&pcie; rid = <8>; }; /*'
refused beyond_memory '/sv3/nic: pages: ends at page 262145, the guest at page 262144' compare \
	--platform "$work/large.dts"
for command in "trace cut $strict x" "policy list" "scenario list" "bug list" "experiment list" \
	"sweep -L link=1G" "trace gen x" "trace convert x y" "platform default"; do
	# shellcheck disable=SC2086 # words
	refused "$command" '--platform: this command takes no machine' $command --platform "$work/default.dts"
done
refused show_nothing 'FILE is missing' platform show
refused nothing 'write sv3 platform show FILE or sv3 platform default' platform
refused other "unknown command 'shw'; did you mean 'show'" platform shw x
