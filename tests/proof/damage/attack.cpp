// The worker: does damages one after the other to copies of the prepared stores, and says on standard output what came of
// each. It may crash or hang; whoever started it sees after which "begin".

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "proof/damage/answers.hpp"
#include "proof/damage/damage.hpp"
#include "proof/damage/damages.hpp"
#include "proof/damage/verdict.hpp"
#include "support/stores.hpp"

namespace penny::proof::damage {
namespace {

bool is_fitting(ErrorCode code) {
  return code == ErrorCode::kDamaged || code == ErrorCode::kNotAStore || code == ErrorCode::kNewerSchema;
}

std::string told(std::string_view where, const Error& error) {
  return fmt::format("{}: {} ({})", where, error.message, to_string(error.code));
}

class Attack {
 public:
  Attack(const std::string& images, std::string folder, std::uint64_t seed)
      : images_(load_images(images)),
        folder_(std::move(folder)),
        path_(folder_ + "/memory.db"),
        seed_(seed),
        targets_(find_targets(images_, folder_)),
        log_(read_log(images_.killed.of(File::kLog))) {
    for (const Base base : {Base::kKilled, Base::kCopied}) {
      const bool is_killed = base == Base::kKilled;
      write_image(is_killed ? images_.killed : images_.copied, path_, false);
      const Store store = test::must(Store::open(path_));
      if (is_killed) subjects_ = subjects_of(store);
      expected_[is_killed ? 0 : 1] = ask_everything(store, subjects_);
    }
  }

  Verdict run(std::uint64_t number) {
    const Damage damage = draw(targets_, images_, seed_, number);
    const Target& target = targets_[damage.target];
    Verdict verdict;
    const auto red = [&](Claim claim, const std::string& why) {
      verdict.reds.push_back({claim, damage.what + "; " + why});
    };
    try {
      write_image(damage.image, path_, target.is_page_gone);
      judge(damage, target, verdict, red);
    } catch (const std::exception& error) {
      red(Claim::kSurvives, fmt::format("an exception: {}", error.what()));
    }
    return verdict;
  }

 private:
  template <class Red>
  void judge(const Damage& damage, const Target& target, Verdict& verdict, Red red) {
    auto opened = Store::open(path_, {.create = false});
    if (!opened) {
      verdict.is_refused = true;
      if (!is_fitting(opened.error().code)) red(Claim::kFits, told("open", opened.error()));
      if (target.must == Must::kBeHarmless) red(Claim::kHarmless, told("open", opened.error()));
      return;
    }
    Store& store = *opened;
    const std::vector<Answer>& expected = expected_[target.base == Base::kKilled ? 0 : 1];
    const std::vector<Answer> answers = ask_everything(store, subjects_);
    std::string changed;  // the first answer that is another one and no error
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const Answer& answer = answers[i];
      if (answer == expected[i]) continue;
      verdict.has_changed = true;
      // "There is no such session" is an answer too.
      const bool is_answered = !answer.error || answer.error == ErrorCode::kNotFound;
      if (is_answered && changed.empty()) changed = answer.question;
      if (is_answered) continue;
      verdict.is_read_refused = true;
      if (!is_fitting(*answer.error))
        red(Claim::kFits, fmt::format("{}: {} ({})", answer.question, answer.text, to_string(*answer.error)));
    }
    const auto report = store.verify();
    verdict.is_found = !report || !report->problems.empty();
    if (!report && !is_fitting(report.error().code)) red(Claim::kFits, told("verify", report.error()));

    const bool may_be_torn =
        target.is_page_gone && !is_provable_without_anchor(log_, target.shape, damage.first_offset);
    if (!changed.empty() && !verdict.is_found && !may_be_torn)
      red(Claim::kFound, fmt::format("\"{}\" is answered otherwise, and verify finds nothing", changed));
    if (target.is_page_gone && !may_be_torn) red(Claim::kRotIsRefused, "the store was opened");
    if (target.must == Must::kBeRefusedIfItCounts && verdict.has_changed)
      red(Claim::kTailIsRefused, fmt::format("the store was opened, and \"{}\" is answered otherwise", changed));
    if (target.must == Must::kBeHarmless && (verdict.has_changed || verdict.is_found))
      red(Claim::kHarmless, verdict.has_changed ? "an answer changed: " + changed : first_problem(report));
    write(store, verdict, red);
  }

  static std::string first_problem(const Result<VerifyReport>& report) {
    if (!report) return told("verify", report.error());
    return report->problems.empty() ? "" : report->problems.front();
  }

  // One batch that touches every table. A store in which nothing is wrong takes it, and is whole afterwards.
  template <class Red>
  void write(Store& store, Verdict& verdict, Red red) {
    Batch batch;
    for (const Subject& subject : {subjects_.front(), Subject{.user = "newcomer", .sessions = {}}}) {
      batch.operations = test::one_of_each(subject.user);
      const auto stored = store.commit(std::move(batch));
      verdict.is_written = stored.has_value();
      if (verdict.is_found) continue;
      if (!stored) red(Claim::kWrites, told("commit", stored.error()));
      if (!stored) return;
      batch = {};
    }
    if (verdict.is_found) return;
    const auto report = store.verify();
    if (!report || !report->problems.empty()) red(Claim::kWrites, "after a commit: " + first_problem(report));
  }

  Images images_;
  std::string folder_;
  std::string path_;
  std::uint64_t seed_;
  std::vector<Target> targets_;
  Log log_;
  std::vector<Subject> subjects_;
  std::vector<Answer> expected_[2];  // of the killed store, of the copied one
};

}  // namespace

int attack(const std::vector<std::string>& arguments) {
  const std::string& folder = arguments.at(1);
  std::filesystem::create_directories(folder);
  const std::uint64_t count = std::stoull(arguments.at(4));
  const std::uint64_t step = std::stoull(arguments.at(5));
  Attack attack(arguments.at(0), folder, std::stoull(arguments.at(2)));
  for (std::uint64_t number = std::stoull(arguments.at(3)); number < count; number += step) {
    fmt::print("begin {}\n", number);
    (void)std::fflush(stdout);
    fmt::print("{}\n", to_line(attack.run(number)));
  }
  fmt::print("done\n");
  (void)std::fflush(stdout);
  return 0;
}

}  // namespace penny::proof::damage
