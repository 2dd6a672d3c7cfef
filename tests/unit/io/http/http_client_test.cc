#include "io/http/http_client.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "io/scripted_server.h"

namespace lakehouse::io::http {
namespace {

TEST(HttpClient, AnswersHaveStatusHeadersAndBody) {
  ScriptedServer server([](const SeenRequest& request) {
    return Script{201, request.method + request.body, {{"X-Name", " value "}}};
  });
  Client client({});
  const Result result =
      client.Send({.method = "PUT", .url = server.endpoint() + "/a/../b", .body = "text"});
  EXPECT_EQ(result.outcome, Outcome::kAnswered);
  EXPECT_EQ(result.response.status, 201);
  EXPECT_EQ(result.response.body, "PUTtext");
  EXPECT_EQ(result.response.headers.at("x-name"), "value");
  EXPECT_EQ(server.seen()[0].target, "/a/../b");
  EXPECT_EQ(server.seen()[0].headers.count("expect"), 0u);
}

TEST(HttpClient, BodiesAreLimited) {
  ScriptedServer server([](const SeenRequest&) { return Script{200, "0123456789"}; });
  Client client({});
  std::byte room[9];
  EXPECT_EQ(client.Send({.url = server.endpoint(), .into = room}).outcome, Outcome::kTooLarge);
  EXPECT_EQ(client.Send({.url = server.endpoint(), .max_body_bytes = 9}).outcome,
            Outcome::kTooLarge);
}

TEST(HttpClient, ConnectionsAreKept) {
  ScriptedServer server([](const SeenRequest&) { return Script{200, "x"}; });
  Client client({});
  for (int i = 0; i < 5; ++i) client.Send({.url = server.endpoint()});
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClient, ConnectionsAreLimited) {
  ScriptedServer server([](const SeenRequest&) { return Script{200, "x"}; });
  Client client({.max_connections = 2});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) client.Send({.url = server.endpoint()});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.seen().size(), 80u);
  EXPECT_LE(server.connections(), 2u);
}

TEST(HttpClient, TellsLostRepliesFromRequestsThatWereNotSent) {
  std::string url;
  Client client({});
  {
    ScriptedServer server([](const SeenRequest&) { return Script{.reset = true}; });
    url = server.endpoint();
    EXPECT_EQ(client.Send({.url = url}).outcome, Outcome::kReplyLost);
  }
  EXPECT_EQ(client.Send({.url = url}).outcome, Outcome::kNotSent);
}

TEST(HttpClient, ACancelledRequestStops) {
  ScriptedServer server([](const SeenRequest&) { return Script{200, "x"}; });
  Client client({});
  CancellationToken token;
  token.Cancel();
  EXPECT_EQ(client.Send({.url = server.endpoint()}, token).outcome, Outcome::kStopped);
}

TEST(HttpClient, ARequestThatWaitsForAConnectionStops) {
  std::promise<void> taken, done;
  std::shared_future<void> answer = done.get_future().share();
  ScriptedServer server([&](const SeenRequest&) {
    taken.set_value();
    answer.wait();
    return Script{200, "x"};
  });
  Client client({.max_connections = 1});
  std::thread first(
      [&] { EXPECT_EQ(client.Send({.url = server.endpoint()}).outcome, Outcome::kAnswered); });
  taken.get_future().wait();
  CancellationToken token;
  std::thread cancels([&] { token.Cancel(); });
  EXPECT_EQ(client.Send({.url = server.endpoint()}, token).outcome, Outcome::kStopped);
  cancels.join();
  done.set_value();
  first.join();
  EXPECT_EQ(server.seen().size(), 1u);
}

TEST(HttpClient, LoopbackHosts) {
  for (const char* host : {"localhost", "LocalHost:8443", "127.0.0.1", "127.1.2.3:1", "[::1]",
                           "[::1]:65535", "localhost:"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host :
       {"", "127.evil", "127.0.0.1.evil.example", "127.0.0", "127.0.0.1.", "127.0.0.256",
        "localhost.evil.example", "evil.localhost", "localhost:80x", "localhost:800000",
        "localhost@evil.example", "[::1", "[::1]evil", "[::2]", "::1", "128.0.0.1", "0x7f.0.0.1"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

TEST(PercentEncoding, GoesBothWays) {
  const std::string text = "a/b c+ä%~-._";
  EXPECT_EQ(PercentEncode(text), "a%2Fb%20c%2B%C3%A4%25~-._");
  EXPECT_EQ(PercentEncode(text, true), "a/b%20c%2B%C3%A4%25~-._");
  EXPECT_EQ(PercentDecode(PercentEncode(text)), text);
  EXPECT_EQ(PercentDecode("%4x%"), "%4x%");
}

TEST(HttpDate, IsParsed) {
  EXPECT_EQ(ParseHttpDate("Wed, 21 Oct 2015 07:28:00 GMT"), 1445412480000);
  EXPECT_EQ(ParseHttpDate("soon"), -1);
}

}  // namespace
}  // namespace lakehouse::io::http
