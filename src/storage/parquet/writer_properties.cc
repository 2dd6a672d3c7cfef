#include "storage/parquet/writer_properties.h"

#include <map>

#include "base/error.h"
#include "base/suggest.h"
#include "base/version.h"
#include "storage/parquet/arrow_io.h"

namespace lakehouse::storage::parquet {

std::shared_ptr<::parquet::WriterProperties> MakeWriterProperties(
    const std::string& compression, int64_t row_group_rows, const std::vector<std::string>& plain) {
  static const std::map<std::string, ::parquet::Compression::type> codecs = {
      {"zstd", ::parquet::Compression::ZSTD},
      {"snappy", ::parquet::Compression::SNAPPY},
      {"lz4", ::parquet::Compression::LZ4},
      {"lz4_raw", ::parquet::Compression::LZ4},
      {"gzip", ::parquet::Compression::GZIP},
      {"none", ::parquet::Compression::UNCOMPRESSED},
      {"uncompressed", ::parquet::Compression::UNCOMPRESSED}};
  const auto codec = codecs.find(compression);
  if (codec == codecs.end()) {
    std::vector<std::string> names;
    for (const auto& [name, type] : codecs) names.push_back(name);
    throw Error(ErrorKind::kInvalidArgument, "LK-3522",
                "there is no compression codec '" + compression + "'",
                DidYouMean(compression, names));
  }
  ::parquet::WriterProperties::Builder builder;
  builder.created_by(std::string(EngineInfo()));
  builder.memory_pool(WriterMemory());
  builder.version(::parquet::ParquetVersion::PARQUET_2_6);
  builder.compression(codec->second);
  if (codec->second == ::parquet::Compression::ZSTD) builder.compression_level(1);
  builder.max_row_group_length(row_group_rows);
  for (const std::string& column : plain) builder.disable_dictionary(column);
  // As whole numbers where they fit, as Spark does: cheaper to write and to read than bytes.
  builder.enable_store_decimal_as_integer();
  return builder.build();
}

std::shared_ptr<::parquet::ArrowWriterProperties> MakeArrowProperties(bool threads) {
  ::parquet::ArrowWriterProperties::Builder builder;
  builder.coerce_timestamps(arrow::TimeUnit::MICRO);
  builder.set_use_threads(threads);
  return builder.build();
}

}  // namespace lakehouse::storage::parquet
