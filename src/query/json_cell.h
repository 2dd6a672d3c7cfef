#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace lakehouse::query {

/// Appends one value as JSON: null, booleans, integers and finite numbers as such; lists and
/// structs as arrays and objects, maps with text keys as objects and others as arrays of [key,
/// value]; the rest (decimals, dates, timestamps, binary, NaN and infinities) as the text of
/// FormatCell, so that no digit is lost. Throws Unsupported LK-4012 as FormatCell does.
void AppendJson(const arrow::Array& array, int64_t row, std::string& out);

/// Appends `text` in quotes; bytes that are not UTF-8 become U+FFFD.
void AppendJsonText(std::string_view text, std::string& out);

/// The SQL name of a result's column type: BIGINT, DECIMAL(12,2), TIMESTAMP WITH TIME ZONE,
/// VARCHAR[], STRUCT(a INTEGER).
std::string SqlTypeName(const arrow::DataType& type);

}  // namespace lakehouse::query
