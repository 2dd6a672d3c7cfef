#include "history.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lakehouse::sim {
namespace {

using Json = nlohmann::json;
using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

int64_t RowsOf(const Json& add) {
  return Json::parse(add.at("stats").get<std::string>()).at("numRecords").get<int64_t>();
}

/// Has the operation read the whole table?
bool ReadsAll(Kind kind) { return kind == Kind::kOverwrite || kind == Kind::kRewrite; }

class Checker {
 public:
  Checker(const std::deque<Operation>& operations, const std::vector<Entry>& entries,
          std::vector<Model>& models)
      : operations_(operations), entries_(entries), models_(models) {}

  std::vector<std::string> Run() {
    for (const Operation& operation : operations_) {
      if (operation.kind != Kind::kRead) by_id_[operation.id] = &operation;
    }
    CheckVersions();
    if (!found_.empty()) return found_;
    for (const Entry& entry : entries_) Replay(entry);
    CheckRealTime();
    CheckReads();
    return found_;
  }

 private:
  template <typename... Parts>
  void Report(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    found_.push_back(text.str());
  }

  const Operation* OperationOf(const Entry& entry) const {
    const auto found = by_id_.find(entry.id);
    return found == by_id_.end() ? nullptr : found->second;
  }

  void CheckVersions() {
    std::map<std::string, std::vector<int64_t>> versions;
    for (size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      if (entry.version != static_cast<int64_t>(i)) Report("version ", i, " is missing");
      if (OperationOf(entry) == nullptr) {
        Report("version ", entry.version, " is of nobody: '", entry.id, "'");
      }
      versions[entry.id].push_back(entry.version);
    }
    for (const Operation& operation : operations_) {
      if (operation.kind == Kind::kRead) continue;
      const std::vector<int64_t>& there = versions[operation.id];
      if (there.size() > 1) {
        Report(operation.id, " is in the log ", there.size(), " times: versions ", there[0],
               " and ", there[1]);
      }
      const bool committed = operation.outcome == Outcome::kCommitted;
      if (committed && (there.empty() || there[0] != operation.version)) {
        Report(
            operation.id, " was acknowledged as version ", operation.version, ", but is ",
            there.empty() ? std::string("not in the log") : "version " + std::to_string(there[0]));
      }
      const bool absent = operation.outcome == Outcome::kConflict ||
                          operation.outcome == Outcome::kFailed ||
                          operation.outcome == Outcome::kKnown;
      if (operation.outcome == Outcome::kKnown) CheckKnown(operation);
      if (absent && !there.empty()) {
        Report(operation.id, " was told to be not done, but is version ", there[0]);
      }
    }
  }

  void CheckKnown(const Operation& operation) {
    for (const Entry& entry : entries_) {
      const auto app = entry.apps.find(operation.app);
      const bool known = app != entry.apps.end() && app->second >= operation.app_version;
      if (known && entry.version <= operation.base) return;
    }
    Report(operation.id, " was told that transaction ", operation.app_version, " of ",
           operation.app, " was there already, and it was not");
  }

  void Replay(const Entry& entry) {
    const Operation& operation = *OperationOf(entry);
    Model model = models_.empty() ? Model{} : models_.back();
    if (operation.base >= entry.version) {
      Report(operation.id, " is version ", entry.version, ", but began with ", operation.base);
      return;
    }
    std::set<std::string> removes = operation.removes;
    for (const auto& [path, rows] : operation.deletes) removes.insert(path);
    if (entry.removes != removes) Report(operation.id, " removes other files than it was to");
    for (const std::string& path : entry.removes) {
      const auto there = model.find(path);
      if (there == model.end()) {
        Report("version ", entry.version, " removes ", path, ", which is not there");
      } else if (operation.removes.count(path) > 0) {
        model.erase(there);
      }
    }
    for (const auto& [path, rows] : operation.deletes) DeleteRows(entry, path, rows, model);
    for (const auto& [path, rows] : entry.adds) {
      if (operation.deletes.count(path) > 0) continue;
      const auto asked = operation.adds.find(path);
      if (asked == operation.adds.end() || asked->second != rows) {
        Report("version ", entry.version, " adds ", path, ", which nobody asked for");
      }
      if (!model.emplace(path, ModelFile{rows, {}}).second) {
        Report("version ", entry.version, " adds ", path, ", which is there already");
      }
    }
    for (const auto& [path, rows] : operation.adds) {
      if (entry.adds.count(path) == 0) Report("version ", entry.version, " lacks ", path);
    }
    CheckBehind(operation, entry);
    CheckApps(operation, entry);
    CheckRowIds(entry);
    if (entry.timestamp_ms && newest_ms_ >= *entry.timestamp_ms) {
      Report("version ", entry.version, " is not later than the one before");
    }
    newest_ms_ = entry.timestamp_ms.value_or(newest_ms_);
    models_.push_back(std::move(model));
  }

  void DeleteRows(const Entry& entry, const std::string& path, const std::set<uint64_t>& rows,
                  Model& model) {
    const auto there = model.find(path);
    if (there == model.end()) return;  // said above
    ModelFile& file = there->second;
    for (const uint64_t row : rows) {
      if (!file.deleted.insert(row).second) {
        Report("version ", entry.version, " deletes row ", row, " of ", path, " again");
      }
    }
    const auto vector = entry.cardinalities.find(path);
    const bool all = static_cast<int64_t>(file.deleted.size()) == file.rows;
    if (all && entry.adds.count(path) == 0) {
      model.erase(there);
    } else if (vector == entry.cardinalities.end() ||
               vector->second != static_cast<int64_t>(file.deleted.size())) {
      Report("version ", entry.version, " does not say that ", file.deleted.size(), " rows of ",
             path, " are deleted");
    }
  }

  /// Between what has read the table and its entry may be blind appends, and what becomes of their
  /// files: all of that can as well have come later.
  void CheckBehind(const Operation& operation, const Entry& entry) {
    if (!ReadsAll(operation.kind) || operation.base < 0) return;
    const Model& base = models_[static_cast<size_t>(operation.base)];
    for (int64_t v = operation.base + 1; v < entry.version; ++v) {
      const Entry& between = entries_[static_cast<size_t>(v)];
      const Operation& other = *OperationOf(between);
      if (other.kind == Kind::kRearrange) continue;  // rows have moved, and are the same
      const bool takes_away = std::any_of(between.removes.begin(), between.removes.end(),
                                          [&](const auto& path) { return base.count(path) > 0; });
      const bool derives = ReadsAll(other.kind) && !other.adds.empty();
      if (takes_away || derives) {
        Report(operation.id, " (version ", entry.version, ") has read version ", operation.base,
               " and stands behind ", other.id, " (version ", v, "), which it has not seen");
      }
    }
  }

  void CheckApps(const Operation& operation, const Entry& entry) {
    if (operation.app.empty() != entry.apps.empty()) {
      Report("version ", entry.version, " has not the application's transaction that it was to");
    }
    for (const auto& [app, version] : entry.apps) {
      const auto known = apps_.find(app);
      if (known != apps_.end() && known->second >= version) {
        Report("version ", entry.version, " has transaction ", version, " of ", app, " after ",
               known->second);
      }
      apps_[app] = version;
    }
  }

  void CheckRowIds(const Entry& entry) {
    std::vector<std::pair<int64_t, std::string>> given;  // in the order of the ids
    for (const auto& [path, first] : entry.row_ids) {
      const auto [known, is_new] = row_ids_.emplace(path, first);
      if (is_new) given.emplace_back(first, path);
      if (known->second != first)
        Report("version ", entry.version, " gives ", path, " other row ids");
    }
    std::sort(given.begin(), given.end());
    for (const auto& [first, path] : given) {
      if (first < next_row_id_) {
        Report("version ", entry.version, " gives row ids to ", path, " that another file has");
      }
      next_row_id_ = std::max(next_row_id_, first + entry.adds.at(path));
    }
  }

  void CheckRealTime() {
    int64_t latest_start = -1;
    for (const Entry& entry : entries_) {
      const Operation& operation = *OperationOf(entry);
      if (operation.end < latest_start) {
        Report(operation.id, " (version ", entry.version,
               ") had ended before one with a lower version began");
      }
      latest_start = std::max(latest_start, operation.start);
    }
  }

  void CheckReads() {
    std::map<int, int64_t> newest_of_session;
    for (const Operation& read : operations_) {
      if (read.kind != Kind::kRead || read.outcome != Outcome::kCommitted) continue;
      if (read.version < 0 || read.version >= static_cast<int64_t>(models_.size())) {
        Report(read.id, " saw version ", read.version, ", which is not there");
        continue;
      }
      if (OperationOf(entries_[static_cast<size_t>(read.version)])->start > read.end) {
        Report(read.id, " saw version ", read.version, " before it began");
      }
      if (read.seen != models_[static_cast<size_t>(read.version)]) {
        Report(read.id, " saw other rows than version ", read.version, " has");
      }
      if (!read.latest) continue;
      int64_t& newest = newest_of_session[read.session];
      if (read.version < newest) {
        Report(read.id, " saw version ", read.version, " after ", newest);
      }
      newest = std::max(newest, read.version);
      if (!read.old_list) CheckFresh(read);
    }
  }

  void CheckFresh(const Operation& read) {
    for (const Operation& other : operations_) {
      const bool told = other.outcome == Outcome::kCommitted && other.end < read.start &&
                        (other.kind != Kind::kRead || other.latest);
      if (told && other.version > read.version) {
        Report(read.id, " saw version ", read.version, " after ", other.id, " was told version ",
               other.version);
        return;
      }
    }
  }

  const std::deque<Operation>& operations_;
  const std::vector<Entry>& entries_;
  std::vector<Model>& models_;
  std::map<std::string, const Operation*> by_id_;
  std::map<std::string, int64_t> apps_;
  std::map<std::string, int64_t> row_ids_;  ///< first one of every file that has been, by path
  int64_t next_row_id_ = 0;
  int64_t newest_ms_ = 0;
  std::vector<std::string> found_;
};

}  // namespace

Entry ParseEntry(int64_t version, const std::string& text) {
  Entry entry;
  entry.version = version;
  std::istringstream lines(text);
  try {
    for (std::string line; std::getline(lines, line);) {
      const Json action = Json::parse(line);
      if (action.contains("commitInfo")) {
        const Json& info = action["commitInfo"];
        entry.id = info.value("userMetadata", "");
        if (info.contains("inCommitTimestamp")) {
          entry.timestamp_ms = info["inCommitTimestamp"].get<int64_t>();
        }
      } else if (action.contains("add")) {
        const Json& add = action["add"];
        const std::string path = add.at("path");
        entry.adds[path] = RowsOf(add);
        if (add.contains("baseRowId")) entry.row_ids[path] = add["baseRowId"].get<int64_t>();
        if (add.contains("deletionVector")) {
          entry.cardinalities[path] = add["deletionVector"].at("cardinality").get<int64_t>();
        }
      } else if (action.contains("remove")) {
        entry.removes.insert(action["remove"].at("path").get<std::string>());
      } else if (action.contains("txn")) {
        entry.apps[action["txn"].at("appId")] = action["txn"].at("version").get<int64_t>();
      }
    }
  } catch (const Json::exception& error) {
    throw std::runtime_error("version " + std::to_string(version) +
                             " is no commit: " + error.what());
  }
  return entry;
}

std::vector<std::string> Check(const std::deque<Operation>& operations,
                               const std::vector<Entry>& entries, std::vector<Model>& models) {
  return Checker(operations, entries, models).Run();
}

}  // namespace lakehouse::sim
