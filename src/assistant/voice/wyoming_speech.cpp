#include "assistant/voice/wyoming_speech.hpp"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "assistant/voice/transcript.hpp"
#include "assistant/voice/wyoming_event.hpp"
#include "base/error.hpp"
#include "base/one_line.hpp"
#include "base/utf8.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kConnectMax{5'000};
constexpr milliseconds kLookAgain{1'000};
// A quarter of a second of sound in each event.
constexpr std::size_t kSamplesAtOnce = 4'000;
constexpr std::size_t kReasonCharactersMax = 300;

struct CloseEasy {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};

std::unexpected<Error> failed(std::string_view field, std::string message, std::string advice) {
  return base::fail(ErrorCode::kNotFound, std::move(message), std::move(advice), std::string(field));
}

// A connection to the server. libcurl makes it, since names and addresses are its trade; what is said over it is ours.
class Connection {
 public:
  Connection(const WyomingServer& server, base::Instant deadline, const CancelToken& cancel)
      : server_(server), deadline_(deadline), cancel_(cancel) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> open() {
    static const bool is_started = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    easy_.reset(is_started ? ::curl_easy_init() : nullptr);
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now());
    const auto connect_max = std::clamp(left, milliseconds(1), kConnectMax);
    const std::string url = fmt::format("http://{}:{}", server_.host, server_.port);
    if (easy_ == nullptr || !set(CURLOPT_URL, url.c_str()) || !set(CURLOPT_CONNECT_ONLY, 1L) ||
        !set(CURLOPT_NOSIGNAL, 1L) || !set(CURLOPT_QUICK_EXIT, 1L) || !set(CURLOPT_NOPROXY, "*") ||
        !set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_max.count())) || !set(CURLOPT_NOPROGRESS, 0L) ||
        !set(CURLOPT_XFERINFOFUNCTION, &is_given_up) || !set(CURLOPT_XFERINFODATA, this))
      return failed("connection", "no memory for a connection", "try again");
    const CURLcode code = ::curl_easy_perform(easy_.get());
    if (cancel_.is_cancelled()) return cancelled();
    if (code == CURLE_COULDNT_RESOLVE_HOST)
      return failed("name", fmt::format("there is no host {}", server_.host), "check the configuration");
    if (code != CURLE_OK)
      return failed("connection", fmt::format("the speech server at {}: {}", url, ::curl_easy_strerror(code)),
                    "start the server, or check the configuration");
    curl_socket_t socket = CURL_SOCKET_BAD;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
    socket_ = socket;
    return {};
  }

  Result<void> send(const WyomingEvent& event) {
    const std::string bytes = bytes_of(event);
    for (std::size_t at = 0; at < bytes.size();) {
      if (auto may = may_go_on(); !may) return may;
      std::size_t some = 0;
      const CURLcode code = ::curl_easy_send(easy_.get(), bytes.data() + at, bytes.size() - at, &some);
      at += some;
      if (code == CURLE_AGAIN) {
        if (auto ready = wait_for(POLLOUT); !ready) return ready;
      } else if (code != CURLE_OK) {
        return why_it_hung_up();
      }
    }
    return {};
  }

  // Waits for it.
  Result<WyomingEvent> next() {
    while (true) {
      // Here too, not only where it waits: there is always something to read from a server that sends faster than it is read.
      if (auto may = may_go_on(); !may) return std::unexpected(may.error());
      auto event = reader_.next();
      if (!event) return std::unexpected(event.error());
      if (*event) return report(**std::move(event));
      char bytes[16'384];
      std::size_t some = 0;
      const CURLcode code = ::curl_easy_recv(easy_.get(), bytes, sizeof bytes, &some);
      if (code == CURLE_AGAIN) {
        if (auto ready = wait_for(POLLIN); !ready) return std::unexpected(ready.error());
      } else if (code != CURLE_OK || some == 0) {
        return cut();
      }
      reader_.add({bytes, some});
    }
  }

 private:
  template <class Value>
  bool set(CURLoption option, Value value) {
    return ::curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  }

  static int is_given_up(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Connection*>(self)->cancel_.is_cancelled() ? 1 : 0;
  }

  // An event of an error is one.
  static Result<WyomingEvent> report(WyomingEvent event) {
    if (event.type != "error") return event;
    const json::value* const text = event.data.if_contains("text");
    std::string reason = text != nullptr && text->is_string() ? base::on_one_line(text->get_string()) : "";
    reason.resize(base::utf8_prefix_bytes(reason, kReasonCharactersMax));
    return failed("answer", fmt::format("the speech server reports an error{}{}", reason.empty() ? "" : ": ", reason),
                  "look at the server's log");
  }

  // What it said before it hung up is still there to be read.
  std::unexpected<Error> why_it_hung_up() {
    while (true) {
      if (const auto event = next(); !event) return std::unexpected(event.error());
    }
  }

  Result<void> may_go_on() const {
    if (cancel_.is_cancelled()) return cancelled();
    if (steady_clock::now() >= deadline_) return too_slow();
    return {};
  }

  Result<void> wait_for(short what) {
    const auto silent_at = steady_clock::now() + server_.silence_max;
    while (true) {
      if (auto may = may_go_on(); !may) return may;
      const auto now = steady_clock::now();
      if (now >= silent_at) return too_slow();
      pollfd ready[] = {{.fd = socket_, .events = what, .revents = 0},
                        {.fd = cancel_.descriptor(), .events = POLLIN, .revents = 0}};
      const auto left = std::chrono::ceil<milliseconds>(std::min(deadline_, silent_at) - now);
      const auto pause = std::clamp(left, milliseconds(0), kLookAgain);
      if (::poll(ready, 2, static_cast<int>(pause.count())) > 0 && ready[0].revents != 0) return {};
    }
  }

  static std::unexpected<Error> cancelled() {
    return base::fail(ErrorCode::kStopped, "speech was cancelled", "ask again if it is needed", "cancelled");
  }
  static std::unexpected<Error> too_slow() {
    return base::fail(ErrorCode::kDeadlineExceeded, "the speech server did not answer in time",
                      "try again, or choose a faster server", "time");
  }
  static std::unexpected<Error> cut() {
    return failed("cut", "the speech server ended the connection", "look at the server's log");
  }

  const WyomingServer& server_;
  const base::Instant deadline_;
  const CancelToken& cancel_;
  std::unique_ptr<CURL, CloseEasy> easy_;
  int socket_ = -1;
  WyomingReader reader_;
};

json::object format_of(std::uint32_t rate_hz) { return {{"rate", rate_hz}, {"width", 2}, {"channels", 1}}; }

// Little-endian, as all machines are that Penny runs on.
std::string_view bytes_of(const std::int16_t* samples, std::size_t count) {
  return {reinterpret_cast<const char*>(samples), count * sizeof(std::int16_t)};
}

std::uint64_t number_in(const json::object& data, std::string_view key) {
  const json::value* const found = data.if_contains(key);
  json::error_code error;
  const std::uint64_t number = found == nullptr ? 0 : found->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

// What comes in audio-chunk, as a file's samples would be.
class IncomingSound {
 public:
  Result<void> add(const WyomingEvent& event) {
    const std::uint64_t rate = number_in(event.data, "rate");
    if (number_in(event.data, "width") != sizeof(std::int16_t) || number_in(event.data, "channels") != 1 ||
        rate < 4'000 || rate > 192'000 || (has_any_ && rate != sound_.rate_hz))
      return failed("answer", "the speech server sends sound in another form than 16 bits and one channel",
                    "use another server");
    has_any_ = true;
    sound_.rate_hz = static_cast<std::uint32_t>(rate);
    if (sound_.samples.size() + event.payload.size() / sizeof(std::int16_t) > kSamplesMax)
      return failed("answer", "the speech server sends sound without end", "use another server");
    const std::size_t before = sound_.samples.size();
    sound_.samples.resize(before + event.payload.size() / sizeof(std::int16_t));
    std::copy_n(event.payload.data(), (sound_.samples.size() - before) * sizeof(std::int16_t),
                reinterpret_cast<char*>(sound_.samples.data() + before));
    return {};
  }

  Result<Sound> finish() {
    if (!has_any_) return failed("answer", "the speech server sent no sound", "try another voice");
    return std::move(sound_);
  }

 private:
  Sound sound_;
  bool has_any_ = false;
};

}  // namespace

Result<std::string> WyomingSpeechToText::hear(const Sound& sound, base::Instant deadline, const CancelToken& cancel) {
  Connection connection(server_, deadline, cancel);
  if (auto open = connection.open(); !open) return std::unexpected(open.error());
  const Sound heard = at_rate(sound, kSpeechRateHz);
  std::vector<WyomingEvent> events{{.type = "transcribe"}, {.type = "audio-start", .data = format_of(kSpeechRateHz)}};
  for (std::size_t at = 0; at < heard.samples.size(); at += kSamplesAtOnce) {
    const std::size_t count = std::min(kSamplesAtOnce, heard.samples.size() - at);
    events.push_back({.type = "audio-chunk",
                      .data = format_of(kSpeechRateHz),
                      .payload = std::string(bytes_of(heard.samples.data() + at, count))});
  }
  events.push_back({.type = "audio-stop"});
  for (const WyomingEvent& event : events) {
    if (auto sent = connection.send(event); !sent) return std::unexpected(sent.error());
  }
  while (true) {  // what it says before is of no use here; the deadline ends it
    const auto event = connection.next();
    if (!event) return std::unexpected(event.error());
    if (event->type != "transcript") continue;
    const json::value* const text = event->data.if_contains("text");
    if (text == nullptr || !text->is_string())
      return failed("answer", "the speech server's transcript has no text", "use another server");
    return transcript_of(text->get_string());
  }
}

Result<Sound> WyomingTextToSpeech::speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) {
  Connection connection(server_, deadline, cancel);
  if (auto open = connection.open(); !open) return std::unexpected(open.error());
  WyomingEvent wanted{.type = "synthesize", .data = {{"text", json::string(text)}}};
  if (!server_.voice.empty()) wanted.data["voice"] = json::object{{"name", server_.voice}};
  if (auto sent = connection.send(wanted); !sent) return std::unexpected(sent.error());
  IncomingSound sound;
  while (true) {
    const auto event = connection.next();
    if (!event) return std::unexpected(event.error());
    if (event->type == "audio-chunk") {
      if (auto added = sound.add(*event); !added) return std::unexpected(added.error());
    }
    if (event->type == "audio-stop") return sound.finish();
  }
}

}  // namespace penny::assistant
