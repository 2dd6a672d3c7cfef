#include "storage/delta/checkpoint/checksum.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/check.h"
#include "base/error.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void ThrowDamaged(const std::string& place, const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3009", place + ": " + why,
              "The log or its checksum was changed by something that does not keep the protocol; "
              "restore the file from a backup.");
}

std::optional<int64_t> Number(const Json& json, const char* key) {
  if (!json.contains(key) || json[key].is_null()) return std::nullopt;
  return json[key].get<int64_t>();
}

/// Protocol and metadata have the form that they have in a commit.
Actions ParseActions(const Json& json, const std::string& place) {
  std::string lines;
  for (const auto& [member, action] :
       {std::pair("protocol", "protocol"), {"metadata", "metaData"}}) {
    lines += Json{{action, json.at(member)}}.dump() + "\n";
  }
  const auto list = [&](const char* member, const char* action) {
    if (!json.contains(member) || !json[member].is_array()) return;
    for (const Json& one : json[member]) lines += Json{{action, one}}.dump() + "\n";
  };
  list("setTransactions", "txn");
  list("domainMetadata", "domainMetadata");
  return ParseCommit(lines, place);
}

std::vector<std::string> Sorted(std::vector<std::string> features) {
  std::sort(features.begin(), features.end());
  return features;
}

bool Same(const Protocol& a, const Protocol& b) {
  return a.min_reader_version == b.min_reader_version &&
         a.min_writer_version == b.min_writer_version &&
         Sorted(a.reader_features) == Sorted(b.reader_features) &&
         Sorted(a.writer_features) == Sorted(b.writer_features);
}

bool Same(const TableMetadata& a, const TableMetadata& b) {
  return a.id == b.id && a.schema == b.schema && a.partition_columns == b.partition_columns &&
         a.properties == b.properties;
}

void CompareCount(const std::optional<int64_t>& said, int64_t found, const char* what,
                  const std::string& place) {
  if (!said || *said == found) return;
  ThrowDamaged(place, std::string(what) + " should be " + std::to_string(*said) + " and is " +
                          std::to_string(found));
}

}  // namespace

Checksum ParseChecksum(std::string_view text, const std::string& place) {
  try {
    const Json json = Json::parse(text);
    Checksum checksum;
    checksum.table_size_bytes = json.at("tableSizeBytes").get<int64_t>();
    checksum.file_count = json.at("numFiles").get<int64_t>();
    Actions actions = ParseActions(json, place);
    if (!actions.protocol || !actions.metadata) {
      ThrowDamaged(place, "protocol or metadata are missing");
    }
    checksum.protocol = *std::move(actions.protocol);
    checksum.metadata = *std::move(actions.metadata);
    checksum.in_commit_timestamp = Number(json, "inCommitTimestampOpt");
    checksum.deleted_record_count = Number(json, "numDeletedRecordsOpt");
    checksum.deletion_vector_count = Number(json, "numDeletionVectorsOpt");
    if (json.contains("setTransactions") && json["setTransactions"].is_array()) {
      auto& known = checksum.transactions.emplace();
      for (const SetTransaction& txn : actions.transactions) known[txn.app_id] = txn.state.version;
    }
    if (json.contains("domainMetadata") && json["domainMetadata"].is_array()) {
      auto& known = checksum.domains.emplace();
      for (const SetDomain& domain : actions.domains) known[domain.domain] = domain.configuration;
    }
    return checksum;
  } catch (const nlohmann::json::exception& error) {
    ThrowDamaged(place, error.what());
  } catch (const Error& error) {
    if (error.code() == "LK-3009" || error.kind() != ErrorKind::kCorruption) throw;
    ThrowDamaged(place, error.message());
  }
}

std::string ChecksumText(const DeltaSnapshot::State& state) {
  LAKE_CHECK(state.protocol && state.metadata);
  Actions actions;
  actions.protocol = state.protocol;
  actions.metadata = state.metadata;
  actions.schema_text = state.schema_text;
  for (const auto& [app, transaction] : state.transactions) {
    actions.transactions.push_back({app, transaction});
  }
  for (const auto& [domain, configuration] : state.domains) {
    actions.domains.push_back({domain, configuration, false});
  }
  Json json;
  if (!state.transaction_id.empty()) json["txnId"] = state.transaction_id;
  json["tableSizeBytes"] = state.totals.bytes;
  json["numFiles"] = state.files.size();
  if (HasDeletionVectors(*state.protocol)) {
    json["numDeletedRecordsOpt"] = state.totals.deleted_records;
    json["numDeletionVectorsOpt"] = state.totals.deletion_vectors;
  }
  json["numMetadata"] = 1;
  json["numProtocol"] = 1;
  if (HasInCommitTimestamps(*state.protocol, *state.metadata)) {
    json["inCommitTimestampOpt"] = state.timestamp_ms;
  }
  json["setTransactions"] = Json::array();
  json["domainMetadata"] = Json::array();
  std::istringstream lines(WriteCommit(actions));
  for (std::string line; std::getline(lines, line);) {
    const Json action = Json::parse(line);
    const std::string name = action.begin().key();
    if (name == "txn") {
      json["setTransactions"].push_back(action.begin().value());
    } else if (name == "domainMetadata") {
      json["domainMetadata"].push_back(action.begin().value());
    } else {
      json[name == "metaData" ? "metadata" : name] = action.begin().value();
    }
  }
  return json.dump() + "\n";
}

void CompareWith(const Checksum& checksum, const DeltaSnapshot::State& state,
                 const std::string& place) {
  CompareCount(checksum.file_count, static_cast<int64_t>(state.files.size()), "the number of files",
               place);
  CompareCount(checksum.table_size_bytes, state.totals.bytes, "the size of all files", place);
  CompareCount(checksum.deletion_vector_count, state.totals.deletion_vectors,
               "the number of deletion vectors", place);
  CompareCount(checksum.deleted_record_count, state.totals.deleted_records,
               "the number of deleted rows", place);
  if (!state.protocol || !Same(checksum.protocol, *state.protocol)) {
    ThrowDamaged(place, "the protocol is another one than that of the log");
  }
  if (!state.metadata || !Same(checksum.metadata, *state.metadata)) {
    ThrowDamaged(place, "the metadata are others than those of the log");
  }
  if (checksum.transactions) {
    // Writers leave out transactions that are past their retention, so the state may have more.
    for (const auto& [app, version] : *checksum.transactions) {
      const auto found = state.transactions.find(app);
      if (found == state.transactions.end() || found->second.version != version) {
        ThrowDamaged(place, "the transaction of " + app + " differs");
      }
    }
  }
  if (checksum.domains && *checksum.domains != state.domains) {
    ThrowDamaged(place, "the metadata of domains differ");
  }
}

}  // namespace lakehouse::storage::delta
