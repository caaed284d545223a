#include "cli/stress/script.hpp"

#include <cstring>
#include <utility>

namespace penny::cli::stress {

// The memory: the header, a text of each user's name, a record of each line, then the bytes of all texts.
struct Script::Header {
  std::uint64_t users;
  std::uint64_t lines;
};

struct Script::Text {
  std::uint64_t offset;  // from the begin of the memory
  std::uint64_t bytes;
};

struct Script::LineRecord {
  std::uint64_t user;
  std::uint64_t modality;
  Text user_input;
  Text assistant_response;
};

Result<Script> Script::make(const Conversations& conversations) {
  std::size_t end =
      sizeof(Header) + conversations.users.size() * sizeof(Text) + conversations.lines.size() * sizeof(LineRecord);
  std::size_t size = end;
  for (const auto& user : conversations.users) size += user.size();
  for (const auto& line : conversations.lines) size += line.user_input.size() + line.assistant_response.size();
  auto memory = SharedMemory::make("penny-script", size);
  if (!memory) return std::unexpected(memory.error());

  std::byte* const begin = memory->bytes();
  const auto put = [&](const std::string& text) {
    const Text place{.offset = end, .bytes = text.size()};
    std::memcpy(begin + end, text.data(), text.size());
    end += text.size();
    return place;
  };
  *reinterpret_cast<Header*>(begin) = {.users = conversations.users.size(), .lines = conversations.lines.size()};
  auto* user_record = reinterpret_cast<Text*>(begin + sizeof(Header));
  for (const auto& user : conversations.users) *user_record++ = put(user);
  auto* line_record = reinterpret_cast<LineRecord*>(user_record);
  for (const auto& line : conversations.lines) {
    *line_record++ = {.user = line.user,
                      .modality = static_cast<std::uint64_t>(line.modality),
                      .user_input = put(line.user_input),
                      .assistant_response = put(line.assistant_response)};
  }
  return Script(*std::move(memory));
}

const Script::Header& Script::header() const { return *reinterpret_cast<const Header*>(memory_.bytes()); }

const Script::Text* Script::user_records() const {
  return reinterpret_cast<const Text*>(memory_.bytes() + sizeof(Header));
}

const Script::LineRecord* Script::line_records() const {
  return reinterpret_cast<const LineRecord*>(user_records() + header().users);
}

std::string_view Script::text(const Text& place) const {
  return {reinterpret_cast<const char*>(memory_.bytes() + place.offset), place.bytes};
}

std::size_t Script::users() const { return header().users; }
std::size_t Script::lines() const { return header().lines; }
std::string_view Script::user(std::size_t user) const { return text(user_records()[user]); }
std::string_view Script::user_input(std::size_t line) const { return text(line_records()[line].user_input); }
std::string_view Script::assistant_response(std::size_t line) const {
  return text(line_records()[line].assistant_response);
}

std::vector<std::uint32_t> Script::lines_of(std::size_t user, Modality modality) const {
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> spoken;
  for (std::uint32_t line = 0; line < lines(); ++line) {
    const LineRecord& record = line_records()[line];
    if (record.user != user) continue;
    all.push_back(line);
    if (record.modality == static_cast<std::uint64_t>(modality)) spoken.push_back(line);
  }
  return spoken.empty() ? all : spoken;
}

}  // namespace penny::cli::stress
