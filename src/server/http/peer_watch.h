#pragma once

#include <sys/socket.h>

#include <boost/asio.hpp>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/cancellation.h"

namespace lakehouse::server::http {

/// While it lives and nothing else uses the socket: cancels `token` when the other side goes away.
/// For the event loop's thread.
class PeerWatch {
 public:
  PeerWatch(boost::asio::ip::tcp::socket& socket, CancellationToken token)
      : socket_(socket), alive_(std::make_shared<bool>(true)) {
    socket_.async_wait(
        boost::asio::ip::tcp::socket::wait_read,
        [&socket, alive = alive_, token = std::move(token)](boost::system::error_code e) mutable {
          if (!e && *alive && HasEnded(socket.native_handle())) token.Cancel();
        });
  }
  ~PeerWatch() {
    *alive_ = false;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

 private:
  /// Bytes that lie there are the next request, so the other side is still interested.
  static bool HasEnded(int socket) {
    char byte = 0;
    const ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  boost::asio::ip::tcp::socket& socket_;
  std::shared_ptr<bool> alive_;
};

}  // namespace lakehouse::server::http
