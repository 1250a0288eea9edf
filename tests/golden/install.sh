#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install.sh - can a program be built against what `make install` leaves, and does uninstall undo it?
set -u
cd "$(dirname "$0")/../.." || exit 1

case $SV3_FLAVOUR in
release | debug) ;;
*)
	echo "skip install: flavour $SV3_FLAVOUR is not one to install"
	exit 0
	;;
esac

root=$SV3_TMP/root
cat >"$SV3_TMP/user.c" <<'END'
#include <sv3/base.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	printf("%s %s\n", sv3_version(), sv3_strerror(-SV3_ERR_NOMEM));
	return strcmp(sv3_version(), SV3_VERSION_STRING) != 0;
}
END

# report NAME COMMAND...: one item
report() {
	name=$1
	shift
	if details=$("$@" 2>&1); then
		echo "ok install/$name"
	else
		echo "FAIL install/$name: $*"
		printf '%s\n' "$details" | sed 's/^/    /'
	fi
}

# The packages below the staging root, found as if that were /.
staged() {
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/opt/sv3/lib/pkgconfig pkg-config "$@"
}

same_version() {
	[ "$(staged --modversion sv3)" = "$("$SV3_TMP/shared" | sed 's/ .*//')" ]
}

# shellcheck disable=SC2046 # flags are lists of words, here and below
build_shared() {
	$CC "$SV3_TMP/user.c" $(staged --cflags --libs sv3) -o "$SV3_TMP/shared"
}

# shellcheck disable=SC2046
build_static() {
	$CC "$SV3_TMP/user.c" $(staged --cflags sv3) "$root/opt/sv3/lib/libsv3.a" -lm -o "$SV3_TMP/static"
}

nothing_left() {
	left=$(find "$root" ! -type d)
	echo "$left"
	[ -z "$left" ]
}

staged_make() {
	make DESTDIR="$root" prefix=/opt/sv3 FLAVOUR="$SV3_FLAVOUR" "$@"
}

LD_LIBRARY_PATH=$root/opt/sv3/lib
export LD_LIBRARY_PATH
report install staged_make install
report shared_program_builds build_shared
report shared_program_runs "$SV3_TMP/shared"
report static_program_builds build_static
report static_program_runs "$SV3_TMP/static"
report pkg_config_has_the_version same_version
report sv3io_is_found staged --cflags --libs sv3io
if [ -e "$SV3" ]; then
	report command_is_installed test -x "$root/opt/sv3/bin/sv3"
fi
report uninstall staged_make uninstall
report nothing_is_left nothing_left
