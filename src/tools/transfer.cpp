#include "tools/transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{1'000};

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

constexpr std::string_view kSpaces = " \t\r\n";

std::string in_lower_case(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return made;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kSpaces), text.size());
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

std::string media_type(std::string_view content_type) {
  return in_lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
}

// libcurl decodes whatever it can, asked for or not: the fewer decoders a stranger's bytes meet, the better.
bool is_encoding_allowed(std::string_view header) {
  const std::string line = in_lower_case(header);
  constexpr std::string_view kName = "content-encoding:";
  if (!line.starts_with(kName)) return true;
  std::string_view left = std::string_view(line).substr(kName.size());
  while (true) {
    const std::size_t comma = left.find(',');
    const std::string_view encoding = trimmed(left.substr(0, comma));
    if (encoding != "gzip" && encoding != "x-gzip" && encoding != "deflate" && encoding != "identity") return false;
    if (comma == std::string_view::npos) return true;
    left.remove_prefix(comma + 1);
  }
}

bool is_type_of(std::string_view type, std::string_view pattern) {
  if (!pattern.ends_with("/*")) return type == pattern;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

// One request. libcurl calls it back from the thread that runs it.
class Transfer {
 public:
  Transfer(const Url& url, const FetchRequest& request, const FetchRules& rules, bool is_private_allowed,
           const Network& network)
      : url_(url), request_(request), rules_(rules), is_private_allowed_(is_private_allowed), network_(network) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  Result<Answer> run(base::Instant deadline, const CancelToken& cancel) {
    if (!start_curl()) return base::fail(ErrorCode::kNotFound, "libcurl does not start", "try again", "connection");
    easy_.reset(::curl_easy_init());
    multi_.reset(::curl_multi_init());
    if (easy_ == nullptr || multi_ == nullptr || !set_up())
      return base::fail(ErrorCode::kNotFound, "no memory for a request", "try again", "connection");
    ::curl_multi_add_handle(multi_.get(), easy_.get());
    auto code = wait(deadline, cancel);
    ::curl_multi_remove_handle(multi_.get(), easy_.get());
    if (!code) return std::unexpected(code.error());
    return answer(*code);
  }

 private:
  template <class Value>
  bool set(CURLoption option, Value value) {
    return ::curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  }

  bool set_up() {
    headers_.reset(::curl_slist_append(nullptr, fmt::format("Accept: {}", request_.accept).c_str()));
    for (const std::string& each : network_.addresses) {
      curl_slist* longer = ::curl_slist_append(addresses_.get(), each.c_str());
      static_cast<void>(addresses_.release());
      addresses_.reset(longer);
    }
    return set(CURLOPT_URL, url_.text().c_str()) && set(CURLOPT_HTTPHEADER, headers_.get()) &&
           set(CURLOPT_RESOLVE, addresses_.get()) && set(CURLOPT_USERAGENT, "penny") && set_bounds() && set_callbacks();
  }

  bool set_bounds() {
    return set(CURLOPT_PROTOCOLS_STR, url_.scheme().c_str()) && set(CURLOPT_FOLLOWLOCATION, 0L) &&
           set(CURLOPT_PROXY, "") && set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
           set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) && set(CURLOPT_SSL_VERIFYPEER, 1L) &&
           set(CURLOPT_SSL_VERIFYHOST, 2L) && set(CURLOPT_FORBID_REUSE, 1L) && set(CURLOPT_FRESH_CONNECT, 1L) &&
           // No signals: other threads live here. The thread that asks DNS is not waited for.
           set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_QUICK_EXIT, 1L) && set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate") &&
           set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(rules_.connect_max.count())) &&
           set(CURLOPT_LOW_SPEED_LIMIT, rules_.bytes_per_second_min) &&
           set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(rules_.slow_max.count()));
  }

  bool set_callbacks() {
    return set(CURLOPT_OPENSOCKETFUNCTION, &on_socket) && set(CURLOPT_OPENSOCKETDATA, this) &&
           set(CURLOPT_WRITEFUNCTION, &on_body) && set(CURLOPT_WRITEDATA, this) &&
           set(CURLOPT_HEADERFUNCTION, &on_header) && set(CURLOPT_HEADERDATA, this) &&
           set(CURLOPT_XFERINFOFUNCTION, &on_progress) && set(CURLOPT_XFERINFODATA, this) &&
           set(CURLOPT_NOPROGRESS, 0L);
  }

  // The code that libcurl ends with. The loop is bounded by the deadline.
  Result<CURLcode> wait(base::Instant deadline, const CancelToken& cancel) {
    while (true) {
      if (cancel.is_cancelled())
        return base::fail(ErrorCode::kStopped, "the request was cancelled", "ask again if it is needed", "cancelled");
      const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
      if (left.count() <= 0) {
        return base::fail(ErrorCode::kDeadlineExceeded, fmt::format("{} did not answer in time", url_.host()),
                          "try again later, or another server", "time");
      }
      int running = 0;
      if (::curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
      int queued = 0;
      while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &queued)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      curl_waitfd cancelled{.fd = cancel.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
      const auto pause = std::min(left, kLookAgain);
      ::curl_multi_poll(multi_.get(), &cancelled, 1, static_cast<int>(pause.count()), nullptr);
    }
  }

  Result<Answer> answer(CURLcode code) {
    if (refusal_) return std::unexpected(*refusal_);
    if (code != CURLE_OK) return failed(code);
    Answer made{.status = status(), .content_type = content_type(), .location = {}, .body = std::move(body_)};
    curl_header* location = nullptr;
    const bool is_redirect =
        made.status == 301 || made.status == 302 || made.status == 303 || made.status == 307 || made.status == 308;
    if (is_redirect && ::curl_easy_header(easy_.get(), "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK)
      made.location = location->value;
    if (!made.location.empty()) return made;
    if (made.status < 200 || made.status > 299) {
      return base::fail(ErrorCode::kNotFound, fmt::format("{} answered with status {}", url_.host(), made.status),
                        made.status >= 500 ? "try again later" : "check the address", "status");
    }
    if (!is_content_type_allowed()) return std::unexpected(*refusal_);
    return made;
  }

  [[nodiscard]] std::unexpected<Error> failed(CURLcode code) const {
    const std::string message = fmt::format("{}: {}", url_.host(), ::curl_easy_strerror(code));
    switch (code) {
      case CURLE_OPERATION_TIMEDOUT:
        return base::fail(ErrorCode::kDeadlineExceeded, fmt::format("{} is too slow", url_.host()),
                          "try again later, or another server", "speed");
      case CURLE_COULDNT_RESOLVE_HOST:
        return base::fail(ErrorCode::kNotFound, message, "check the host's name", "name");
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_SSL_CACERT_BADFILE:
        return base::fail(ErrorCode::kNotFound, message, "the server cannot be trusted: use another", "certificate");
      case CURLE_COULDNT_CONNECT:
        return base::fail(ErrorCode::kNotFound, message, "check host and port, or try again later", "connection");
      default:
        return base::fail(ErrorCode::kNotFound, message, "try again later, or another server", "answer");
    }
  }

  [[nodiscard]] long status() const {
    long status = 0;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  [[nodiscard]] std::string content_type() const {
    const char* type = nullptr;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
    return type == nullptr ? std::string() : media_type(type);
  }

  // The first refusal is the one that is told.
  void refuse(std::string_view reason, std::string message, std::string advice) {
    if (!refusal_)
      refusal_ = Error{ErrorCode::kNoPermission, std::move(message), std::move(advice), std::string(reason)};
  }

  bool is_content_type_allowed() {
    const std::string type = content_type();
    const auto& allowed = rules_.content_types;
    if (allowed.empty() || std::ranges::any_of(allowed, [&](const auto& each) { return is_type_of(type, each); }))
      return true;
    refuse("content_type",
           type.empty() ? fmt::format("{} does not say what it sent", url_.host())
                        : fmt::format("{} sent {}", url_.host(), type),
           fmt::format("allowed are {}", fmt::join(allowed, ", ")));
    return false;
  }

  void refuse_body() {
    refuse("body_size", fmt::format("{} sent more than {} bytes", url_.host(), rules_.body_bytes_max),
           "ask for a smaller page");
  }

  static curl_socket_t on_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.is_private_allowed_) {
      if (const std::string_view range = transfer.network_.special_range(address->addr); !range.empty()) {
        transfer.refuse("private_address",
                        fmt::format("{} is at {}, which is no public address ({})", transfer.url_.host(),
                                    address_text(address->addr), range),
                        "use a server that is in the public Internet");
        return CURL_SOCKET_BAD;
      }
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t length = size * count;
    const long status = transfer.status();
    if (status >= 200 && status < 300 && transfer.body_.empty() && !transfer.is_content_type_allowed()) return 0;
    if (length > transfer.rules_.body_bytes_max - transfer.body_.size() &&
        !base::proof::is_planted("body_without_bound")) {
      transfer.refuse_body();
      return 0;
    }
    transfer.body_.append(bytes, length);
    return length;
  }

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.header_bytes_ += size * count;
    if (!is_encoding_allowed({bytes, size * count})) {
      transfer.refuse("encoding", fmt::format("{} packed its answer in a way that is not read", transfer.url_.host()),
                      "use another server: gzip and deflate are read");
      return 0;
    }
    if (transfer.header_bytes_ <= transfer.rules_.header_bytes_max) return size * count;
    transfer.refuse(
        "header_size",
        fmt::format("{} sent more than {} bytes of headers", transfer.url_.host(), transfer.rules_.header_bytes_max),
        "use another server");
    return 0;
  }

  // What decodes to nothing must not come in for ever either.
  static int on_progress(void* self, curl_off_t /*expected*/, curl_off_t received, curl_off_t /*to_send*/,
                         curl_off_t /*sent*/) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (std::cmp_less_equal(received, transfer.rules_.body_bytes_max) || base::proof::is_planted("body_without_bound"))
      return 0;
    transfer.refuse_body();
    return 1;
  }

  const Url& url_;
  const FetchRequest& request_;
  const FetchRules& rules_;
  const bool is_private_allowed_;
  const Network& network_;

  std::optional<Error> refusal_;
  std::string body_;
  std::size_t header_bytes_ = 0;

  // In this order: libcurl lets go of the lists and of the request before they are freed.
  Headers headers_;
  Headers addresses_;
  Easy easy_;
  Multi multi_;
};

}  // namespace

Result<Answer> transfer(const Url& url, const FetchRequest& request, const FetchRules& rules, bool is_private_allowed,
                        base::Instant deadline, const CancelToken& cancel, const Network& network) {
  return Transfer(url, request, rules, is_private_allowed, network).run(deadline, cancel);
}

}  // namespace penny::tools
