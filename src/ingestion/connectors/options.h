#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingestion/connectors/connector.h"

namespace lakehouse::ingestion::connectors {

/// Throws InvalidArgument LK-5001 with did-you-mean for a key that is not in `known`, and for a key
/// of `required` that is missing.
void CheckOptionKeys(const SourceOptions& options, const std::vector<std::string>& known,
                     const std::vector<std::string>& required);

/// The option's text, or `fallback` when it is not given.
std::string TextOption(const SourceOptions& options, const std::string& key, std::string fallback);
/// InvalidArgument LK-5002 unless it is one of `choices`.
std::string ChoiceOption(const SourceOptions& options, const std::string& key, std::string fallback,
                         const std::vector<std::string>& choices);
/// InvalidArgument LK-5002 unless it is true or false.
bool BooleanOption(const SourceOptions& options, const std::string& key, bool fallback);
/// InvalidArgument LK-5002 unless it is a whole number from `minimum` to `maximum`.
int64_t IntegerOption(const SourceOptions& options, const std::string& key, int64_t fallback,
                      int64_t minimum, int64_t maximum);

/// Throws LK-5002 "source_config.<key>: <problem>".
[[noreturn]] void ThrowBadOption(const std::string& key, const std::string& value,
                                 const std::string& problem);

/// Names for table columns: characters that a table without column mapping may not have become '_',
/// an empty name becomes column_<n>, and a name that was there (without regard to case) gets a
/// number.
std::vector<std::string> TableColumnNames(const std::vector<std::string>& source_names);

/// Lower case of ASCII letters.
std::string FoldCase(std::string_view name);

/// `bytes` with what is not UTF-8 written as \xNN.
std::string PrintableUtf8(std::string_view bytes);

}  // namespace lakehouse::ingestion::connectors
