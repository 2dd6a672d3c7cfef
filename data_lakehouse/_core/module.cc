// The module data_lakehouse._core: a thin door from Python to app::Lakehouse.
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/lakehouse.h"
#include "base/error.h"
#include "base/version.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

using Texts = std::map<std::string, std::string>;

Config LoadConfig(const std::optional<std::string>& file,
                  const std::optional<std::string>& environment, const Texts& settings) {
  Config::Source source;
  source.file = file;
  source.environment = environment;
  source.flags = settings;
  source.variables = Config::ProcessVariables();
  return Config::Load(source);
}

/// Result of one statement. `stream` can be taken once.
class Result {
 public:
  explicit Result(query::QueryResult result) : result_(std::move(result)) {}

  nb::capsule Stream() {
    if (!result_.reader) {
      throw Error(ErrorKind::kInvalidArgument, "LK-9010", "this result was read already",
                  "Keep the Arrow table of the first read.");
    }
    auto stream = std::make_unique<ArrowArrayStream>();
    const auto status = arrow::ExportRecordBatchReader(std::move(result_.reader), stream.get());
    if (!status.ok()) throw Error(ErrorKind::kInternal, "LK-0001", status.message());
    return nb::capsule(stream.release(), "arrow_array_stream", [](void* pointer) noexcept {
      const std::unique_ptr<ArrowArrayStream> owned(static_cast<ArrowArrayStream*>(pointer));
      if (owned->release != nullptr) owned->release(owned.get());
    });
  }
  int64_t affected_rows() const { return result_.affected_rows; }
  std::string engine_used() const { return result_.engine_used; }
  std::string query_id() const { return result_.query_id; }

 private:
  query::QueryResult result_;
};

std::vector<query::Parameter> ToParameters(const nb::list& values) {
  std::vector<query::Parameter> parameters;
  for (const nb::handle value : values) {
    if (value.is_none()) {
      parameters.emplace_back(std::monostate{});
    } else if (nb::isinstance<nb::bool_>(value)) {
      parameters.emplace_back(nb::cast<bool>(value));
    } else if (nb::isinstance<nb::int_>(value)) {
      parameters.emplace_back(nb::cast<int64_t>(value));
    } else if (nb::isinstance<nb::float_>(value)) {
      parameters.emplace_back(nb::cast<double>(value));
    } else {
      parameters.emplace_back(nb::cast<std::string>(nb::str(value)));
    }
  }
  return parameters;
}

std::string ToJson(const ingestion::RunStatus& run) {
  const ingestion::RunMetrics& m = run.metrics;
  const nlohmann::json json = {{"run_id", run.run_id},
                               {"job_id", run.job_id},
                               {"job_name", run.job_name},
                               {"state", run.state},
                               {"attempt", run.attempt},
                               {"started_ms", run.started_ms},
                               {"finished_ms", run.finished_ms},
                               {"error_code", run.error_code},
                               {"error_message", run.error_message},
                               {"rows_read", m.rows_read},
                               {"rows_written", m.rows_written},
                               {"rows_rescued", m.rows_rescued},
                               {"rows_quarantined", m.rows_quarantined},
                               {"files_read", m.files_read},
                               {"files_skipped", m.files_skipped},
                               {"table_version", m.table_version}};
  return json.dump();
}

class Core {
 public:
  Core(const std::optional<std::string>& file, const std::optional<std::string>& environment,
       const Texts& settings)
      : lakehouse_(app::Lakehouse::Open(LoadConfig(file, environment, settings))) {}

  Result Execute(const std::string& sql, const nb::list& parameters, const std::string& user) {
    query::QueryRequest request;
    request.sql = sql;
    request.parameters = ToParameters(parameters);
    request.principal = PrincipalOf(user);
    const nb::gil_scoped_release released;
    auto session =
        std::shared_ptr<query::Session>(lakehouse_->engine().OpenSession(request.principal));
    return Result(session->Execute(request));
  }
  std::string Register(const std::string& json) {
    const nb::gil_scoped_release released;
    return lakehouse_->jobs().Register(security::LocalPrincipal(), json);
  }
  std::string Run(const std::string& job) {
    const nb::gil_scoped_release released;
    return ToJson(lakehouse_->jobs().Run(security::LocalPrincipal(), job));
  }
  std::string Start(const std::string& job) {
    const nb::gil_scoped_release released;
    return lakehouse_->jobs().Start(security::LocalPrincipal(), job);
  }
  bool Stop(const std::string& job) {
    const nb::gil_scoped_release released;
    return lakehouse_->jobs().Stop(security::LocalPrincipal(), job);
  }
  std::optional<std::string> Status(const std::string& job) {
    const nb::gil_scoped_release released;
    const auto status = lakehouse_->jobs().Status(security::LocalPrincipal(), job);
    if (!status) return std::nullopt;
    return ToJson(*status);
  }
  std::vector<std::string> History(const std::string& job, size_t limit) {
    const nb::gil_scoped_release released;
    std::vector<std::string> runs;
    for (const auto& run : lakehouse_->jobs().History(security::LocalPrincipal(), job, limit)) {
      runs.push_back(ToJson(run));
    }
    return runs;
  }

 private:
  /// Without authorization every user is the administrator of this process, under their own name.
  security::Principal PrincipalOf(const std::string& user) const {
    security::Principal principal = security::LocalPrincipal();
    if (user.empty()) return principal;
    principal.name = user;
    if (lakehouse_->config().GetBoolean("security.enable_authorization")) principal.roles.clear();
    return principal;
  }

  std::shared_ptr<app::Lakehouse> lakehouse_;
};

/// Every setting: key, text, origin, secret.
std::vector<std::tuple<std::string, std::string, std::string, bool>> DescribeConfig(
    const std::optional<std::string>& file, const std::optional<std::string>& environment,
    const Texts& settings) {
  const Config config = LoadConfig(file, environment, settings);
  std::vector<std::tuple<std::string, std::string, std::string, bool>> rows;
  for (const Setting& setting : Settings()) {
    const ConfigValue& value = config.Get(setting.key);
    rows.emplace_back(setting.key, value.text, value.origin, setting.secret);
  }
  return rows;
}

std::string ConfigTemplate(const std::string& environment) {
  return Config::Template(LoadConfig({}, environment, {}).environment());
}

/// Raises data_lakehouse.errors.from_parts(...) for an Error that reaches Python.
void Translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Error& error) {
    const nb::object errors = nb::module_::import_("data_lakehouse.errors");
    const nb::object raised = errors.attr("from_parts")(
        std::string(ToString(error.kind())), error.code(), error.message(), error.hint());
    PyErr_SetObject(raised.type().ptr(), raised.ptr());
  }
}

}  // namespace

NB_MODULE(_core, m) {
  nb::set_leak_warnings(false);
  nb::register_exception_translator(Translate);
  m.def("version", [] { return std::string(Version()); });
  m.def("describe_config", &DescribeConfig, nb::arg("file").none(), nb::arg("environment").none(),
        nb::arg("settings"));
  m.def("config_template", &ConfigTemplate);
  nb::class_<Result>(m, "Result")
      .def("stream", &Result::Stream)
      .def_prop_ro("affected_rows", &Result::affected_rows)
      .def_prop_ro("engine_used", &Result::engine_used)
      .def_prop_ro("query_id", &Result::query_id);
  nb::class_<Core>(m, "Core")
      .def(nb::init<const std::optional<std::string>&, const std::optional<std::string>&,
                    const Texts&>(),
           nb::arg("file").none(), nb::arg("environment").none(), nb::arg("settings"))
      .def("execute", &Core::Execute)
      .def("register_job", &Core::Register)
      .def("run_job", &Core::Run)
      .def("start_job", &Core::Start)
      .def("stop_job", &Core::Stop)
      .def("job_status", &Core::Status)
      .def("job_history", &Core::History);
}

}  // namespace lakehouse::python
