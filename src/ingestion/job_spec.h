#pragma once

#include <memory>
#include <string>

#include "catalog/object_name.h"
#include "ingestion/connectors/connector.h"
#include "ingestion/job.h"

namespace lakehouse::ingestion {

/// Reads and checks a job's dictionary: keys name, source_type, source_config, target or
/// target_path, mode, write_mode, error_threshold. A relative path of files starts at the working
/// directory and becomes absolute. Throws LK-5001 (keys), LK-5002 (values), LK-5003
/// (source types and modes that are not there).
JobSpec ParseJob(const std::string& json);

/// The dictionary to keep: without a password given as text (references such as ${env:X} stay).
std::string StoredForm(const JobSpec& spec);

/// The table that the job writes.
catalog::ObjectName TargetOf(const JobSpec& spec, const std::string& default_catalog);

/// The source, with references resolved. `password` is the one of this process, empty when it has
/// none.
std::unique_ptr<connectors::Source> MakeSource(const JobSpec& spec, const std::string& password,
                                               const SourceLimits& limits);

/// Is it a ${env:X} or ${file:/path} reference?
bool IsReference(const std::string& value);
/// What a reference stands for; InvalidArgument LK-5004 when it does not resolve, PermissionDenied
/// LK-5025 when jobs may not read it. Other text is itself.
std::string ResolveReference(const std::string& value, const SourceLimits& limits);

}  // namespace lakehouse::ingestion
