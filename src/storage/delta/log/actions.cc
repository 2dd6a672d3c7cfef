#include "storage/delta/log/actions.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"
#include "storage/delta/log/schema_json.h"
#include "storage/file_place.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::ordered_json;
namespace dom = simdjson::dom;

/// Deeper JSON is refused: nothing in a log needs it, and recursion over it would end the stack.
constexpr size_t kMaxDepth = 512;

[[noreturn]] void ThrowDamaged(const std::string& what) {
  throw Error(ErrorKind::kCorruption, "LK-3003", what,
              "The log is damaged; restore the file from a backup.");
}

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
  if (action.contains("format") && action["format"].is_object()) {
    const std::string provider = TextOr(action["format"], "provider");
    if (!provider.empty() && provider != "parquet") {
      throw Error(ErrorKind::kUnsupported, "LK-3002", "the table's files are of format " + provider,
                  "Only Parquet is read.");
    }
  }
  metadata.name = TextOr(action, "name");
  metadata.description = TextOr(action, "description");
  metadata.schema = ParseSchema(action.at("schemaString").get<std::string>());
  metadata.partition_columns = TextList(action, "partitionColumns");
  if (action.contains("configuration")) metadata.properties = TextMap(action["configuration"]);
  metadata.created_ms = NumberOr(action, "createdTime", 0);
  return metadata;
}

/// A member of an action that is read without a JSON tree of its own; absent and null are the same.
template <typename T>
T MemberOr(const dom::object& action, const char* key, T fallback) {
  const auto found = action[key];
  if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) return fallback;
  T value;
  if (found.get(value) != simdjson::SUCCESS) ThrowDamaged(std::string(key) + " is of a wrong type");
  return value;
}

/// Calls `take(key, value)` for the members of an object that may be absent.
template <typename Take>
void ForEachMember(const dom::object& action, const char* key, Take take) {
  const auto found = action[key];
  if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) return;
  dom::object members;
  if (found.get(members) != simdjson::SUCCESS) ThrowDamaged(std::string(key) + " is no object");
  for (const auto& [name, value] : members) take(std::string(name), value);
}

std::string PathOf(const dom::object& action) {
  const std::string_view path = MemberOr<std::string_view>(action, "path", {});
  if (path.empty()) ThrowDamaged("a file action without a path");
  return DecodePath(path);
}

PartitionValues PartitionsOf(const dom::object& action) {
  PartitionValues values;
  ForEachMember(action, "partitionValues", [&](const std::string& key, const dom::element& value) {
    auto& slot = values[key];
    if (value.is_null()) return;
    if (!value.is_string()) ThrowDamaged("the partition value " + key + " is no text");
    slot = std::string(value.get_string().value_unsafe());
  });
  return values;
}

std::optional<int64_t> NumberIn(const dom::object& action, const char* key) {
  const auto found = action[key];
  if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) return std::nullopt;
  return MemberOr<int64_t>(action, key, 0);
}

DeletionVectorPtr VectorOf(const dom::object& action) {
  const auto found = action["deletionVector"];
  if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) return nullptr;
  dom::object members;
  if (found.get(members) != simdjson::SUCCESS) ThrowDamaged("deletionVector is no object");
  DeletionVectorDescriptor vector;
  const auto type = MemberOr<std::string_view>(members, "storageType", {});
  vector.storage_type = type.size() == 1 ? type[0] : '?';
  vector.path_or_inline = MemberOr<std::string_view>(members, "pathOrInlineDv", {});
  vector.offset = NumberIn(members, "offset");
  vector.size_bytes = MemberOr<int64_t>(members, "sizeInBytes", -1);
  vector.cardinality = MemberOr<int64_t>(members, "cardinality", -1);
  Validate(vector);
  return std::make_shared<const DeletionVectorDescriptor>(std::move(vector));
}

/// A member that is there and not null.
template <typename T>
T ValueOf(std::string_view key, const dom::element& value) {
  T result;
  if (value.get(result) != simdjson::SUCCESS) {
    ThrowDamaged(std::string(key) + " is of a wrong type");
  }
  return result;
}

/// Looks at each member once: there may be millions of these.
AddFilePtr ToAdd(const dom::object& action) {
  auto add = std::make_shared<AddFile>();
  for (const auto& [key, value] : action) {
    if (value.is_null()) continue;
    if (key == "path") {
      add->path = DecodePath(ValueOf<std::string_view>(key, value));
    } else if (key == "size") {
      add->size_bytes = ValueOf<int64_t>(key, value);
    } else if (key == "modificationTime") {
      add->modified_ms = ValueOf<int64_t>(key, value);
    } else if (key == "dataChange") {
      add->data_change = ValueOf<bool>(key, value);
    } else if (key == "stats") {
      add->stats = ValueOf<std::string_view>(key, value);
    } else if (key == "partitionValues") {
      add->partition_values = PartitionsOf(action);
    } else if (key == "tags") {
      for (const auto& [tag, text] : ValueOf<dom::object>(key, value)) {
        if (text.is_string()) add->tags[std::string(tag)] = text.get_string().value_unsafe();
      }
    } else if (key == "deletionVector") {
      add->deletion_vector = VectorOf(action);
    } else if (key == "baseRowId") {
      add->base_row_id = ValueOf<int64_t>(key, value);
    } else if (key == "defaultRowCommitVersion") {
      add->default_row_commit_version = ValueOf<int64_t>(key, value);
    } else if (key == "clusteringProvider") {
      add->clustering_provider = ValueOf<std::string_view>(key, value);
    }
  }
  if (add->path.empty()) ThrowDamaged("a file action without a path");
  if (add->size_bytes < 0) ThrowDamaged("the size of " + add->path + " is negative");
  return add;
}

RemoveFile ToRemove(const dom::object& action) {
  return {PathOf(action), MemberOr<int64_t>(action, "deletionTimestamp", 0),
          MemberOr<bool>(action, "dataChange", true), VectorOf(action), nullptr};
}

ChangeFile ToChange(const dom::object& action) {
  return {PathOf(action), MemberOr<int64_t>(action, "size", 0), PartitionsOf(action)};
}

SidecarFile ToSidecar(const dom::object& action) {
  return {PathOf(action), MemberOr<int64_t>(action, "sizeInBytes", -1)};
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
  entry.isolation_level = TextOr(action, "isolationLevel");
  if (action.contains("readVersion") && action["readVersion"].is_number_integer()) {
    entry.read_version = action["readVersion"].get<int64_t>();
  }
  if (action.contains("tags")) entry.tags = TextMap(action["tags"]);
  return entry;
}

template <typename T>
void SetOnce(std::optional<T>& slot, T value, const char* what) {
  if (slot) {
    ThrowDamaged(std::string("two ") + what + " actions");
  }
  slot = std::move(value);
}

void AddRareAction(const std::string& name, const Json& action, Actions& actions) {
  if (name == "protocol") {
    SetOnce(actions.protocol, ToProtocol(action), "protocol");
  } else if (name == "metaData") {
    SetOnce(actions.metadata, ToMetadata(action), "metaData");
    actions.schema_text = action.at("schemaString").get<std::string>();
  } else if (name == "txn") {
    actions.transactions.push_back(
        {action.at("appId").get<std::string>(),
         {action.at("version").get<int64_t>(), NumberOr(action, "lastUpdated", 0)}});
  } else if (name == "domainMetadata") {
    actions.domains.push_back({action.at("domain").get<std::string>(),
                               TextOr(action, "configuration"), action.value("removed", false)});
  } else if (name == "commitInfo") {
    SetOnce(actions.info, ToInfo(action), "commitInfo");
    if (const int64_t time = NumberOr(action, "inCommitTimestamp", -1); time >= 0) {
      actions.in_commit_timestamp = time;
    }
  } else if (name == "checkpointMetadata") {
    SetOnce(actions.checkpoint_version, action.at("version").get<int64_t>(), "checkpointMetadata");
  }
}

/// Actions on files, of which there may be very many; false for another one.
bool AddFileAction(std::string_view name, const dom::element& action, Actions& actions) {
  if (name != "add" && name != "remove" && name != "cdc" && name != "sidecar") return false;
  dom::object object;
  if (action.get(object) != simdjson::SUCCESS) ThrowDamaged("an action that is no object");
  if (name == "add") {
    actions.adds.push_back(ToAdd(object));
  } else if (name == "remove") {
    actions.removes.push_back(ToRemove(object));
  } else if (name == "cdc") {
    actions.changes.push_back(ToChange(object));
  } else {
    actions.sidecars.push_back(ToSidecar(object));
  }
  return true;
}

/// A parser of single lines, with memory for the longest one.
class LineParser {
 public:
  /// `line` is followed by at least SIMDJSON_PADDING readable bytes. The document lives until the
  /// next one.
  dom::element Parse(std::string_view line) {
    if (line.size() > capacity_) {
      capacity_ = std::bit_ceil(std::max<size_t>(line.size(), kLeastCapacity));
      if (parser_.allocate(capacity_, kMaxDepth) != simdjson::SUCCESS) throw std::bad_alloc();
    }
    dom::element document;
    const auto failure = parser_.parse(line.data(), line.size(), false).get(document);
    if (failure != simdjson::SUCCESS) ThrowDamaged(simdjson::error_message(failure));
    return document;
  }

 private:
  static constexpr size_t kLeastCapacity = 4096;
  dom::parser parser_;
  size_t capacity_ = 0;
};

/// File actions, of which there are many, are taken from the flat form; the others from a JSON
/// tree.
void AddAction(LineParser& parser, std::string_view line, Actions& actions) {
  const dom::element document = parser.Parse(line);
  dom::object members;
  if (document.get(members) != simdjson::SUCCESS) ThrowDamaged("a line that is no action");
  bool rare = false;
  for (const auto& [name, action] : members) {
    if (!action.is_null() && !AddFileAction(name, action, actions)) rare = true;
  }
  if (!rare) return;
  const Json tree = Json::parse(line);
  for (const auto& [name, action] : tree.items()) {
    if (!action.is_null()) AddRareAction(name, action, actions);
  }
}

Json ToJson(const DeletionVectorDescriptor& vector) {
  Json json = {{"storageType", std::string(1, vector.storage_type)},
               {"pathOrInlineDv", vector.path_or_inline}};
  if (vector.offset) json["offset"] = *vector.offset;
  json["sizeInBytes"] = vector.size_bytes;
  json["cardinality"] = vector.cardinality;
  return json;
}

Json MapToJson(const std::map<std::string, std::string>& map) {
  Json json = Json::object();
  for (const auto& [key, value] : map) json[key] = value;
  return json;
}

/// Of values that are JSON texts: "Append", as Spark writes it, and not "\"Append\"". Spark reads
/// them as texts, so lists and objects stay texts.
Json ParametersToJson(const std::map<std::string, std::string>& parameters) {
  Json json = Json::object();
  for (const auto& [key, text] : parameters) {
    const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    json[key] = value.is_discarded() || value.is_structured() ? Json(text) : value;
  }
  return json;
}

Json ToJson(const Protocol& protocol) {
  Json json = {{"minReaderVersion", protocol.min_reader_version},
               {"minWriterVersion", protocol.min_writer_version}};
  if (protocol.min_reader_version >= 3) json["readerFeatures"] = protocol.reader_features;
  if (protocol.min_writer_version >= 7) json["writerFeatures"] = protocol.writer_features;
  return json;
}

Json ToJson(const TableMetadata& metadata, const std::string& schema_text) {
  Json json = {{"id", metadata.id}};
  if (!metadata.name.empty()) json["name"] = metadata.name;
  if (!metadata.description.empty()) json["description"] = metadata.description;
  json["format"] = {{"provider", "parquet"}, {"options", Json::object()}};
  json["schemaString"] = schema_text.empty() ? WriteSchema(metadata.schema) : schema_text;
  json["partitionColumns"] = metadata.partition_columns;
  json["configuration"] = MapToJson(metadata.properties);
  json["createdTime"] = metadata.created_ms;
  return json;
}

Json PartitionsToJson(const PartitionValues& values) {
  Json json = Json::object();
  for (const auto& [key, value] : values) json[key] = value ? Json(*value) : Json();
  return json;
}

void PutRowIds(const AddFile& file, Json& json) {
  if (file.base_row_id) json["baseRowId"] = *file.base_row_id;
  if (file.default_row_commit_version) {
    json["defaultRowCommitVersion"] = *file.default_row_commit_version;
  }
}

Json ToJson(const AddFile& add) {
  Json json = {{"path", EncodePath(add.path)},
               {"partitionValues", PartitionsToJson(add.partition_values)},
               {"size", add.size_bytes},
               {"modificationTime", add.modified_ms},
               {"dataChange", add.data_change}};
  if (!add.stats.empty()) json["stats"] = add.stats;
  if (!add.tags.empty()) json["tags"] = MapToJson(add.tags);
  if (add.deletion_vector) json["deletionVector"] = ToJson(*add.deletion_vector);
  PutRowIds(add, json);
  if (!add.clustering_provider.empty()) json["clusteringProvider"] = add.clustering_provider;
  return json;
}

Json ToJson(const RemoveFile& remove) {
  Json json = {{"path", EncodePath(remove.path)},
               {"deletionTimestamp", remove.deleted_ms},
               {"dataChange", remove.data_change}};
  if (remove.file) {
    json["extendedFileMetadata"] = true;
    json["partitionValues"] = PartitionsToJson(remove.file->partition_values);
    json["size"] = remove.file->size_bytes;
    if (!remove.file->stats.empty()) json["stats"] = remove.file->stats;
    if (!remove.file->tags.empty()) json["tags"] = MapToJson(remove.file->tags);
  }
  if (remove.deletion_vector) json["deletionVector"] = ToJson(*remove.deletion_vector);
  if (remove.file) PutRowIds(*remove.file, json);
  return json;
}

Json ToJson(const ChangeFile& change) {
  return {{"path", EncodePath(change.path)},
          {"partitionValues", PartitionsToJson(change.partition_values)},
          {"size", change.size_bytes},
          {"dataChange", false}};
}

Json ToJson(const HistoryEntry& info, const std::optional<int64_t>& in_commit_timestamp) {
  Json json = Json::object();
  if (in_commit_timestamp) json["inCommitTimestamp"] = *in_commit_timestamp;
  json["timestamp"] = info.timestamp_ms;
  json["operation"] = info.operation;
  json["operationParameters"] = ParametersToJson(info.parameters);
  if (info.read_version) json["readVersion"] = *info.read_version;
  if (!info.isolation_level.empty()) json["isolationLevel"] = info.isolation_level;
  json["isBlindAppend"] = info.is_blind_append;
  json["operationMetrics"] = MapToJson(info.metrics);
  if (!info.tags.empty()) json["tags"] = MapToJson(info.tags);
  json["engineInfo"] = info.engine_info;
  json["txnId"] = info.transaction_id;
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

/// In a commit a data file stands at most once on each side.
void CheckCommit(const Actions& actions) {
  std::unordered_set<std::string_view> paths;
  paths.reserve(std::max(actions.adds.size(), actions.removes.size()));
  for (const AddFilePtr& add : actions.adds) {
    if (!paths.insert(KeyOf(add->path)).second) {
      ThrowDamaged("the file " + add->path + " is added twice");
    }
  }
  paths.clear();
  for (const RemoveFile& remove : actions.removes) {
    if (!paths.insert(KeyOf(remove.path)).second) {
      ThrowDamaged("the file " + remove.path + " is removed twice");
    }
  }
}

/// What is reconciled names each logical file once.
void CheckCompaction(const Actions& actions) {
  std::unordered_set<std::string> keys;
  const auto take = [&](const std::string& path, const DeletionVectorPtr& vector) {
    if (!keys.insert(FileKey(path, vector)).second) {
      ThrowDamaged("the file " + path + " is there twice");
    }
  };
  for (const AddFilePtr& add : actions.adds) take(add->path, add->deletion_vector);
  for (const RemoveFile& gone : actions.removes) take(gone.path, gone.deletion_vector);
}

}  // namespace

Actions ParseCommit(std::string_view text, const std::string& place, ActionSource source) {
  const simdjson::padded_string padded(text);
  return ParsePadded({padded.data(), padded.size()}, place, source, nullptr);
}

Actions ParsePadded(std::string_view text, const std::string& place, ActionSource source,
                    const LineTaker& take) {
  Actions actions;
  size_t number = 0;
  try {
    LineParser parser;
    std::string_view rest = text;
    bool found = false;
    while (!rest.empty()) {
      ++number;
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
      if (!take || !take(line)) AddAction(parser, line, actions);
      found = true;
    }
    if (!found) ThrowDamaged("the commit is empty");
    if (source == ActionSource::kCommit) CheckCommit(actions);
    if (source == ActionSource::kCompaction) CheckCompaction(actions);
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
  if (actions.info) {
    AppendLine(text, "commitInfo", ToJson(*actions.info, actions.in_commit_timestamp));
  }
  if (actions.protocol) AppendLine(text, "protocol", ToJson(*actions.protocol));
  if (actions.metadata) {
    AppendLine(text, "metaData", ToJson(*actions.metadata, actions.schema_text));
  }
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
    AppendLine(text, "remove", ToJson(remove));
  }
  for (const AddFilePtr& add : actions.adds) AppendLine(text, "add", ToJson(*add));
  for (const ChangeFile& change : actions.changes) AppendLine(text, "cdc", ToJson(change));
  return text;
}

std::string DecodePath(std::string_view encoded) {
  if (encoded.find('%') == std::string_view::npos) return std::string(encoded);
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

namespace {

/// Which bytes stand for themselves in the path of a URI.
constexpr std::array<bool, 256> PlainBytes() {
  std::array<bool, 256> plain{};
  for (int byte = 0; byte < 0x80; ++byte) {
    plain[static_cast<size_t>(byte)] = (byte >= '0' && byte <= '9') ||
                                       (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
  }
  for (const char c : std::string_view("-_.!~*'();/@&=+$,")) plain[static_cast<size_t>(c)] = true;
  return plain;
}
constexpr auto kPlainBytes = PlainBytes();

}  // namespace

std::string EncodePath(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto is_plain = [](char c) { return kPlainBytes[static_cast<unsigned char>(c)]; };
  if (std::all_of(path.begin(), path.end(), is_plain)) return std::string(path);
  // A ':' in a relative path would read as the end of a scheme.
  const size_t slash = path.find('/');
  const bool absolute =
      slash == 0 || (slash != std::string_view::npos && path.find(':') + 1 == slash);
  std::string encoded;
  encoded.reserve(path.size());
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c) || (c == ':' && absolute)) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

std::string_view KeyOf(std::string_view path) { return WithoutFileScheme(path); }

std::string FileKey(std::string_view path, const DeletionVectorPtr& deletion_vector) {
  std::string key(KeyOf(path));
  if (!deletion_vector) return key;
  key += '\0';
  return key + deletion_vector->UniqueId();
}

std::string_view DataFileOf(std::string_view file_key) {
  return file_key.substr(0, file_key.find('\0'));
}

}  // namespace lakehouse::storage::delta
