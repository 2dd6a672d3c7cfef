#include "server/http/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "error_code.h"
#include "server/http/parse.h"

namespace lakehouse::server::http {
namespace {

TEST(ParseTarget, DecodesPathAndQuery) {
  std::string path;
  std::map<std::string, std::string> query;
  ASSERT_TRUE(ParseTarget("/v1/tables/a%20b?x=1+2&y&z=%26#part", path, query));
  EXPECT_EQ(path, "/v1/tables/a b");
  EXPECT_EQ(query, (std::map<std::string, std::string>{{"x", "1 2"}, {"y", ""}, {"z", "&"}}));
}

TEST(ParseTarget, RefusesWhatIsNoPath) {
  std::string path;
  std::map<std::string, std::string> query;
  for (const char* target : {"", "*", "a", "http://a/b", "/%", "/%4", "/%zz", "/%00", "/?a=%0"}) {
    EXPECT_FALSE(ParseTarget(target, path, query)) << target;
  }
}

TEST(ErrorResponse, SaysKindAndCode) {
  const Error error(ErrorKind::kUnauthenticated, "LK-6006", "no \xff token", "bring one");
  const Response response = ErrorResponse(error, "r1");
  EXPECT_EQ(response.status, 401);
  EXPECT_TRUE(response.headers.contains("WWW-Authenticate"));
  const auto body = nlohmann::json::parse(response.body)["error"];
  EXPECT_EQ(body["code"], "LK-6006");
  EXPECT_EQ(body["kind"], "Unauthenticated");
  EXPECT_EQ(body["request_id"], "r1");
  EXPECT_EQ(body["retryable"], false);
  EXPECT_EQ(ErrorResponse(error, {}, 418).status, 418);
}

TEST(ParseRequest, ReadsAWholeRequest) {
  const auto request = ParseRequest(
      "POST /v1/sql?x=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-1\r\nContent-Length: 2\r\n\r\nhi",
      4096, 4096);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->path, "/v1/sql");
  EXPECT_EQ(request->query.at("x"), "1");
  EXPECT_EQ(request->header("host"), "a");
  EXPECT_EQ(request->id, "r-1");
  EXPECT_EQ(request->body, "hi");
}

TEST(ParseRequest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(CodeOf([] { ParseRequest("nonsense\r\n\r\n", 4096, 4096); }), "LK-6009");
  EXPECT_EQ(CodeOf([] { ParseRequest("GET / HTTP/1.1\r\n\r\n", 4096, 4096); }), "LK-6009");
  const std::string large = "GET / HTTP/1.1\r\nHost: " + std::string(9000, 'a') + "\r\n\r\n";
  EXPECT_EQ(CodeOf([&] { ParseRequest(large, 4096, 4096); }), "LK-6004");
  EXPECT_FALSE(ParseRequest("GET / HTTP/1.1\r\nHost: a\r\n", 4096, 4096));
}

}  // namespace
}  // namespace lakehouse::server::http
