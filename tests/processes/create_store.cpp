// One of many processes that open the same store at once: waits for the end of its standard input, opens the store at
// the path that it is given, and stores one turn of the user "cj". Exit code 0 if both worked.

#include <cstdio>

#include <unistd.h>

#include <penny/penny.hpp>

int main(int argument_count, char** arguments) {
  if (argument_count != 2) return 2;
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  auto store = penny::Store::open(arguments[1]);
  if (!store) {
    std::fprintf(stderr, "open: %s\n", store.error().message.c_str());
    return 1;
  }
  const auto stored =
      store->commit({.user = "cj", .payload = penny::AppendTurn{.user_input = "Hi", .assistant_response = "Hello"}});
  if (!stored) {
    std::fprintf(stderr, "commit: %s\n", stored.error().message.c_str());
    return 1;
  }
  return 0;
}
