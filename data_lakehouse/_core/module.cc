// The module data_lakehouse._core: a thin door from Python to app::Lakehouse.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "base/version.h"
#include "convert.h"
#include "core.h"
#include "errors.h"
#include "interrupt.h"
#include "result.h"
#include "rows.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace lakehouse::python {
namespace {

using Texts = std::map<std::string, std::string>;

/// The configuration of a file, an environment and settings, as every program of the lakehouse
/// loads it.
Config LoadConfig(const std::optional<std::string>& file,
                  const std::optional<std::string>& environment, const Texts& settings) {
  Config::Source source;
  source.file = file;
  source.environment = environment;
  source.flags = settings;
  source.variables = Config::ProcessVariables();
  return Config::Load(source);
}

/// Every setting: key, value, origin, is it secret, documentation.
nb::list SettingsOf(const Config& config) {
  nb::list rows;
  for (const Setting& setting : Settings()) {
    rows.append(nb::make_tuple(setting.key, ToPython(config, setting),
                               config.Get(setting.key).origin, setting.secret,
                               setting.documentation));
  }
  return rows;
}

std::string ConfigTemplate(const std::string& environment) {
  return Config::Template(LoadConfig({}, environment, {}).environment());
}

std::map<std::string, std::shared_ptr<arrow::Table>> TablesOf(
    const std::map<std::string, const Rows*>& sources) {
  std::map<std::string, std::shared_ptr<arrow::Table>> tables;
  for (const auto& [name, rows] : sources) tables.emplace(name, rows->Table());
  return tables;
}

void BindRows(nb::module_& m) {
  nb::class_<CancellationToken>(m, "CancellationToken")
      .def(nb::init<>())
      .def("cancel", &CancellationToken::Cancel);
  nb::class_<Batch>(m, "Batch")
      .def("__arrow_c_array__", &Batch::ArrowArray, "requested_schema"_a.none() = nb::none())
      .def_prop_ro("num_rows", &Batch::num_rows);
  nb::class_<Rows>(m, "Rows")
      .def("__arrow_c_stream__", &Rows::ArrowStream, "requested_schema"_a.none() = nb::none())
      .def_static("of", &Rows::Of)
      .def("head", &Rows::Head)
      .def("texts", &Rows::Texts)
      .def_prop_ro("num_rows", &Rows::num_rows);
  nb::class_<Result>(m, "Result")
      .def("__arrow_c_stream__", &Result::ArrowStream, "requested_schema"_a.none() = nb::none())
      .def("read_batch", &Result::ReadBatch)
      .def("read_all", &Result::ReadAll, "limit"_a.none() = nb::none())
      .def("close", &Result::Close)
      .def("cancel", &Result::Cancel)
      .def_prop_ro("affected_rows", &Result::affected_rows)
      .def_prop_ro("engine_used", &Result::engine_used)
      .def_prop_ro("current_schema", &Result::current_schema)
      .def_prop_ro("time_zone", &Result::time_zone)
      .def_prop_ro("metrics", &Result::Metrics);
}

void BindCore(nb::module_& m) {
  nb::class_<Config>(m, "Config")
      .def(
          "__init__",
          [](Config* self, const std::optional<std::string>& file,
             const std::optional<std::string>& environment,
             const Texts& settings) { new (self) Config(LoadConfig(file, environment, settings)); },
          "file"_a.none(), "environment"_a.none(), "settings"_a)
      .def("settings", &SettingsOf)
      .def_prop_ro("environment",
                   [](const Config& config) { return ToString(config.environment()); });
  nb::class_<KeptSession>(m, "Session").def("close", [](KeptSession& session) {
    const Unlocked unlocked;
    session.Close();
  });
  nb::class_<Request>(m, "Request")
      .def(
          "__init__",
          [](Request* self, std::string sql, nb::list parameters, std::string user,
             std::string schema, std::string time_zone, int64_t timeout_ms, int64_t memory_bytes,
             const CancellationToken& cancel, bool gather,
             const std::map<std::string, const Rows*>& sources,
             std::shared_ptr<KeptSession> session) {
            new (self) Request{std::move(sql),
                               std::move(parameters),
                               std::move(user),
                               std::move(schema),
                               std::move(time_zone),
                               timeout_ms,
                               memory_bytes,
                               cancel,
                               gather,
                               TablesOf(sources),
                               std::move(session)};
          },
          "sql"_a, "parameters"_a, "user"_a, "schema"_a, "time_zone"_a, "timeout_ms"_a,
          "memory_bytes"_a, "cancel"_a, "gather"_a, "sources"_a, "session"_a.none());
  nb::class_<Core>(m, "Core")
      .def(nb::init<const Config&>())
      .def("close", &Core::Close)
      .def("open_session", &Core::OpenKept)
      .def("execute", &Core::Execute)
      .def("describe", &Core::Describe)
      .def("write", &Core::Write)
      .def("register_job", &Core::RegisterJob)
      .def("start_job", &Core::StartJob)
      .def("stop_job", &Core::StopJob)
      .def("job_history", &Core::JobHistory)
      .def("list_jobs", &Core::ListJobs)
      .def("remove_job", &Core::RemoveJob)
      .def("list_catalogs", &Core::ListCatalogs)
      .def("list_schemas", &Core::ListSchemas)
      .def("list_objects", &Core::ListObjects)
      .def("register_table", &Core::RegisterTable)
      .def("describe_table", &Core::DescribeTable, "name"_a, "version"_a.none(),
           "timestamp_ms"_a.none(), "schema"_a, "user"_a)
      .def("table_files", &Core::TableFiles, "name"_a, "version"_a.none(), "schema"_a, "user"_a)
      .def("table_history", &Core::TableHistory, "name"_a, "limit"_a.none(), "schema"_a, "user"_a);
}

}  // namespace

NB_MODULE(_core, m) {
  nb::set_leak_warnings(false);  // open lakehouses live until the process ends
  RegisterErrors();
  m.def("version", [] { return std::string(Version()); });
  m.def("config_template", &ConfigTemplate);
  m.def("retryable_kinds", &RetryableKinds);
  m.def("stop_everything", &StopEverything);
  BindRows(m);
  BindCore(m);
}

}  // namespace lakehouse::python
