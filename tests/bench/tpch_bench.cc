// TPC-H through the lakehouse's catalog against DuckDB's read_parquet on the same files, in one
// process:
//   tpch_bench DATA_ROOT SCHEMA STATEMENTS ROUNDS SIDE
// STATEMENTS is a JSON file {"name": "SELECT ..."}; SIDE is both, ours or peer (one alone tells its
// memory). Prints one JSON object: the times of each statement in milliseconds by round.
#include <arrow/api.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <duckdb.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "app/lakehouse.h"
#include "base/config.h"
#include "base/error.h"
#include "base/metrics.h"
#include "catalog/lake.h"
#include "query/query.h"

namespace lakehouse {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kThreads[] = "2";
constexpr char kMemory[] = "4GB";

struct Answer {
  double milliseconds = 0;
  double cpu_milliseconds = 0;  ///< of all threads of the process
  int64_t rows = 0;
};

double CpuMilliseconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) * 1e-6;
}

template <typename Work>
Answer Timed(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = CpuMilliseconds();
  const int64_t rows = work();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return {took.count(), CpuMilliseconds() - cpu_begin, rows};
}

Config ConfigFor(const std::string& data_root) {
  Config::Source source;
  source.flags = {{"storage.data_root", data_root},
                  {"query.threads", kThreads},
                  {"query.memory_limit", kMemory}};
  return Config::Load(source);
}

/// The lakehouse: its whole way from a text to Arrow rows.
class Ours {
 public:
  Ours(app::Lakehouse& lakehouse, const std::string& schema)
      : session_(lakehouse.engine().OpenSession(security::LocalPrincipal())) {
    Run("USE " + schema);
  }

  Answer Run(const std::string& sql) {
    return Timed([&] {
      query::QueryRequest request;
      request.sql = sql;
      request.principal = security::LocalPrincipal();
      request.gather = true;
      const query::QueryResult result = session_->Execute(request);
      metrics_ = result.metrics;
      int64_t rows = 0;
      std::shared_ptr<arrow::RecordBatch> batch;
      while (result.reader->ReadNext(&batch).ok() && batch) rows += batch->num_rows();
      return rows;
    });
  }
  int64_t files_read() const { return metrics_->files_read; }
  int64_t files_total() const { return metrics_->files_total; }

 private:
  const std::unique_ptr<query::Session> session_;
  std::shared_ptr<query::QueryMetrics> metrics_;
};

/// A second DuckDB with the same settings, whose tables are read_parquet over our files.
class Peer {
 public:
  Peer(catalog::Lake& lake, const std::string& schema) {
    duckdb::DBConfig config;
    config.SetOptionByName("threads", duckdb::Value(kThreads));
    config.SetOptionByName("memory_limit", duckdb::Value(kMemory));
    database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    connection_ = std::make_unique<duckdb::Connection>(*database_);
    const auto principal = security::LocalPrincipal();
    for (const auto& table : lake.ListObjects(principal, lake.default_catalog(), schema)) {
      const auto object = lake.Resolve(principal, catalog::Action::kSelect, table.name);
      const std::string root = object.table->location().uri().substr(sizeof("file://") - 1);
      const storage::SnapshotPtr snapshot = object.table->Latest();
      std::string files;
      for (size_t i = 0; i < snapshot->file_count(); ++i) {
        files += (i > 0 ? ",'" : "'") + root + "/" + std::string(snapshot->file(i).path) + "'";
      }
      Run("CREATE VIEW " + table.name.name + " AS SELECT * FROM read_parquet([" + files + "])");
    }
  }

  Answer Run(const std::string& sql) {
    return Timed([&] {
      const auto result = connection_->Query(sql);
      if (result->HasError()) {
        std::cerr << result->GetError() << "\n";
        std::exit(1);
      }
      return static_cast<int64_t>(result->RowCount());
    });
  }

 private:
  std::unique_ptr<duckdb::DuckDB> database_;
  std::unique_ptr<duckdb::Connection> connection_;
};

/// How often a file below the data root was opened for reading so far.
double Opened() {
  std::istringstream metrics(Metrics::Instance().Text());
  for (std::string line; std::getline(metrics, line);) {
    const bool requests = line.starts_with("lakehouse_io_requests_total{");
    const auto has = [&](const char* label) { return line.find(label) != std::string::npos; };
    if (requests && has("operation=\"read\"") && has("result=\"ok\"") && has("store=\"data\"")) {
      return std::stod(line.substr(line.rfind(' ')));
    }
  }
  return 0;
}

double PeakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

/// One statement on both sides, in turns; the first round only warms up.
Json Measure(const std::string& sql, int rounds, Ours* ours, Peer* peer) {
  Json record;
  const auto note = [&](const std::string& side, const Answer& answer, bool warm) {
    record[side + "_rows"] = answer.rows;
    if (!warm) return;
    record[side + "_ms"].push_back(answer.milliseconds);
    record[side + "_cpu_ms"].push_back(answer.cpu_milliseconds);
  };
  const auto run_ours = [&](bool warm) {
    if (ours == nullptr) return;
    const double before = Opened();
    note("ours", ours->Run(sql), warm);
    record["files_opened"] = Opened() - before;
    record["files_read"] = ours->files_read();
    record["files_total"] = ours->files_total();
  };
  const auto run_peer = [&](bool warm) {
    if (peer != nullptr) note("peer", peer->Run(sql), warm);
  };
  for (int round = 0; round <= rounds; ++round) {
    const bool warm = round > 0;
    if (round % 2 == 0) run_ours(warm);
    run_peer(warm);
    if (round % 2 == 1) run_ours(warm);
  }
  return record;
}

int Run(char** arguments) {
  const std::string schema = arguments[2];
  const std::string side = arguments[5];
  std::ifstream file(arguments[3]);
  const Json statements = Json::parse(file);
  const auto lakehouse = app::Lakehouse::Open(ConfigFor(arguments[1]));
  std::unique_ptr<Ours> ours;
  std::unique_ptr<Peer> peer;
  if (side != "peer") ours = std::make_unique<Ours>(*lakehouse, schema);
  if (side != "ours") peer = std::make_unique<Peer>(lakehouse->lake(), schema);
  Json records;
  for (const auto& [name, sql] : statements.items()) {
    records[name] =
        Measure(sql.get<std::string>(), std::atoi(arguments[4]), ours.get(), peer.get());
  }
  const Json all = {{"statements", records}, {"peak_mb", PeakMegabytes()}};
  std::cout << all.dump() << "\n";
  return 0;
}

}  // namespace
}  // namespace lakehouse

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: tpch_bench DATA_ROOT SCHEMA STATEMENTS ROUNDS both|ours|peer\n";
    return 2;
  }
  try {
    return lakehouse::Run(argv);
  } catch (const lakehouse::Error& error) {
    std::cerr << error.code() << ": " << error.message() << "\n";
    return 1;
  }
}
