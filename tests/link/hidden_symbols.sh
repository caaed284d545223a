#!/bin/sh
# Fails if the library $2 gives away, or asks the linker for, a symbol of SQLite; $1 is nm.
set -eu
symbols=$("$1" --extern-only --format=just-symbols "$2")
if ! echo "$symbols" | grep -q '5penny14sqlite_version'; then
  echo "$2 does not define penny::sqlite_version: this is not the library that was meant"
  exit 1
fi
if echo "$symbols" | grep -i '^_*sqlite3'; then
  echo "$2 shows these symbols of SQLite"
  exit 1
fi
