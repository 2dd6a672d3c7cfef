#pragma once

#include <string>
#include <string_view>

namespace lakehouse::catalog {

/// The folder of a catalog, schema or table: lower case; bytes that trouble file systems or tools
/// as "~xx" (hex), also a leading '_' or '.', which readers take for hidden. Two names give one
/// folder only when they are equal without regard to case. Names whose folder would be too long end
/// in a digest.
std::string FolderName(std::string_view name);

/// The name that FolderName made `folder` from, in lower case; `folder` itself when it is none of
/// those.
std::string NameOfFolder(std::string_view folder);

}  // namespace lakehouse::catalog
