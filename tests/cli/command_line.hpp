#pragma once

// A fixture: a temporary folder with a store, and the program that works on it.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/temporary_folder.hpp"
#include "cli/program.hpp"
#include "test_paths.hpp"

namespace penny::cli {

class CommandLine : public ::testing::Test {
 protected:
  // "penny <words> --store <ours> --user cj"; the options go before a "--" among the words.
  [[nodiscard]] std::vector<std::string> with_store(std::vector<std::string> words) const {
    const auto end = std::find(words.begin(), words.end(), "--");
    const std::vector<std::string> options{"--store", store(), "--user", "cj"};
    words.insert(end, options.begin(), options.end());
    return words;
  }

  Finished penny(std::vector<std::string> words, const Surroundings& surroundings = {}) const {
    return Process(PENNY_TEST_PROGRAM, with_store(std::move(words)), surroundings).finish();
  }

  // The one object that a command prints with --json. Fails the test if the exit code is another one.
  boost::json::object json(std::vector<std::string> words, int exit_code = 0) const {
    words.insert(words.begin() + 1, "--json");
    if (words.size() > 2 && (words[0] == "turn" || words[0] == "session")) std::swap(words[1], words[2]);
    const Finished finished = penny(words);
    EXPECT_EQ(finished.exit_code, exit_code) << finished.out << finished.err;
    EXPECT_EQ(finished.err, "");
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(finished.out, error);
    EXPECT_TRUE(value.is_object()) << finished.out;
    return value.is_object() ? value.get_object() : boost::json::object{};
  }

  static std::string text(const boost::json::value& value) {
    return value.is_string() ? std::string{value.get_string()} : boost::json::serialize(value);
  }

  [[nodiscard]] std::string store() const { return folder_ / "memory.db"; }

  base::TemporaryFolder folder_;
};

}  // namespace penny::cli
