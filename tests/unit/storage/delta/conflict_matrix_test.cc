// Every pair of commits of docs/format/conflicts.md, whose tables are the expectation: outcome,
// reason, and the rows that are there afterwards.
#include <fstream>
#include <functional>
#include <sstream>

#include "commit_race.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int64_t kRowsOfFile = 10, kRowsTouched = 5;

/// What a statement touches: five rows of one of three files.
struct Place {
  std::string file;
  int64_t low;  ///< id of the first row
  std::string part;
  std::vector<uint64_t> rows() const {
    const auto first = static_cast<uint64_t>(low % kRowsOfFile);
    return {first, first + 1, first + 2, first + 3, first + 4};
  }
};
const Place kOurs{"a", 0, "p"};
/// In the order of the letters of a cell.
const std::vector<Place> kWinners = {kOurs, {"a", 5, "p"}, {"b", 100, "p"}, {"c", 0, "q"}};

/// The letters of the page, and what the reason says.
const std::map<char, std::vector<std::string>> kReasons = {
    {'p', {"protocol", "dropped a feature"}},
    {'m', {"metadata"}},
    {'t', {"advanced"}},
    {'a', {"added rows that this change should have read"}},
    {'r', {"removed rows that this change has read"}},
    {'f', {"changed the file", "changed the same rows", "rearranged the file"}},
};

struct Statement {
  std::string name;
  std::function<void(Transaction&, const Place&)> run;
  int64_t more_rows;  ///< in the table, afterwards
};

class ConflictMatrix : public CommitRace {
 protected:
  void SetUp() override {
    std::ifstream page(std::string(LAKEHOUSE_SOURCE_DIR) + "/docs/format/conflicts.md");
    std::stringstream text;
    text << page.rdbuf();
    page_ = text.str();
  }

  /// Version 0 has the files a0, b0 and c0; version 1 has a, b and c in their places.
  void CreateFiles(bool vectors) {
    store_ = io::MakeMemoryStore();
    location_ = {store_, "t"};
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}},
                       {"part", DataType::Primitive(TypeId::kString), true, {}}}};
    options.partition_columns = {"part"};
    options.properties["delta.feature.vacuumProtocolCheck"] = "supported";
    if (vectors) options.properties["delta.enableDeletionVectors"] = "true";
    const auto whole = [](const std::string& path, int64_t low, const std::string& part) {
      return FileOf(path, low, kRowsOfFile, part);
    };
    table_ = CreateTable(location_, context_, options, {.operation = "CREATE TABLE"},
                         {whole("a0", 0, "p"), whole("b0", 100, "p"), whole("c0", 0, "q")});
    const auto next = Begin();
    next->RemoveAllFiles();
    for (NewFile& file : std::vector{whole("a", 0, "p"), whole("b", 100, "p"), whole("c", 0, "q")})
      next->AddFile(std::move(file));
    ASSERT_EQ(next->Commit({}).outcome, CommitOutcome::kCommitted);
  }

  static NewFile FileOf(const std::string& path, int64_t low, int64_t rows,
                        const std::string& part) {
    NewFile file{path, 100, 1, {Value{part}}, {}};
    file.stats.num_records = rows;
    file.stats.leaves[{"id"}] = {Value{low}, Value{low + rows - 1}, 0};
    return file;
  }
  static std::string NewPath() {
    static int files = 0;
    return "new" + std::to_string(files++);
  }
  static void Add(Transaction& t, const Place& at, int64_t low, int64_t rows) {
    t.AddFile(FileOf(NewPath(), low, rows, at.part));
  }
  static void AddRegion(Transaction& t, const Place& at) { Add(t, at, at.low, kRowsTouched); }

  /// The condition of a statement: the partition, and the ids.
  static Transaction::MayMatch Condition(const Place& at) {
    return
        [at, ids = Reads(at.low, at.low + kRowsTouched - 1)](const Snapshot& files, size_t index) {
          return Compare(files.partition_value(index, 0), Value{at.part}) == 0 && ids(files, index);
        };
  }

  /// Takes the five rows away, or changes them: by a vector, or by writing the file anew.
  static void TakeAway(Transaction& t, const Place& at, bool changed) {
    const size_t index = IndexOf(*t.base(), at.file);
    if (AllowsDeletionVectors(*t.base())) {
      t.DeleteRows(index, Rows(at.rows()));
      if (changed) AddRegion(t, at);
      return;
    }
    const int64_t first = at.low - at.low % kRowsOfFile;
    const int64_t rest = at.low == first ? first + kRowsTouched : first;
    t.RemoveFile(index);
    changed ? Add(t, at, first, kRowsOfFile) : Add(t, at, rest, kRowsTouched);
  }

  static void Rearrange(Transaction& t, const Place& at, bool tells) {
    const size_t index = IndexOf(*t.base(), at.file);
    const std::string path = NewPath();
    t.MarkRearranged();
    t.RemoveFile(index);
    t.AddFile(FileOf(path, at.low - at.low % kRowsOfFile, kRowsOfFile, at.part));
    if (tells) t.MarkMoved({index}, {path});
  }

  static void SetProperty(Transaction& t, const std::string& key, const std::string& value) {
    TableMetadata metadata = t.base()->metadata();
    metadata.properties[key] = value;
    t.SetMetadata(std::move(metadata));
  }

  void Restore(Transaction& t, const Place& at) {
    const SnapshotPtr before = table_->At(0);
    t.MarkRead();
    t.RemoveFile(IndexOf(*t.base(), at.file));
    t.AddExisting(*before, IndexOf(*before, at.file + "0"), at.file + "0");
  }

  static void AddColumn(Transaction& t) {
    TableMetadata metadata = t.base()->metadata();
    metadata.schema.fields.push_back({"more", DataType::Primitive(TypeId::kLong), true, {}});
    t.SetMetadata(std::move(metadata));
  }

  std::vector<Statement> RowStatements() {
    return {
        {"INSERT", AddRegion, 5},
        {"INSERT SELECT",
         [](Transaction& t, const Place& at) {
           t.MarkRead(Condition(at), false);
           AddRegion(t, at);
         },
         5},
        {"DELETE",
         [](Transaction& t, const Place& at) {
           t.MarkRead(Condition(at), true);
           TakeAway(t, at, false);
         },
         -5},
        {"UPDATE",
         [](Transaction& t, const Place& at) {
           t.MarkRead(Condition(at), true);
           TakeAway(t, at, true);
         },
         0},
        {"MERGE",
         [](Transaction& t, const Place& at) {
           t.MarkRead(Condition(at), false);
           TakeAway(t, at, true);
           AddRegion(t, at);
         },
         5},
        {"INSERT OVERWRITE",
         [](Transaction& t, const Place& at) {
           t.RemoveAllFiles();
           AddRegion(t, at);
         },
         -25},
        {"REPLACE WHERE",
         [](Transaction& t, const Place& at) {
           t.MarkRead(Condition(at), false);
           TakeAway(t, at, false);
           AddRegion(t, at);
         },
         0},
    };
  }

  /// In the order of the rows and columns of the page.
  std::vector<Statement> Statements() {
    std::vector<Statement> all = RowStatements();
    const std::vector<Statement> more = {
        {"OPTIMIZE", [](Transaction& t, const Place& at) { Rearrange(t, at, true); }, 0},
        {"ZORDER BY", [](Transaction& t, const Place& at) { Rearrange(t, at, false); }, 0},
        {"ADD COLUMN", [](Transaction& t, const Place&) { AddColumn(t); }, 0},
        {"SET TBLPROPERTIES", [](Transaction& t, const Place&) { SetProperty(t, "owner", "red"); },
         0},
        {"enable a feature",
         [](Transaction& t, const Place&) { SetProperty(t, "delta.checkpointPolicy", "v2"); }, 0},
        {"DROP FEATURE",
         [](Transaction& t, const Place&) {
           t.MarkRead();
           t.DropFeature("vacuumProtocolCheck", true);
         },
         0},
        {"RESTORE", [this](Transaction& t, const Place& at) { Restore(t, at); }, 0},
        {"TRUNCATE",
         [](Transaction& t, const Place&) {
           t.MarkRead([](const Snapshot&, size_t) { return true; }, true);
           for (size_t i = 0; i < t.base()->file_count(); ++i) t.RemoveFile(i);
         },
         -30},
        {"same application",
         [](Transaction& t, const Place& at) {
           t.SetAppTransaction("app", 1);
           AddRegion(t, at);
         },
         5},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// The cells of the table under a heading: by row and column.
  std::vector<std::vector<std::string>> TableOf(const std::string& heading,
                                                const std::vector<Statement>& statements) const {
    std::vector<std::vector<std::string>> cells;
    const size_t begin = page_.find("\n## " + heading + "\n");
    EXPECT_NE(begin, std::string::npos) << heading;
    std::istringstream lines(page_.substr(begin, page_.find("\n## ", begin + 1) - begin));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("| ") || line.starts_with("| ours")) continue;
      std::istringstream parts(line.substr(2));
      std::vector<std::string> row;
      for (std::string part; std::getline(parts, part, '|');) {
        row.push_back(part.substr(part.find_first_not_of(' '),
                                  part.find_last_not_of(' ') + 1 - part.find_first_not_of(' ')));
      }
      if (row.back().empty()) row.pop_back();
      const std::string name =
          std::to_string(cells.size() + 1) + " " + statements.at(cells.size()).name;
      EXPECT_EQ(row.front(), name);
      row.erase(row.begin());
      cells.push_back(std::move(row));
    }
    return cells;
  }

  /// The letter for what became of ours.
  static char LetterOf(const CommitResult& result) {
    if (result.outcome == CommitOutcome::kCommitted) return '.';
    for (const auto& [letter, texts] : kReasons) {
      for (const std::string& text : texts) {
        if (result.reason.find(text) != std::string::npos) return letter;
      }
    }
    return '?';
  }

  char Race(const Statement& winner, const Place& at, const Statement& ours, IsolationLevel level,
            bool vectors) {
    CreateFiles(vectors);
    const auto first = Begin();
    const auto second = Begin();
    winner.run(*first, at);
    ours.run(*second, kOurs);
    second->SetIsolation(level);
    EXPECT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
    const CommitResult result = second->Commit({});
    const bool both = result.outcome == CommitOutcome::kCommitted;
    // What a new process finds: rows of both, and none twice.
    const auto latest = OpenTable(location_, context_)->Latest();
    int64_t rows = 0;
    for (size_t i = 0; i < latest->file_count(); ++i) rows += latest->file(i).live_records();
    EXPECT_EQ(rows, 3 * kRowsOfFile + winner.more_rows + (both ? ours.more_rows : 0));
    return LetterOf(result);
  }

  void CheckTable(const std::string& heading, IsolationLevel level, bool vectors) {
    const std::vector<Statement> statements = Statements();
    const auto cells = TableOf(heading, statements);
    ASSERT_EQ(cells.size(), statements.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      ASSERT_EQ(cells[i].size(), statements.size());
      for (size_t j = 0; j < cells[i].size(); ++j) {
        SCOPED_TRACE(statements[i].name + " behind " + statements[j].name);
        std::string found;
        for (const Place& at : kWinners) {
          found += Race(statements[j], at, statements[i], level, vectors);
        }
        EXPECT_EQ(found, cells[i][j]);
      }
    }
  }

  std::string page_;
};

TEST_F(ConflictMatrix, WriteSerializable) {
  CheckTable("Write serializable", IsolationLevel::kWriteSerializable, true);
}
TEST_F(ConflictMatrix, Serializable) {
  CheckTable("Serializable", IsolationLevel::kSerializable, true);
}
TEST_F(ConflictMatrix, Snapshot) { CheckTable("Snapshot", IsolationLevel::kSnapshot, true); }
TEST_F(ConflictMatrix, WithoutDeletionVectors) {
  CheckTable("Write serializable, without deletion vectors", IsolationLevel::kWriteSerializable,
             false);
}

/// DROP FEATURE behind a commit that uses the feature.
class DroppedFeatureRace : public CommitRace {
 protected:
  using Step = std::function<void(Transaction&)>;
  CommitResult DropBehind(const std::string& feature, const Step& winner, bool guard = false) {
    const auto first = Begin(), second = Begin();
    winner(*first);
    second->MarkRead();
    second->DropFeature(feature, guard);
    EXPECT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
    return second->Commit({});
  }
};

TEST_F(DroppedFeatureRace, RowIdsBringNoFileBack) {
  const std::vector<Step> winners = {
      [](Transaction& t) { t.RemoveFile(0); },
      [](Transaction& t) { Delete(t, "low", {1}); },
      [](Transaction& t) { t.AddFile(File("new", 500)); },
  };
  for (const Step& winner : winners) {
    store_ = io::MakeMemoryStore();
    location_ = {store_, "t"};
    Create({{"delta.enableDeletionVectors", "true"},
            {"delta.feature.domainMetadata", "supported"},
            {"delta.feature.rowTracking", "supported"}});
    EXPECT_EQ(DropBehind("rowTracking", winner).outcome, CommitOutcome::kConflict);
  }
  EXPECT_EQ(DropBehind("rowTracking", [](Transaction&) {}).outcome, CommitOutcome::kCommitted);
}

TEST_F(DroppedFeatureRace, ADomainKeepsItsFeature) {
  Create({{"delta.feature.domainMetadata", "supported"}});
  const Step sets = [](Transaction& t) { t.SetDomain("mine", "{}"); };
  EXPECT_EQ(DropBehind("domainMetadata", sets).outcome, CommitOutcome::kConflict);
}

TEST_F(DroppedFeatureRace, VectorsKeepTheirFeature) {
  Create();
  const Step deletes = [](Transaction& t) { Delete(t, "low", {1}); };
  EXPECT_EQ(DropBehind("deletionVectors", deletes, true).outcome, CommitOutcome::kConflict);
}

TEST_F(DroppedFeatureRace, AProtocolWithMoreDoesNotStandForOneWithLess) {
  Create({{"delta.feature.vacuumProtocolCheck", "supported"}});
  const Step sets = [](Transaction& t) { t.SetDomain("mine", "{}"); };  // adds domainMetadata
  EXPECT_EQ(DropBehind("vacuumProtocolCheck", sets).outcome, CommitOutcome::kConflict);
}

TEST_F(DroppedFeatureRace, CheckpointsAreGuardedUpToTheVersionThatItBecomes) {
  Create({{"delta.feature.vacuumProtocolCheck", "supported"}});
  const CommitResult result =
      DropBehind("vacuumProtocolCheck", [](Transaction& t) { t.RemoveFile(0); }, true);
  ASSERT_EQ(result.outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(result.version, 2);
  EXPECT_EQ(NumberProperty(table_->Latest()->metadata(), kCheckpointProtectionProperty), 2);
}

}  // namespace
}  // namespace lakehouse::storage::delta
