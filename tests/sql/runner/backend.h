#pragma once

#include <memory>
#include <string>
#include <vector>

namespace lakehouse::sqltest {

struct Answer {
  std::string error;  ///< code; empty when it worked
  std::string message;
  std::vector<std::string> rows;  ///< cells separated by tabs
};

/// A lakehouse that runs statements of named connections.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Answer Execute(const std::string& connection, const std::string& sql) = 0;
  /// Closes everything and opens it again.
  virtual void Reopen() = 0;
};

/// In this process, by Session.
std::unique_ptr<Backend> MakeEmbedded(const std::string& data_root);
/// Through the HTTP server, which runs in this process on a free port; each statement is a request
/// of its own, so nothing of a session stays.
std::unique_ptr<Backend> MakeServed(const std::string& data_root);

}  // namespace lakehouse::sqltest
