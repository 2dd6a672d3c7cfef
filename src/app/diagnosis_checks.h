#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/diagnosis.h"
#include "base/config.h"

namespace lakehouse::app {

class Lakehouse;

// The checks of Diagnose, one function each. They may throw; Diagnose makes a problem of it.

using Findings = std::vector<Finding>;

/// The directory of this machine on which the lakehouse of `config` depends: the data root, or with
/// a bucket the state directory.
std::filesystem::path LocalPlace(const Config& config);

// diagnosis_machine.cc
Findings CheckFreeDisk(const Config& config);
Findings CheckClock(const Config& config);
Findings CheckMemoryAndCpus(const Config& config);
Findings CheckOpenFiles(const Config& config);
Findings CheckPort(const Config& config);

// diagnosis_store.cc: the file system and the store of an existing lakehouse
Findings CheckFileSystem(const Config& config);
Findings CheckSyncSpeed(const Config& config);
Findings CheckPutIfAbsent(const Config& config);
Findings CheckTemporaryFiles(const Config& config);

// diagnosis_security.cc
Findings CheckExposure(const Config& config);
Findings CheckSecrets(const Config& config);
Findings CheckFileRights(const Config& config);

// diagnosis_lakehouse.cc: an existing lakehouse, opened
Findings CheckMetadata(Lakehouse& lakehouse);
Findings CheckEngine(Lakehouse& lakehouse);
Findings CheckLocks(Lakehouse& lakehouse);
Findings CheckTables(Lakehouse& lakehouse);

}  // namespace lakehouse::app
