#include "assistant/endpoint_model.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "assistant/chat_format.hpp"
#include "assistant/event_stream.hpp"
#include "base/error.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{1'000};
constexpr std::size_t kErrorBodyBytesMax = std::size_t{64} << 10;

template <class T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* owned) const { kFree(owned); }
};
using Easy = std::unique_ptr<CURL, Freed<CURL, ::curl_easy_cleanup>>;
using Headers = std::unique_ptr<curl_slist, Freed<curl_slist, ::curl_slist_free_all>>;

struct MultiClose {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiClose>;

bool start_curl() {
  static const bool is_started = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return is_started;
}

std::unexpected<Error> failed(std::string_view field, std::string message, std::string advice) {
  return base::fail(ErrorCode::kNotFound, std::move(message), std::move(advice), std::string(field));
}

// One request. libcurl calls it back from the thread that runs it.
class Exchange {
 public:
  Exchange(const EndpointSettings& settings, std::string body, const TextSink& sink)
      : settings_(settings), body_(std::move(body)), sink_(sink) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Result<Answer> run(base::Instant deadline, const CancelToken& cancel) {
    if (!start_curl()) return failed("connection", "libcurl does not start", "try again");
    easy_.reset(::curl_easy_init());
    multi_.reset(::curl_multi_init());
    if (easy_ == nullptr || multi_ == nullptr || !set_up())
      return failed("connection", "no memory for a request", "try again");
    last_piece_ = steady_clock::now();
    ::curl_multi_add_handle(multi_.get(), easy_.get());
    const auto code = wait(deadline, cancel);
    ::curl_multi_remove_handle(multi_.get(), easy_.get());
    if (!code) return std::unexpected(code.error());
    return answer(*code);
  }

 private:
  template <class Value>
  bool set(CURLoption option, Value value) {
    return ::curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  }

  bool add_header(const std::string& header) {
    curl_slist* const longer = ::curl_slist_append(headers_.get(), header.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(headers_.release());
    headers_.reset(longer);
    return true;
  }

  bool set_up() {
    const std::string url = settings_.base_url + "/chat/completions";
    // "Expect:" without a value: a server that does not know 100-continue would cost a second.
    if (!add_header("Content-Type: application/json") || !add_header("Accept: text/event-stream, application/json") ||
        !add_header("Expect:") || (!settings_.key.empty() && !add_header("Authorization: Bearer " + settings_.key)))
      return false;
    return set(CURLOPT_URL, url.c_str()) && set(CURLOPT_HTTPHEADER, headers_.get()) &&
           set(CURLOPT_USERAGENT, "penny") && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
           set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_POST, 1L) && set(CURLOPT_POSTFIELDS, body_.c_str()) &&
           set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size())) &&
           set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_max.count())) &&
           // No signals: other threads live here. The thread that asks DNS is not waited for.
           set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_QUICK_EXIT, 1L) && set(CURLOPT_WRITEFUNCTION, &on_body) &&
           set(CURLOPT_WRITEDATA, this);
  }

  // The code that libcurl ends with. The loop is bounded by the deadline.
  Result<CURLcode> wait(base::Instant deadline, const CancelToken& cancel) {
    while (true) {
      if (cancel.is_cancelled())
        return base::fail(ErrorCode::kStopped, "the answer was cancelled", "ask again if it is needed", "cancelled");
      int running = 0;
      if (::curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
      int queued = 0;
      while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &queued)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      const auto now = steady_clock::now();
      if (now >= deadline) return too_slow("the model did not answer in time");
      if (now >= last_piece_ + settings_.silence_max)
        return too_slow(
            fmt::format("the model said nothing for {} s", static_cast<double>(settings_.silence_max.count()) / 1'000));
      const auto left = std::min(deadline, last_piece_ + settings_.silence_max) - now;
      const auto pause = std::min(std::chrono::ceil<milliseconds>(left), kLookAgain);
      curl_waitfd cancelled{.fd = cancel.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
      ::curl_multi_poll(multi_.get(), &cancelled, 1, static_cast<int>(pause.count()), nullptr);
    }
  }

  static std::unexpected<Error> too_slow(std::string message) {
    return base::fail(ErrorCode::kDeadlineExceeded, std::move(message), "try again, or choose a faster model", "time");
  }

  Result<Answer> answer(CURLcode code) {
    if (refused_) return std::unexpected(*refused_);
    if (reader_.is_done()) return reader_.finish();  // whatever became of the connection then
    if (status() != 0 && (status() < 200 || status() > 299)) return refused_by_server();
    if (code == CURLE_OK && !is_stream()) {
      const auto piece = reader_.add_whole(received_);
      if (!piece) return std::unexpected(piece.error());
      if (!piece->empty()) sink_(*piece);
    } else if (code != CURLE_OK && !has_begun_) {
      return no_answer(code);
    }
    return reader_.finish();
  }

  [[nodiscard]] std::unexpected<Error> refused_by_server() const {
    const long code = status();
    const std::string reason = error_in(received_);
    return failed(
        "status",
        fmt::format("the model's server answered with status {}{}{}", code, reason.empty() ? "" : ": ", reason),
        code == 401 || code == 403 ? "check the key"
        : code == 404              ? "check base URL and model"
                                   : "try again later");
  }

  [[nodiscard]] std::unexpected<Error> no_answer(CURLcode code) const {
    const std::string message =
        fmt::format("the model's server at {}: {}", settings_.base_url, ::curl_easy_strerror(code));
    switch (code) {
      case CURLE_COULDNT_CONNECT:
        return failed("connection", message, "start the server, or check base URL");
      case CURLE_COULDNT_RESOLVE_HOST:
        return failed("name", message, "check the host's name in base URL");
      case CURLE_OPERATION_TIMEDOUT:
        return too_slow(message);
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_SSL_CACERT_BADFILE:
        return failed("certificate", message, "the server cannot be trusted: check base URL");
      default:
        return failed("answer", message, "check that the endpoint serves /v1/chat/completions");
    }
  }

  [[nodiscard]] long status() const {
    long status = 0;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  [[nodiscard]] bool is_stream() const {
    const char* type = nullptr;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
    return type != nullptr && std::string_view(type).starts_with("text/event-stream");
  }

  // False ends the transfer.
  bool take(std::string_view bytes) {
    last_piece_ = steady_clock::now();
    if (const long code = status(); code < 200 || code > 299 || !is_stream()) {
      const std::size_t bytes_max = code < 200 || code > 299 ? kErrorBodyBytesMax : 2 * kAnswerBytesMax;
      received_.append(bytes.substr(0, bytes_max - std::min(bytes_max, received_.size())));
      return received_.size() < bytes_max;
    }
    has_begun_ = true;
    const bool fits = events_.add(bytes);
    while (const auto event = events_.next()) {
      const auto piece = reader_.add(*event);
      if (!piece) {
        refused_ = piece.error();
        return false;
      }
      if (!piece->empty()) sink_(*piece);
      if (reader_.is_done()) return false;  // nothing follows, and some servers keep the connection
    }
    if (!fits)
      refused_ =
          Error{ErrorCode::kNotFound, "an event of the model's stream is too long", "use another model", "answer"};
    return fits;
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take({bytes, size * count}) ? size * count : 0;
  }

  const EndpointSettings& settings_;
  const std::string body_;
  const TextSink& sink_;

  EventStream events_;
  AnswerReader reader_;
  std::string received_;  // of what is no stream
  std::optional<Error> refused_;
  bool has_begun_ = false;
  base::Instant last_piece_;

  // In this order: libcurl lets go of the headers and of the request before they are freed.
  Headers headers_;
  Easy easy_;
  Multi multi_;
};

}  // namespace

Result<Answer> EndpointModel::answer(const Question& question, const TextSink& sink, base::Instant deadline,
                                     const CancelToken& cancel) {
  return Exchange(settings_, chat_request(question, settings_.model), sink).run(deadline, cancel);
}

}  // namespace penny::assistant
