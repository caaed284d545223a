#include "tools/configuration.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::tools {
namespace {

using namespace std::chrono_literals;
using test::must;
using test::refusal;
using testing::HasSubstr;

class ConfigurationTest : public testing::Test {
 protected:
  std::string write(const std::string& text, const std::string& name = "penny.toml") {
    std::ofstream(folder_ / name) << text;
    std::filesystem::permissions(folder_ / name, std::filesystem::perms(0600));
    return folder_ / name;
  }
  Error refused(const std::string& text) { return refusal(read_configuration(write(text))); }
  void expect_refused(const std::string& text, int line, const std::string& part) {
    const Error error = refused(text);
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << text;
    EXPECT_THAT(error.message, HasSubstr(":" + std::to_string(line) + ":")) << text;
    EXPECT_THAT(error.message, HasSubstr(part)) << text;
    EXPECT_FALSE(error.advice.empty()) << text;
  }

  base::TemporaryFolder folder_;
};

TEST_F(ConfigurationTest, AMissingFileIsTheDefaultConfiguration) {
  const Configuration configuration = must(read_configuration(folder_ / "nowhere/penny.toml"));
  EXPECT_TRUE(configuration.shell.commands.empty());
  EXPECT_TRUE(configuration.web_search.endpoint.empty());
  EXPECT_TRUE(configuration.programs.empty());
}

TEST_F(ConfigurationTest, TakesWhatItsKeysSay) {
  const Configuration configuration = must(read_configuration(write(R"(
[tools]
calls_per_window = 10
deadline_seconds = 2.5
[tools."math.calc"]
window_seconds = 30
[tools."own.tool"]
enabled = false
[web_search]
endpoint = "http://127.0.0.1:8080/search"
endpoint_is_private = true
allowed_hosts = ["example.org"]
[shell]
commands = ["date", "/bin/sh"]
memory_mib = 64
[[tool]]
name = "own.tool"
description = "Tells what it is told."
command = ["/bin/cat", "-u"]
network = true
output = "web"
calls_per_window = 1
[tool.input_schema]
type = "object"
properties = { text = { type = "string", maxLength = 10 } }
required = ["text"]
)")));
  EXPECT_EQ(configuration.all_tools.calls_max, 10U);
  EXPECT_EQ(configuration.all_tools.deadline, 2500ms);
  EXPECT_EQ(configuration.tools.at("math.calc").window, 30s);
  EXPECT_EQ(configuration.web_search.endpoint, "http://127.0.0.1:8080/search");
  EXPECT_TRUE(configuration.web_search.is_endpoint_private);
  EXPECT_EQ(configuration.shell.commands.at("sh"), "/bin/sh");
  EXPECT_THAT(configuration.shell.commands.at("date"), testing::EndsWith("/bin/date"));
  EXPECT_EQ(configuration.shell.program.memory_bytes, std::uint64_t{64} << 20);
  ASSERT_EQ(configuration.programs.size(), 1U);
  const Tool& tool = configuration.programs.front();
  const auto& program = std::get<ToolProgram>(tool.handler);
  EXPECT_EQ(program.command, (std::vector<std::string>{"/bin/cat", "-u"}));
  EXPECT_TRUE(program.has_network);
  EXPECT_EQ(tool.output_origin, Origin::kWeb);
  EXPECT_TRUE(tool.is_output_untrusted);
  EXPECT_FALSE(configuration.tools.at("own.tool").is_enabled);
  EXPECT_EQ(configuration.tools.at("own.tool").calls_max, 1U);
}

TEST_F(ConfigurationTest, TheExampleOfTheDocumentationIsRight) {
  std::ifstream example(PENNY_EXAMPLE_CONFIGURATION);
  ASSERT_TRUE(example.is_open());
  const std::string text{std::istreambuf_iterator<char>(example), {}};
  const Configuration configuration = must(read_configuration(write(text)));
  EXPECT_FALSE(configuration.shell.commands.empty());
  EXPECT_FALSE(configuration.programs.empty());
  EXPECT_FALSE(configuration.web_search.endpoint.empty());
}

TEST_F(ConfigurationTest, RefusesWithFileAndLine) {
  expect_refused("[tools]\ncalls_per_windo = 3\n", 2, "there is no key \"calls_per_windo\" in [tools]");
  expect_refused("\n[surprise]\n", 2, "there is no key \"surprise\"");
  expect_refused("[tools]\ncalls_per_window = 101\n", 2, "must be a whole number 1..100");
  expect_refused("[tools]\ncalls_per_window = -1\n", 2, "must be a whole number 1..100");
  expect_refused("[tools]\ncalls_per_window = \"5\"\n", 2, "must be a whole number 1..100");
  expect_refused("[tools]\ncalls_per_window = 5.0\n", 2, "must be a whole number 1..100");
  expect_refused("[tools]\ndeadline_seconds = nan\n", 2, "must be a number 0.001..600");
  expect_refused("[tools]\ndeadline_seconds = 601\n", 2, "must be a number 0.001..600");
  expect_refused("[tools.\"math.calk\"]\n", 1, "there is no tool \"math.calk\"");
  expect_refused("[tools.math.calc]\nenabled = true\n", 1, "there is no tool \"math\"");
  expect_refused("[tools.\"math.calc\"]\nenabled = 1\n", 2, "must be true or false");
  expect_refused("[web_search]\nendpoint = \"ftp://example.org\"\n", 2, "must be an http or https address");
  expect_refused("[web_search]\nallowed_hosts = [\"http://a\"]\n", 2, "must be names of hosts");
  expect_refused("[shell]\ncommands = [\"date\", \"no-such-program\"]\n", 2, "has no program at its place 2");
  expect_refused("[shell]\ncommands = [\"../bin/date\"]\n", 2, "has no program at its place 1");
  expect_refused("[shell]\ncommands = [\"date\", \"date\"]\n", 2, "there already at its place 2");
  expect_refused("[shell]\ncommands = \"date\"\n", 2, "must be an array");
  expect_refused("[shell]\nreadable_paths = [\"notes\"]\n", 2, "must be absolute paths");
  expect_refused("tool = 1\n", 1, "must be at most 100 tables");
  expect_refused("[[tool]]\nname = \"a\"\n", 1, "is missing");
  expect_refused("a = \n", 1, "this is no TOML");
  expect_refused("[tools]\n[tools]\n", 2, "this is no TOML");
}

TEST_F(ConfigurationTest, RefusesToolsThatTheRegistryWouldRefuse) {
  const auto tool = [](const std::string& name, const std::string& schema) {
    return "[[tool]]\nname = \"" + name +
           "\"\ndescription = \"d\"\ncommand = [\"/bin/cat\"]\ninput_schema = " + schema + "\n";
  };
  EXPECT_TRUE(read_configuration(write(tool("own", "{ type = \"object\" }"))).has_value());
  expect_refused(tool("Own", "{ type = \"object\" }"), 1, "is no name of a tool");
  expect_refused(tool("time.now", "{ type = \"object\" }"), 1, "built-in");
  expect_refused(tool("own", "{ type = \"object\" }") + tool("own", "{ type = \"object\" }"), 6, "already");
  expect_refused(tool("own", "{ \"$ref\" = \"file:///etc/passwd\" }"), 1, "not understood");
  expect_refused(tool("own", "{ default = 1979-05-27 }"), 5, "must be a table of what JSON has");
}

TEST_F(ConfigurationTest, ReadsASchemaFromAFileBesideIt) {
  write(R"({"type":"object"})", "own.json");
  const std::string text =
      "[[tool]]\nname = \"own\"\ndescription = \"d\"\ncommand = [\"/bin/cat\"]\ninput_schema_file = \"own.json\"\n";
  EXPECT_EQ(must(read_configuration(write(text))).programs.at(0).input_schema, R"({"type":"object"})");
  std::filesystem::permissions(folder_ / "own.json", std::filesystem::perms(0666));
  EXPECT_EQ(refused(text).code, ErrorCode::kNoPermission);
}

TEST_F(ConfigurationTest, AFileThatOthersMayWriteIsRefused) {
  const std::string path = write("[tools]\n");
  for (const unsigned mode : {0620U, 0602U, 0666U, 0777U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_EQ(refusal(read_configuration(path)).code, ErrorCode::kNoPermission) << mode;
  }
  for (const unsigned mode : {0600U, 0644U, 0444U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_TRUE(read_configuration(path).has_value()) << mode;
  }
}

TEST_F(ConfigurationTest, AFileThatOthersMayExchangeIsRefused) {
  std::filesystem::create_directory(folder_ / "open");
  const std::string path = write("[tools]\n", "open/penny.toml");
  ASSERT_EQ(::chmod((folder_ / "open").c_str(), 0777), 0);
  EXPECT_EQ(refusal(read_configuration(path)).code, ErrorCode::kNoPermission);
  // A link in it may be exchanged, whatever it leads to.
  const std::string safe = write("[tools]\n");
  std::filesystem::create_symlink(safe, folder_ / "open/link.toml");
  EXPECT_EQ(refusal(read_configuration(folder_ / "open/link.toml")).code, ErrorCode::kNoPermission);
  ASSERT_EQ(::chmod((folder_ / "open").c_str(), 01777), 0);
  EXPECT_TRUE(read_configuration(path).has_value());
  EXPECT_TRUE(read_configuration(folder_ / "open/link.toml").has_value());
}

TEST_F(ConfigurationTest, AFileOfSomebodyElseIsRefused) {
  const std::string path = write("[tools]\n");
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  const Error error = refusal(read_configuration(path));
  EXPECT_EQ(error.code, ErrorCode::kNoPermission);
  EXPECT_THAT(error.message, HasSubstr("belongs to another user (uid 12345)"));
}

TEST_F(ConfigurationTest, APipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "penny.toml").c_str(), 0600), 0);
  EXPECT_EQ(refusal(read_configuration(folder_ / "penny.toml")).code, ErrorCode::kInvalid);
}

TEST_F(ConfigurationTest, NoStringOfTheFileIsPrinted) {
  for (const char* text :
       {"[web_search]\nendpoint = \"ftp://user:s3cret@example.org\"\n",
        "[web_search]\nallowed_hosts = [\"s3cret:x\"]\n", "[shell]\ncommands = [\"s3cret\"]\n",
        "[tools]\ncalls_per_window = \"s3cret\"\n", "a = \"s3cret\n", "a = s3cret\n",
        "[[tool]]\nname = \"a\"\ndescription = \"d\"\ncommand = [\"s3cret\"]\ninput_schema = {type = \"object\"}\n"}) {
    const Error error = refused(text);
    EXPECT_THAT(error.message + error.advice + error.field, testing::Not(HasSubstr("s3cret"))) << text;
  }
}

TEST_F(ConfigurationTest, ItsDefaultPathFollowsTheXdgRules) {
  const char* const home = std::getenv("HOME");
  const std::string home_before = home == nullptr ? "" : home;
  ::setenv("HOME", "/home/somebody", 1);
  ::setenv("XDG_CONFIG_HOME", "/etc/xdg/own", 1);
  EXPECT_EQ(must(default_path()), "/etc/xdg/own/penny/penny.toml");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  EXPECT_EQ(must(default_path()), "/home/somebody/.config/penny/penny.toml");
  ::unsetenv("XDG_CONFIG_HOME");
  EXPECT_EQ(must(default_path()), "/home/somebody/.config/penny/penny.toml");
  ::unsetenv("HOME");
  EXPECT_EQ(refusal(default_path()).code, ErrorCode::kNotFound);
  ::setenv("HOME", home_before.c_str(), 1);
}

}  // namespace
}  // namespace penny::tools
