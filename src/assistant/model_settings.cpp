#include "assistant/model_settings.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "assistant/offline_model.hpp"
#include "assistant/setting_values.hpp"
#include "base/error.hpp"
#include "tools/toml_table.hpp"

namespace penny::assistant {
namespace {

std::unexpected<Error> refuse(std::string field, std::string what, std::string advice) {
  std::string message = fmt::format("{} {}", field, what);
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::move(field));
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
  reader.take("base_url", settings.base_url, kSettingBytesMax);
  reader.take("name", settings.model, kSettingBytesMax);
  reader.take("key_file", key_file, kSettingBytesMax);
  reader.take_seconds("connect_seconds", connect_s, 0.001, 60);
  reader.take_seconds("silence_seconds", silence_s, 0.001, 600);
  if (!settings.base_url.empty() && !is_base_url(settings.base_url)) {
    reader.refuse("base_url", "must be an http or https address", "write it like http://127.0.0.1:11434/v1");
  }
  if (auto finished = reader.finish(); !finished) return finished;
  settings.connect_max = to_milliseconds(connect_s);
  settings.silence_max = to_milliseconds(silence_s);
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
  if (settings.base_url.size() > kSettingBytesMax || !is_base_url(settings.base_url))
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
