# SPDX-License-Identifier: MIT
#
# suite.sh - for suites of the Linux harness, which read this: build NAME FLAVOUR TARGET BUILD [SOURCE] builds a
# program of linux.mk and sets $program and $folder. Without a kernel source the suite NAME is skipped.

build() {
	name=$1 flavour=$2 target=$3 build=$4 source=${5-}

	if folder=$(sh sim/linux/prepare.sh "$build/linux" "$build/linux/list" "$source" 2>"$SV3_TMP/why"); then
		:
	elif [ $? -eq 3 ]; then
		echo "skip $name: $(cat "$SV3_TMP/why")"
		exit 0
	else
		echo "FAIL $name: $(cat "$SV3_TMP/why")"
		exit 1
	fi
	compiler=${CC:-gcc}
	command -v "${compiler%% *}" >/dev/null || {
		echo "FAIL $name: no compiler ${compiler%% *}"
		exit 1
	}
	make -j"$(nproc)" O="$build" FLAVOUR="$flavour" LINUX_FOLDER="$folder" "$target" >"$SV3_TMP/log" 2>&1 || {
		echo "FAIL $name: it does not build"
		sed 's/^/    /' "$SV3_TMP/log" | tail -n 20
		exit 1
	}
	program=$(tail -n 1 "$SV3_TMP/log")
}
