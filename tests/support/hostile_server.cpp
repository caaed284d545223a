#include "support/hostile_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>

namespace penny::test {

bool HostileServer::Connection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    if (is_ending_) return false;
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 20) != 1) continue;
    const ssize_t some = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (some <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(some));
  }
  return true;
}

bool HostileServer::Connection::pause(int milliseconds) const {
  for (int waited = 0; waited < milliseconds; waited += 20) {
    pollfd gone{.fd = descriptor_, .events = POLLRDHUP, .revents = 0};
    if (::poll(&gone, 1, 20) != 0 || is_ending_) return false;
  }
  return true;
}

void HostileServer::Connection::wait() const {
  while (pause(1'000)) {
  }
}

HostileServer::HostileServer(std::map<std::string, Behaviour> behaviours) : behaviours_(std::move(behaviours)) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (listening_ < 0 || ::bind(listening_, plain, size) != 0 || ::listen(listening_, 64) != 0 ||
      ::getsockname(listening_, plain, &size) != 0)
    throw std::runtime_error("no server on the loopback interface");
  port_ = ntohs(address.sin_port);
  accepting_ = std::jthread([this] { serve(); });
}

HostileServer::~HostileServer() {
  is_ending_ = true;
  accepting_.join();
  connections_.clear();
  ::close(listening_);
}

std::string HostileServer::at(std::string_view path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }

void HostileServer::serve() {
  while (!is_ending_) {
    pollfd ready{.fd = listening_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 20) != 1) continue;
    const int descriptor = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) connections_.emplace_back([this, descriptor] { answer(descriptor); });
  }
}

// How long the whole request is, once its head is there; a client that does not say has no body.
std::size_t length_of(const std::string& request) {
  const std::size_t head = request.find("\r\n\r\n");
  if (head == std::string::npos) return SIZE_MAX;
  const std::size_t said = request.find("\r\nContent-Length: ");
  return head + 4 + (said < head ? std::stoul(request.substr(said + 18)) : 0);
}

void HostileServer::answer(int descriptor) {
  std::string request;
  while (!is_ending_ && request.size() < length_of(request)) {
    pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 20) != 1) continue;
    char part[4096];
    const ssize_t some = ::recv(descriptor, part, sizeof part, 0);
    if (some <= 0) break;
    request.append(part, static_cast<std::size_t>(some));
  }
  if (request.contains("\r\n\r\n")) {
    ++requests_;
    const std::size_t begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find_first_of(" ?", begin) - begin);
    const Connection connection(descriptor, std::move(request), is_ending_);
    const auto behaviour = behaviours_.find(target);
    if (behaviour != behaviours_.end()) {
      behaviour->second(connection);
    } else {
      static_cast<void>(connection.send(http("404 Not Found", "text/plain", "")));
    }
  }
  ::close(descriptor);
}

std::string http(std::string_view status, std::string_view content_type, std::string_view body,
                 std::string_view more_headers) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}", status,
                     content_type, body.size(), more_headers, body);
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  // 16 asks for gzip's own frame.
  if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("no zlib");
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

}  // namespace penny::test
