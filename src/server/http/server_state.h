#pragma once

#include <boost/asio.hpp>
#include <memory>
#include <set>

#include "base/cancellation.h"
#include "server/http/http_server.h"

namespace lakehouse::server::http {

/// What Stop needs of a connection.
struct OpenConnection {
  boost::asio::ip::tcp::socket* socket = nullptr;
  bool busy = false;          ///< a request is being answered
  CancellationToken request;  ///< of that request
};

/// What the connections of one server share. All but `workers` belongs to the event loop's thread.
struct ServerState {
  ServerState(const Options& chosen, std::shared_ptr<Handler> answers)
      : options(chosen), handler(std::move(answers)), workers(chosen.workers) {}

  const Options options;
  const std::shared_ptr<Handler> handler;
  boost::asio::io_context loop{1};
  boost::asio::thread_pool workers;
  bool draining = false;
  std::set<OpenConnection*> open;
};

}  // namespace lakehouse::server::http
