#pragma once

#include <memory>

#include "ingestion/connectors/connector.h"

namespace lakehouse::ingestion::connectors::postgresql {

/// A whole table (or view) of a PostgreSQL server, as of one snapshot, copied by parallel workers.
/// Throws LK-5001 and LK-5002 for wrong options; connects in Discover.
std::unique_ptr<Source> MakePostgresqlSource(const SourceOptions& options);

}  // namespace lakehouse::ingestion::connectors::postgresql
