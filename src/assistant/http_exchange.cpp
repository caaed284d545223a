#include "assistant/http_exchange.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{1'000};

template <class T, auto kFree>
struct Freed {
  void operator()(T* owned) const { static_cast<void>(kFree(owned)); }
};
using Easy = std::unique_ptr<CURL, Freed<CURL, ::curl_easy_cleanup>>;
using Headers = std::unique_ptr<curl_slist, Freed<curl_slist, ::curl_slist_free_all>>;
using Form = std::unique_ptr<curl_mime, Freed<curl_mime, ::curl_mime_free>>;
using Multi = std::unique_ptr<CURLM, Freed<CURLM, ::curl_multi_cleanup>>;

bool start_curl() {
  static const bool is_started = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return is_started;
}

std::unexpected<Error> failed(std::string_view field, std::string message, std::string advice) {
  return base::fail(ErrorCode::kNotFound, std::move(message), std::move(advice), std::string(field));
}

// libcurl calls it back from the thread that runs it.
class Exchange {
 public:
  Exchange(const HttpRequest& request, const BodySink& sink) : request_(request), sink_(sink) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Result<HttpAnswer> run(base::Instant deadline, const CancelToken& cancel) {
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
    look_at_head();
    head_.is_whole = *code == CURLE_OK;
    if (*code != CURLE_OK && !has_body_) return no_answer(*code);
    return head_;
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

  bool set_body() {
    if (request_.form.empty()) {
      return add_header("Content-Type: application/json") && set(CURLOPT_POST, 1L) &&
             set(CURLOPT_POSTFIELDS, request_.body.c_str()) &&
             set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.body.size()));
    }
    form_.reset(::curl_mime_init(easy_.get()));
    for (const FormField& field : request_.form) {
      curl_mimepart* const part = form_ == nullptr ? nullptr : ::curl_mime_addpart(form_.get());
      if (part == nullptr || ::curl_mime_name(part, field.name.c_str()) != CURLE_OK ||
          ::curl_mime_data(part, field.value.data(), field.value.size()) != CURLE_OK ||
          (!field.file_name.empty() && ::curl_mime_filename(part, field.file_name.c_str()) != CURLE_OK))
        return false;
    }
    return set(CURLOPT_MIMEPOST, form_.get());
  }

  bool set_up() {
    // "Expect:" without a value: a server that does not know 100-continue would cost a second.
    if (!set_body() || !add_header("Accept: " + request_.accept) || !add_header("Expect:") ||
        (!request_.key.empty() && !add_header("Authorization: Bearer " + request_.key)))
      return false;
    return set(CURLOPT_URL, request_.url.c_str()) && set(CURLOPT_HTTPHEADER, headers_.get()) &&
           set(CURLOPT_USERAGENT, "penny") && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
           set(CURLOPT_FOLLOWLOCATION, 0L) &&
           set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_max.count())) &&
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
        if (message->msg != CURLMSG_DONE) continue;
        return is_enough_ ? CURLE_OK : message->data.result;
      }
      const auto now = steady_clock::now();
      if (now >= deadline) return too_slow(fmt::format("{} did not answer in time", request_.who));
      if (now >= last_piece_ + request_.silence_max) {
        return too_slow(fmt::format("{} said nothing for {} s", request_.who,
                                    static_cast<double>(request_.silence_max.count()) / 1'000));
      }
      const auto left = std::min(deadline, last_piece_ + request_.silence_max) - now;
      const auto pause = std::min(std::chrono::ceil<milliseconds>(left), kLookAgain);
      curl_waitfd cancelled{.fd = cancel.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
      ::curl_multi_poll(multi_.get(), &cancelled, 1, static_cast<int>(pause.count()), nullptr);
    }
  }

  [[nodiscard]] std::unexpected<Error> too_slow(std::string message) const {
    return base::fail(ErrorCode::kDeadlineExceeded, std::move(message), "try again, or choose a faster server", "time");
  }

  [[nodiscard]] std::unexpected<Error> no_answer(CURLcode code) const {
    const std::string message = fmt::format("{} at {}: {}", request_.who, request_.url, ::curl_easy_strerror(code));
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
        return failed("answer", message, "check that base URL is the right one");
    }
  }

  void look_at_head() {
    long status = 0;
    const char* type = nullptr;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    ::curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
    head_.status = static_cast<int>(status);
    head_.content_type = type == nullptr ? "" : type;
  }

  bool take(std::string_view bytes) {
    last_piece_ = steady_clock::now();
    look_at_head();
    has_body_ = true;
    is_enough_ = !sink_(head_, bytes);
    last_piece_ = steady_clock::now();  // whoever takes the bytes may be slow, and that is not the server's doing
    return !is_enough_;
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take({bytes, size * count}) ? size * count : 0;
  }

  const HttpRequest& request_;
  const BodySink& sink_;
  HttpAnswer head_;
  bool has_body_ = false;
  bool is_enough_ = false;  // the sink wants no more
  base::Instant last_piece_;

  // In this order: libcurl lets go of headers and form before they are freed.
  Headers headers_;
  Form form_;
  Easy easy_;
  Multi multi_;
};

}  // namespace

Result<HttpAnswer> exchange(const HttpRequest& request, const BodySink& sink, base::Instant deadline,
                            const CancelToken& cancel) {
  return Exchange(request, sink).run(deadline, cancel);
}

Error refused_by_server(std::string_view who, int status, std::string_view reason) {
  return {ErrorCode::kNotFound,
          fmt::format("{} answered with status {}{}{}", who, status, reason.empty() ? "" : ": ", reason),
          status == 401 || status == 403 ? "check the key"
          : status == 404                ? "check base URL and model"
                                         : "try again later",
          "status"};
}

}  // namespace penny::assistant
