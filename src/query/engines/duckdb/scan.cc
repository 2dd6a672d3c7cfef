#include "query/engines/duckdb/scan.h"

#include <algorithm>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <numeric>

#include "query/engines/duckdb/column_layout.h"
#include "query/engines/duckdb/column_statistics.h"
#include "query/engines/duckdb/file_list.h"
#include "query/engines/duckdb/instants.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/metadata_column.h"
#include "query/engines/duckdb/nan_filters.h"
#include "query/engines/duckdb/pruning.h"
#include "query/engines/duckdb/raw_variants.h"
#include "query/engines/duckdb/types.h"
#include "query/engines/duckdb/unique_columns.h"

namespace lakehouse::query::duckdb {
namespace {

/// Leaves rows of one file out while it is read.
class RowFilter : public dk::DeleteFilter {
 public:
  explicit RowFilter(std::shared_ptr<const storage::RowSet> hidden) : hidden_(std::move(hidden)) {}
  dk::idx_t Filter(dk::row_t first, dk::idx_t count, dk::SelectionVector& kept) override {
    // Threads that read other row groups of the file share this.
    thread_local std::vector<uint32_t> rows;
    if (!hidden_->Exclude(static_cast<uint64_t>(first), static_cast<uint32_t>(count), rows)) {
      return count;
    }
    kept.Initialize(STANDARD_VECTOR_SIZE);
    for (dk::idx_t i = 0; i < rows.size(); ++i) kept.set_index(i, rows[i]);
    return rows.size();
  }

 private:
  const std::shared_ptr<const storage::RowSet> hidden_;
};

/// The table's view of its files: types from the log, not from the Parquet footers.
class LakeReader : public dk::MultiFileReader {
 public:
  explicit LakeReader(const LakeScanInfo& scanned) : scanned_(scanned) {
    const auto& metadata = snapshot_->metadata();
    for (const auto& name : metadata.partition_columns) {
      partition_.push_back(metadata.schema.IndexOf(name).value());
    }
  }
  static dk::unique_ptr<dk::MultiFileReader> Create(const dk::TableFunction& function) {
    return dk::make_uniq<LakeReader>(function.function_info->Cast<LakeScanInfo>());
  }

  dk::shared_ptr<dk::MultiFileList> CreateFileList(dk::ClientContext& context,
                                                   const dk::vector<std::string>&,
                                                   const dk::FileGlobInput&) override {
    std::vector<size_t> files;
    if (scanned_.selection) {
      files = scanned_.selection->files;
    } else {
      files.resize(snapshot_->file_count());
      std::iota(files.begin(), files.end(), size_t{0});
    }
    return dk::make_shared_ptr<LakeFileList>(context, scanned_, std::move(files));
  }
  bool Bind(dk::MultiFileOptions&, dk::MultiFileList&, dk::vector<dk::LogicalType>& types,
            dk::vector<std::string>& names, dk::MultiFileReaderBindData& bound) override {
    for (const auto& field : snapshot_->schema().fields) {
      types.push_back(ToDuckDb(*field.type));
      names.push_back(field.name);
    }
    bound.schema = DescribeFileColumns(snapshot_->schema());
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
    if (filters && IsLeftOut(context, file, column_ids, *filters)) {
      dynamic_cast<const LakeFileList&>(state.file_list).LeaveOut();
      ++SessionOf(context).files_skipped;
      return dk::ReaderInitializeType::SKIP_READING_FILE;
    }
    if (needs_resolving_) ReadVariantsRaw(*reader_data.reader);
    if (auto hidden = SessionOf(context).Guard([&] { return HiddenRows(file); })) {
      reader_data.reader->deletion_filter = dk::make_uniq<RowFilter>(std::move(hidden));
    }
    for (dk::idx_t i = 0; i < column_ids.size(); ++i) {
      if (column_ids[i].GetPrimaryIndex() == kFileColumn) {
        reader_data.constant_map.Add(dk::MultiFileGlobalIndex(i), dk::Value::UBIGINT(file));
        continue;
      }
      auto at = std::find(partition_.begin(), partition_.end(), column_ids[i].GetPrimaryIndex());
      const auto column = static_cast<size_t>(at - partition_.begin());
      if (at == partition_.end() || !snapshot_->has_partition_value(file, column)) continue;
      auto value =
          SessionOf(context).Guard([&] { return snapshot_->partition_value(file, column); });
      reader_data.constant_map.Add(dk::MultiFileGlobalIndex(i),
                                   ToDuckDb(value, *snapshot_->schema().fields[*at].type));
    }
    return dk::MultiFileReader::InitializeReader(reader_data, bind_data, columns, column_ids,
                                                 filters, context, state);
  }
  /// Where the file has the columns: by name, physical name or field id.
  dk::ReaderInitializeType CreateMapping(dk::ClientContext& context,
                                         dk::MultiFileReaderData& reader_data,
                                         const dk::vector<dk::MultiFileColumnDefinition>& columns,
                                         const dk::vector<dk::ColumnIndex>& column_ids,
                                         dk::optional_ptr<dk::TableFilterSet> filters,
                                         dk::MultiFileList& files,
                                         const dk::MultiFileReaderBindData& bound,
                                         const dk::virtual_column_map_t& virtual_columns,
                                         dk::MultiFileColumnMappingMode mode) override {
    const auto& in_file = reader_data.reader->GetColumns();
    const size_t own_columns = in_file.size();
    const auto resolved =
        needs_resolving_ ? ResolveColumns(snapshot_->schema(), snapshot_->column_mapping(), in_file)
                         : columns;
    const auto made = dk::MultiFileReader::CreateMapping(
        context, reader_data, resolved, column_ids, filters, files, bound, virtual_columns, mode);
    // The engine takes a virtual column's type for what the file has: here that is a row's number.
    for (size_t i = own_columns; i < in_file.size(); ++i) {
      auto& made = reader_data.reader->columns[i];
      if (made.name == kMetadataName) made.type = dk::LogicalType::BIGINT;
    }
    SessionOf(context).Guard(
        [&] { PinInstants(context, column_ids, resolved, in_file, reader_data.expressions); });
    return made;
  }
  /// `_metadata`, made of the file's own facts and of the row's number.
  dk::unique_ptr<dk::Expression> GetVirtualColumnExpression(
      dk::ClientContext& context, dk::MultiFileReaderData& reader_data,
      const dk::vector<dk::MultiFileColumnDefinition>& in_file, dk::idx_t& column,
      const dk::LogicalType& type, dk::MultiFileLocalIndex place,
      dk::optional_ptr<dk::MultiFileColumnDefinition>& reference) override {
    if (column != kMetadataColumn) {
      return dk::MultiFileReader::GetVirtualColumnExpression(context, reader_data, in_file, column,
                                                             type, place, reference);
    }
    column = COLUMN_IDENTIFIER_FILE_ROW_NUMBER;
    const size_t file = LakeFileList::IndexOf(reader_data.reader->file);
    return MetadataExpression(context, scanned_, file, place.GetIndex());
  }
  dk::unique_ptr<dk::MultiFileReader> Copy() const override {
    return dk::make_uniq<LakeReader>(scanned_);
  }

 private:
  /// Can no row of the file pass the filters any more? They grow stricter while a Top-N runs.
  bool IsLeftOut(dk::ClientContext& context, size_t file,
                 const dk::vector<dk::ColumnIndex>& columns,
                 const dk::TableFilterSet& filters) const {
    std::vector<std::pair<size_t, const dk::TableFilter*>> by_column;
    for (const auto& [position, filter] : filters.filters) {
      if (position >= columns.size()) continue;
      const auto column = columns[position].GetPrimaryIndex();
      if (column < snapshot_->schema().fields.size()) by_column.emplace_back(column, filter.get());
    }
    if (!HasTopN(by_column)) return false;
    return SessionOf(context).Guard(
        [&] { return PruneFiles(*snapshot_, {file}, by_column).empty(); });
  }

  /// Rows of a file that the scan leaves out: those the table has deleted, and the selection's.
  std::shared_ptr<const storage::RowSet> HiddenRows(size_t file) const {
    auto deleted = snapshot_->DeletedRows(file);
    if (!scanned_.selection) return deleted;
    auto hidden = scanned_.selection->hidden.find(file);
    if (hidden == scanned_.selection->hidden.end()) return deleted;
    storage::RowSet all = hidden->second;
    if (deleted) all.Unite(*deleted);
    return std::make_shared<const storage::RowSet>(std::move(all));
  }

  const LakeScanInfo scanned_;
  const storage::SnapshotPtr& snapshot_ = scanned_.snapshot;
  const bool needs_resolving_ =
      NeedsResolving(scanned_.snapshot->schema(), scanned_.snapshot->column_mapping());
  std::vector<size_t> partition_;  ///< positions of the partition columns in the schema
};

dk::virtual_column_map_t VirtualColumns(dk::ClientContext&, dk::optional_ptr<dk::FunctionData>) {
  return LakeVirtualColumns();
}

dk::BindInfo BindInfoOf(const dk::optional_ptr<dk::FunctionData> bind_data) {
  auto& files = bind_data->Cast<dk::MultiFileBindData>().file_list->Cast<LakeFileList>();
  if (files.table()) return dk::BindInfo(*files.table());
  return dk::BindInfo(dk::ScanType::EXTERNAL);
}

/// The optimizer takes two scans whose serialized forms are equal for one and the same: the table,
/// the snapshot, which is one object in a statement, and the files that are left are part of it.
void WriteIdentity(dk::Serializer& serializer, const dk::optional_ptr<dk::FunctionData> data,
                   const dk::TableFunction& function) {
  const auto& info = function.function_info->Cast<LakeScanInfo>();
  const auto& files = *data->Cast<dk::MultiFileBindData>().file_list;
  dk::hash_t hash = 0;
  for (const size_t file : dynamic_cast<const LakeFileList&>(files).kept()) {
    hash = dk::CombineHash(hash, dk::Hash<uint64_t>(file));
  }
  serializer.WriteProperty(100, "location", info.root.uri());
  serializer.WriteProperty(101, "snapshot", reinterpret_cast<uint64_t>(info.snapshot.get()));
  serializer.WriteProperty(102, "files", hash);
}

dk::unique_ptr<dk::FunctionData> RefuseToRead(dk::Deserializer&, dk::TableFunction&) {
  throw dk::NotImplementedException("a scan of a lakehouse table has no stored form");
}

std::string FilesRead(const dk::MultiFileList& files) {
  const auto& list = dynamic_cast<const LakeFileList&>(files);
  return "files read " + std::to_string(list.kept().size() - list.left_out()) + " of " +
         std::to_string(list.snapshot()->file_count());
}

// A key of two underscores on both sides is not printed, only its text is.
constexpr char kFilesKey[] = "__files__";

const LakeScanInfo& ScannedBy(const dk::TableFunctionInitInput& input) {
  return input.bind_data->Cast<dk::MultiFileBindData>().file_list->Cast<LakeFileList>().scanned();
}

dk::unique_ptr<dk::GlobalTableFunctionState> StartScan(dk::ClientContext& context,
                                                       dk::TableFunctionInitInput& input) {
  auto unique = WithUniqueColumns(input);
  const auto& scanned = ScannedBy(input);
  if (scanned.read) scanned.read->Begin();
  if (input.filters) {
    const auto& fields = scanned.snapshot->schema().fields;
    auto safe = WithoutNanPruning(*input.filters, [&](dk::idx_t place) {
      const auto column = unique.column_indexes[place].GetPrimaryIndex();
      return column < fields.size() ? fields[column].type.get() : nullptr;
    });
    if (safe) unique.filters = SessionOf(context).Keep(std::move(safe));
  }
  return scanned.init_global(context, unique);
}

dk::unique_ptr<dk::LocalTableFunctionState> StartThread(dk::ExecutionContext& context,
                                                        dk::TableFunctionInitInput& input,
                                                        dk::GlobalTableFunctionState* state) {
  auto unique = WithUniqueColumns(input);
  return ScannedBy(input).init_local(context, unique, state);
}

/// What EXPLAIN shows of a scan.
dk::InsertionOrderPreservingMap<std::string> Show(dk::TableFunctionToStringInput& input) {
  dk::InsertionOrderPreservingMap<std::string> shown;
  const auto& info = input.table_function.function_info->Cast<LakeScanInfo>();
  if (info.table) shown["Table"] = info.table->ParentSchema().name + "." + info.table->name;
  shown[kFilesKey] = FilesRead(*input.bind_data->Cast<dk::MultiFileBindData>().file_list);
  return shown;
}

/// What EXPLAIN ANALYZE shows of a scan: also the files that a join left out. Paths are not shown:
/// they are nobody's business who may read the table's rows only.
dk::InsertionOrderPreservingMap<std::string> ShowRun(dk::TableFunctionDynamicToStringInput& input) {
  dk::InsertionOrderPreservingMap<std::string> shown;
  if (input.global_state) {
    shown[kFilesKey] = FilesRead(input.global_state->Cast<dk::MultiFileGlobalState>().file_list);
  }
  return shown;
}

}  // namespace

dk::virtual_column_map_t LakeVirtualColumns() {
  dk::virtual_column_map_t columns;
  columns.insert({dk::COLUMN_IDENTIFIER_EMPTY, dk::TableColumn("", dk::LogicalType::BOOLEAN)});
  columns.insert({kFileColumn, dk::TableColumn("lake_file", dk::LogicalType::UBIGINT)});
  columns.insert({kMetadataColumn, dk::TableColumn(kMetadataName, MetadataType())});
  columns.insert({dk::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER,
                  dk::TableColumn("file_row_number", dk::LogicalType::BIGINT)});
  return columns;
}

dk::TableFunction BindLakeScan(dk::ClientContext& context, const dk::TableFunction& parquet_scan,
                               LakeScanInfo what, dk::unique_ptr<dk::FunctionData>& bind_data) {
  SessionOf(context).files_total += static_cast<int64_t>(
      what.selection ? what.selection->files.size() : what.snapshot->file_count());
  what.init_global = parquet_scan.init_global;
  what.init_local = parquet_scan.init_local;
  auto info = dk::make_shared_ptr<LakeScanInfo>(std::move(what));
  dk::TableFunction scan = parquet_scan;
  scan.init_global = StartScan;
  scan.init_local = StartThread;
  scan.function_info = info;
  scan.name = kScanName;
  scan.get_multi_file_reader = LakeReader::Create;
  scan.statistics = ColumnStatisticsOf;
  // The Parquet footers know nothing of the log, so what is derived from them alone is left out.
  scan.get_partition_stats = nullptr;
  scan.get_bind_info = BindInfoOf;
  scan.get_virtual_columns = VirtualColumns;
  scan.get_row_id_columns = nullptr;
  scan.to_string = Show;
  scan.dynamic_to_string = ShowRun;
  scan.serialize = WriteIdentity;
  scan.deserialize = RefuseToRead;
  scan.late_materialization = false;
  if (MustFilterLate(context, info->snapshot->schema())) scan.filter_pushdown = false;
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
