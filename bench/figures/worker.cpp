// The arguments of worker processes.

#include <sys/prctl.h>

#include <csignal>
#include <stdexcept>

#include <fmt/core.h>

#include "bench/figures/figures.hpp"
#include "bench/figures/workers.hpp"

namespace penny::figures {
namespace {

std::uint32_t number(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text)); }

}  // namespace

void work(const std::vector<std::string>& arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string& what = arguments.at(0);
  const std::string& store = arguments.at(1);
  if (what == "index") return keep_index(store);
  if (what == "open") return open_once(store, arguments.at(2) == "written");
  if (what == "read")
    return read_users(store, number(arguments.at(2)), number(arguments.at(3)), number(arguments.at(4)));
  if (what == "memory") return use_memory(store, number(arguments.at(2)));
  if (what == "backup") return back_up(store, arguments.at(2));
  if (what == "verify") return verify(store);
  if (what == "write") return write_for_ever(store, number(arguments.at(2)));
  if (what == "write-talk") {
    return write_talk(store, {.user = arguments.at(2),
                              .per_second = std::stod(arguments.at(3)),
                              .seed = number(arguments.at(4)),
                              .number = number(arguments.at(5))});
  }
  if (what == "hold-one") return hold_one_read(store);
  if (what == "import") return import_file(store, arguments.at(2), arguments.at(3), std::stod(arguments.at(4)));
  if (what == "hold") {
    return hold_reads(store, arguments.at(2),
                      {.threads = number(arguments.at(3)),
                       .read_ms = number(arguments.at(4)),
                       .rest_ms = number(arguments.at(5)),
                       .seed = number(arguments.at(6)),
                       .is_foreign = arguments.at(7) == "foreign"});
  }
  throw std::runtime_error(fmt::format("there is no worker \"{}\"", what));
}

}  // namespace penny::figures
