#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lakehouse::server::api {

using Json = nlohmann::ordered_json;

/// Levels of arrays and objects that a body may have.
inline constexpr int kMaxJsonDepth = 64;

/// The JSON object of a request's body, read field by field. Every problem is InvalidArgument
/// LK-6003: not JSON, not an object, too deep, a field of a wrong type, and Done() for a field that
/// nobody asked for, with did-you-mean.
class JsonBody {
 public:
  explicit JsonBody(const std::string& text);
  ~JsonBody();
  JsonBody(const JsonBody&) = delete;
  JsonBody& operator=(const JsonBody&) = delete;

  std::string RequireText(const std::string& name);
  std::optional<std::string> Text(const std::string& name);
  std::optional<bool> Boolean(const std::string& name);
  /// Not negative.
  std::optional<int64_t> Count(const std::string& name);
  std::vector<std::string> Texts(const std::string& name);
  /// Null when it is not there.
  const Json& Array(const std::string& name);
  /// Throws for fields that were not asked for.
  void Done() const;

 private:
  const Json* Find(const std::string& name);

  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace lakehouse::server::api
