#pragma once

#include <string>
#include <vector>

namespace lakehouse::sqltest {

/// One thing to do, in order, with loops already unrolled.
struct Step {
  enum Kind { kOk, kError, kQuery, kConnection, kRestart, kRequire } kind = kOk;
  size_t line = 0;
  std::string argument;   ///< error code, connection or what is required
  bool sorted = false;    ///< compare rows in sorted order
  bool contains = false;  ///< each expected line is a part of the answer, in this order
  std::string only_mode;  ///< empty: in every mode
  std::string sql;
  std::vector<std::string> rows;
};

/// Reads a .test file, or the examples of an .md page; throws std::runtime_error "path:line: why"
/// for a directive it does not know.
std::vector<Step> ReadTestFile(const std::string& path);

}  // namespace lakehouse::sqltest
