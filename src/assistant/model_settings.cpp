#include "assistant/model_settings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "assistant/offline_model.hpp"
#include "base/error.hpp"
#include "tools/formats.hpp"
#include "tools/owned_file.hpp"
#include "tools/toml_table.hpp"

namespace penny::assistant {
namespace {

constexpr std::size_t kTextBytesMax = 2048;
constexpr std::size_t kKeyFileBytesMax = 4096;

std::chrono::milliseconds in_ms(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

bool is_address(const std::string& text) {
  return (text.starts_with("http://") || text.starts_with("https://")) && tools::find_format("uri")->is_met(text) &&
         text.find_first_of("?#") == std::string::npos;
}

// What goes into a header must not begin another one.
bool is_key(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::unexpected<Error> refuse(std::string field, std::string what, std::string advice) {
  std::string message = fmt::format("{} {}", field, what);
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::move(field));
}

// The key of a file beside the configuration, so that that may be shown around.
Result<std::string> read_key(const std::string& path) {
  auto text = tools::read_owned_file(path, kKeyFileBytesMax);
  if (!text) return text;
  const std::size_t last = text->find_last_not_of(" \t\r\n");
  text->resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

Result<void> take_file(const std::string& path, EndpointSettings& settings) {
  const auto file = tools::read_toml(path);
  if (!file) return std::unexpected(file.error());
  const toml::node* const node = file->get("model");
  const toml::table* const table = node == nullptr ? nullptr : node->as_table();
  if (table == nullptr) return {};  // of another type: reading the tools' part refuses it
  tools::TomlTable reader(*table, path, "[model]");
  std::string key_file;
  double connect_s = static_cast<double>(settings.connect_max.count()) / 1'000;
  double silence_s = static_cast<double>(settings.silence_max.count()) / 1'000;
  reader.take("base_url", settings.base_url, kTextBytesMax);
  reader.take("name", settings.model, kTextBytesMax);
  reader.take("key_file", key_file, kTextBytesMax);
  reader.take_seconds("connect_seconds", connect_s, 0.001, 60);
  reader.take_seconds("silence_seconds", silence_s, 0.001, 600);
  if (!settings.base_url.empty() && !is_address(settings.base_url)) {
    reader.refuse("base_url", "must be an http or https address", "write it like http://127.0.0.1:11434/v1");
  }
  if (auto finished = reader.finish(); !finished) return finished;
  settings.connect_max = in_ms(connect_s);
  settings.silence_max = in_ms(silence_s);
  if (key_file.empty()) return {};
  auto key = read_key(key_file);
  if (!key) return std::unexpected(key.error());
  settings.key = *std::move(key);
  return {};
}

void take_variable(const char* name, std::string& value) {
  const char* const said = std::getenv(name);
  if (said != nullptr && said[0] != '\0') value = said;
}

}  // namespace

Result<std::optional<EndpointSettings>> model_settings(const std::string& path) {
  EndpointSettings settings{.base_url = {}, .model = {}};
  if (auto taken = take_file(path, settings); !taken) return std::unexpected(taken.error());
  take_variable("PENNY_MODEL_URL", settings.base_url);
  take_variable("PENNY_MODEL", settings.model);
  take_variable("PENNY_MODEL_KEY", settings.key);
  if (settings.base_url.empty() && settings.model.empty()) return std::optional<EndpointSettings>{};
  if (settings.base_url.empty())
    return refuse("PENNY_MODEL_URL", "is missing: a model has a name, and no address",
                  "set it, or base_url in [model]");
  if (settings.model.empty())
    return refuse("PENNY_MODEL", "is missing: a model has an address, and no name", "set it, or name in [model]");
  if (settings.base_url.size() > kTextBytesMax || !is_address(settings.base_url))
    return refuse("PENNY_MODEL_URL", "is no http or https address", "write it like http://127.0.0.1:11434/v1");
  if (!is_key(settings.key)) return refuse("PENNY_MODEL_KEY", "holds what no key has", "write the key alone");
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  return std::optional(std::move(settings));
}

std::unique_ptr<Model> make_model(const std::optional<EndpointSettings>& settings) {
  if (settings) return std::make_unique<EndpointModel>(*settings);
  return std::make_unique<OfflineModel>();
}

}  // namespace penny::assistant
