#include "server/rest/router.h"

#include <gtest/gtest.h>

#include "error_code.h"
#include "server/rest/json_body.h"

namespace lakehouse::server::rest {
namespace {

Router Some() {
  Router router;
  router.Add({.method = "GET", .path = "/v1/jobs"});
  router.Add({.method = "POST", .path = "/v1/jobs"});
  router.Add({.method = "GET", .path = "/v1/jobs/{id}/runs"});
  return router;
}

TEST(Router, FindsTheRouteAndItsValues) {
  const Router router = Some();
  const Router::Match match = router.Find("GET", "/v1/jobs/a b/runs");
  EXPECT_EQ(match.route->path, "/v1/jobs/{id}/runs");
  EXPECT_EQ(match.path.at("id"), "a b");
  EXPECT_EQ(router.Find("POST", "/v1/jobs").route->method, "POST");
}

TEST(Router, RefusesUnknownPathsAndMethods) {
  const Router router = Some();
  for (const char* path : {"/", "/v1", "/v1/jobs/", "/v1/jobs//runs", "/v1/jobs/a/runs/b"}) {
    EXPECT_EQ(CodeOf([&] { router.Find("GET", path); }), "LK-6001") << path;
  }
  EXPECT_EQ(CodeOf([&] { router.Find("PUT", "/v1/jobs"); }), "LK-6002");
  EXPECT_EQ(router.Methods("/v1/jobs"), "GET, POST");
  EXPECT_EQ(router.Methods("/v2"), "");
}

TEST(JsonBody, ReadsFieldsAndRefusesOthers) {
  JsonBody body(R"({"sql": "x", "roles": ["a"], "n": 3, "b": true, "none": null})");
  EXPECT_EQ(body.RequireText("sql"), "x");
  EXPECT_EQ(body.Texts("roles"), std::vector<std::string>{"a"});
  EXPECT_EQ(body.Count("n"), 3);
  EXPECT_EQ(body.Boolean("b"), true);
  EXPECT_FALSE(body.Text("none"));
  body.Done();
  JsonBody unknown(R"({"sqll": "x"})");
  EXPECT_FALSE(unknown.Text("sql"));
  EXPECT_EQ(CodeOf([&] { unknown.Done(); }), "LK-6003");
}

TEST(JsonBody, DepthIsLimited) {
  const auto nested = [](size_t levels) {
    return R"({"s": "[[[[{{{{", "deep": )" + std::string(levels - 1, '[') +
           std::string(levels - 1, ']') + "}";
  };
  JsonBody body(nested(kMaxJsonDepth));
  EXPECT_EQ(body.RequireText("s"), "[[[[{{{{");
  EXPECT_EQ(CodeOf([&] { JsonBody deeper(nested(kMaxJsonDepth + 1)); }), "LK-6003");
  EXPECT_EQ(CodeOf([&] { JsonBody cut("{\"a\": " + std::string(1'000'000, '[')); }), "LK-6003");
}

TEST(JsonBody, RefusesWhatIsNoObject) {
  for (const std::string& text :
       {std::string("x"), std::string("[]"), std::string(65, '['), std::string("{\"a\": \xff}")}) {
    EXPECT_EQ(CodeOf([&] { JsonBody body(text); }), "LK-6003") << text;
  }
}

}  // namespace
}  // namespace lakehouse::server::rest
