#pragma once

// One request to a server that the user's configuration names: a model's, a recogniser's, a voice's. Other than what tools fetch it may
// be on this machine.

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "base/clock.hpp"

namespace penny::assistant {

// One field of a form (multipart/form-data).
struct FormField {
  std::string name;
  std::string value;
  std::string file_name{};  // of a part that is a file; empty: it is none
};

struct HttpRequest {
  std::string url;
  std::string key{};     // sent as a bearer token; empty: none is sent
  std::string accept{};  // the header
  std::string body{};    // JSON, unless there is a form
  std::vector<FormField> form{};
  std::string_view who;  // asked, for messages: "the model"
  std::chrono::milliseconds connect_max{5'000};
  std::chrono::milliseconds silence_max{60'000};  // between two pieces of the answer, the first one included
};

struct HttpAnswer {
  int status = 0;            // 0: none came
  std::string content_type;  // "" without one
  bool is_whole = false;     // else the connection ended early
};

// Is handed the answer as it comes, with its status and content type; false ends the exchange, which is no error.
using BodySink = std::function<bool(const HttpAnswer& head, std::string_view bytes)>;

// Redirects are not followed: the key and what the user said go to the server that was named, and to no other. Blocks. Errors:
// `kDeadlineExceeded`, `kStopped` (cancelled), `kNotFound` with `field` "connection", "name", "certificate", "answer" (no HTTP) when no
// byte of a body came.
[[nodiscard]] Result<HttpAnswer> exchange(const HttpRequest& request, const BodySink& sink, base::Instant deadline,
                                          const CancelToken& cancel);

// The error of a status that is no success, with what the server says of it ("" if nothing).
[[nodiscard]] Error refused_by_server(std::string_view who, int status, std::string_view reason);

}  // namespace penny::assistant
