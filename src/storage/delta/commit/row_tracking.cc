#include "storage/delta/commit/row_tracking.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "storage/delta/log/features.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

constexpr char kMark[] = "rowIdHighWaterMark";

}  // namespace

bool AssignsRowIds(const Protocol& protocol, const TableMetadata& metadata) {
  return Supports(protocol, "rowTracking") && !IsOn(metadata, "delta.rowTrackingSuspended");
}

bool TracksRows(const Protocol& protocol, const TableMetadata& metadata) {
  return Supports(protocol, "rowTracking") && IsOn(metadata, "delta.enableRowTracking");
}

int64_t ParseRowIdMark(const std::string& configuration) {
  const auto json = nlohmann::json::parse(configuration, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains(kMark) || !json[kMark].is_number_integer()) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "the domain delta.rowTracking has no high-water mark: " + configuration,
                "The log is damaged; without the mark row ids would be given twice.");
  }
  return json[kMark].get<int64_t>();
}

int64_t RowIdMarkOf(const std::map<std::string, std::string>& domains) {
  const auto found = domains.find(kRowTrackingDomain);
  return found == domains.end() ? -1 : ParseRowIdMark(found->second);
}

void AssignRowIds(int64_t mark, int64_t version, Actions& actions) {
  const int64_t before = mark;
  // Ids that came with files are not given again.
  for (const AddFilePtr& add : actions.adds) {
    if (!add->base_row_id) continue;
    const int64_t rows = ParseRecordCount(add->stats);
    mark = std::max(mark, *add->base_row_id + std::max<int64_t>(rows, 1) - 1);
  }
  for (AddFilePtr& add : actions.adds) {
    if (add->base_row_id && add->default_row_commit_version) continue;
    auto numbered = std::make_shared<AddFile>(*add);
    if (!numbered->base_row_id) {
      const int64_t rows = ParseRecordCount(add->stats);
      if (rows < 0) {
        throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                    "the file " + add->path + " has no record count, which its row ids need");
      }
      numbered->base_row_id = mark + 1;
      mark += rows;
    }
    if (!numbered->default_row_commit_version) numbered->default_row_commit_version = version;
    add = std::move(numbered);
  }
  if (mark == before) return;
  std::erase_if(actions.domains,
                [](const SetDomain& domain) { return domain.domain == kRowTrackingDomain; });
  actions.domains.push_back({kRowTrackingDomain, nlohmann::json{{kMark, mark}}.dump(), false});
}

void NameRowIdColumns(TableMetadata& metadata, Random& random) {
  if (!IsOn(metadata, "delta.enableRowTracking")) return;
  const auto name = [&](const char* key, const char* prefix) {
    std::string& value = metadata.properties[key];
    if (value.empty()) value = prefix + Uuid::V4(random).ToString();
  };
  name("delta.rowTracking.materializedRowIdColumnName", "_row-id-col-");
  name("delta.rowTracking.materializedRowCommitVersionColumnName", "_row-commit-version-col-");
}

}  // namespace lakehouse::storage::delta
