#pragma once

#include <boost/asio.hpp>
#include <utility>

namespace lakehouse::server::http {

/// Runs `work` on the pool and goes on where the coroutine ran. `work` must not throw, and what it
/// refers to must live until the pool is joined.
template <typename Work>
boost::asio::awaitable<void> OnWorker(boost::asio::thread_pool& pool, Work& work) {
  namespace asio = boost::asio;
  const auto executor = co_await asio::this_coro::executor;
  auto start = [&pool, &work, executor](auto handler) {
    asio::post(pool, [&work, executor, handler = std::move(handler)]() mutable {
      work();
      asio::post(executor, std::move(handler));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start),
                                                                       asio::use_awaitable);
}

}  // namespace lakehouse::server::http
