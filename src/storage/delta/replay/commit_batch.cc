#include "storage/delta/replay/commit_batch.h"

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <utility>

#include "storage/delta/replay/like_adds.h"

namespace lakehouse::storage::delta {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr auto kOk = simdjson::SUCCESS;

}  // namespace

/// Takes lines that are one add of the fields that are known, without a tree of them. It leaves
/// every other line, odd or damaged, to the reader of all lines.
class CommitBatch::AddReader {
 public:
  /// The line is followed by SIMDJSON_PADDING bytes that can be read.
  bool Take(std::string_view line, FileBlockBuilder& builder) {
    if (!line.starts_with("{\"add\"")) return false;
    try {
      return (like_.Read(line, add_) || Read(line)) && Put(builder);
    } catch (const std::exception&) {
      return false;  // the other reader says why
    }
  }

 private:
  bool Read(std::string_view line) {
    like_.Forget();
    add_ = AddView();
    partitions_.clear();
    tags_.clear();
    ondemand::document document;
    ondemand::object members;
    const simdjson::padded_string_view padded(line.data(), line.size(),
                                              line.size() + simdjson::SIMDJSON_PADDING);
    if (parser_.iterate(padded).get(document) != kOk) return false;
    if (document.get_object().get(members) != kOk) return false;
    bool found = false;
    for (auto member : members) {
      ondemand::raw_json_string key;
      ondemand::object add;
      if (found || member.key().get(key) != kOk || !key.unsafe_is_equal("add")) return false;
      if (member.value().get_object().get(add) != kOk || !ReadAdd(add)) return false;
      found = true;
    }
    if (!found || document.current_location().error() != simdjson::OUT_OF_BOUNDS) return false;
    like_.Keep(line);
    return true;
  }

  bool ReadAdd(ondemand::object& add) {
    for (auto member : add) {
      ondemand::raw_json_string key;
      ondemand::value value;
      if (member.key().get(key) != kOk || member.value().get(value) != kOk) return false;
      if (!ReadField(key, value)) return false;
    }
    return !add_.path.empty() && add_.size_bytes >= 0;
  }

  bool ReadField(const ondemand::raw_json_string& key, ondemand::value& value) {
    const auto is = [&](const char* name) { return key.unsafe_is_equal(std::string_view(name)); };
    bool null = false;
    if (value.is_null().get(null) != kOk) return false;
    if (null) return IsKnown(is);
    if (is("path")) return ReadPath(value);
    if (is("size")) return ReadWhole(LikeAdds::Part::kSize, value, add_.size_bytes);
    if (is("modificationTime")) return ReadWhole(LikeAdds::Part::kTime, value, add_.modified_ms);
    if (is("dataChange")) return value.get_bool().get(add_.data_change) == kOk;
    if (is("stats")) {
      add_.stats_escaped = true;
      if (!RawText(value, add_.stats)) return false;
      like_.Learn(LikeAdds::Part::kStats, add_.stats);
      return true;
    }
    if (is("partitionValues")) return ReadPartitions(value);
    if (is("tags")) return ReadTags(value);
    if (is("deletionVector")) return ReadVector(value);
    if (is("baseRowId")) return ReadNumber(value, add_.base_row_id);
    if (is("defaultRowCommitVersion")) return ReadNumber(value, add_.default_row_commit_version);
    if (is("clusteringProvider")) return value.get_string().get(add_.clustering_provider) == kOk;
    return false;
  }

  template <typename Is>
  static bool IsKnown(Is is) {
    for (const char* name : {"stats", "partitionValues", "tags", "deletionVector", "baseRowId",
                             "defaultRowCommitVersion", "clusteringProvider"}) {
      if (is(name)) return true;
    }
    return false;
  }

  /// What stands between the quotes.
  static bool RawText(ondemand::value& value, std::string_view& text) {
    const std::string_view token = value.raw_json_token();
    if (!token.starts_with('"')) return false;
    const size_t end = token.find_last_not_of(" \t\r\n");
    if (end == 0 || end == std::string_view::npos || token[end] != '"') return false;
    text = token.substr(1, end - 1);
    return true;
  }

  bool ReadWhole(LikeAdds::Part part, ondemand::value& value, int64_t& number) {
    const std::string_view token = value.raw_json_token();
    like_.Learn(part, token.substr(0, token.find_last_not_of(" \t\r\n") + 1));
    return value.get_int64().get(number) == kOk;
  }

  bool ReadPath(ondemand::value& value) {
    if (!RawText(value, add_.path)) return false;
    like_.Learn(LikeAdds::Part::kPath, add_.path);
    if (add_.path.find('\\') != std::string_view::npos &&
        value.get_string().get(add_.path) != kOk) {
      return false;
    }
    if (add_.path.find('%') == std::string_view::npos) return true;
    path_ = DecodePath(add_.path);
    add_.path = path_;
    return true;
  }

  static bool ReadNumber(ondemand::value& value, std::optional<int64_t>& number) {
    int64_t read = 0;
    if (value.get_int64().get(read) != kOk) return false;
    number = read;
    return true;
  }

  /// Calls `take(key, text)`; a null is none.
  template <typename Take>
  static bool ForEachText(ondemand::value& value, Take take) {
    ondemand::object members;
    if (value.get_object().get(members) != kOk) return false;
    for (auto member : members) {
      std::string_view key, text;
      ondemand::value item;
      bool null = false;
      if (member.unescaped_key().get(key) != kOk || member.value().get(item) != kOk ||
          item.is_null().get(null) != kOk) {
        return false;
      }
      if (null) {
        take(std::string(key), std::nullopt);
      } else if (item.get_string().get(text) == kOk) {
        take(std::string(key), std::optional(std::string(text)));
      } else {
        return false;
      }
    }
    return true;
  }

  bool ReadPartitions(ondemand::value& value) {
    add_.partition_values = &partitions_;
    return ForEachText(value, [&](std::string key, std::optional<std::string> text) {
      partitions_[std::move(key)] = std::move(text);
    });
  }

  bool ReadTags(ondemand::value& value) {
    add_.tags = &tags_;
    return ForEachText(value, [&](std::string key, std::optional<std::string> text) {
      if (text) tags_[std::move(key)] = *std::move(text);
    });
  }

  bool ReadVector(ondemand::value& value) {
    ondemand::object members;
    if (value.get_object().get(members) != kOk) return false;
    DeletionVectorDescriptor vector;
    vector.storage_type = '?';
    vector.size_bytes = vector.cardinality = -1;
    for (auto member : members) {
      ondemand::raw_json_string key;
      std::string_view text;
      if (member.key().get(key) != kOk) return false;
      bool read = false;
      if (key.unsafe_is_equal("storageType")) {
        read = member.value().get_string().get(text) == kOk;
        if (text.size() == 1) vector.storage_type = text[0];
      } else if (key.unsafe_is_equal("pathOrInlineDv")) {
        read = member.value().get_string().get(text) == kOk;
        vector.path_or_inline = text;
      } else if (key.unsafe_is_equal("offset")) {
        int64_t offset = 0;
        read = member.value().get_int64().get(offset) == kOk;
        vector.offset = offset;
      } else if (key.unsafe_is_equal("sizeInBytes")) {
        read = member.value().get_int64().get(vector.size_bytes) == kOk;
      } else if (key.unsafe_is_equal("cardinality")) {
        read = member.value().get_int64().get(vector.cardinality) == kOk;
      }
      if (!read) return false;
    }
    Validate(vector);
    add_.deletion_vector = std::make_shared<const DeletionVectorDescriptor>(std::move(vector));
    return true;
  }

  bool Put(FileBlockBuilder& builder) {
    if (builder.TryAdd(add_)) return true;
    // With the quotes it is a JSON text of its own, and what follows can be read.
    std::string_view stats;
    simdjson::dom::element text;
    const auto failure =
        texts_.parse(add_.stats.data() - 1, add_.stats.size() + 2, false).get(text);
    if (failure != kOk || text.get(stats) != kOk) return false;
    add_.stats = stats;
    add_.stats_escaped = false;
    builder.Add(add_);
    return true;
  }

  ondemand::parser parser_;
  simdjson::dom::parser texts_;
  LikeAdds like_;
  AddView add_;
  std::string path_;
  PartitionValues partitions_;
  Tags tags_;
};

CommitBatch::CommitBatch() : reader_(std::make_unique<AddReader>()) {}
CommitBatch::~CommitBatch() = default;

void CommitBatch::Parse(std::string text, const std::string& place) {
  const size_t size = text.size();
  text.append(simdjson::SIMDJSON_PADDING, '\0');
  const size_t commit = commits_.size();
  blocks_.emplace_back();
  auto begin = static_cast<uint32_t>(builder_.size());
  const auto close = [&] {
    const auto end = static_cast<uint32_t>(builder_.size());
    if (end > begin) open_.push_back({commit, begin, end});
  };
  const auto take = [&](std::string_view line) {
    if (!reader_->Take(line, builder_)) return false;
    if (builder_.size() == FileBlockBuilder::kFullRows) {
      close();
      Seal();
      begin = 0;
    }
    return true;
  };
  commits_.push_back(ParsePadded({text.data(), size}, place, ActionSource::kCommit, take));
  close();
}

void CommitBatch::Seal() {
  if (builder_.size() == 0) return;
  const FileBlockPtr block = builder_.Finish();
  for (const Open& open : open_) blocks_[open.commit].push_back({block, open.begin, open.end});
  open_.clear();
}

std::vector<Actions> CommitBatch::Finish() {
  Seal();
  for (size_t i = 0; i < commits_.size(); ++i) commits_[i].blocks = std::move(blocks_[i]);
  blocks_.clear();
  return std::exchange(commits_, {});
}

}  // namespace lakehouse::storage::delta
