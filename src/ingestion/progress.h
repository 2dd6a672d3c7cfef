#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "io/stores.h"
#include "storage/snapshot.h"

namespace lakehouse {
class Random;
}

namespace lakehouse::ingestion {

/// What a job has loaded into its target: kept in the target's log, in the commit of the rows
/// themselves (application transaction "lakehouse/<job>" and domain "lakehouse.ingest.<job>").
struct Progress {
  int64_t batch = 0;             ///< number of the last committed batch
  std::set<std::string> loaded;  ///< marks of files, 16 hexadecimal digits each
};

/// Domain texts are at most this long; more marks go to a file beside the table that the text names
/// with its length and SHA-256.
inline constexpr size_t kMaxDomainBytes = 64 << 10;

std::string ApplicationId(const std::string& job_name);
std::string DomainName(const std::string& job_name);

/// Reads the progress from a snapshot. Corruption LK-5042 for state that cannot be read: it is
/// never taken for "nothing loaded".
Progress ReadProgress(const storage::Snapshot& snapshot, const io::Location& table,
                      const std::string& job_name);

/// The domain's text; writes the side file when it is needed.
std::string WriteProgress(const Progress& progress, const io::Location& table, Random& random);

}  // namespace lakehouse::ingestion
