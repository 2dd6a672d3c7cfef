#include "storage/delta/actions.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "storage/delta/schema_json.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::ordered_json;

std::map<std::string, std::string> TextMap(const Json& json) {
  std::map<std::string, std::string> map;
  if (!json.is_object()) return map;
  for (const auto& [key, value] : json.items()) {
    map[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return map;
}

std::vector<std::string> TextList(const Json& action, const char* key) {
  if (!action.contains(key) || !action[key].is_array()) return {};
  return action[key].get<std::vector<std::string>>();
}

/// A text that may be absent or null.
std::string TextOr(const Json& action, const char* key) {
  return action.contains(key) && action[key].is_string() ? action[key].get<std::string>() : "";
}

int64_t NumberOr(const Json& action, const char* key, int64_t fallback) {
  return action.contains(key) && action[key].is_number() ? action[key].get<int64_t>() : fallback;
}

Protocol ToProtocol(const Json& action) {
  Protocol protocol;
  protocol.min_reader_version = action.at("minReaderVersion").get<int>();
  protocol.min_writer_version = action.at("minWriterVersion").get<int>();
  protocol.reader_features = TextList(action, "readerFeatures");
  protocol.writer_features = TextList(action, "writerFeatures");
  return protocol;
}

TableMetadata ToMetadata(const Json& action) {
  TableMetadata metadata;
  metadata.id = action.at("id").get<std::string>();
  metadata.name = TextOr(action, "name");
  metadata.description = TextOr(action, "description");
  metadata.schema = ParseSchema(action.at("schemaString").get<std::string>());
  metadata.partition_columns = TextList(action, "partitionColumns");
  if (action.contains("configuration")) metadata.properties = TextMap(action["configuration"]);
  metadata.created_ms = NumberOr(action, "createdTime", 0);
  return metadata;
}

AddFilePtr ToAdd(const Json& action) {
  auto add = std::make_shared<AddFile>();
  add->path = DecodePath(action.at("path").get<std::string>());
  add->size_bytes = NumberOr(action, "size", 0);
  add->modified_ms = NumberOr(action, "modificationTime", 0);
  add->data_change = action.value("dataChange", true);
  if (action.contains("partitionValues") && action["partitionValues"].is_object()) {
    for (const auto& [key, value] : action["partitionValues"].items()) {
      add->partition_values[key] =
          value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
    }
  }
  add->stats = TextOr(action, "stats");
  if (action.contains("tags")) add->tags = TextMap(action["tags"]);
  add->has_deletion_vector =
      action.contains("deletionVector") && action["deletionVector"].is_object();
  return add;
}

HistoryEntry ToInfo(const Json& action) {
  HistoryEntry entry;
  entry.timestamp_ms = NumberOr(action, "timestamp", 0);
  entry.operation = TextOr(action, "operation");
  if (action.contains("operationParameters")) {
    entry.parameters = TextMap(action["operationParameters"]);
  }
  if (action.contains("operationMetrics")) entry.metrics = TextMap(action["operationMetrics"]);
  entry.user_name = TextOr(action, "userName");
  entry.engine_info = TextOr(action, "engineInfo");
  entry.transaction_id = TextOr(action, "txnId");
  entry.user_metadata = TextOr(action, "userMetadata");
  entry.is_blind_append = action.contains("isBlindAppend") && action["isBlindAppend"] == true;
  return entry;
}

template <typename T>
void SetOnce(std::optional<T>& slot, T value, const char* what) {
  if (slot) {
    throw Error(ErrorKind::kCorruption, "LK-3003", std::string("two ") + what + " actions");
  }
  slot = std::move(value);
}

void AddAction(const Json& line, Actions& actions) {
  if (!line.is_object()) throw Error(ErrorKind::kCorruption, "LK-3003", "a line that is no action");
  for (const auto& [name, action] : line.items()) {
    if (action.is_null()) continue;
    if (name == "protocol") {
      SetOnce(actions.protocol, ToProtocol(action), "protocol");
    } else if (name == "metaData") {
      SetOnce(actions.metadata, ToMetadata(action), "metaData");
    } else if (name == "add") {
      actions.adds.push_back(ToAdd(action));
    } else if (name == "remove") {
      actions.removes.push_back({DecodePath(action.at("path").get<std::string>()),
                                 NumberOr(action, "deletionTimestamp", 0),
                                 action.value("dataChange", true)});
    } else if (name == "txn") {
      actions.transactions.push_back(
          {action.at("appId").get<std::string>(),
           {action.at("version").get<int64_t>(), NumberOr(action, "lastUpdated", 0)}});
    } else if (name == "domainMetadata") {
      actions.domains.push_back({action.at("domain").get<std::string>(),
                                 TextOr(action, "configuration"), action.value("removed", false)});
    } else if (name == "commitInfo") {
      SetOnce(actions.info, ToInfo(action), "commitInfo");
    }
  }
}

void CheckWhole(const Actions& actions) {
  std::set<std::string_view> paths;
  for (const AddFilePtr& add : actions.adds) {
    if (!paths.insert(add->path).second) {
      throw Error(ErrorKind::kCorruption, "LK-3003", "the file " + add->path + " is added twice");
    }
  }
}

Json MapToJson(const std::map<std::string, std::string>& map) {
  Json json = Json::object();
  for (const auto& [key, value] : map) json[key] = value;
  return json;
}

Json ToJson(const Protocol& protocol) {
  Json json = {{"minReaderVersion", protocol.min_reader_version},
               {"minWriterVersion", protocol.min_writer_version}};
  if (protocol.min_reader_version >= 3) json["readerFeatures"] = protocol.reader_features;
  if (protocol.min_writer_version >= 7) json["writerFeatures"] = protocol.writer_features;
  return json;
}

Json ToJson(const TableMetadata& metadata) {
  Json json = {{"id", metadata.id}};
  if (!metadata.name.empty()) json["name"] = metadata.name;
  if (!metadata.description.empty()) json["description"] = metadata.description;
  json["format"] = {{"provider", "parquet"}, {"options", Json::object()}};
  json["schemaString"] = WriteSchema(metadata.schema);
  json["partitionColumns"] = metadata.partition_columns;
  json["configuration"] = MapToJson(metadata.properties);
  json["createdTime"] = metadata.created_ms;
  return json;
}

Json PartitionValues(const AddFile& add) {
  Json json = Json::object();
  for (const auto& [key, value] : add.partition_values) json[key] = value ? Json(*value) : Json();
  return json;
}

Json ToJson(const AddFile& add) {
  Json json = {{"path", EncodePath(add.path)},
               {"partitionValues", PartitionValues(add)},
               {"size", add.size_bytes},
               {"modificationTime", add.modified_ms},
               {"dataChange", add.data_change}};
  if (!add.stats.empty()) json["stats"] = add.stats;
  if (!add.tags.empty()) json["tags"] = MapToJson(add.tags);
  return json;
}

Json ToJson(const HistoryEntry& info) {
  Json json = {{"timestamp", info.timestamp_ms},
               {"operation", info.operation},
               {"operationParameters", MapToJson(info.parameters)},
               {"isBlindAppend", info.is_blind_append},
               {"operationMetrics", MapToJson(info.metrics)},
               {"engineInfo", info.engine_info},
               {"txnId", info.transaction_id}};
  if (!info.user_name.empty()) json["userName"] = info.user_name;
  if (!info.user_metadata.empty()) json["userMetadata"] = info.user_metadata;
  return json;
}

void AppendLine(std::string& text, const char* name, const Json& action) {
  text += Json{{name, action}}.dump() + "\n";
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Actions ParseCommit(std::string_view text, const std::string& place) {
  Actions actions;
  size_t number = 0;
  try {
    while (!text.empty()) {
      ++number;
      const size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
      if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
      AddAction(Json::parse(line), actions);
    }
    CheckWhole(actions);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                place + " line " + std::to_string(number) + ": " + error.what(),
                "The log is damaged; restore the file from a backup.");
  } catch (const Error& error) {
    throw error.Within(place + " line " + std::to_string(number));
  }
  return actions;
}

std::string WriteCommit(const Actions& actions) {
  std::string text;
  if (actions.info) AppendLine(text, "commitInfo", ToJson(*actions.info));
  if (actions.protocol) AppendLine(text, "protocol", ToJson(*actions.protocol));
  if (actions.metadata) AppendLine(text, "metaData", ToJson(*actions.metadata));
  for (const SetTransaction& txn : actions.transactions) {
    AppendLine(text, "txn",
               {{"appId", txn.app_id},
                {"version", txn.state.version},
                {"lastUpdated", txn.state.last_updated_ms}});
  }
  for (const SetDomain& domain : actions.domains) {
    AppendLine(text, "domainMetadata",
               {{"domain", domain.domain},
                {"configuration", domain.configuration},
                {"removed", domain.removed}});
  }
  for (const RemoveFile& remove : actions.removes) {
    AppendLine(text, "remove",
               {{"path", EncodePath(remove.path)},
                {"deletionTimestamp", remove.deleted_ms},
                {"dataChange", remove.data_change}});
  }
  for (const AddFilePtr& add : actions.adds) AppendLine(text, "add", ToJson(*add));
  return text;
}

std::string DecodePath(std::string_view encoded) {
  std::string path;
  for (size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      path += encoded[i];
      continue;
    }
    const bool whole = i + 3 <= encoded.size();
    const int high = whole ? HexValue(encoded[i + 1]) : -1;
    const int low = whole ? HexValue(encoded[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(ErrorKind::kCorruption, "LK-3003",
                  "the path " + std::string(encoded) + " has a cut escape");
    }
    path += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return path;
}

std::string EncodePath(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.!~*'();/:@&=+$,";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte)) || kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace lakehouse::storage::delta
