#include "assistant/voice/endpoint_speech.hpp"

#include <utility>

#include <boost/json.hpp>

#include "assistant/chat_format.hpp"
#include "assistant/http_exchange.hpp"
#include "assistant/voice/transcript.hpp"
#include "base/error.hpp"
#include "base/json_value.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;

// A sound of a minute at 48 kHz is 6 MB.
constexpr std::size_t kSoundBytesMax = std::size_t{64} << 20U;
constexpr std::string_view kWho = "the speech server";

std::unexpected<Error> no_answer(std::string message) {
  return base::fail(ErrorCode::kNotFound, std::move(message), "check that base URL and model are of a speech server",
                    "answer");
}

// The whole body of a success.
Result<std::string> body_of(const HttpRequest& request, std::size_t bytes_max, base::Instant deadline,
                            const CancelToken& cancel) {
  std::string body;
  const auto head = exchange(
      request,
      [&](const HttpAnswer&, std::string_view bytes) {
        body += bytes;
        return body.size() <= bytes_max;
      },
      deadline, cancel);
  if (!head) return std::unexpected(head.error());
  if (head->status < 200 || head->status > 299)
    return std::unexpected(refused_by_server(kWho, head->status, error_in(body)));
  if (body.size() > bytes_max) return no_answer("the speech server's answer is too long");
  if (!head->is_whole)
    return base::fail(ErrorCode::kNotFound, "the speech server's answer ended in the middle", "try again", "cut");
  return body;
}

}  // namespace

Result<std::string> EndpointSpeechToText::hear(const Sound& sound, base::Instant deadline, const CancelToken& cancel) {
  // The file comes last: some servers read the form as it comes.
  const HttpRequest request{
      .url = endpoint_.base_url + "/audio/transcriptions",
      .key = endpoint_.key,
      .accept = "application/json",
      .form = {{.name = "model", .value = endpoint_.model},
               {.name = "response_format", .value = "json"},
               {.name = "file", .value = wav_of(at_rate(sound, kSpeechRateHz)), .file_name = "speech.wav"}},
      .who = kWho,
      .silence_max = endpoint_.silence_max};
  const auto body = body_of(request, 2 * kTranscriptBytesMax, deadline, cancel);
  if (!body) return std::unexpected(body.error());
  const base::JsonReading reading = base::read_json(*body);
  const json::object* const answer = reading.value.if_object();
  const json::value* const text = answer == nullptr ? nullptr : answer->if_contains("text");
  if (text == nullptr || !text->is_string()) return no_answer("the speech server's answer has no text");
  return transcript_of(text->get_string());
}

Result<Sound> EndpointTextToSpeech::speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) {
  json::object wanted{{"model", endpoint_.model}, {"input", json::string(text)}, {"response_format", "wav"}};
  if (!endpoint_.voice.empty()) wanted["voice"] = endpoint_.voice;
  const HttpRequest request{.url = endpoint_.base_url + "/audio/speech",
                            .key = endpoint_.key,
                            .accept = "audio/wav",
                            .body = json::serialize(wanted),
                            .who = kWho,
                            .silence_max = endpoint_.silence_max};
  const auto body = body_of(request, kSoundBytesMax, deadline, cancel);
  if (!body) return std::unexpected(body.error());
  auto sound = read_sound(*body);
  if (!sound) return no_answer(sound.error().message);
  return sound;
}

}  // namespace penny::assistant
