#include "assistant/event_stream.hpp"

#include <utility>

namespace penny::assistant {

bool EventStream::add(std::string_view bytes) {
  if (is_too_long_) return false;
  bytes_.append(bytes);
  return true;
}

std::optional<std::string> EventStream::next() {
  std::size_t begin = 0;
  std::optional<std::string> event;
  while (!event) {
    const std::size_t end = bytes_.find_first_of("\r\n", begin);
    if (end == std::string::npos) break;
    // A carriage return at the very end may be half a line end.
    if (bytes_[end] == '\r' && end + 1 == bytes_.size()) break;
    std::string_view line = std::string_view(bytes_).substr(begin, end - begin);
    begin = end + (bytes_[end] == '\r' && bytes_[end + 1] == '\n' ? 2 : 1);
    if (line.empty()) {
      if (std::exchange(has_data_, false)) event = std::exchange(data_, {});
    } else if (line.starts_with("data:")) {
      line.remove_prefix(5);
      if (line.starts_with(' ')) line.remove_prefix(1);
      if (std::exchange(has_data_, true)) data_ += '\n';
      data_ += line;
    }
  }
  bytes_.erase(0, begin);
  is_too_long_ = data_.size() + bytes_.size() > kEventBytesMax && !event;
  return event;
}

}  // namespace penny::assistant
