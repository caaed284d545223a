# For the other scripts: where the tree is, how to talk, how many jobs.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

JOBS="${JOBS:-$(nproc)}"
export CMAKE_BUILD_PARALLEL_LEVEL="$JOBS" CTEST_PARALLEL_LEVEL="$JOBS"

say() { printf 'penny: %s\n' "$*"; }

fail() {
  printf 'penny: %s\n' "$*" >&2
  exit 1
}

# Our own sources, as git-style paths.
own_sources() {
  find include src tests bench fuzz -name '*.hpp' -print -o -name '*.cpp' -print 2>/dev/null | sort
}
