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
bool ReadsAll(Kind kind) {
  return kind == Kind::kOverwrite || kind == Kind::kRewrite || kind == Kind::kRestore;
}

/// Has it an entry of its own?
bool Writes(Kind kind) { return kind != Kind::kRead && kind != Kind::kVacuum; }

class Checker {
 public:
  Checker(const std::deque<Operation>& operations, const std::vector<Entry>& entries,
          std::vector<Model>& models)
      : operations_(operations), entries_(entries), models_(models) {}

  std::vector<std::string> Run() {
    for (const Operation& operation : operations_) {
      if (Writes(operation.kind)) by_id_[operation.id] = &operation;
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
      if (entry.vacuum) continue;
      if (OperationOf(entry) == nullptr) {
        Report("version ", entry.version, " is of nobody: '", entry.id, "'");
      }
      versions[entry.id].push_back(entry.version);
    }
    for (const Operation& operation : operations_) {
      if (!Writes(operation.kind)) continue;
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

  // -- Rows have numbers, which follow them from file to file.

  using Rows = std::set<int64_t>;

  /// The live rows of a file of a model, in its order.
  std::vector<int64_t> LiveRows(const Model& model, const std::string& path) const {
    std::vector<int64_t> live;
    const auto file = model.find(path);
    if (file == model.end()) return live;
    const std::vector<int64_t>& rows = rows_.at(path);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (file->second.deleted.count(i) == 0) live.push_back(rows[i]);
    }
    return live;
  }

  Rows AllLiveRows(const Model& model) const {
    Rows all;
    for (const auto& [path, file] : model) {
      for (const int64_t row : LiveRows(model, path)) all.insert(row);
    }
    return all;
  }

  const Model& BaseOf(const Operation& operation) const {
    static const Model kNone;
    return operation.base < 0 ? kNone : models_[static_cast<size_t>(operation.base)];
  }

  /// What an operation does to the table, whatever has become of it meanwhile.
  struct Effects {
    Rows gone;
    Model puts;  ///< files that are there afterwards
  };

  Effects EffectsOf(const Operation& operation) {
    Effects effects;
    const Model& base = BaseOf(operation);
    const auto take = [&](const std::string& path) {
      for (const int64_t row : LiveRows(base, path)) effects.gone.insert(row);
    };
    if (operation.kind == Kind::kRestore) {
      const Model& wanted = models_[static_cast<size_t>(operation.restored)];
      const auto same = [](const Model& model, const auto& file) {
        const auto there = model.find(file.first);
        return there != model.end() && there->second == file.second;
      };
      for (const auto& file : base) {
        if (!same(wanted, file)) take(file.first);
      }
      for (const auto& file : wanted) {
        if (!same(base, file)) effects.puts.insert(file);
      }
      return effects;
    }
    if (operation.kind != Kind::kRearrange) {
      for (const std::string& path : operation.removes) take(path);
    }
    for (const auto& [path, places] : operation.deletes) {
      for (const uint64_t place : places) effects.gone.insert(rows_[path].at(place));
    }
    if (operation.kind == Kind::kRearrange) return effects;
    for (const auto& [path, count] : operation.adds) {
      for (int64_t i = 0; i < count; ++i) rows_[path].push_back(next_row_++);
      effects.puts[path].rows = count;
    }
    return effects;
  }

  /// Takes the rows out of the files that have them now. Files that lose some of theirs are in
  /// `removes`, those that keep some in `again`.
  void TakeAway(const Entry& entry, Rows gone, Model& model, std::set<std::string>& removes,
                std::set<std::string>& again) {
    for (auto it = model.begin(); it != model.end() && !gone.empty();) {
      auto& [path, file] = *it;
      const std::vector<int64_t>& rows = rows_.at(path);
      bool any = false;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (file.deleted.count(i) > 0 || gone.erase(rows[i]) == 0) continue;
        file.deleted.insert(i);
        any = true;
      }
      if (any) removes.insert(path);
      const bool all = static_cast<int64_t>(file.deleted.size()) == file.rows;
      if (any && !all) again.insert(path);
      it = any && all ? model.erase(it) : std::next(it);
    }
    if (!gone.empty()) {
      Report("version ", entry.version, " takes ", gone.size(),
             " rows away that are not there any more");
    }
  }

  /// Moves rows; those that have been deleted meanwhile are deleted where they come to.
  void Move(const Entry& entry, const Operation& operation, Model& model,
            std::set<std::string>& removes, Model& puts) {
    std::vector<int64_t> moved;
    Rows live;
    for (const std::string& path : operation.sources) {
      for (const int64_t row : LiveRows(BaseOf(operation), path)) moved.push_back(row);
      for (const int64_t row : LiveRows(model, path)) live.insert(row);
      if (model.erase(path) > 0) removes.insert(path);
    }
    size_t next = 0;
    for (const std::string& path : operation.targets) {
      ModelFile& file = puts[path];
      file.rows = operation.adds.at(path);
      for (int64_t i = 0; i < file.rows; ++i) {
        const int64_t row = moved[next++];
        rows_[path].push_back(row);
        if (live.erase(row) == 0) file.deleted.insert(static_cast<uint64_t>(i));
      }
      if (static_cast<int64_t>(file.deleted.size()) == file.rows) puts.erase(path);
    }
    if (!live.empty()) Report("version ", entry.version, " loses ", live.size(), " rows");
  }

  void Replay(const Entry& entry) {
    Model model = models_.empty() ? Model{} : models_.back();
    taken_.emplace_back();
    if (entry.vacuum) {
      if (!entry.removes.empty() || !entry.adds.empty()) {
        Report("version ", entry.version, " is of a VACUUM, and changes files");
      }
    } else {
      Operation own;
      const Operation* asked = OperationOf(entry);
      if (asked->kind == Kind::kRestore) {  // it looks for the latest version itself
        own = *asked;
        own.base = entry.read_version;
        asked = &own;
      }
      const Operation& operation = *asked;
      if (operation.base >= entry.version) {
        Report(operation.id, " is version ", entry.version, ", but began with ", operation.base);
      } else {
        Apply(entry, operation, model);
        CheckBehind(operation, entry);
        CheckApps(operation, entry);
      }
    }
    CheckRowIds(entry);
    if (entry.timestamp_ms && newest_ms_ >= *entry.timestamp_ms) {
      Report("version ", entry.version, " is not later than the one before");
    }
    newest_ms_ = entry.timestamp_ms.value_or(newest_ms_);
    models_.push_back(std::move(model));
  }

  void Apply(const Entry& entry, const Operation& operation, Model& model) {
    std::set<std::string> removes, again;
    Effects effects = EffectsOf(operation);
    TakeAway(entry, effects.gone, model, removes, again);
    if (operation.kind == Kind::kRearrange) Move(entry, operation, model, removes, effects.puts);
    std::set<std::string> entry_removes;
    for (const auto& [path, time] : entry.removes) entry_removes.insert(path);
    if (entry_removes != removes) {
      Report("version ", entry.version, " removes other files than it was to");
    }
    for (const auto& [path, file] : effects.puts) {
      if (!model.emplace(path, file).second) {
        Report("version ", entry.version, " adds ", path, ", which is there already");
      }
      again.insert(path);
      if (operation.kind != Kind::kRestore) continue;
      for (const int64_t row : LiveRows(effects.puts, path)) effects.gone.erase(row);
    }
    taken_.back() = std::move(effects.gone);
    for (const auto& [path, rows] : entry.adds) {
      if (again.count(path) == 0) {
        Report("version ", entry.version, " adds ", path, ", which nobody asked for");
      }
    }
    for (const std::string& path : again) CheckAdded(entry, path, model.at(path));
  }

  /// An entry says of a file how many rows it has and how many are deleted.
  void CheckAdded(const Entry& entry, const std::string& path, const ModelFile& file) {
    const auto added = entry.adds.find(path);
    if (added == entry.adds.end() || added->second != file.rows) {
      Report("version ", entry.version, " lacks ", path, " with ", file.rows, " rows");
      return;
    }
    const auto vector = entry.cardinalities.find(path);
    const int64_t deleted = vector == entry.cardinalities.end() ? 0 : vector->second;
    if (deleted != static_cast<int64_t>(file.deleted.size())) {
      Report("version ", entry.version, " says that ", deleted, " rows of ", path,
             " are deleted, and not ", file.deleted.size());
    }
  }

  /// Between what has read the table and its entry may be blind appends, and what becomes of their
  /// files: all of that can as well have come later.
  void CheckBehind(const Operation& operation, const Entry& entry) {
    if (!ReadsAll(operation.kind) || operation.base < 0) return;
    // RESTORE of what is there: who changes nothing has missed nothing.
    if (entry.adds.empty() && entry.removes.empty()) return;
    const Rows seen = AllLiveRows(BaseOf(operation));
    for (int64_t v = operation.base + 1; v < entry.version; ++v) {
      const Entry& between = entries_[static_cast<size_t>(v)];
      if (between.vacuum) continue;
      const Operation& other = *OperationOf(between);
      const Rows& taken = taken_[static_cast<size_t>(v)];
      const bool takes_away =
          std::any_of(taken.begin(), taken.end(), [&](int64_t row) { return seen.count(row) > 0; });
      const bool derives = ReadsAll(other.kind) && !between.adds.empty();
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
      if (entry.vacuum) continue;
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
      const Operation* const writer = OperationOf(entries_[static_cast<size_t>(read.version)]);
      if (writer != nullptr && writer->start > read.end) {
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
                        (Writes(other.kind) || other.latest);
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
  std::map<std::string, std::vector<int64_t>> rows_;  ///< of every file that has been, by path
  int64_t next_row_ = 0;
  std::vector<Rows> taken_;  ///< by each version
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
        entry.read_version = info.value("readVersion", int64_t{-1});
        entry.vacuum = info.value("operation", "").starts_with("VACUUM ");
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
        const Json& remove = action["remove"];
        entry.removes[remove.at("path")] = remove.at("deletionTimestamp").get<int64_t>();
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
