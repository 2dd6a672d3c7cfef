#include <algorithm>
#include <array>
#include <utility>

#include "base/config.h"

namespace lakehouse {
namespace {

using enum SettingType;

/// The same default in every environment.
Setting Same(std::string key, SettingType type, const std::string& value,
             std::string documentation) {
  Setting setting;
  setting.key = std::move(key);
  setting.type = type;
  setting.documentation = std::move(documentation);
  for (std::string& text : setting.defaults) text = value;
  return setting;
}

/// Defaults of local, development, staging, production.
Setting Each(std::string key, SettingType type, std::array<std::string, 4> values,
             std::string documentation) {
  Setting setting;
  setting.key = std::move(key);
  setting.type = type;
  setting.documentation = std::move(documentation);
  std::move(values.begin(), values.end(), setting.defaults);
  return setting;
}

/// No default.
Setting Unset(std::string key, SettingType type, std::string documentation) {
  Setting setting = Same(std::move(key), type, "", std::move(documentation));
  setting.optional = true;
  return setting;
}

Setting Choice(Setting setting, std::vector<std::string> choices) {
  setting.choices = std::move(choices);
  return setting;
}
Setting Range(Setting setting, double minimum, double maximum) {
  setting.minimum = minimum;
  setting.maximum = maximum;
  return setting;
}
Setting Secret(Setting setting) {
  setting.secret = true;
  return setting;
}

void AddEngines(std::vector<Setting>& all) {
  all.push_back(Same("spark.master", kString, "local[*]",
                     "Address of the Spark cluster, for sessions that use one."));
  all.push_back(Range(Each("spark.executor_instances", kInteger, {"1", "2", "2", "4"},
                           "Executors that a Spark session asks for."),
                      1, 10000));
  all.push_back(
      Each("spark.executor_memory", kBytes, {"2g", "4g", "4g", "8g"}, "Memory of one executor."));
  all.push_back(Same("spark.adaptive_query_execution", kBoolean, "true",
                     "Let Spark change a plan while it runs."));
  all.push_back(Same("ml.mlflow_tracking_uri", kString, "http://localhost:5000",
                     "Address of the MLflow tracking server or its database."));
  all.back().secret = true;
  all.push_back(
      Same("ml.feature_store_root", kString, "feature_store", "Directory of the feature store."));
  all.push_back(Same("ml.enable_automl", kBoolean, "true", "Allow automatic model search."));
}

void AddStorage(std::vector<Setting>& all) {
  all.push_back(
      Each("storage.data_root", kString,
           {"./lakehouse-data", "./lakehouse-data", "/var/lib/lakehouse", "/var/lib/lakehouse"},
           "Directory of the tables, or s3://bucket/prefix. Relative paths are relative to the "
           "working directory."));
  all.push_back(
      Same("storage.state_directory", kString, "_lakehouse",
           "Directory of what is kept beside the tables (names, audit log, spill, cache), "
           "below the data root; with a bucket below the working directory."));
  all.push_back(
      Choice(Same("storage.compression_codec", kString, "zstd", "Compression of data files."),
             {"zstd", "snappy", "lz4", "gzip", "uncompressed"}));
  all.push_back(Same("storage.enable_compression", kBoolean, "true", "Compress data files."));
  all.push_back(Same("storage.target_file_size", kBytes, "128MiB",
                     "A data file is closed at about this size."));
  all.push_back(Each("storage.allowed_locations", kStringList, {"/data", "", "", ""},
                     "Directories, or s3://bucket/prefix, beside the data root in which tables may "
                     "lie."));
  all.push_back(Same("storage.partition_time_zone", kString, "UTC",
                     "Zone of timestamps in partition values that do not say theirs: the zone in "
                     "which the tables' writers ran."));
  all.push_back(Same("storage.group_commits", kBoolean, "true",
                     "Let appends of one server that wait for the same version of a table share "
                     "one commit."));
  all.push_back(Same("catalog.metadata_store", kString, "metadata.db",
                     "SQLite file of names, jobs and tokens, below the state directory."));
  all.push_back(
      Same("catalog.default_catalog", kString, "lake", "Catalog of names that have none."));
}

void AddObjectStore(std::vector<Setting>& all) {
  all.push_back(Unset("storage.s3_endpoint", kString,
                      "Address of the S3 server, such as https://host:9000; unset is Amazon's."));
  all.push_back(Unset("storage.s3_region", kString,
                      "Region of the buckets; unset takes AWS_REGION, the profile's, us-east-1."));
  all.push_back(Choice(Same("storage.s3_addressing", kString, "auto",
                            "Where the bucket's name stands in an address: path, virtual (in the "
                            "host), or auto: path with an own endpoint."),
                       {"auto", "path", "virtual"}));
  all.push_back(Same("storage.s3_allow_http", kBoolean, "false",
                     "Let requests to another machine go unencrypted (http://)."));
  all.push_back(Unset("storage.s3_ca_file", kString,
                      "PEM file of the authorities whose certificates are trusted; unset takes the "
                      "system's."));
  all.push_back(Secret(Unset("storage.s3_access_key_id", kString,
                             "Access key; unset takes AWS_ACCESS_KEY_ID, then the profile's.")));
  all.push_back(Secret(Unset("storage.s3_secret_access_key", kString, "Its secret.")));
  all.push_back(Secret(
      Unset("storage.s3_session_token", kString, "Session token of temporary credentials.")));
  all.push_back(Unset("storage.s3_profile", kString,
                      "Profile of ~/.aws/credentials; unset takes AWS_PROFILE, then default."));
  all.push_back(
      Same("storage.s3_anonymous", kBoolean, "false", "Send no credentials, for public buckets."));
  all.push_back(Range(Same("storage.s3_max_connections", kInteger, "32",
                           "Connections of one bucket at a time; further requests wait."),
                      1, 1000));
  all.push_back(Same("storage.s3_connect_timeout", kDurationMs, "5s",
                     "Time in which a connection must be made."));
  all.push_back(Same("storage.s3_stall_timeout", kDurationMs, "30s",
                     "A request on which no byte moves for so long has failed."));
  all.push_back(Range(Same("storage.s3_max_attempts", kInteger, "6",
                           "Attempts of a request that fails for a passing reason."),
                      1, 100));
  all.push_back(Same("storage.s3_deadline", kDurationMs, "2m",
                     "No attempt of a request begins so long after its first."));
  all.push_back(Same("storage.s3_part_size", kBytes, "8MiB",
                     "Larger objects are uploaded in parts of this size; Amazon wants at least "
                     "5MiB."));
  all.push_back(Same("storage.s3_read_ahead", kBytes, "4MiB",
                     "Greatest read-ahead of small reads that follow each other."));
  all.push_back(Same("storage.cache_size", kBytes, "0",
                     "Limit of the local cache of data files in buckets; 0 keeps none."));
  all.push_back(Same("storage.cache_directory", kString, "cache",
                     "Directory of that cache, below the state directory."));
}

void AddQuery(std::vector<Setting>& all) {
  all.push_back(Range(Same("query.threads", kInteger, "0",
                           "Threads of the engine; 0 takes every core that the cgroup allows."),
                      0, 1024));
  all.push_back(
      Unset("query.memory_limit", kBytes,
            "Memory of the engine; unset takes 60 % of the machine's, or of the cgroup's limit."));
  all.push_back(Same("query.temp_directory", kString, "spill",
                     "Where large statements spill, below the state directory."));
  all.push_back(Unset("query.max_temp_size", kBytes,
                      "Limit of the spill; unset takes 90 % of the free disk."));
  all.push_back(Same("query.optimize_memory", kBytes, "320MiB",
                     "Memory in which OPTIMIZE orders rows before it spills; never more than the "
                     "statement's share."));
  all.push_back(
      Range(Same("query.max_running", kInteger, "4", "Statements that run at a time."), 1, 1000));
  all.push_back(
      Range(Same("query.max_waiting", kInteger, "64", "Statements that wait; more are refused."), 0,
            100000));
  all.push_back(Each("query.timeout", kDurationMs, {"0s", "1h", "30m", "30m"},
                     "Time limit of a statement; 0s is none."));
  all.push_back(Range(Same("query.write_attempts", kInteger, "100",
                           "Attempts of a statement that loses races against other writers."),
                      1, 10000));
  all.push_back(Range(Same("query.auto_compact_min_files", kInteger, "50",
                           "Small files of a partition from which auto compaction starts."),
                      2, 1000000));
  all.push_back(Same("query.auto_compact_file_size", kBytes, "128MiB",
                     "Size of the files that auto compaction makes; small is less than half."));
  all.push_back(Same("query.default_schema", kString, "main", "Schema of names that have none."));
  all.push_back(Range(Same("ingestion.max_attempts", kInteger, "5",
                           "Attempts of a run that fails for a passing reason."),
                      1, 100));
  all.push_back(Same("ingestion.backoff_base", kDurationMs, "500ms",
                     "First upper bound of the random wait between attempts; it doubles."));
  all.push_back(
      Same("ingestion.backoff_max", kDurationMs, "30s", "Greatest upper bound of that wait."));
  all.push_back(Range(
      Same("ingestion.max_parallel_jobs", kInteger, "2", "Jobs that run at a time."), 1, 256));
  all.push_back(Each("ingestion.file_roots", kStringList, {"/", "/", "", ""},
                     "Directories from which jobs may read files."));
  all.push_back(Each("ingestion.secret_roots", kStringList,
                     {"/", "/", "/run/secrets", "/run/secrets"},
                     "Directories of the secrets that a job may name as ${file:/path}."));
  all.push_back(Each("ingestion.secret_variables", kString,
                     {"", "", "LAKEHOUSE_SECRET_", "LAKEHOUSE_SECRET_"},
                     "How the variables begin that a job may name as ${env:NAME}."));
}

void AddServer(std::vector<Setting>& all) {
  all.push_back(Each("security.enable_authentication", kBoolean, {"false", "true", "true", "true"},
                     "Ask every caller of the server for a token."));
  all.push_back(Each("security.enable_authorization", kBoolean, {"false", "true", "true", "true"},
                     "Check rights; without it everybody is an administrator."));
  all.push_back(Same("security.audit_log", kString, "audit.jsonl",
                     "File of audit records, below the state directory."));
  all.push_back(Same("server.host", kString, "127.0.0.1",
                     "Address to listen on; only loopback unless TLS and authentication are on."));
  all.push_back(Range(
      Same("server.port", kInteger, "8443", "Port to listen on; 0 takes a free one."), 0, 65535));
  all.push_back(
      Range(Same("server.max_connections", kInteger, "256", "Open connections; more are refused."),
            1, 100000));
  all.push_back(
      Same("server.max_header_size", kBytes, "16KiB", "Greatest size of a request's header."));
  all.push_back(Same("server.max_body_size", kBytes, "8MiB", "Greatest size of a request's body."));
  all.push_back(Same("server.request_timeout", kDurationMs, "30s",
                     "Time in which a request must have arrived."));
  all.push_back(
      Same("server.idle_timeout", kDurationMs, "60s", "An idle connection is closed after it."));
  all.push_back(Range(Same("server.worker_threads", kInteger, "16",
                           "Threads that answer requests; more requests wait."),
                      1, 1024));
  all.push_back(Range(Same("server.max_statements", kInteger, "64",
                           "Statements in the background, running or kept; more are refused."),
                      1, 10000));
  all.push_back(Same("server.max_result_size", kBytes, "64MiB",
                     "Greatest result of a statement in the background, in memory."));
  all.push_back(Same("server.statement_keep", kDurationMs, "10m",
                     "How long the result of a statement in the background is kept."));
  all.push_back(Each("server.stop_grace", kDurationMs, {"0s", "0s", "5s", "5s"},
                     "How long /readyz says no at a stop before connections are refused."));
  all.push_back(Same("server.drain_timeout", kDurationMs, "25s",
                     "Time that running requests have to end at a stop."));
  all.push_back(Unset("server.tls_certificate", kString, "PEM file of the certificate chain."));
  all.push_back(Secret(Unset("server.tls_key", kString, "PEM file of the private key.")));
  all.push_back(Choice(Each("monitoring.log_level", kString, {"warn", "info", "info", "info"},
                            "Least level that is logged."),
                       {"debug", "info", "warn", "error", "off"}));
  all.push_back(Choice(Same("monitoring.log_format", kString, "auto",
                            "pretty, json, or auto: pretty on a terminal."),
                       {"auto", "pretty", "json"}));
}

std::vector<Setting> MakeSettings() {
  std::vector<Setting> all;
  AddEngines(all);
  AddStorage(all);
  AddObjectStore(all);
  AddQuery(all);
  AddServer(all);
  return all;
}

}  // namespace

const std::vector<Setting>& Settings() {
  static const std::vector<Setting> settings = MakeSettings();
  return settings;
}

}  // namespace lakehouse
