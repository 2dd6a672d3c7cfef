#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/file_system.h"
#include "io/object_store.h"

namespace lakehouse::io {

/// Names that begin so are files in the making: no path of the store. A process that dies leaves
/// them behind.
inline constexpr std::string_view kTemporaryPrefix = ".lakehouse-tmp-";

/// As MakeLocalStore, with the system calls handed in (tests).
std::shared_ptr<ObjectStore> MakeLocalStoreOn(const std::string& root_directory, FileSystem& files);

}  // namespace lakehouse::io
