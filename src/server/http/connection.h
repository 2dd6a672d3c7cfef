#pragma once

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <utility>

#include "server/http/server_state.h"

namespace lakehouse::server::http {

/// The life of one connection: requests and answers in turn until one side has enough. `tls` is
/// null for plain TCP.
boost::asio::awaitable<void> ServeConnection(std::shared_ptr<ServerState> state,
                                             boost::asio::ip::tcp::socket socket,
                                             boost::asio::ssl::context* tls);

}  // namespace lakehouse::server::http
