#pragma once

// A web server on the loopback interface that behaves as badly as it is asked to: the path says how. A thread per connection; all
// of them end with the server.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace penny::test {

class HostileServer {
 public:
  // Writes to the connection; false from `send` (the client is gone, or the server ends) should end it.
  class Connection {
   public:
    Connection(int descriptor, std::string request, const std::atomic<bool>& is_ending)
        : descriptor_(descriptor), request_(std::move(request)), is_ending_(is_ending) {}
    [[nodiscard]] bool send(std::string_view bytes) const;
    // Until the client goes away or the server ends.
    void wait() const;
    // False: it ends.
    [[nodiscard]] bool pause(int milliseconds) const;
    [[nodiscard]] const std::string& request() const { return request_; }

   private:
    int descriptor_;
    std::string request_;
    const std::atomic<bool>& is_ending_;
  };
  using Behaviour = std::function<void(const Connection&)>;

  explicit HostileServer(std::map<std::string, Behaviour> behaviours);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string at(std::string_view path) const;  // "http://127.0.0.1:port/path"
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void serve();
  void answer(int descriptor);

  std::map<std::string, Behaviour> behaviours_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::atomic<int> requests_ = 0;
  std::vector<std::jthread> connections_;  // of the accepting thread alone until it ended
  std::jthread accepting_;
};

// A whole answer.
[[nodiscard]] std::string http(std::string_view status, std::string_view content_type, std::string_view body,
                               std::string_view more_headers = {});
[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace penny::test
