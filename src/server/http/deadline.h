#pragma once

#include <boost/asio.hpp>
#include <cstdint>
#include <memory>
#include <utility>

namespace lakehouse::server::http {

/// A time limit on the operations of one socket: when it passes they end with operation_aborted and
/// expired() is true; the socket stays open, so that an answer can still be written. For the event
/// loop's thread.
class Deadline {
 public:
  explicit Deadline(boost::asio::ip::tcp::socket& socket)
      : timer_(socket.get_executor()), socket_(socket) {}
  ~Deadline() { Clear(); }

  void Set(int64_t milliseconds) {
    Clear();
    state_ = std::make_shared<State>();
    timer_.expires_after(std::chrono::milliseconds(milliseconds));
    timer_.async_wait([state = state_, &socket = socket_](boost::system::error_code failure) {
      if (failure || !state->armed) return;
      state->expired = true;
      boost::system::error_code ignored;
      socket.cancel(ignored);
    });
  }

  void Clear() {
    if (state_) state_->armed = false;
    timer_.cancel();
  }

  bool expired() const { return state_ && state_->expired; }

 private:
  struct State {
    bool armed = true;
    bool expired = false;
  };
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::socket& socket_;
  std::shared_ptr<State> state_;
};

}  // namespace lakehouse::server::http
