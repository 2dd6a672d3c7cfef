#pragma once

#include <memory>
#include <string>

#include "ingestion/connectors/connector.h"
#include "ingestion/connectors/files/file_roots.h"

namespace lakehouse::ingestion::connectors::files {

/// The source types of this folder: "csv", "json" (one object per line) and "parquet".
bool IsFileSource(const std::string& source_type);

/// A source of files. Throws LK-5001 and LK-5002 for wrong options; touches no file.
std::unique_ptr<Source> MakeFileSource(const std::string& source_type, const SourceOptions& options,
                                       FileRoots roots = {});

}  // namespace lakehouse::ingestion::connectors::files
