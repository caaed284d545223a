#!/bin/sh
# Builds and runs the stranger's program $5 with the package $4 of pkg-config against the installed tree $2, with the compiler $1, in
# folder $3.
set -eu
mkdir -p "$3"
PKG_CONFIG_PATH="$(find "$2" -name pkgconfig -type d)"
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs "$4")
echo "$flags"
# shellcheck disable=SC2086
"$1" -std=c++23 "$(dirname "$0")/$5" -o "$3/stranger" $flags
"$3/stranger"
