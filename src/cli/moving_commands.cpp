// export, import

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/progress.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

class Export : public Command {
 public:
  void add_options(CLI::App&) override {}

  ExitCode run(Output& output) override {
    // On standard error also with --json: standard output may be what it waits for.
    catch_stop_requests("what was written is not the whole export: export again", false);
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    const auto done = [&] {
      ProgressLine line(output.is_json() || is_terminal);
      const auto sink = [&](std::string_view lines) {
        output.print(is_terminal ? escape_json(lines) : std::string(lines));
        return !output.is_closed();
      };
      const auto progress = [&](const Exported& so_far) {
        line.show(fmt::format("{} of {}", so_far.operations, count_of(so_far.operations_known, "operation")));
        return !is_stop_requested();
      };
      return store->export_user(common.user, sink, {.progress = progress});
    }();
    if (!done) return output.fail(done.error());
    if (done->is_complete || output.is_closed()) return ExitCode::kDone;
    output.note("interrupted: what was written is not the whole export");
    return ExitCode::kTryAgain;
  }
};

// A file, or standard input for "-", as a source of bytes that Ctrl-C ends.
class InputFile {
 public:
  static Result<InputFile> open(const std::string& path) {
    if (path == "-") return InputFile(STDIN_FILENO, "standard input");
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::unexpected(failed(errno, path));
    return InputFile(descriptor, path);
  }
  InputFile(InputFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile() {
    if (descriptor_ > STDERR_FILENO) close(descriptor_);
  }

  // Whether it can be read twice.
  [[nodiscard]] bool is_regular() const {
    struct stat status{};
    return fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode) && lseek(descriptor_, 0, SEEK_CUR) == 0;
  }
  void rewind() const { (void)lseek(descriptor_, 0, SEEK_SET); }

  [[nodiscard]] Result<std::size_t> read(std::span<char> buffer) const {
    for (;;) {
      if (is_stop_requested()) {
        return std::unexpected(Error{.code = ErrorCode::kDeadlineExceeded,
                                     .message = "interrupted",
                                     .advice = "the same command goes on from here",
                                     .field = "interrupted"});
      }
      const ssize_t size = ::read(descriptor_, buffer.data(), buffer.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) return std::unexpected(failed(errno, name_));
    }
  }

 private:
  InputFile(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  static Error failed(int error, const std::string& name) {
    return {.code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kStorageFailed,
            .message = fmt::format("cannot read {}: {}", name, std::generic_category().message(error)),
            .advice = "give a file that `penny export` wrote, or - for standard input",
            .field = "file"};
  }

  int descriptor_;
  std::string name_;
};

class Import : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App& app) override {
    app.add_option("file", path_, "What `penny export` wrote; - reads it from standard input")
        ->type_name("FILE")
        ->required();
    app.add_option("--as", as_user_, "Under this name (default: the one in the file)")->type_name("NAME");
    app.add_flag("--join", is_joined_, "Also into a user who has other operations already, after those");
    app.add_flag("--check", is_check_, "Read all of it and say what is wrong with it; store nothing");
  }

  ExitCode run(Output& output) override {
    catch_stop_requests("the same command goes on from here", output.is_json());
    const auto file = InputFile::open(path_);
    if (!file) return output.fail(file.error());
    const ByteSource source = [&](std::span<char> buffer) { return file->read(buffer); };
    // A file is looked through before anything of it is stored; what comes through a pipe comes once.
    std::optional<ImportSummary> summary;
    if (is_check_ || file->is_regular()) {
      const auto checked = [&] {
        ProgressLine line(output.is_json());
        line.show("looking through the file");
        return Store::check_import(source);
      }();
      if (!checked) return output.fail(checked.error());
      summary = *checked;
    }
    if (is_check_) return tell_check(output, *summary);
    if (summary) file->rewind();
    auto store = open_or_create(common, OpenOptions{}.deadline);
    if (!store) return output.fail(store.error());
    const auto done = [&] {
      ProgressLine line(output.is_json());
      ImportOptions options{.as_user = as_user_, .is_joined = is_joined_, .progress = {}};
      options.progress = [&](const Imported& so_far) {
        line.show(summary ? fmt::format("{} of {}", so_far.operations, count_of(summary->operations, "operation"))
                          : count_of(so_far.operations, "operation"));
        return !is_stop_requested();
      };
      return store->import_user(source, options);
    }();
    if (!done) return output.fail(done.error());
    return tell(output, *done);
  }

 private:
  static ExitCode tell_check(Output& output, const ImportSummary& summary) {
    if (output.is_json()) {
      output.print(boost::json::value(boost::json::object{{"user", summary.user}, {"operations", summary.operations}}));
    } else {
      output.print(
          fmt::format("whole: {} of user {}\n", count_of(summary.operations, "operation"), escape_line(summary.user)));
    }
    return ExitCode::kDone;
  }

  static ExitCode tell(Output& output, const Imported& done) {
    const ExitCode exit_code = done.is_complete ? ExitCode::kDone : ExitCode::kTryAgain;
    if (output.is_json()) {
      output.print(boost::json::value(boost::json::object{{"user", done.user},
                                                          {"operations", done.operations},
                                                          {"already_there", done.already_there},
                                                          {"skipped", done.skipped},
                                                          {"is_complete", done.is_complete}}));
      return exit_code;
    }
    output.print(fmt::format("user {}: {} added, {} there already\n", escape_line(done.user),
                             count_of(done.operations - done.already_there, "operation"), done.already_there));
    if (done.skipped > 0) output.note(fmt::format("{} had nothing left to do", count_of(done.skipped, "operation")));
    if (!done.is_complete) output.note("interrupted: the same command goes on from here");
    return exit_code;
  }

  std::string path_;
  std::optional<std::string> as_user_;
  bool is_joined_ = false;
  bool is_check_ = false;
};

}  // namespace

void add_moving_commands(CLI::App& app, Commands& commands) {
  commands.add<Export>(app, "export", "Write everything of a user as lines of JSON",
                       "penny export --user cj > cj.jsonl");
  commands.add<Import>(app, "import", "Bring in what `export` wrote; run again, it goes on or adds nothing",
                       "penny import cj.jsonl\n  ssh old penny export --user cj | penny import -");
}

}  // namespace penny::cli
