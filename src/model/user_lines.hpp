#pragma once

// The text form of a user's ledger, for moving it: one JSON object a line. docs/moving.md describes it for others.
//
//   {"format":"penny user","version":1,"user":"cj"}
//   {"number":1,"id":"<uuid>","at":"<time>","origin":"user","channel":"","kind":"append_turn","payload":{...}}
//   {"operations":1}
//
// 1. A number counts the operations of the file from 1, and so does whatever names one (`first_number` of forget_turns).
// 2. JSON that the store keeps (metadata, values of preferences) is a string here, since it is kept byte for byte.
// 3. One value has one text, so that two files are the same bytes if they say the same.
// 4. What is read is a stranger's: strict JSON, known members only, each once, all that are needed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <penny/error.hpp>
#include <penny/operation.hpp>

namespace penny::model {

// No valid line is longer: two texts of 1 MiB, each byte as six characters, and metadata.
inline constexpr std::size_t kUserLineBytesMax = std::size_t{16} << 20;

struct UserHeader {
  std::string user;
};

struct UserLine {
  std::uint64_t number = 0;
  std::uint64_t batch_place = 1;  // in its batch, from 1
  std::uint64_t batch_size = 1;
  bool is_forgotten = false;  // the payload stands for one whose words were forgotten
  // Its user is empty. The revs of a `ForgetTurns` are numbers.
  Operation operation;
};

struct UserEnd {
  std::uint64_t operations = 0;
};

// Without line ends.
[[nodiscard]] std::string text_of(const UserHeader& header);
[[nodiscard]] std::string text_of(const UserLine& line);
[[nodiscard]] std::string text_of(const UserEnd& end);

// `kInvalid` for what is no such line, with the member in `field`; what an operation may hold is for `validate` to say.
[[nodiscard]] Result<std::variant<UserHeader, UserLine, UserEnd>> read_user_line(std::string_view text);

}  // namespace penny::model
