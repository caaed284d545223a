// What a stranger's file is told when it is imported.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"
#include "support/whole_user.hpp"

namespace penny::test {
namespace {

using ::testing::HasSubstr;

TEST(Moving, WhatIsWrongWithAFileIsToldWithItsLine) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::string header = "{\"format\":\"penny user\",\"version\":1,\"user\":\"cj\"}\n";
  const std::string id = OperationId::make().to_string();
  const std::string other_id = OperationId::make().to_string();
  const auto line = [&](const std::string& number, const std::string& rest, const std::string& of_id) {
    return "{\"number\":" + number + ",\"id\":\"" + of_id +
           "\",\"at\":\"2026-01-01T00:00:00Z\",\"origin\":\"user\",\"channel\":\"\"," + rest + "}\n";
  };
  const std::string fact = "\"kind\":\"remember_fact\",\"payload\":{\"text\":\"a\",\"confidence\":1}";
  const std::string end = "{\"operations\":1}\n";
  struct Case {
    std::string text;
    std::string message;
    std::string field;
  };
  const std::vector<Case> cases{
      {"", "line 1: it is not the first line", "lines[1]"},
      {"\n", "line 1: it is not JSON", "lines[1]"},
      {end, "line 1: it is not the first line", "lines[1]"},
      {"{\"format\":\"penny user\",\"version\":2,\"user\":\"cj\"}\n", "this program reads version 1",
       "lines[1].version"},
      {"{\"format\":\"penny user\",\"version\":1,\"user\":\"\"}\n", "user has 0 bytes", "lines[1].user"},
      {"{\"format\":\"penny user\",\"version\":1,\"user\":7}\n", "user is not a string", "lines[1].user"},
      {header, "cut off", "lines[1].operations"},
      {header + line("1", fact, id), "cut off", "lines[2].operations"},
      {header + line("1", fact, id).substr(0, 60), "line 2: it has no line end", "lines[2]"},
      {header + line("2", fact, id), "number is 2, where 1 is expected", "lines[2].number"},
      {header + line("-1", fact, id), "number is not a whole number", "lines[2].number"},
      {header + line("1", fact, "nonsense"), "id is not a UUID", "lines[2].id"},
      {header + line("1", "\"kind\":\"erase_user\",\"payload\":{}", id), "never imported", "lines[2].kind"},
      {header + line("1", "\"kind\":\"burn\",\"payload\":{}", id), "no kind of operation", "lines[2].kind"},
      {header + line("1", "\"kind\":\"end_session\"", id), "payload is missing", "lines[2].payload"},
      {header + line("1", "\"kind\":\"end_session\",\"payload\":[]", id), "\"payload\" is an array",
       "lines[2].payload"},
      {header + line("1", "\"kind\":\"end_session\",\"payload\":{\"session\":{}}", id), "JSON", "lines[2]"},
      {header + line("1", "\"kind\":\"end_session\",\"payload\":{\"sesion\":\"a\"}", id), "no member",
       "lines[2].payload.sesion"},
      {header + line("1", "\"kind\":\"forget_fact\",\"payload\":{\"fact\":\"x\"}", id), "payload.fact is not a UUID",
       "lines[2].payload.fact"},
      {header + line("1", "\"x\":1," + fact, id), "x is no member", "lines[2].x"},
      {header + line("1", "\"number\":1," + fact, id), "\"number\" is there twice", "lines[2].number"},
      {header + line("1", "\"batch_place\":1,\"batch_size\":65," + fact, id), "must be in 1..64",
       "lines[2].batch_size"},
      {header + line("1", "\"batch_place\":2,\"batch_size\":2," + fact, id), "1 of 2 is expected",
       "lines[2].batch_place"},
      {header + line("1", "\"batch_place\":1,\"batch_size\":2," + fact, id) + end, "a batch lacks",
       "lines[3].batch_size"},
      {header + line("1", "\"batch_place\":1,\"batch_size\":2," + fact, id) +
           line("2", "\"batch_place\":2,\"batch_size\":2," + fact, id),
       "line 2: id: operations[1] has the id", "lines[2].id"},
      {header + line("1", "\"if_version\":0," + fact, id), "if_version is for", "lines[2].if_version"},
      {header + line("1", "\"kind\":\"remember_fact\",\"payload\":{\"text\":\"a\",\"confidence\":1.5}", id),
       "confidence is 1.5; it must be in 0..1", "lines[2].confidence"},
      {header + line("1", "\"kind\":\"remember_fact\",\"payload\":{\"text\":\"a\",\"confidence\":1e999}", id), "finite",
       "lines[2].confidence"},
      {header + line("1",
                     "\"kind\":\"remember_fact\",\"payload\":{\"text\":\"" +
                         std::string(limits::kTextBytesMax + 1, 'x') + "\",\"confidence\":1}",
                     id),
       "text has 1048577 bytes; the limit is 1048576", "lines[2].text"},
      {header + line("1", "\"kind\":\"remember_fact\",\"payload\":{\"text\":\"a\\u0000\",\"confidence\":1}", id),
       "text holds a NUL", "lines[2].text"},
      {header + line("1", "\"kind\":\"remember_fact\",\"payload\":{\"text\":\"\xff\",\"confidence\":1}", id),
       "line 2: ", "lines[2]"},
      {header + line("1", "\"kind\":\"forget_turns\",\"payload\":{\"first_number\":1,\"last_number\":9999}", id),
       "last_number is 9999", "lines[2].payload.last_number"},
      {header + line("1", "\"kind\":\"forget_turns\",\"payload\":{\"first_number\":0,\"last_number\":1}", id),
       "the first rev is 1 or more", "lines[2].first_rev"},
      {header + std::string(17 << 20, 'x'), "line 2: it has more than 16777216 bytes", "lines[2]"},
      {header + line("1", fact, id) + "{\"operations\":2}\n", "operations is 2, but 1 are", "lines[3].operations"},
      {header + line("1", fact, id) + end + header, "something follows", "lines[4]"},
      {header + line("1", fact, id) + header, "a second header", "lines[3].format"},
  };
  for (const Case& wrong : cases) {
    SCOPED_TRACE(wrong.text.substr(0, 400));
    const Error checked = refusal(Store::check_import(source_of(wrong.text)));
    EXPECT_EQ(checked.code, ErrorCode::kInvalid);
    EXPECT_THAT(checked.message, HasSubstr(wrong.message));
    EXPECT_EQ(checked.field, wrong.field);
    EXPECT_FALSE(checked.advice.empty());
  }
  // Nothing of a line that is wrong is stored, and what came before it is.
  const std::string half = header + line("1", fact, id) + line("2", "\"kind\":\"burn\",\"payload\":{}", other_id);
  EXPECT_EQ(refusal(import_text(store, half)).field, "lines[3].kind");
  EXPECT_EQ(must(store.changes("cj")).rev, 1U);
  // What the rules refuse is told with its line, too, and those before it are stored.
  const std::string refused = header + line("1", fact, id) +
                              line("2", "\"kind\":\"forget_turn\",\"payload\":{\"turn\":\"" + id + "\"}", other_id) +
                              "{\"operations\":2}\n";
  const Error not_found = refusal(import_text(store, refused));
  EXPECT_EQ(not_found.code, ErrorCode::kNotFound);
  EXPECT_EQ(not_found.field, "lines[3].turn");
  // An id twice in one file.
  const std::string twice = header + line("1", fact, id) + line("2", fact, id) + "{\"operations\":2}\n";
  EXPECT_EQ(refusal(import_text(store, twice)).field, "lines[3].id");
  EXPECT_EQ(must(store.changes("cj")).rev, 1U);
  // A header of a name that cannot be.
  EXPECT_EQ(refusal(import_text(store, half, {.as_user = ""})).code, ErrorCode::kInvalid);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
