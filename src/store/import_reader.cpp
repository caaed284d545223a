#include "store/import_reader.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <penny/limits.hpp>

#include "base/error.hpp"
#include "model/validation.hpp"

namespace penny::store {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

}  // namespace

Error ImportReader::at_line(std::uint64_t line, Error error) {
  error.message = fmt::format("line {}: {}", line, error.message);
  error.field = error.field.empty() ? fmt::format("lines[{}]", line) : fmt::format("lines[{}].{}", line, error.field);
  return error;
}

std::unexpected<Error> ImportReader::refuse(std::string message, std::string advice, std::string field) const {
  return std::unexpected(
      at_line(line_, base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::move(field)).error()));
}

Result<std::optional<std::string_view>> ImportReader::next_line() {
  std::size_t looked_to = begin_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', looked_to);
    const std::size_t size = (end == std::string::npos ? buffer_.size() : end) - begin_;
    if (size > model::kUserLineBytesMax) {
      line_ += 1;
      return refuse(fmt::format("it has more than {} bytes, which is the limit", model::kUserLineBytesMax),
                    "send lines as `penny export` writes them");
    }
    if (end != std::string::npos) {
      const std::string_view line(buffer_.data() + begin_, size);
      begin_ = end + 1;
      line_ += 1;
      return line;
    }
    if (is_source_at_end_) {
      if (size == 0) return std::optional<std::string_view>();
      line_ += 1;
      return refuse("it has no line end: the file was cut off", "export again");
    }
    buffer_.erase(0, std::exchange(begin_, 0));
    looked_to = buffer_.size();
    buffer_.resize(looked_to + kReadBytes);
    const auto read = source_(std::span(buffer_).subspan(looked_to));
    buffer_.resize(looked_to + (read ? std::min(*read, kReadBytes) : 0));
    if (!read) return std::unexpected(read.error());
    is_source_at_end_ = *read == 0;
  }
}

Result<std::optional<std::variant<model::UserHeader, model::UserLine, model::UserEnd>>> ImportReader::next_parsed() {
  const auto line = next_line();
  if (!line) return std::unexpected(line.error());
  if (!*line) return std::optional<std::variant<model::UserHeader, model::UserLine, model::UserEnd>>();
  auto parsed = model::read_user_line(**line);
  if (!parsed) return std::unexpected(at_line(line_, parsed.error()));
  return std::optional(std::move(*parsed));
}

Result<std::string> ImportReader::begin() {
  auto parsed = next_parsed();
  if (!parsed) return std::unexpected(parsed.error());
  const auto* const header = *parsed ? std::get_if<model::UserHeader>(&**parsed) : nullptr;
  if (header == nullptr) {
    line_ = 1;
    return refuse("it is not the first line of an export", "give a file that `penny export` wrote");
  }
  if (!user_) user_ = header->user;
  if (auto valid = model::validate_user(header->user); !valid) return std::unexpected(at_line(line_, valid.error()));
  if (auto valid = model::validate_user(*user_); !valid) return std::unexpected(valid.error());
  return *user_;
}

Result<std::optional<ImportedBatch>> ImportReader::next() {
  if (is_at_end_) return std::optional<ImportedBatch>();
  ImportedBatch batch;
  std::uint64_t size = 1;
  for (std::uint64_t place = 1; place <= size; ++place) {
    auto parsed = next_parsed();
    if (!parsed) return std::unexpected(parsed.error());
    if (!*parsed)
      return refuse("the file ends after it, without its last line: it was cut off", "export again", "operations");
    if (const auto* const end = std::get_if<model::UserEnd>(&**parsed)) {
      if (place > 1) return refuse("a batch lacks operations", "export again", "batch_size");
      if (auto ended = check_end(*end); !ended) return std::unexpected(ended.error());
      return std::optional<ImportedBatch>();
    }
    auto* const line = std::get_if<model::UserLine>(&**parsed);
    if (line == nullptr) return refuse("a second header", "import one user after the other", "format");
    if (place == 1) {
      size = line->batch_size;
      batch.first_line = line_;
      batch.first_number = line->number;
    }
    if (line->batch_place != place || line->batch_size != size) {
      return refuse(fmt::format("batch_place {} of {}, where {} of {} is expected", line->batch_place, line->batch_size,
                                place, size),
                    "export again", "batch_place");
    }
    if (auto taken = take(*line, batch); !taken) return std::unexpected(taken.error());
  }
  if (auto valid = model::validate(batch.batch); !valid)
    return std::unexpected(at_line(batch.first_line, valid.error()));
  return std::optional(std::move(batch));
}

Result<void> ImportReader::take(model::UserLine& line, ImportedBatch& batch) {
  number_ += 1;
  if (line.number != number_) {
    return refuse(fmt::format("number is {}, where {} is expected", line.number, number_), "export again", "number");
  }
  const bool goes_on = std::holds_alternative<ForgetPreference>(line.operation.payload) && line.batch_size == 1;
  if (line.operation.if_version && !goes_on) {
    return refuse("if_version is for forget_preference alone", "send lines as `penny export` writes them",
                  "if_version");
  }
  if (const auto* const forget = std::get_if<ForgetTurns>(&line.operation.payload);
      forget != nullptr && forget->last_rev > line.number) {
    return refuse(fmt::format("last_number is {}, after the line's own number {}", forget->last_rev, line.number),
                  "send lines as `penny export` writes them", "payload.last_number");
  }
  line.operation.user = *user_;
  if (auto valid = model::validate(line.operation); !valid) return std::unexpected(at_line(line_, valid.error()));
  // Before more is read: what does not fit must not be gathered.
  batch.bytes += model::size_bytes(line.operation);
  if (batch.bytes > limits::kBatchBytesMax) {
    return refuse(fmt::format("the batch has {} bytes or more; the limit is {}", batch.bytes, limits::kBatchBytesMax),
                  "send lines as `penny export` writes them", "batch_size");
  }
  batch.batch.operations.push_back(std::move(line.operation));
  return {};
}

Result<void> ImportReader::check_end(const model::UserEnd& end) {
  if (end.operations != number_) {
    return refuse(fmt::format("operations is {}, but {} are in the file", end.operations, number_), "export again",
                  "operations");
  }
  const auto more = next_line();
  if (!more) return std::unexpected(more.error());
  if (*more) return refuse("something follows the last line of the export", "import one user after the other");
  is_at_end_ = true;
  return {};
}

}  // namespace penny::store
