#include "proof/faults/fault.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace penny::proof::faults {
namespace {

constexpr std::uint64_t kDescriptorSteps = 14;
constexpr std::uint64_t kFileSizeSteps = 24;
constexpr std::uint64_t kRoomSteps = 48;
constexpr std::uint64_t kRoomStepBytes = 4096;
constexpr std::uint64_t kFileSizeStepBytes = 1024;
// A storm of signals.
constexpr std::uint64_t kStorm = 50;

std::uint64_t size_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

rlim_t lowered(const Stroke& stroke, const std::string& log) {
  if (stroke.fault->means == Means::kFileSize) {
    return size_of(log) + (stroke.nth - 1) * kFileSizeStepBytes;
  }
  const int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (lowest_free < 0) throw std::runtime_error("no descriptor is free");
  close(lowest_free);
  return static_cast<rlim_t>(lowest_free) + stroke.nth - 1;
}

}  // namespace

const std::vector<Fault>& faults() {
  using enum Manner;
  static const std::vector<Fault> all{
      {.name = "full", .manner = kSpace, .blow = {.call = Call::kWrite, .code = SQLITE_FULL}},
      {.name = "full_half",
       .manner = kSpace,
       .blow = {.call = Call::kWrite, .code = SQLITE_FULL, .harm = Harm::kHalfDone}},
      {.name = "write", .manner = kWriting, .blow = {.call = Call::kWrite, .code = SQLITE_IOERR_WRITE}},
      {.name = "write_half",
       .manner = kWriting,
       .blow = {.call = Call::kWrite, .code = SQLITE_IOERR_WRITE, .harm = Harm::kHalfDone}},
      {.name = "read", .manner = kOther, .blow = {.call = Call::kRead, .code = SQLITE_IOERR_READ}},
      {.name = "read_short",
       .manner = kLie,
       .blow = {.call = Call::kRead, .code = SQLITE_IOERR_SHORT_READ, .harm = Harm::kHalfDone}},
      {.name = "sync", .manner = kSync, .blow = {.call = Call::kSync, .code = SQLITE_IOERR_FSYNC}},
      {.name = "truncate", .manner = kWriting, .blow = {.call = Call::kTruncate, .code = SQLITE_IOERR_TRUNCATE}},
      {.name = "size", .manner = kOther, .blow = {.call = Call::kSize, .code = SQLITE_IOERR_FSTAT}},
      {.name = "lock", .manner = kOther, .blow = {.call = Call::kLock, .code = SQLITE_IOERR_LOCK}},
      {.name = "unlock",
       .manner = kOther,
       .blow = {.call = Call::kUnlock, .code = SQLITE_IOERR_UNLOCK, .harm = Harm::kDone}},
      {.name = "shm_map", .manner = kOther, .blow = {.call = Call::kShmMap, .code = SQLITE_IOERR_SHMMAP}},
      {.name = "shm_open", .manner = kOther, .blow = {.call = Call::kShmMap, .code = SQLITE_IOERR_SHMOPEN}},
      {.name = "shm_grow", .manner = kShmSpace, .blow = {.call = Call::kShmGrow, .code = SQLITE_IOERR_SHMSIZE}},
      {.name = "shm_lock", .manner = kOther, .blow = {.call = Call::kShmLock, .code = SQLITE_IOERR_SHMLOCK}},
      {.name = "shm_unlock",
       .manner = kOther,
       .blow = {.call = Call::kShmUnlock, .code = SQLITE_IOERR_SHMLOCK, .harm = Harm::kDone}},
      {.name = "open", .manner = kAccess, .blow = {.call = Call::kOpen, .code = SQLITE_CANTOPEN}},
      {.name = "access", .manner = kOther, .blow = {.call = Call::kAccess, .code = SQLITE_IOERR_ACCESS}},
      {.name = "delete", .manner = kOther, .blow = {.call = Call::kDelete, .code = SQLITE_IOERR_DELETE}},
      {.name = "full_path", .manner = kAccess, .blow = {.call = Call::kFullPath, .code = SQLITE_CANTOPEN_FULLPATH}},
      {.name = "memory", .manner = kMemory, .blow = {.call = Call::kMemory, .code = SQLITE_NOMEM}},

      {.name = "emfile", .manner = kAccess, .blow = {.call = Call::kSystemOpen, .code = EMFILE}},
      {.name = "open_interrupted",
       .manner = kUnnoticed,
       .blow = {.call = Call::kSystemOpen, .code = EINTR},
       .times_at_most = kStorm},
      {.name = "pread_eio", .manner = kMedium, .blow = {.call = Call::kSystemRead, .code = EIO}},
      {.name = "pread_interrupted",
       .manner = kUnnoticed,
       .blow = {.call = Call::kSystemRead, .code = EINTR},
       .times_at_most = kStorm},
      {.name = "pread_part", .manner = kUnnoticed, .blow = {.call = Call::kSystemRead, .harm = Harm::kHalfDone}},
      {.name = "pwrite_enospc", .manner = kSpace, .blow = {.call = Call::kSystemWrite, .code = ENOSPC}},
      {.name = "pwrite_eio", .manner = kWriting, .blow = {.call = Call::kSystemWrite, .code = EIO}},
      {.name = "pwrite_interrupted",
       .manner = kUnnoticed,
       .blow = {.call = Call::kSystemWrite, .code = EINTR},
       .times_at_most = kStorm},
      {.name = "pwrite_part", .manner = kUnnoticed, .blow = {.call = Call::kSystemWrite, .harm = Harm::kHalfDone}},
      {.name = "ftruncate_eio", .manner = kOther, .blow = {.call = Call::kSystemTruncate, .code = EIO}},
      {.name = "ftruncate_interrupted",
       .manner = kUnnoticed,
       .blow = {.call = Call::kSystemTruncate, .code = EINTR},
       .times_at_most = kStorm},
      {.name = "stat_eio", .manner = kAccess, .blow = {.call = Call::kSystemStat, .code = EIO}},
      {.name = "fcntl_enolck", .manner = kLock, .blow = {.call = Call::kSystemLock, .code = ENOLCK}},
      {.name = "fcntl_eio", .manner = kLock, .blow = {.call = Call::kSystemLock, .code = EIO}},
      {.name = "mmap_enomem", .manner = kOther, .blow = {.call = Call::kSystemMap, .code = ENOMEM}},
      {.name = "folder", .manner = kAccess, .blow = {.call = Call::kSystemFolder, .code = EMFILE}},

      {.name = "room", .means = Means::kRoom, .manner = kSpace},
      {.name = "descriptors", .means = Means::kDescriptors, .manner = kAccess},
      {.name = "file_size", .means = Means::kFileSize, .manner = kWriting},
  };
  return all;
}

const Fault* find_fault(std::string_view name) {
  const auto found = std::ranges::find(faults(), name, &Fault::name);
  return found == faults().end() ? nullptr : &*found;
}

std::uint64_t steps_of(const Fault& fault) {
  switch (fault.means) {
    case Means::kDescriptors:
      return kDescriptorSteps;
    case Means::kFileSize:
      return kFileSizeSteps;
    case Means::kRoom:
      return kRoomSteps;
    default:
      return 0;
  }
}

Blow blow_of(const Stroke& stroke) {
  Blow blow = stroke.fault->blow;
  blow.nth = stroke.nth;
  blow.times = stroke.is_for_ever ? stroke.fault->times_at_most : 1;
  return blow;
}

InForce::InForce(const std::vector<Stroke>& strokes, const std::string& log) {
  std::vector<Blow> blows;
  for (const Stroke& stroke : strokes) {
    if (stroke.fault->means == Means::kBlow) {
      blows.push_back(blow_of(stroke));
      continue;
    }
    if (stroke.fault->means == Means::kRoom) {
      set_room(size_of(log) + stroke.nth * kRoomStepBytes);
      continue;
    }
    resource_ = stroke.fault->means == Means::kDescriptors ? RLIMIT_NOFILE : RLIMIT_FSIZE;
    rlimit limit{};
    getrlimit(static_cast<__rlimit_resource>(resource_), &limit);
    limit_before_ = limit.rlim_cur;
    limit.rlim_cur = lowered(stroke, log);
    if (setrlimit(static_cast<__rlimit_resource>(resource_), &limit) != 0)
      throw std::runtime_error("a limit cannot be lowered");
  }
  arm(blows);
}

InForce::~InForce() { lift(); }

void InForce::lift() {
  disarm();
  set_room(0);
  if (resource_ < 0) return;
  rlimit limit{};
  getrlimit(static_cast<__rlimit_resource>(resource_), &limit);
  limit.rlim_cur = limit_before_;
  setrlimit(static_cast<__rlimit_resource>(resource_), &limit);
  resource_ = -1;
}

}  // namespace penny::proof::faults
