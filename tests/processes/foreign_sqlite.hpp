#pragma once

// The system's SQLite, loaded beside ours: a second copy in one process, as a language's own module is.

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace penny::test {

class ForeignSqlite {
 public:
  ForeignSqlite() : library_(dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) throw std::runtime_error("libsqlite3.so.0 is not there");
    open_ = symbol<Open>("sqlite3_open");
    exec_ = symbol<Exec>("sqlite3_exec");
    close_ = symbol<Close>("sqlite3_close");
    version_ = symbol<Version>("sqlite3_libversion");
  }
  // Stays loaded.

  [[nodiscard]] std::string version() const { return version_(); }

  // Opens the file, counts the turns, and closes it: the count, or -1 with the failure.
  [[nodiscard]] long count_turns(const std::string& path) const {
    void* database = nullptr;
    long count = -1;
    if (open_(path.c_str(), &database) == 0) {
      const auto take = [](void* to, int, char** values, char**) -> int {
        *static_cast<long*>(to) = std::stol(values[0]);
        return 0;
      };
      (void)exec_(database, "SELECT count(*) FROM conversations", take, &count, nullptr);
    }
    (void)close_(database);
    return count;
  }

 private:
  using Open = int (*)(const char*, void**);
  using Exec = int (*)(void*, const char*, int (*)(void*, int, char**, char**), void*, char**);
  using Close = int (*)(void*);
  using Version = const char* (*)();

  template <class Function>
  Function symbol(const char* name) {
    auto* const found = reinterpret_cast<Function>(dlsym(library_, name));
    if (found == nullptr) throw std::runtime_error(std::string(name) + " is not there");
    return found;
  }

  void* library_;
  Open open_ = nullptr;
  Exec exec_ = nullptr;
  Close close_ = nullptr;
  Version version_ = nullptr;
};

}  // namespace penny::test
