// Hostile programs in a real sandbox: what each could do, and how long until nothing of it was left.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "support/sandbox.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

using std::chrono::milliseconds;
constexpr std::uint64_t kMegabyte = 1U << 20U;

TEST(SandboxHostile, AForkBombStaysWithinItsProcesses) {
  tools::SandboxLimits limits;
  limits.processes = 20;
  const Ran ran = run_marked(python("import os\n"
                                    "while True:\n"
                                    "  try: os.fork()\n"
                                    "  except OSError: pass\n"),
                             limits);
  expect_ended_by_deadline(ran);
  // The look from outside sees bubblewrap too, and its words are the program's.
  EXPECT_LE(ran.most, limits.processes + 2);
  EXPECT_GT(ran.most, 10U);  // it did fork
  record("fork bomb", fmt::format("{} processes at most, 20 allowed", ran.most - 1), ran);
}

TEST(SandboxHostile, AChildInASessionOfItsOwnGoesToo) {
  const Ran ran =
      run_marked(python("import os, time\n"
                        "if os.fork() == 0: os.setsid()\n"
                        "time.sleep(1000)\n"));
  expect_ended_by_deadline(ran);
  record("setsid child", "ran until the deadline", ran);
}

TEST(SandboxHostile, ADaemonGoesWithTheProgramThatBeganIt) {
  const Ran ran =
      run_marked(python("import os, time\n"
                        "if os.fork() == 0:\n"
                        "  os.setsid()\n"
                        "  if os.fork() == 0: time.sleep(1000)\n"
                        "  os._exit(0)\n"
                        "print('began')\n"));
  expect_says(ran, "began\n");
  record("double fork, and the program ends", "the grandchild was killed when the program had ended", ran);
}

TEST(SandboxHostile, OneThatIgnoresEverySignalGoesToo) {
  const Ran ran =
      run_marked(python("import signal, time\n"
                        "for number in range(1, 65):\n"
                        "  try: signal.signal(number, signal.SIG_IGN)\n"
                        "  except (OSError, ValueError): pass\n"
                        "while True: time.sleep(1000)\n"));
  expect_ended_by_deadline(ran);
  record("ignores SIGTERM and all others", "ran until the deadline", ran);
}

TEST(SandboxHostile, AFileEndsAtItsLimit) {
  tools::SandboxLimits limits;
  limits.file_bytes = 16 * kMegabyte;
  const Ran ran = run_marked(python("import os\n"
                                    "file = os.open('/tmp/big', os.O_CREAT | os.O_WRONLY)\n"
                                    "written = 0\n"
                                    "try:\n"
                                    "  while written < 10 << 30: written += os.write(file, b'x' * (1 << 20))\n"
                                    "except OSError as wrong: print(written >> 20, wrong.errno)\n"),
                             limits, milliseconds(10'000));
  expect_says(ran, "16 27\n");  // EFBIG
  record("writes 10 GB into one file", "16 MB, then EFBIG", ran);
}

TEST(SandboxHostile, ManyFilesEndAtTheSizeOfTheScratchSpace) {
  tools::SandboxLimits limits;
  limits.scratch_bytes = 32 * kMegabyte;
  const Ran ran = run_marked(
      python("import os\n"
             "written = 0\n"
             "try:\n"
             "  for number in range(10 << 10):\n"
             "    with open(f'/tmp/{number}', 'wb', buffering=0) as file: written += file.write(b'x' * (1 << 20))\n"
             "except OSError as wrong: print(written >> 20, wrong.errno)\n"),
      limits, milliseconds(10'000));
  expect_says(ran, "32 28\n");  // ENOSPC
  record("writes 10 GB into many files", "32 MB, then ENOSPC", ran);
}

TEST(SandboxHostile, MemoryEndsAtItsLimit) {
  tools::SandboxLimits limits;
  limits.memory_bytes = 256 * kMegabyte;
  const Ran ran = run_marked(python("kept = []\n"
                                    "try:\n"
                                    "  for _ in range(10 << 10): kept.append(bytearray(b'x' * (1 << 20)))\n"
                                    "except MemoryError: print(len(kept) < 256 and len(kept) > 64)\n"),
                             limits, milliseconds(10'000));
  expect_says(ran, "True\n");
  record("allocates 10 GB", "less than 256 MB, then no memory", ran);
}

TEST(SandboxHostile, OneThatPrintsForEverIsCut) {
  tools::SandboxLimits limits;
  limits.output_bytes = 10'000;
  limits.error_bytes = 100;
  const Ran ran = run_marked(python("import os\n"
                                    "while True: os.write(1, b'x' * 65536); os.write(2, b'y' * 65536)\n"),
                             limits);
  expect_ended_by_deadline(ran);
  EXPECT_EQ(ran.result->output, std::string(10'000, 'x'));
  EXPECT_EQ(ran.result->errors, std::string(100, 'y'));
  EXPECT_TRUE(ran.result->is_output_cut);
  EXPECT_TRUE(ran.result->are_errors_cut);
  record("prints for ever", "10,000 bytes kept, the rest dropped", ran);
}

TEST(SandboxHostile, OneThatNeverReadsDoesNotHoldItsCaller) {
  const Ran ran =
      run_marked(python("import time\ntime.sleep(1000)\n"), {}, milliseconds(1'000), std::string(4 * kMegabyte, 'x'));
  expect_ended_by_deadline(ran);
  EXPECT_FALSE(ran.result->is_input_taken);
  record("never reads its input of 4 MB", "not written beyond the pipe", ran);
}

TEST(SandboxHostile, OneThatClosesItsInputKillsNobody) {
  const Ran ran = run_marked(python("import os\nos.close(0)\nprint('closed')\n"), {}, milliseconds(5'000),
                             std::string(4 * kMegabyte, 'x'));
  expect_says(ran, "closed\n");  // and this process had no SIGPIPE
  EXPECT_FALSE(ran.result->is_input_taken);
  record("closes its input", "the rest was not written; no SIGPIPE", ran);
}

TEST(SandboxHostile, OneThatClosesItsOutputIsStillWatched) {
  const Ran ran = run_marked(
      python("import os, time\nprint('bye', flush=True)\nfor number in 0, 1, 2: os.close(number)\ntime.sleep(1000)\n"));
  expect_ended_by_deadline(ran);
  EXPECT_EQ(ran.result->output, "bye\n");
  record("closes its output and goes on", "ran until the deadline", ran);
}

// A listener of ours on loopback. Says whether anybody came.
class Listener {
 public:
  explicit Listener(int type) : socket_(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(socket_, 8), 0);
    }
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] bool has_been_called() const {
    char byte = 0;
    const int peer = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer >= 0) ::close(peer);
    return peer >= 0 || ::recv(socket_, &byte, 1, 0) == 1;
  }

 private:
  int socket_;
  int port_ = 0;
};

tools::Program caller_of(const Listener& stream, const Listener& datagrams) {
  return python(fmt::format(
      "import socket\n"
      "def attempt(name, call):\n"
      "  try: call(); print(name, 'done')\n"
      "  except OSError: print(name, 'refused')\n"
      "attempt('tcp', lambda: socket.create_connection(('127.0.0.1', {}), 1))\n"
      "attempt('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {})))\n"
      "attempt('far', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))\n"
      "attempt('vsock', lambda: socket.socket(socket.AF_VSOCK))\n"
      "attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))\n",
      stream.port(), datagrams.port()));
}

TEST(SandboxHostile, TheNetworkIsNotThere) {
  const Listener stream(SOCK_STREAM);
  const Listener datagrams(SOCK_DGRAM);
  const Ran ran = run_marked(caller_of(stream, datagrams), {}, milliseconds(5'000));
  // Its own loopback takes a datagram and delivers it to nobody.
  expect_says(ran, "tcp refused\nudp done\nfar refused\nvsock refused\npacket refused\n");
  EXPECT_FALSE(stream.has_been_called());
  EXPECT_FALSE(datagrams.has_been_called());
  record("opens the network", "TCP, UDP, vsock and raw packets reached nobody", ran);
}

TEST(SandboxHostile, TheNetworkIsThereIfAllowed) {
  const Listener stream(SOCK_STREAM);
  const Listener datagrams(SOCK_DGRAM);
  tools::SandboxLimits limits;
  limits.has_network = true;
  const Ran ran = run_marked(caller_of(stream, datagrams), limits, milliseconds(5'000));
  expect_nothing_left(ran);
  EXPECT_TRUE(stream.has_been_called());
  EXPECT_TRUE(datagrams.has_been_called());
  EXPECT_NE(ran.result->output.find("vsock refused\npacket refused\n"), std::string::npos) << ran.result->output;
}

TEST(SandboxHostile, ReadsNeitherTheStoreNorAnEnvironmentNorOthersFiles) {
  const base::TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const std::string store = folder / "memory.db";
  std::ofstream(store) << "canary of the store";
  ASSERT_EQ(::setenv("PENNY_TEST_CANARY", "canary of the environment", 1), 0);
  const Ran ran = run_marked(python(fmt::format("import glob, os\n"
                                                "for path in ['{}', '/etc/shadow', '/etc/passwd', '/root', '/home', "
                                                "'/var', '/sys', '/proc/1/root/etc/shadow']:\n"
                                                "  if os.path.exists(path): print('sees', path)\n"
                                                "for path in glob.glob('/proc/[0-9]*/environ'):\n"
                                                "  try:\n"
                                                "    with open(path, 'rb') as file:\n"
                                                "      if b'canary' in file.read(): print('read', path)\n"
                                                "  except OSError: pass\n"
                                                "if len(glob.glob('/proc/[0-9]*')) > 4: print('sees processes')\n"
                                                "print(sorted(set(os.environ) - {{'LC_CTYPE'}}))\n",
                                                store)),
                             {}, milliseconds(5'000));
  ASSERT_EQ(::unsetenv("PENNY_TEST_CANARY"), 0);
  expect_says(ran, "['HOME', 'LANG', 'PATH', 'PWD']\n");
  record("reads the store's file and environments", "found neither", ran);
}

TEST(SandboxHostile, GetsTheVariablesAndPathsThatAreNamedAndNoOthers) {
  const base::TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::ofstream(folder / "lent") << "lent";
  ASSERT_EQ(::setenv("PENNY_TEST_GIVEN", "given", 1), 0);
  tools::Program program =
      python(fmt::format("import os\n"
                         "print(os.environ['PENNY_TEST_GIVEN'], open('{0}/lent').read())\n"
                         "try: open('{0}/new', 'w')\n"
                         "except OSError as wrong: print(wrong.errno)\n",
                         folder.path()));
  program.environment = {"PENNY_TEST_GIVEN", "PENNY_TEST_IS_NOT_SET"};
  program.readable_paths = {folder.path()};
  const Ran ran = run_marked(program, {}, milliseconds(5'000));
  ASSERT_EQ(::unsetenv("PENNY_TEST_GIVEN"), 0);
  expect_says(ran, "given lent\n30\n");  // EROFS
}

TEST(SandboxHostile, InheritsNoDescriptor) {
  const base::TemporaryFolder folder;
  const int leaky = ::open((folder / "secret").c_str(), O_CREAT | O_RDWR, 0600);  // without close-on-exec
  const int high = ::dup2(leaky, 200);
  const Ran ran = run_marked(python("import os\n"
                                    "open_ones = []\n"
                                    "for number in range(1024):\n"
                                    "  try: os.fstat(number); open_ones.append(number)\n"
                                    "  except OSError: pass\n"
                                    "print(open_ones, sorted(os.listdir('/proc/1/fd')))\n"),
                             {}, milliseconds(5'000));
  ::close(leaky);
  ::close(high);
  expect_nothing_left(ran);
  EXPECT_TRUE(ran.result->output.starts_with("[0, 1, 2] ['0', '1', '2'")) << ran.result->output << ran.result->errors;
  EXPECT_EQ(ran.result->output.find("200"), std::string::npos) << ran.result->output;
  record("uses inherited descriptors", "there were only its own three", ran);
}

TEST(SandboxHostile, CannotChangeItsSandbox) {
  // Numbers of system calls differ between processors, so most are tried by the C library's names.
  const Ran ran = run_marked(
      python(
          "import ctypes, os, resource, platform\n"
          "libc = ctypes.CDLL(None, use_errno=True)\n"
          "def attempt(name, call):\n"
          "  try:\n"
          "    if call() not in (-1, None, 'no'): print(name, 'succeeded')\n"
          "  except (OSError, ValueError, PermissionError): pass\n"
          "attempt('mount', lambda: libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))\n"
          "attempt('remount', lambda: libc.mount(None, b'/usr', None, 4128, None))\n"
          "attempt('umount', lambda: libc.umount2(b'/proc', 2))\n"
          "attempt('unshare user', lambda: libc.unshare(0x10000000))\n"
          "attempt('unshare mount', lambda: libc.unshare(0x20000))\n"
          "attempt('unshare files', lambda: libc.unshare(0x400))\n"
          "attempt('setns', lambda: libc.setns(os.open('/proc/1/ns/mnt', 0), 0))\n"
          "attempt('chroot', lambda: libc.chroot(b'/tmp'))\n"
          "attempt('setuid', lambda: libc.setuid(0))\n"
          "attempt('setgid', lambda: libc.setgid(0))\n"
          "attempt('ptrace', lambda: libc.ptrace(16, 1, 0, 0))\n"
          "attempt('ptrace me', lambda: libc.ptrace(0, 0, 0, 0))\n"
          "attempt('memfd', lambda: libc.memfd_create(b'x', 0))\n"
          "attempt('shmget', lambda: libc.shmget(0, 4096, 0o1600))\n"
          "attempt('mq_open', lambda: ctypes.CDLL('librt.so.1', use_errno=True).mq_open(b'/x', 0o102, 0o600, None))\n"
          "attempt('hostname', lambda: libc.sethostname(b'x', 1))\n"
          "attempt('processes', lambda: resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999)) or 'no' if False else\n"
          "        (resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999)), 1)[1])\n"
          "attempt('memory', lambda: (resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)), 1)[1])\n"
          "attempt('write /usr', lambda: os.open('/usr/x', os.O_CREAT | os.O_WRONLY))\n"
          "attempt('write /', lambda: os.open('/x', os.O_CREAT | os.O_WRONLY))\n"
          "attempt('write /dev/shm', lambda: os.open('/dev/shm/x', os.O_CREAT | os.O_WRONLY))\n"
          "attempt('write /proc/sys', lambda: os.write(os.open('/proc/sys/kernel/hostname', os.O_WRONLY), b'x'))\n"
          "attempt('memory of 1', lambda: os.read(os.open('/proc/1/mem', os.O_RDONLY), 1) and 1)\n"
          "if platform.machine() == 'x86_64':\n"
          "  calls = {'keyctl': 250, 'add_key': 248, 'bpf': 321, 'perf_event_open': 298, 'io_uring_setup': 425, "
          "'userfaultfd': 323,\n"
          "           'clone3': 435, 'x32 getpid': 0x40000027}\n"
          "  for name, number in calls.items():\n"
          "    if os.fork() == 0:\n"
          "      if libc.syscall(number, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() not in (1, 38): print(name, "
          "ctypes.get_errno())\n"
          "      os._exit(0)\n"
          "    os.wait()\n"
          "status = dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in "
          "line)\n"
          "print(status['CapEff'], status['CapBnd'], status['NoNewPrivs'], status['Seccomp'])\n"),
      {}, milliseconds(5'000));
  expect_says(ran, "0000000000000000 0000000000000000 1 2\n");
  record("changes its sandbox (mount, unshare, chroot, setuid, ptrace, ...)", "each was refused", ran);
}

TEST(SandboxHostile, KillsNobodyOutside) {
  const Ran ran =
      run_marked(python("import os, signal, time\n"
                        "for victim in -1, 1, os.getppid():\n"
                        "  for number in signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM:\n"
                        "    try: os.kill(victim, number)\n"
                        "    except OSError: pass\n"
                        "print('alive', flush=True)\n"
                        "time.sleep(1000)\n"));
  expect_ended_by_deadline(ran);
  EXPECT_EQ(ran.result->output, "alive\n");
  record("kill -9 -1, and its parent", "nobody died; ran until the deadline", ran);
}

// Measured without that limit: 310,000 files in 3 s, and more than 200 ms until they were gone.
TEST(SandboxHostile, ManySmallFilesEndAtTheirLimit) {
  tools::SandboxLimits limits;
  limits.scratch_files = 1'000;
  const Ran ran = run_marked(python("import os, time\n"
                                    "count = 0\n"
                                    "try:\n"
                                    "  while True:\n"
                                    "    os.close(os.open(f'/tmp/{count}', os.O_CREAT | os.O_WRONLY))\n"
                                    "    count += 1\n"
                                    "except OSError as wrong: print(count, wrong.errno, flush=True)\n"
                                    "time.sleep(1000)\n"),
                             limits, milliseconds(3'000));
  expect_ended_by_deadline(ran);
  EXPECT_EQ(ran.result->output, "999 28\n");  // ENOSPC; the folder is one
  record("fills /tmp with small files", "999 files, then ENOSPC; ran until the deadline", ran);
}

TEST(SandboxHostile, OneThatCountsForEverEndsAtItsCpuLimit) {
  tools::SandboxLimits limits;
  limits.cpu_seconds = 1;
  const Ran ran = run_marked(python("while True: pass\n"), limits, milliseconds(20'000));
  expect_nothing_left(ran);
  EXPECT_EQ(ran.result->end, tools::ProgramEnd::kSignal);
  EXPECT_EQ(ran.result->code, SIGKILL);
  record("counts for ever", "killed after 1 s of CPU", ran);
}

}  // namespace
}  // namespace penny::test
