#pragma once

#include <filesystem>
#include <memory>

#include "base/config.h"
#include "io/stores.h"

namespace lakehouse::app {

/// Is the data root a bucket, and no directory of this machine?
bool IsBucket(const Config& config);
/// The directory of what is kept beside the tables; it need not be there.
std::filesystem::path StateDirectory(const Config& config);
/// The directory of what is kept beside the tables, made when absent. IoError LK-8007 when it
/// cannot be made.
std::filesystem::path OpenStateDirectory(const Config& config);

/// The data root and the allowed locations as the configuration says, with metrics and, for
/// buckets, the local cache. Errors: those of MakeLocalStore and io::s3::MakeS3Store.
std::shared_ptr<io::Stores> OpenStores(const Config& config, const std::filesystem::path& state);

}  // namespace lakehouse::app
