#include "storage/delta/maintenance/drop_feature.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "io/local_store.h"
#include "storage/delta/commit/log_cleaning.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/log/features.h"
#include "storage/delta/log/log.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/replay/replay.h"

namespace lakehouse::storage::delta {
namespace {

TEST(WithoutFeature, GoesBackToVersionsThatImplyTheRest) {
  EXPECT_EQ(WithoutFeature(Protocol{2, 5, {}, {}}, "columnMapping"), (Protocol{1, 4, {}, {}}));
  const Protocol vectors{
      3, 7, {"deletionVectors"}, {"deletionVectors", "appendOnly", "invariants"}};
  EXPECT_EQ(WithoutFeature(vectors, "deletionVectors"), (Protocol{1, 2, {}, {}}));
}

TEST(WithoutFeature, KeepsListsWhereNoVersionSaysTheSame) {
  const Protocol both{
      3, 7, {"deletionVectors", "timestampNtz"}, {"deletionVectors", "timestampNtz"}};
  EXPECT_EQ(WithoutFeature(both, "deletionVectors"),
            (Protocol{3, 7, {"timestampNtz"}, {"timestampNtz"}}));
  const Protocol rows{1, 7, {}, {"rowTracking", "domainMetadata"}};
  EXPECT_EQ(WithoutFeature(rows, "rowTracking"), (Protocol{1, 7, {}, {"domainMetadata"}}));
}

TEST(WithFeaturesOf, KeepsTheNameOfAPreview) {
  TableMetadata metadata;
  metadata.schema.fields = {{"v", DataType::Primitive(TypeId::kVariant), true, {}}};
  const Protocol preview{3, 7, {"variantType-preview"}, {"variantType-preview"}};
  EXPECT_EQ(WithFeaturesOf(preview, metadata), preview);
  EXPECT_EQ(ProtocolFor(metadata), (Protocol{3, 7, {"variantType"}, {"variantType"}}));
}

class DropFeature : public testing::Test {
 protected:
  void Create(std::map<std::string, std::string> properties) {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    options.properties = std::move(properties);
    table_ = CreateTable(location_, context_, options, {.operation = "CREATE TABLE"});
  }
  void Commit(const std::function<void(Transaction&)>& change = {}) {
    const auto transaction = table_->Begin(table_->Latest());
    if (change) change(*transaction);
    ASSERT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
  }
  /// The last step of DROP FEATURE, after all others.
  void Drop(bool truncate) {
    const FeatureDrop plan = PlanFeatureDrop(*table_->Latest(), "deletionVectors", truncate);
    Commit([&](Transaction& transaction) {
      transaction.SetMetadata(plan.metadata);
      transaction.DropFeature(plan.feature, !truncate);
    });
  }
  void Later(int64_t milliseconds) { clock_.SleepMs(milliseconds); }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location location_{store_, "t"};
  ManualClock clock_{SystemClock().NowMs()};
  const StorageContext context_{&clock_, &SystemRandom()};
  std::shared_ptr<Table> table_;
};

TEST_F(DropFeature, HistoryGoesWhenItIsADayOld) {
  Create({{"delta.enableDeletionVectors", "true"}});
  Commit();
  Commit([](Transaction& transaction) {
    auto metadata = transaction.base()->metadata();
    metadata.properties.erase("delta.enableDeletionVectors");
    transaction.SetMetadata(metadata);
  });
  Commit();
  table_->Checkpoint();
  TruncateHistory(*table_, context_);
  EXPECT_TRUE(HistoryUses(*table_, "deletionVectors"));
  Later(kDayMs + kHourMs);
  Commit();
  TruncateHistory(*table_, context_);
  EXPECT_FALSE(HistoryUses(*table_, "deletionVectors"));
  EXPECT_EQ(Log(location_).List().commits.front().version, 3);
  Drop(true);
  EXPECT_TRUE(table_->Latest()->protocol().reader_features.empty());
  EXPECT_EQ(OpenTable(location_, context_)->Latest()->version(), 5);
}

TEST_F(DropFeature, GuardedCheckpointsStay) {
  Create({{"delta.enableDeletionVectors", "true"}, {"delta.logRetentionDuration", "1 hour"}});
  Commit();
  table_->Checkpoint();
  Later(2 * kDayMs);
  Commit();
  Drop(false);
  const auto latest = table_->Latest();
  EXPECT_EQ(NumberProperty(latest->metadata(), kCheckpointProtectionProperty), latest->version());
  EXPECT_TRUE(Supports(latest->protocol(), "checkpointProtection"));
  const Log log(location_);
  EXPECT_EQ(CleanLog(log, *LoadState(log), context_), 0);
  table_->Checkpoint();
  Later(2 * kDayMs);
  Commit();
  // All that is guarded is older than a checkpoint that is not.
  EXPECT_GT(CleanLog(log, *LoadState(log), context_), 0);
}

TEST_F(DropFeature, LeftDomainsGoButThoseOfJobsStay) {
  Create({});
  Commit([](Transaction& transaction) { transaction.SetDomain("other.engine", "{}"); });
  EXPECT_EQ(PlanFeatureDrop(*table_->Latest(), "domainMetadata", false).domains,
            std::vector<std::string>{"other.engine"});
  Commit([](Transaction& transaction) { transaction.SetDomain("lakehouse.ingest.job", "{}"); });
  EXPECT_EQ(CodeOf([&] { PlanFeatureDrop(*table_->Latest(), "domainMetadata", false); }),
            "LK-4096");
}

TEST_F(DropFeature, RefusesWhatStays) {
  Create({{"delta.enableRowTracking", "true"}, {"delta.enableChangeDataFeed", "true"}});
  const auto code = [&](const std::string& feature, bool truncate) {
    return CodeOf([&] { PlanFeatureDrop(*table_->Latest(), feature, truncate); });
  };
  EXPECT_EQ(code("changeDataFeed", false), "LK-4096");
  EXPECT_EQ(code("domainMetadata", false), "LK-4096");
  EXPECT_EQ(code("rowTracking", true), "LK-4096");
  EXPECT_EQ(code("nothing", false), "LK-4096");
  EXPECT_EQ(code("ROWTRACKING", false), "");
}

TEST_F(DropFeature, RowIdsGoWithRowTracking) {
  Create({{"delta.enableRowTracking", "true"}});
  Commit([](Transaction& transaction) {
    NewFile file{"f", 100, 1, {}, {}};
    file.stats.num_records = 10;
    transaction.AddFile(file);
  });
  const FeatureDrop plan = PlanFeatureDrop(*table_->Latest(), "rowTracking", false);
  EXPECT_FALSE(plan.guards_history);
  Commit([&](Transaction& transaction) {
    transaction.SetMetadata(plan.metadata);
    transaction.DropFeature(plan.feature, false);
  });
  const auto latest = OpenTable(location_, context_)->Latest();
  EXPECT_EQ(latest->file_count(), 1u);
  EXPECT_EQ(latest->domains().count("delta.rowTracking"), 0u);
  const auto& snapshot = dynamic_cast<const DeltaSnapshot&>(*latest);
  EXPECT_FALSE(snapshot.add(0).base_row_id.has_value());
}

}  // namespace
}  // namespace lakehouse::storage::delta
