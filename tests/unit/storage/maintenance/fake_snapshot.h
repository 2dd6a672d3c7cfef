#pragma once

#include <map>
#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage {

/// A snapshot made of numbers alone, for plans.
class FakeSnapshot : public Snapshot {
 public:
  struct File {
    std::string partition;  ///< of the column p, when the table has it
    int64_t bytes = 0;
    int64_t rows = 100;
    int64_t deleted = 0;
    std::map<std::string, std::string> tags = {};
    std::string provider = {};
  };
  explicit FakeSnapshot(std::vector<File> files, bool partitioned = false)
      : files_(std::move(files)) {
    metadata_.schema.fields = {{"a", DataType::Primitive(TypeId::kLong)},
                               {"b", DataType::Primitive(TypeId::kString)},
                               {"p", DataType::Primitive(TypeId::kString)}};
    if (partitioned) metadata_.partition_columns = {"p"};
  }

  int64_t version() const override { return 0; }
  int64_t timestamp_ms() const override { return 0; }
  const Protocol& protocol() const override { return protocol_; }
  const TableMetadata& metadata() const override { return metadata_; }
  size_t file_count() const override { return files_.size(); }
  FileEntry file(size_t i) const override {
    return {"f", files_[i].bytes, 0, files_[i].rows, files_[i].deleted};
  }
  Value partition_value(size_t i, size_t) const override {
    return files_[i].partition.empty() ? Value{} : Value{files_[i].partition};
  }
  const std::vector<File>& files() const { return files_; }
  std::shared_ptr<const ColumnBounds> Bounds(const ColumnPath&) const override { return nullptr; }
  int64_t total_bytes() const override { return 0; }
  std::optional<int64_t> total_records() const override { return std::nullopt; }
  const std::map<std::string, AppTransaction>& transactions() const override {
    return transactions_;
  }
  const std::map<std::string, std::string>& domains() const override { return domains_; }

  std::vector<size_t> All() const {
    std::vector<size_t> all;
    for (size_t i = 0; i < files_.size(); ++i) all.push_back(i);
    return all;
  }

  TableMetadata metadata_;
  std::map<std::string, std::string> domains_;

 private:
  std::vector<File> files_;
  Protocol protocol_;
  std::map<std::string, AppTransaction> transactions_;
};

}  // namespace lakehouse::storage
