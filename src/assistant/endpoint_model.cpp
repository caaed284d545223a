#include "assistant/endpoint_model.hpp"

#include <algorithm>
#include <optional>

#include "assistant/chat_format.hpp"
#include "assistant/event_stream.hpp"
#include "assistant/http_exchange.hpp"
#include "base/error.hpp"

namespace penny::assistant {
namespace {

constexpr std::size_t kErrorBodyBytesMax = std::size_t{64} << 10;

bool is_success(int status) { return status >= 200 && status <= 299; }
bool is_stream(const HttpAnswer& head) { return head.content_type.starts_with("text/event-stream"); }

// An answer as it comes: a stream of events, or a whole, or an error.
class Incoming {
 public:
  explicit Incoming(const TextSink& sink) : sink_(sink) {}

  // False: no more is wanted.
  bool take(const HttpAnswer& head, std::string_view bytes) {
    if (!is_success(head.status) || !is_stream(head)) {
      const std::size_t bytes_max = is_success(head.status) ? 2 * kAnswerBytesMax : kErrorBodyBytesMax;
      received_.append(bytes.substr(0, bytes_max - std::min(bytes_max, received_.size())));
      return received_.size() < bytes_max;
    }
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

  Result<Answer> finish(const HttpAnswer& head) {
    if (refused_) return std::unexpected(*refused_);
    if (reader_.is_done()) return reader_.finish();
    if (!is_success(head.status))
      return std::unexpected(refused_by_server("the model's server", head.status, error_in(received_)));
    if (!is_stream(head) && head.is_whole) {
      const auto piece = reader_.add_whole(received_);
      if (!piece) return std::unexpected(piece.error());
      if (!piece->empty()) sink_(*piece);
    }
    return reader_.finish();
  }

 private:
  const TextSink& sink_;
  EventStream events_;
  AnswerReader reader_;
  std::string received_;  // of what is no stream
  std::optional<Error> refused_;
};

}  // namespace

Result<Answer> EndpointModel::answer(const Question& question, const TextSink& sink, base::Instant deadline,
                                     const CancelToken& cancel) {
  Incoming incoming(sink);
  const auto head = exchange(
      {.url = settings_.base_url + "/chat/completions",
       .key = settings_.key,
       .accept = "text/event-stream, application/json",
       .body = chat_request(question, settings_.model),
       .who = "the model's server",
       .connect_max = settings_.connect_max,
       .silence_max = settings_.silence_max},
      [&](const HttpAnswer& so_far, std::string_view bytes) { return incoming.take(so_far, bytes); }, deadline, cancel);
  if (!head) return std::unexpected(head.error());
  return incoming.finish(*head);
}

}  // namespace penny::assistant
