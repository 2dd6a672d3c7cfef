#include "query/engines/duckdb/scan.h"

#include <algorithm>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <numeric>

#include "query/engines/duckdb/file_list.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

/// The table's view of its files: types from the log, not from the Parquet footers.
class LakeReader : public dk::MultiFileReader {
 public:
  LakeReader(storage::SnapshotPtr snapshot, io::Location root)
      : snapshot_(std::move(snapshot)), root_(std::move(root)) {
    const auto& metadata = snapshot_->metadata();
    for (const auto& name : metadata.partition_columns) {
      partition_.push_back(metadata.schema.IndexOf(name).value());
    }
  }
  static dk::unique_ptr<dk::MultiFileReader> Create(const dk::TableFunction& function) {
    auto& info = function.function_info->Cast<LakeScanInfo>();
    return dk::make_uniq<LakeReader>(info.snapshot, info.root);
  }

  dk::shared_ptr<dk::MultiFileList> CreateFileList(dk::ClientContext& context,
                                                   const dk::vector<std::string>&,
                                                   const dk::FileGlobInput&) override {
    std::vector<size_t> all(snapshot_->file_count());
    std::iota(all.begin(), all.end(), size_t{0});
    return dk::make_shared_ptr<LakeFileList>(context, snapshot_, root_, std::move(all));
  }
  bool Bind(dk::MultiFileOptions&, dk::MultiFileList&, dk::vector<dk::LogicalType>& types,
            dk::vector<std::string>& names, dk::MultiFileReaderBindData& bound) override {
    for (const auto& field : snapshot_->schema().fields) {
      types.push_back(ToDuckDb(*field.type));
      names.push_back(field.name);
    }
    bound.schema = dk::MultiFileColumnDefinition::ColumnsFromNamesAndTypes(names, types);
    for (auto& column : bound.schema) {
      // A file written before the column was added has nulls there.
      column.default_expression = dk::make_uniq<dk::ConstantExpression>(dk::Value(column.type));
    }
    bound.mapping = dk::MultiFileColumnMappingMode::BY_NAME;
    return true;
  }
  void BindOptions(dk::MultiFileOptions&, dk::MultiFileList&, dk::vector<dk::LogicalType>&,
                   dk::vector<std::string>&, dk::MultiFileReaderBindData&) override {}

  dk::ReaderInitializeType InitializeReader(
      dk::MultiFileReaderData& reader_data, const dk::MultiFileBindData& bind_data,
      const dk::vector<dk::MultiFileColumnDefinition>& columns,
      const dk::vector<dk::ColumnIndex>& column_ids, dk::optional_ptr<dk::TableFilterSet> filters,
      dk::ClientContext& context, dk::MultiFileGlobalState& state) override {
    size_t file = LakeFileList::IndexOf(reader_data.reader->file);
    for (dk::idx_t i = 0; i < column_ids.size(); ++i) {
      auto at = std::find(partition_.begin(), partition_.end(), column_ids[i].GetPrimaryIndex());
      if (at == partition_.end()) continue;
      auto value = snapshot_->partition_value(file, static_cast<size_t>(at - partition_.begin()));
      reader_data.constant_map.Add(dk::MultiFileGlobalIndex(i),
                                   ToDuckDb(value, *snapshot_->schema().fields[*at].type));
    }
    return dk::MultiFileReader::InitializeReader(reader_data, bind_data, columns, column_ids,
                                                 filters, context, state);
  }
  dk::unique_ptr<dk::MultiFileReader> Copy() const override {
    return dk::make_uniq<LakeReader>(snapshot_, root_);
  }

 private:
  const storage::SnapshotPtr snapshot_;
  const io::Location root_;
  std::vector<size_t> partition_;  ///< positions of the partition columns in the schema
};

dk::virtual_column_map_t VirtualColumns(dk::ClientContext&, dk::optional_ptr<dk::FunctionData>) {
  return LakeVirtualColumns();
}

/// The optimizer takes two scans whose serialized forms are equal for one and the same: the table,
/// the version and the files that are left are part of the form.
void WriteIdentity(dk::Serializer& serializer, const dk::optional_ptr<dk::FunctionData> data,
                   const dk::TableFunction& function) {
  const auto& info = function.function_info->Cast<LakeScanInfo>();
  const auto& files = *data->Cast<dk::MultiFileBindData>().file_list;
  dk::hash_t hash = 0;
  for (const size_t file : dynamic_cast<const LakeFileList&>(files).kept()) {
    hash = dk::CombineHash(hash, dk::Hash<uint64_t>(file));
  }
  serializer.WriteProperty(100, "location", info.root.uri());
  serializer.WriteProperty(101, "version", info.snapshot->version());
  serializer.WriteProperty(102, "files", hash);
}

dk::unique_ptr<dk::FunctionData> RefuseToRead(dk::Deserializer&, dk::TableFunction&) {
  throw dk::NotImplementedException("a scan of a lakehouse table has no stored form");
}

}  // namespace

dk::virtual_column_map_t LakeVirtualColumns() {
  dk::virtual_column_map_t columns;
  columns.insert({dk::COLUMN_IDENTIFIER_EMPTY, dk::TableColumn("", dk::LogicalType::BOOLEAN)});
  return columns;
}

dk::TableFunction BindLakeScan(dk::ClientContext& context, const dk::TableFunction& parquet_scan,
                               storage::SnapshotPtr snapshot, io::Location root,
                               dk::unique_ptr<dk::FunctionData>& bind_data) {
  SessionOf(context).files_total += static_cast<int64_t>(snapshot->file_count());
  auto info = dk::make_shared_ptr<LakeScanInfo>();
  info->snapshot = std::move(snapshot);
  info->root = std::move(root);
  dk::TableFunction scan = parquet_scan;
  scan.function_info = info;
  scan.name = kScanName;
  scan.get_multi_file_reader = LakeReader::Create;
  // The Parquet footers know nothing of the log, so what is derived from them alone is left out.
  scan.statistics = nullptr;
  scan.get_partition_stats = nullptr;
  scan.get_bind_info = nullptr;
  scan.get_virtual_columns = VirtualColumns;
  scan.get_row_id_columns = nullptr;
  scan.serialize = WriteIdentity;
  scan.deserialize = RefuseToRead;
  scan.late_materialization = false;
  dk::vector<dk::Value> inputs{dk::Value("")};
  dk::named_parameter_map_t named;
  dk::vector<dk::LogicalType> types;
  dk::vector<std::string> names;
  dk::TableFunctionRef reference;
  dk::TableFunctionBindInput input(inputs, named, types, names, nullptr, nullptr, scan, reference);
  bind_data = scan.bind(context, input, types, names);
  bind_data->Cast<dk::MultiFileBindData>().virtual_columns = LakeVirtualColumns();
  return scan;
}

}  // namespace lakehouse::query::duckdb
