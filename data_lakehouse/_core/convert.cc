#include "convert.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "base/error.h"
#include "rows.h"
#include "storage/arrow_schema.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

[[noreturn]] void RefuseParameter(const nb::handle value) {
  throw Error(
      ErrorKind::kInvalidArgument, "LK-7003",
      "a parameter of type " + nb::cast<std::string>(nb::str(value.type())) + " is not supported",
      "Pass None, bool, int, float, str, bytes, date, datetime or Decimal.");
}

/// ("date", days), ("timestamp", microseconds, is an instant) or ("decimal", text).
query::Parameter ToTagged(const nb::tuple& tagged) {
  const auto tag = nb::cast<std::string>(tagged[0]);
  if (tag == "date") return query::DateParameter{nb::cast<int32_t>(tagged[1])};
  if (tag == "timestamp") {
    return query::TimestampParameter{nb::cast<int64_t>(tagged[1]), nb::cast<bool>(tagged[2])};
  }
  return query::DecimalParameter{nb::cast<std::string>(tagged[1])};
}

query::Parameter ToParameter(const nb::handle value) {
  if (value.is_none()) return std::monostate{};
  if (nb::isinstance<nb::bool_>(value)) return nb::cast<bool>(value);
  if (nb::isinstance<nb::int_>(value)) return nb::cast<int64_t>(value);
  if (nb::isinstance<nb::float_>(value)) return nb::cast<double>(value);
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  if (nb::isinstance<nb::bytes>(value)) {
    const auto bytes = nb::borrow<nb::bytes>(value);
    return query::BinaryParameter{std::string(bytes.c_str(), bytes.size())};
  }
  if (nb::isinstance<nb::tuple>(value)) return ToTagged(nb::borrow<nb::tuple>(value));
  RefuseParameter(value);
}

}  // namespace

nb::object ToPython(const Config& config, const Setting& setting) {
  if (setting.optional && !config.IsSet(setting.key)) return nb::none();
  switch (setting.type) {
    case SettingType::kInteger:
      return nb::cast(config.GetInteger(setting.key));
    case SettingType::kDouble:
      return nb::cast(config.GetDouble(setting.key));
    case SettingType::kBoolean:
      return nb::cast(config.GetBoolean(setting.key));
    case SettingType::kBytes:
      return nb::cast(config.GetBytes(setting.key));
    case SettingType::kDurationMs:
      return nb::cast(config.GetDurationMs(setting.key));
    case SettingType::kStringList:
      return nb::cast(config.GetList(setting.key));
    default:
      return nb::cast(config.GetString(setting.key));
  }
}

nb::dict ToPython(const ingestion::RunStatus& run) {
  const ingestion::RunMetrics& metrics = run.metrics;
  nb::dict fields;
  fields["run_id"] = run.run_id;
  fields["job_id"] = run.job_id;
  fields["job_name"] = run.job_name;
  fields["state"] = run.state;
  fields["attempt"] = run.attempt;
  fields["fraction"] = run.fraction;
  fields["started_ms"] = run.started_ms;
  fields["finished_ms"] = run.finished_ms;
  fields["error_code"] = run.error_code;
  fields["error_message"] = run.error_message;
  fields["error_kind"] = run.error_kind;
  fields["error_hint"] = run.error_hint;
  fields["rows_read"] = metrics.rows_read;
  fields["rows_written"] = metrics.rows_written;
  fields["rows_rescued"] = metrics.rows_rescued;
  fields["rows_quarantined"] = metrics.rows_quarantined;
  fields["files_read"] = metrics.files_read;
  fields["files_skipped"] = metrics.files_skipped;
  fields["bytes_read"] = metrics.bytes_read;
  fields["table_version"] = metrics.table_version;
  return fields;
}

nb::dict ToPython(const catalog::JobRecord& job) {
  nb::dict fields;
  fields["id"] = job.id;
  fields["name"] = job.name;
  fields["owner"] = job.owner;
  fields["configuration"] = job.configuration;
  fields["created_ms"] = job.created_ms;
  return fields;
}

nb::dict ToPython(const catalog::SchemaInfo& schema) {
  nb::dict fields;
  fields["catalog"] = schema.catalog;
  fields["name"] = schema.name;
  fields["comment"] = schema.comment;
  fields["owner"] = schema.owner;
  return fields;
}

nb::dict ToPython(const catalog::ObjectInfo& object) {
  nb::dict fields;
  fields["catalog"] = object.name.catalog;
  fields["schema"] = object.name.schema;
  fields["name"] = object.name.name;
  fields["kind"] = object.kind == catalog::ObjectKind::kView ? "view" : "table";
  fields["format"] = object.format;
  fields["location"] = object.location;
  fields["comment"] = object.comment;
  fields["owner"] = object.owner;
  return fields;
}

nb::dict ToPython(const storage::HistoryEntry& entry) {
  nb::dict fields;
  fields["version"] = entry.version;
  fields["timestamp_ms"] = entry.timestamp_ms;
  fields["operation"] = entry.operation;
  fields["parameters"] = entry.parameters;
  fields["metrics"] = entry.metrics;
  fields["user_name"] = entry.user_name;
  fields["engine_info"] = entry.engine_info;
  fields["is_blind_append"] = entry.is_blind_append;
  return fields;
}

nb::dict ToPython(const storage::Snapshot& snapshot) {
  const storage::TableMetadata& metadata = snapshot.metadata();
  nb::dict fields;
  fields["id"] = metadata.id;
  fields["version"] = snapshot.version();
  fields["timestamp_ms"] = snapshot.timestamp_ms();
  fields["columns"] = nb::cast(Rows(storage::ToArrow(metadata.schema), {}));
  fields["partition_columns"] = metadata.partition_columns;
  fields["properties"] = metadata.properties;
  fields["num_files"] = snapshot.file_count();
  fields["size_bytes"] = snapshot.total_bytes();
  fields["num_rows"] = snapshot.total_records();
  fields["table_name"] = metadata.name;
  fields["description"] = metadata.description;
  fields["created_ms"] = metadata.created_ms;
  const storage::Protocol& protocol = snapshot.protocol();
  fields["min_reader_version"] = protocol.min_reader_version;
  fields["min_writer_version"] = protocol.min_writer_version;
  fields["reader_features"] = protocol.reader_features;
  fields["writer_features"] = protocol.writer_features;
  return fields;
}

std::vector<query::Parameter> ToParameters(const nb::list& values) {
  std::vector<query::Parameter> parameters;
  for (const nb::handle value : values) parameters.push_back(ToParameter(value));
  return parameters;
}

}  // namespace lakehouse::python
