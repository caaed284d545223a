#include "tools/sandbox_filter.hpp"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

constexpr std::uint32_t kLow32 = 0xFFFF'FFFF;

// Refused whatever their arguments are.
constexpr std::array kRefused{
    // Other namespaces and file systems.
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(quotactl),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    // Other processes.
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(process_madvise),
    // Memory that no limit counts.
    SCMP_SYS(memfd_create),
    SCMP_SYS(memfd_secret),
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(msgget),
    SCMP_SYS(semget),
    // Much of the kernel for little use.
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(reboot),
    SCMP_SYS(acct),
    SCMP_SYS(syslog),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(vmsplice),
};

// A network namespace holds back the Internet's families only: a machine's host, for example, is reached by AF_VSOCK past it.
constexpr std::array kFamilies{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int kFamiliesMax = 64;

constexpr std::array<std::uint64_t, 7> kNamespaceFlags{CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                                       CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

// What types into a terminal that it was started from.
constexpr std::array<std::uint64_t, 2> kTerminalRequests{TIOCSTI, TIOCLINUX};

bool add_rules(void* filter) {
  bool is_added = true;
  const auto refuse = [&](int call, std::uint32_t error) {
    // A call that this processor does not have needs no rule.
    const int added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), call, 0);
    is_added = is_added && (added == 0 || added == -EDOM);
  };
  const auto refuse_if = [&](int call, scmp_arg_cmp argument) {
    is_added = is_added && seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &argument) == 0;
  };
  for (const int call : kRefused) refuse(call, EPERM);
  // Its flags are in memory, where a filter cannot see them. A C library falls back to clone.
  refuse(SCMP_SYS(clone3), ENOSYS);
  for (const std::uint64_t flag : kNamespaceFlags)
    refuse_if(SCMP_SYS(clone), {.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = flag, .datum_b = flag});
  // The kernel looks at the low half of these arguments only, so must we.
  for (const std::uint64_t request : kTerminalRequests)
    refuse_if(SCMP_SYS(ioctl), {.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = kLow32, .datum_b = request});
  for (int family = 0; family < kFamiliesMax; ++family) {
    if (std::ranges::find(kFamilies, family) != kFamilies.end()) continue;
    refuse_if(SCMP_SYS(socket),
              {.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = kLow32, .datum_b = static_cast<std::uint64_t>(family)});
  }
  return is_added;
}

}  // namespace

Result<Descriptor> sandbox_filter() {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  Descriptor file(::memfd_create("penny-filter", MFD_CLOEXEC));
  const bool is_added = filter && (base::proof::is_planted("sandbox_without_filter") || add_rules(filter.get()));
  if (!is_added || !file.is_open() || seccomp_export_bpf(filter.get(), file.get()) != 0 ||
      ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return base::fail(ErrorCode::kOverloaded, "the filter of system calls cannot be made",
                      "free memory and descriptors, then try again");
  }
  return file;
}

}  // namespace penny::tools
