#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "base/config.h"
#include "catalog/lake.h"
#include "ingestion/job.h"
#include "query/query.h"

namespace lakehouse::python {

// Values of the lakehouse as plain Python objects. The interpreter's lock is held.

/// The value with the type of its setting: bytes and milliseconds are numbers, what is unset is
/// None.
nanobind::object ToPython(const Config& config, const Setting& setting);
nanobind::dict ToPython(const ingestion::RunStatus& run);
nanobind::dict ToPython(const catalog::JobRecord& job);
nanobind::dict ToPython(const catalog::SchemaInfo& schema);
nanobind::dict ToPython(const catalog::ObjectInfo& object);
nanobind::dict ToPython(const storage::HistoryEntry& entry);
nanobind::dict ToPython(const storage::Snapshot& snapshot);

/// None, bool, int, float, str, bytes, and what data_lakehouse.parameters makes of dates and
/// decimals. InvalidArgument LK-7003 for any other type.
std::vector<query::Parameter> ToParameters(const nanobind::list& values);

}  // namespace lakehouse::python
