// What somebody who embeds Penny writes first: open a store, commit a turn, read it back.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <penny/penny.hpp>

namespace {

int failed(const penny::Error& error) {
  std::fprintf(stderr, "%s\n%s\n", error.message.c_str(), error.advice.c_str());
  return EXIT_FAILURE;
}

int remember(const std::string& path) {
  auto store = penny::Store::open(path);
  if (!store) return failed(store.error());
  const auto stored =
      store->commit({.user = "cj", .payload = penny::AppendTurn{.user_input = "Hi", .assistant_response = "Hello"}});
  if (!stored) return failed(stored.error());
  const auto turns = store->last_turns("cj");
  if (!turns) return failed(turns.error());
  if (turns->items.size() != 1 || turns->items[0].user_input != "Hi" || turns->items[0].assistant_response != "Hello") {
    std::fprintf(stderr, "the turn did not come back\n");
    return EXIT_FAILURE;
  }
  std::printf("one turn, rev %llu\n", static_cast<unsigned long long>(stored->rev));
  return EXIT_SUCCESS;
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "stranger-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return EXIT_FAILURE;
  }
  const int result = remember(folder + "/memory.db");
  std::filesystem::remove_all(folder);
  return result;
}
