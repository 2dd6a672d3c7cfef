#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lakehouse::io {

/// What a client sent.
struct SeenRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
};

/// What it gets.
struct Script {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool reset = false;        ///< close without an answer
  size_t cut = 0;            ///< leave so many bytes of the body out and close
  bool close_after = false;  ///< close after the answer, without saying so
};

/// An HTTP server on a loopback port whose answers a test writes. Each connection has a thread.
class ScriptedServer {
 public:
  using Handler = std::function<Script(const SeenRequest&)>;

  explicit ScriptedServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { Accept(); });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    for (const int connection : connections_) close(connection);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<SeenRequest> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }

 private:
  void Accept() {
    for (;;) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      const std::lock_guard lock(mutex_);
      connections_.push_back(connection);
      threads_.emplace_back([this, connection] {
        std::string pending;
        while (Serve(connection, pending)) {
        }
        shutdown(connection, SHUT_RDWR);
      });
    }
  }

  static bool More(int connection, std::string& pending) {
    char block[65536];
    const ssize_t got = recv(connection, block, sizeof(block), 0);
    if (got <= 0) return false;
    pending.append(block, static_cast<size_t>(got));
    return true;
  }

  static SeenRequest Parse(const std::string& head) {
    SeenRequest request;
    const size_t first = head.find(' '), second = head.find(' ', first + 1);
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, second - first - 1);
    for (size_t at = head.find("\r\n") + 2; at < head.size();) {
      const size_t end = std::min(head.find("\r\n", at), head.size());
      const std::string line = head.substr(at, end - at);
      const size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      if (colon != std::string::npos) request.headers[name] = line.substr(colon + 2);
      at = end + 2;
    }
    return request;
  }

  /// One request; false when the connection is to be closed.
  bool Serve(int connection, std::string& pending) {
    size_t end = 0;
    while ((end = pending.find("\r\n\r\n")) == std::string::npos) {
      if (!More(connection, pending)) return false;
    }
    SeenRequest request = Parse(pending.substr(0, end));
    pending.erase(0, end + 4);
    const auto length = request.headers.find("content-length");
    const size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (pending.size() < size) {
      if (!More(connection, pending)) return false;
    }
    request.body = pending.substr(0, size);
    pending.erase(0, size);
    Script script;
    {
      // The handler's state is the test's: one request at a time.
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
      script = handler_(request);
    }
    if (script.reset) return false;
    std::string text = "HTTP/1.1 " + std::to_string(script.status) +
                       " X\r\nContent-Length: " + std::to_string(script.body.size()) + "\r\n";
    for (const auto& [name, value] : script.headers) text += name + ": " + value + "\r\n";
    text += "\r\n";
    if (request.method != "HEAD") text += script.body.substr(0, script.body.size() - script.cut);
    if (send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) return false;
    return script.cut == 0 && !script.close_after;
  }

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::thread accepting_;
  mutable std::mutex mutex_;
  std::vector<SeenRequest> seen_;     ///< guarded by mutex_
  std::vector<int> connections_;      ///< guarded by mutex_
  std::vector<std::thread> threads_;  ///< guarded by mutex_
};

}  // namespace lakehouse::io
