#include "assistant/model_settings.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::assistant {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::must;
using test::refusal;

class ModelSettings : public testing::Test {
 protected:
  ModelSettings() { set({}); }
  ~ModelSettings() override { set({}); }

  static void set(const std::map<std::string, std::string>& variables) {
    for (const char* name : {"PENNY_MODEL_URL", "PENNY_MODEL", "PENNY_MODEL_KEY"}) {
      const auto found = variables.find(name);
      if (found == variables.end()) {
        ::unsetenv(name);
      } else {
        ::setenv(name, found->second.c_str(), 1);
      }
    }
  }

  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }

  base::TemporaryFolder folder_;
};

TEST_F(ModelSettings, WithoutAnythingNoModelIsConfigured) {
  EXPECT_EQ(must(model_settings(folder_ / "none.toml")), std::nullopt);
  EXPECT_EQ(must(model_settings(file("penny.toml", "[tools]\n"))), std::nullopt);
}

TEST_F(ModelSettings, ComeFromTheFileAndItsKeyFromAFileOfItsOwn) {
  const std::string key = file("key", "sk-1234\n");
  const auto settings = must(model_settings(file("penny.toml",
                                                 "[model]\nbase_url = \"http://127.0.0.1:11434/v1/\"\nname = \"tiny\"\n"
                                                 "connect_seconds = 0.5\nsilence_seconds = 7\nkey_file = \"" +
                                                     key + "\"\n")));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->base_url, "http://127.0.0.1:11434/v1");
  EXPECT_EQ(settings->model, "tiny");
  EXPECT_EQ(settings->key, "sk-1234");
  EXPECT_EQ(settings->connect_max, milliseconds(500));
  EXPECT_EQ(settings->silence_max, milliseconds(7'000));
}

TEST_F(ModelSettings, TheEnvironmentGoesFirstVariableByVariable) {
  const std::string path = file("penny.toml", "[model]\nbase_url = \"http://a/v1\"\nname = \"tiny\"\n");
  set({{"PENNY_MODEL", "large"}, {"PENNY_MODEL_KEY", "k"}});
  const auto settings = must(model_settings(path));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->base_url, "http://a/v1");
  EXPECT_EQ(settings->model, "large");
  EXPECT_EQ(settings->key, "k");
}

TEST_F(ModelSettings, TheExampleIsRight) {
  const std::string path = folder_ / "penny.toml";
  fs::copy_file(PENNY_EXAMPLE_CONFIGURATION, path);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  const auto settings = must(model_settings(path));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->base_url, "http://127.0.0.1:11434/v1");
}

TEST_F(ModelSettings, WhatMakesNoSenseIsRefusedWithItsName) {
  const auto field_of = [&](const std::string& text) {
    return refusal(model_settings(file("penny.toml", text))).message;
  };
  EXPECT_TRUE(field_of("[model]\nbase_url = \"ftp://a\"\nname = \"t\"\n").contains("base_url"));
  EXPECT_TRUE(field_of("[model]\nbase_url = \"http://a/?x\"\nname = \"t\"\n").contains("base_url"));
  EXPECT_TRUE(field_of("[model]\nbase_url = \"http://a\"\n").contains("PENNY_MODEL"));
  EXPECT_TRUE(field_of("[model]\nname = \"t\"\n").contains("PENNY_MODEL_URL"));
  EXPECT_TRUE(field_of("[model]\nnmae = \"t\"\n").contains("nmae"));
  EXPECT_TRUE(field_of("[model]\nbase_url = \"http://a\"\nname = \"t\"\nsilence_seconds = 0\n").contains("silence"));
  set({{"PENNY_MODEL_URL", "http://a"}, {"PENNY_MODEL", "t"}, {"PENNY_MODEL_KEY", "k\r\nX: y"}});
  const Error error = refusal(model_settings(folder_ / "none.toml"));
  EXPECT_TRUE(error.message.contains("PENNY_MODEL_KEY"));
  EXPECT_FALSE(error.message.contains("X: y"));
}

}  // namespace
}  // namespace penny::assistant
