// What somebody who gives an assistant tools writes first: the built-in ones, and a guard before them.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <penny/penny.hpp>
#include <penny/tool_guard.hpp>
#include <penny/toolbox.hpp>

namespace {

int failed(const penny::Error& error) {
  std::fprintf(stderr, "%s\n%s\n", error.message.c_str(), error.advice.c_str());
  return EXIT_FAILURE;
}

int calculate(const std::string& folder) {
  auto store = penny::Store::open(folder + "/memory.db");
  if (!store) return failed(store.error());
  const auto tools = penny::configured_tools(*store, folder + "/penny.toml");
  if (!tools) return failed(tools.error());
  penny::ToolGuard guard(*store, *tools);
  const auto answer = guard.call({.user = "cj", .tool = "math.calc", .input = R"({"expression":"6*7"})"});
  if (!answer) return failed(answer.error());
  std::printf("%s\n", penny::text_for_model(*answer).c_str());
  return answer->output.find("42") != std::string::npos ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "stranger-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return EXIT_FAILURE;
  }
  const int result = calculate(folder);
  std::filesystem::remove_all(folder);
  return result;
}
