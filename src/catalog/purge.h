#pragma once

#include <string>
#include <vector>

#include "io/stores.h"

namespace lakehouse::catalog {

/// Deletes what lies in a table's folder. Made before the name is dropped, so that a refusal
/// changes nothing; run after it, so that no name leads to half a table.
class Purge {
 public:
  /// InvalidArgument LK-2019 when the location is not below the data root, or other tables lie
  /// inside.
  Purge(io::Stores& stores, const std::string& location);

  /// Data first, then the log from its newest entry to its oldest: interrupted, what is left is
  /// still found as a table and can be purged again.
  void Run();

 private:
  io::Location location_;
  std::vector<std::string> data_;
  std::vector<std::string> log_;
};

}  // namespace lakehouse::catalog
