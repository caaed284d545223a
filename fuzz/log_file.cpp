// The write-ahead log of a store that nobody has open, damaged: it is refused as damaged, or what is read of it was written.
//
// Input: a byte of choices, then patches of the log (support/patches.hpp).

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/sqlite/wal_format.hpp"
#include "support/damaged_store.hpp"
#include "support/input.hpp"
#include "support/patches.hpp"
#include "support/prepared_store.hpp"
#include "support/target.hpp"

namespace penny::fuzz {
namespace {

using namespace backend::sqlite;

void put(std::span<std::uint8_t> to, WalChecksum sum) {
  for (unsigned i = 0; i < 4; ++i) {
    to[i] = static_cast<std::uint8_t>(sum.first >> (24 - 8 * i));
    to[4 + i] = static_cast<std::uint8_t>(sum.second >> (24 - 8 * i));
  }
}

// Makes the checksums of all frames right, as a forger would.
void mend_checksums(std::string& log) {
  const std::span bytes(reinterpret_cast<std::uint8_t*>(log.data()), log.size());
  if (bytes.size() < kWalHeaderBytes) return;
  constexpr std::size_t kSumBytes = 8;
  WalChecksum sum = wal_checksum(bytes.first(kWalHeaderBytes - kSumBytes), {});
  put(bytes.subspan(kWalHeaderBytes - kSumBytes, kSumBytes), sum);
  for (std::size_t at = kWalHeaderBytes; at + kWalFrameBytes <= bytes.size(); at += kWalFrameBytes) {
    const auto frame = bytes.subspan(at, kWalFrameBytes);
    sum = wal_checksum(frame.first(kWalFrameSaltsAt), sum);
    sum = wal_checksum(frame.subspan(kWalFrameHeaderBytes), sum);
    put(frame.subspan(kWalFrameSaltsAt + kWalSaltsBytes, kSumBytes), sum);
  }
}

const PreparedStore& prepared() {
  static const PreparedStore store(Log::kFull);
  return store;
}

}  // namespace

void prepare() { (void)prepared(); }

void try_input(Input input) {
  Choices choices(input.byte());
  const bool with_page = choices.next();
  const bool is_forged = choices.next();
  const Questions questions{.has_anchor = with_page,
                            .is_read_only = choices.next(),
                            .reads = choices.next(),
                            .reads_more = choices.next(),
                            .verifies = choices.next(),
                            .writes = choices.next()};
  Image image = prepared().image();
  patch(image.log, input);
  if (is_forged) mend_checksums(image.log);
  prepared().write(image, with_page);
  (void)ask_damaged(prepared(), questions);
}

}  // namespace penny::fuzz
