#pragma once

#include <string_view>

#include "io/stores.h"

namespace lakehouse::storage {

/// Does `path` begin with '/' or a scheme?
bool IsAbsolute(std::string_view path);

/// "file:/x" and "file:///x" are "/x"; anything else stays. Part of `path`.
std::string_view WithoutFileScheme(std::string_view path);

/// The place of a file of a table: `path` is relative to the table's root, or absolute (a URI, or
/// "/..."), which is then below the root or in a place that `stores` knows. Unsupported LK-8010
/// when `stores` is null and the path leads elsewhere; else the errors of Stores::Resolve.
io::Location LocateFile(std::string_view path, const io::Location& table, io::Stores* stores);

}  // namespace lakehouse::storage
