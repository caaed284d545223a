// One program with Penny and the system's SQLite: each must run on its own copy, whichever the linker met first.

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sqlite3.h>
#include <penny/version.hpp>

int main() {
  const std::string_view penny_copy = penny::sqlite_version();
  const std::string_view system_copy = sqlite3_libversion();
  std::printf("Penny uses SQLite %.*s, the program %.*s\n", static_cast<int>(penny_copy.size()), penny_copy.data(),
              static_cast<int>(system_copy.size()), system_copy.data());
  return penny_copy == PENNY_BUNDLED_SQLITE_VERSION && system_copy == SQLITE_VERSION && penny_copy != system_copy
             ? EXIT_SUCCESS
             : EXIT_FAILURE;
}
