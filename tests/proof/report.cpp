#include "proof/report.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>
#include <unistd.h>
#include <boost/json.hpp>

namespace penny::proof {
namespace {

using Clock = std::chrono::steady_clock;

std::string escaped_for_xml(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += static_cast<unsigned char>(letter) < 0x20 && letter != '\n' ? ' ' : letter;
    }
  }
  return escaped;
}

}  // namespace

void Report::figure(std::string name, std::string value) {
  figures_.push_back({.name = std::move(name), .value = std::move(value)});
}

void Report::check(const std::string& claim, bool holds, std::string witness) {
  auto known = std::ranges::find(claims_, claim, &Claim::text);
  if (known == claims_.end()) known = claims_.insert(claims_.end(), Claim{.text = claim, .holds = true, .witness = {}});
  if (holds || !known->holds) return;
  known->holds = false;
  known->witness = std::move(witness);
}

bool Report::is_green() const { return !claims_.empty() && std::ranges::all_of(claims_, &Claim::holds); }

std::string Report::text() const {
  std::string text = fmt::format("== {}\n", part_);
  std::size_t width = 0;
  for (const Figure& figure : figures_) width = std::max(width, figure.name.size());
  for (const Figure& figure : figures_) text += fmt::format("   {:<{}}  {}\n", figure.name, width, figure.value);
  for (const Claim& claim : claims_) {
    text += fmt::format("   {}  {}\n", claim.holds ? "holds" : "RED  ", claim.text);
    if (!claim.holds) text += fmt::format("          {}\n", claim.witness);
  }
  if (claims_.empty()) text += "   RED    nothing was checked\n";
  return text;
}

std::string Report::json() const {
  boost::json::object figures;
  for (const Figure& figure : figures_) figures[figure.name] = figure.value;
  boost::json::array claims;
  for (const Claim& claim : claims_) {
    claims.push_back(boost::json::object{{"claim", claim.text}, {"holds", claim.holds}, {"witness", claim.witness}});
  }
  return boost::json::serialize(
      boost::json::object{{"part", part_}, {"is_green", is_green()}, {"figures", figures}, {"claims", claims}});
}

std::string Report::junit() const {
  std::string cases;
  for (const Claim& claim : claims_) {
    cases += fmt::format("<testcase classname=\"proof\" name=\"{}: {}\" status=\"{}\"", escaped_for_xml(part_),
                         escaped_for_xml(claim.text), claim.holds ? "run" : "fail");
    cases +=
        claim.holds ? "/>\n" : fmt::format("><failure message=\"{}\"/></testcase>\n", escaped_for_xml(claim.witness));
  }
  if (claims_.empty())
    cases = fmt::format("<testcase name=\"{}: something is checked\" status=\"fail\"/>\n", escaped_for_xml(part_));
  return fmt::format("<testsuite name=\"proof\">\n{}</testsuite>\n", cases);
}

Progress::Progress(std::string_view what, std::uint64_t total)
    : what_(what), total_(total), is_terminal_(isatty(STDERR_FILENO) == 1), began_(Clock::now()), said_(began_) {}

Progress::~Progress() {
  if (is_terminal_) fmt::print(stderr, "\r\033[K");
}

void Progress::at(std::uint64_t done) {
  done_ = done;
  const auto now = Clock::now();
  if (now - said_ < (is_terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000))) return;
  said_ = now;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  fmt::print(stderr, "{}{}: {} of {}, {:.0f} per second{}", is_terminal_ ? "\r\033[K" : "", what_,
             with_thousands_apart(done), with_thousands_apart(total_), static_cast<double>(done) / seconds,
             is_terminal_ ? "" : "\n");
}

std::string with_thousands_apart(std::uint64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string apart;
  for (std::size_t place = 0; place < digits.size(); ++place) {
    if (place > 0 && (digits.size() - place) % 3 == 0) apart += ',';
    apart += digits[place];
  }
  return apart;
}

}  // namespace penny::proof
