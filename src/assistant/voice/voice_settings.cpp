#include "assistant/voice/voice_settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "assistant/setting_values.hpp"
#include "assistant/voice/command_speech.hpp"
#include "base/error.hpp"
#include "tools/toml_table.hpp"

namespace penny::assistant {
namespace {

constexpr std::size_t kWordsMax = 64;

// "host:port", the host of IPv6 in brackets.
std::optional<WyomingServer> server_in(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  WyomingServer server{.host = std::string(host)};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), server.port);
  const bool is_number = read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && server.port != 0;
  if (!is_number || !is_base_url(fmt::format("http://{}/", text)) || host.find_first_of("/@") != std::string_view::npos)
    return std::nullopt;
  return server;
}

// [voice.hear] or [voice.speak].
Result<SpeechService> take_service(const toml::table& table, const std::string& path, bool has_voice) {
  tools::TomlTable reader(table, path, has_voice ? "[voice.speak]" : "[voice.hear]");
  std::vector<std::string> command;
  AudioEndpoint endpoint;
  std::string wyoming;
  std::string voice_name;
  std::string key_file;
  reader.take("command", command, kWordsMax, kSettingBytesMax);
  reader.take("base_url", endpoint.base_url, kSettingBytesMax);
  reader.take("wyoming", wyoming, kSettingBytesMax);
  const int services = (command.empty() ? 0 : 1) + (endpoint.base_url.empty() ? 0 : 1) + (wyoming.empty() ? 0 : 1);
  if (services != 1)
    reader.refuse(reader.has("command")    ? "command"
                  : reader.has("base_url") ? "base_url"
                                           : "wyoming",
                  "is not the only one of command, base_url and wyoming", "keep one of them");
  const auto wants_text = [](const std::string& word) { return word.contains("{text}"); };
  if (!has_voice && std::ranges::any_of(command, wants_text))
    reader.refuse("command", "asks for text, and is given sound", "remove {text}");
  if (!has_safe_place_for_text(command))
    reader.refuse("command", "has {text} where a text could be an option",
                  "let it be a word behind the option that takes it, or behind --");
  if (!endpoint.base_url.empty()) {
    reader.take("model", endpoint.model, kSettingBytesMax);
    reader.take("key_file", key_file, kSettingBytesMax);
    if (!is_base_url(endpoint.base_url))
      reader.refuse("base_url", "must be an http or https address", "write it like http://127.0.0.1:8000/v1");
    if (endpoint.model.empty()) reader.refuse("base_url", "has no model", "name one: model = \"whisper-1\"");
  }
  if (has_voice && command.empty()) reader.take("voice", voice_name, kSettingBytesMax);
  auto server = server_in(wyoming);
  if (!wyoming.empty() && !server) reader.refuse("wyoming", "is no host and port", "write it like 127.0.0.1:10300");
  if (auto finished = reader.finish(); !finished) return std::unexpected(finished.error());

  if (!command.empty()) return SpeechService(std::move(command));
  if (server) {
    server->voice = std::move(voice_name);
    return SpeechService(*std::move(server));
  }
  if (!key_file.empty()) {
    auto key = read_key(key_file);
    if (!key) return std::unexpected(key.error());
    endpoint.key = *std::move(key);
  }
  while (endpoint.base_url.ends_with('/')) endpoint.base_url.pop_back();
  endpoint.voice = std::move(voice_name);
  return SpeechService(std::move(endpoint));
}

bool is_installed(std::string_view program) {
  const char* const path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (::access(fmt::format("{}/{}", rest.substr(0, end), program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::unexpected<Error> not_installed(std::string_view program, std::string_view packages, std::string_view table) {
  return base::fail(ErrorCode::kNotFound,
                    fmt::format("nothing is configured in {}, and {} is not installed", table, program),
                    fmt::format("install {}, or configure another (docs/configuration.md)", packages), "command");
}

}  // namespace

Result<VoiceSettings> voice_settings(const std::string& path) {
  VoiceSettings settings;
  const auto file = tools::read_toml(path);
  if (!file) return std::unexpected(file.error());
  const toml::node* const node = file->get("voice");
  const toml::table* const table = node == nullptr ? nullptr : node->as_table();
  if (table == nullptr) return settings;  // of another type: reading the tools' part refuses it
  tools::TomlTable reader(*table, path, "[voice]");
  double silence_s = static_cast<double>(settings.silence.count()) / 1'000;
  reader.take("microphone", settings.microphone, kWordsMax, kSettingBytesMax);
  reader.take("player", settings.player, kWordsMax, kSettingBytesMax);
  reader.take_seconds("silence_seconds", silence_s, 0.1, 5);
  reader.take("barge_in", settings.may_interrupt);
  const toml::table* const hear = reader.take_table("hear");
  const toml::table* const speak = reader.take_table("speak");
  if (auto finished = reader.finish(); !finished) return std::unexpected(finished.error());
  settings.silence = to_milliseconds(silence_s);
  if (hear != nullptr) {
    auto service = take_service(*hear, path, false);
    if (!service) return std::unexpected(service.error());
    settings.hear = *std::move(service);
  }
  if (speak != nullptr) {
    auto service = take_service(*speak, path, true);
    if (!service) return std::unexpected(service.error());
    settings.speak = *std::move(service);
  }
  return settings;
}

Result<std::unique_ptr<SpeechToText>> make_speech_to_text(const VoiceSettings& settings) {
  if (const auto* const command = std::get_if<std::vector<std::string>>(&settings.hear))
    return std::make_unique<CommandSpeechToText>(*command);
  if (const auto* const endpoint = std::get_if<AudioEndpoint>(&settings.hear))
    return std::make_unique<EndpointSpeechToText>(*endpoint);
  if (const auto* const server = std::get_if<WyomingServer>(&settings.hear))
    return std::make_unique<WyomingSpeechToText>(*server);
  if (!is_installed("pocketsphinx_continuous"))
    return not_installed("pocketsphinx_continuous", "pocketsphinx and pocketsphinx-en-us", "[voice.hear]");
  return std::make_unique<CommandSpeechToText>(
      std::vector<std::string>{"pocketsphinx_continuous", "-infile", "{file}", "-logfn", "/dev/null"});
}

Result<std::unique_ptr<TextToSpeech>> make_text_to_speech(const VoiceSettings& settings) {
  if (const auto* const command = std::get_if<std::vector<std::string>>(&settings.speak))
    return std::make_unique<CommandTextToSpeech>(*command);
  if (const auto* const endpoint = std::get_if<AudioEndpoint>(&settings.speak))
    return std::make_unique<EndpointTextToSpeech>(*endpoint);
  if (const auto* const server = std::get_if<WyomingServer>(&settings.speak))
    return std::make_unique<WyomingTextToSpeech>(*server);
  if (!is_installed("flite")) return not_installed("flite", "flite", "[voice.speak]");
  return std::make_unique<CommandTextToSpeech>(
      std::vector<std::string>{"flite", "-voice", "slt", "-t", "{text}", "-o", "{file}"});
}

}  // namespace penny::assistant
