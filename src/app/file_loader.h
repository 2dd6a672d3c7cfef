#pragma once

#include <memory>

#include "catalog/lake.h"
#include "ingestion/job.h"
#include "query/file_loader.h"

namespace lakehouse::app {

/// COPY INTO by the file sources of ingestion. A table has one list of loaded files for all of
/// them.
std::shared_ptr<query::FileLoader> MakeFileLoader(std::shared_ptr<catalog::Lake> lake,
                                                  ingestion::SourceLimits limits);

}  // namespace lakehouse::app
