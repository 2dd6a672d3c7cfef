#include "ingestion/job_spec.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/suggest.h"
#include "ingestion/connectors/files/file_source.h"
#include "ingestion/connectors/options.h"
#include "ingestion/connectors/postgresql/postgresql_source.h"

namespace lakehouse::ingestion {

namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kJobKeys = {"name",       "source_type",    "source_config",
                                           "target",     "target_path",    "mode",
                                           "write_mode", "error_threshold"};
const std::vector<std::string> kSourceTypes = {"csv", "json", "parquet", "postgresql"};
constexpr char kPassword[] = "password";

[[noreturn]] void ThrowBadValue(const std::string& key, const std::string& problem) {
  throw Error(ErrorKind::kInvalidArgument, "LK-5002", key + " " + problem,
              "Correct the job's configuration and register it again.");
}

std::string TextOf(const Json& job, const std::string& key, const std::string& fallback) {
  if (!job.contains(key) || job[key].is_null()) return fallback;
  if (!job[key].is_string()) ThrowBadValue(key, "must be a text");
  return job[key].get<std::string>();
}

/// "/data/bronze/customer_data" is the place of a table and names it by its last two parts.
std::string TargetFromPath(const std::string& path) {
  std::string rest = path;
  while (!rest.empty() && rest.back() == '/') rest.pop_back();
  const size_t name = rest.rfind('/');
  if (name == std::string::npos || name == 0 || name + 1 == rest.size()) {
    ThrowBadValue("target_path", "\"" + path + "\" must end in <schema>/<table>");
  }
  const size_t schema = rest.rfind('/', name - 1);
  const size_t begin = schema == std::string::npos ? 0 : schema + 1;
  return rest.substr(begin, name - begin) + "." + rest.substr(name + 1);
}

void ParseTarget(const Json& job, JobSpec& spec) {
  spec.target = TextOf(job, "target", "");
  spec.target_path = TextOf(job, "target_path", "");
  if (spec.target.empty() == spec.target_path.empty()) {
    throw Error(
        ErrorKind::kInvalidArgument, "LK-5001",
        spec.target.empty() ? "missing key target" : "target and target_path are both given",
        "Give the job a \"target\" such as \"bronze.flights\", or a \"target_path\" such "
        "as \"/data/bronze/flights\".");
  }
  if (spec.target.empty()) spec.target = TargetFromPath(spec.target_path);
}

void CheckKeys(const Json& job) {
  for (const auto& [key, value] : job.items()) {
    if (std::find(kJobKeys.begin(), kJobKeys.end(), key) != kJobKeys.end()) continue;
    throw Error(ErrorKind::kInvalidArgument, "LK-5001", "unknown key " + key + " of a job",
                DidYouMean(key, kJobKeys));
  }
  for (const char* key : {"source_type", "source_config"}) {
    if (!job.contains(key)) {
      throw Error(ErrorKind::kInvalidArgument, "LK-5001",
                  "missing key " + std::string(key) + " of a job", "Give the job this key.");
    }
  }
}

std::map<std::string, std::string> ParseSourceConfig(const Json& config) {
  if (!config.is_object()) ThrowBadValue("source_config", "must be an object");
  std::map<std::string, std::string> options;
  for (const auto& [key, value] : config.items()) {
    if (value.is_null()) continue;
    options[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return options;
}

void CheckModes(const JobSpec& spec) {
  if (spec.mode == "cdc" || spec.mode == "streaming") {
    throw Error(ErrorKind::kUnsupported, "LK-5003",
                "mode " + spec.mode + " of source type " + spec.source_type + " is not supported",
                "Use mode batch.");
  }
  if (spec.mode != "batch") ThrowBadValue("mode", "\"" + spec.mode + "\" must be batch");
  if (spec.write_mode == "merge") {
    throw Error(ErrorKind::kUnsupported, "LK-5003", "write_mode merge is not supported",
                "Use append or overwrite.");
  }
  if (spec.write_mode != "append" && spec.write_mode != "overwrite") {
    ThrowBadValue("write_mode", "\"" + spec.write_mode + "\" must be append or overwrite");
  }
}

std::unique_ptr<connectors::Source> Make(const std::string& source_type,
                                         const connectors::SourceOptions& options,
                                         connectors::files::FileRoots roots) {
  if (connectors::files::IsFileSource(source_type)) {
    return connectors::files::MakeFileSource(source_type, options, std::move(roots));
  }
  if (source_type == "postgresql") return connectors::postgresql::MakePostgresqlSource(options);
  throw Error(
      ErrorKind::kUnsupported, "LK-5003", "source type " + source_type + " is not supported",
      DidYouMean(source_type, kSourceTypes) + " There are csv, json, parquet and postgresql.");
}

/// A path means the same wherever the job runs later.
void MakePathAbsolute(JobSpec& spec) {
  const auto path = spec.source_config.find("path");
  if (path == spec.source_config.end() || path->second.empty() || IsReference(path->second) ||
      path->second.starts_with('~')) {
    return;
  }
  path->second = std::filesystem::absolute(path->second).lexically_normal().string();
}

std::string DefaultName(const JobSpec& spec) {
  std::string name = spec.source_type + "_to_" + spec.target;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace

JobSpec ParseJob(const std::string& json) {
  const Json job = Json::parse(json, nullptr, false);
  if (!job.is_object()) ThrowBadValue("the job's configuration", "is no JSON object");
  CheckKeys(job);
  JobSpec spec;
  spec.source_type = TextOf(job, "source_type", "");
  if (spec.source_type == "postgres") spec.source_type = "postgresql";
  if (spec.source_type == "ndjson") spec.source_type = "json";
  spec.source_config = ParseSourceConfig(job["source_config"]);
  ParseTarget(job, spec);
  spec.mode = TextOf(job, "mode", "batch");
  const bool files = connectors::files::IsFileSource(spec.source_type);
  spec.write_mode = TextOf(job, "write_mode", files ? "append" : "overwrite");
  if (job.contains("error_threshold")) {
    if (!job["error_threshold"].is_number()) ThrowBadValue("error_threshold", "must be a number");
    spec.error_threshold = job["error_threshold"].get<double>();
    if (!(spec.error_threshold >= 0 && spec.error_threshold <= 1)) {
      ThrowBadValue("error_threshold", "must be from 0 to 1");
    }
  }
  spec.name = TextOf(job, "name", DefaultName(spec));
  catalog::ValidateName(spec.name);
  Make(spec.source_type, spec.source_config, {});
  if (files) MakePathAbsolute(spec);
  CheckModes(spec);
  const catalog::ObjectName target = TargetOf(spec, "lake");
  catalog::ValidateName(target.schema);
  catalog::ValidateName(target.name);
  return spec;
}

std::string StoredForm(const JobSpec& spec) {
  Json config = Json::object();
  for (const auto& [key, value] : spec.source_config) {
    if (key == kPassword && !IsReference(value)) continue;
    config[key] = value;
  }
  const bool placed = !spec.target_path.empty();
  return Json{{"name", spec.name},
              {"source_type", spec.source_type},
              {"source_config", config},
              {placed ? "target_path" : "target", placed ? spec.target_path : spec.target},
              {"mode", spec.mode},
              {"write_mode", spec.write_mode},
              {"error_threshold", spec.error_threshold}}
      .dump();
}

catalog::ObjectName TargetOf(const JobSpec& spec, const std::string& default_catalog) {
  return catalog::ObjectName::Parse(spec.target, default_catalog, "bronze");
}

std::unique_ptr<connectors::Source> MakeSource(const JobSpec& spec, const std::string& password,
                                               const SourceLimits& limits) {
  connectors::SourceOptions options = spec.source_config;
  if (!password.empty()) options[kPassword] = password;
  for (auto& [key, value] : options) value = ResolveReference(value, limits);
  return Make(spec.source_type, options, {limits.file_roots, limits.closed});
}

bool IsReference(const std::string& value) {
  return (value.starts_with("${env:") || value.starts_with("${file:")) && value.ends_with("}");
}

std::string ResolveReference(const std::string& value, const SourceLimits& limits) {
  if (!IsReference(value)) return value;
  const size_t colon = value.find(':');
  const std::string name = value.substr(colon + 1, value.size() - colon - 2);
  if (value.starts_with("${env:")) {
    if (!name.starts_with(limits.secret_variables)) {
      throw Error(ErrorKind::kPermissionDenied, "LK-5025", "jobs may not read the variable " + name,
                  "Its name must begin with " + limits.secret_variables +
                      " (setting ingestion.secret_variables).");
    }
    if (const char* text = std::getenv(name.c_str())) return text;
    throw Error(ErrorKind::kInvalidArgument, "LK-5004", "variable " + name + " is not set",
                "Set it in the environment of this process.");
  }
  const connectors::files::FileRoots roots(limits.secret_roots, limits.closed);
  std::ifstream file;
  try {
    file.open(roots.RealPath(name, "ingestion.secret_roots"), std::ios::binary);
  } catch (const Error& error) {
    if (error.code() == "LK-5025") throw;
    file.setstate(std::ios::failbit);
  }
  if (!file) {
    throw Error(ErrorKind::kInvalidArgument, "LK-5004", "cannot read the file " + name,
                "It must hold the secret and be readable by this user.");
  }
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace lakehouse::ingestion
