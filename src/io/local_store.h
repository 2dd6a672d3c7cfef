#pragma once

#include <memory>
#include <string>

#include "io/file_system.h"
#include "io/object_store.h"

namespace lakehouse::io {

/// As MakeLocalStore, with the system calls handed in (tests).
std::shared_ptr<ObjectStore> MakeLocalStoreOn(const std::string& root_directory, FileSystem& files);

}  // namespace lakehouse::io
