#include "ingestion/connectors/options.h"

#include <arrow/util/utf8.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/suggest.h"

namespace lakehouse::ingestion::connectors {

namespace {

constexpr std::string_view kForbiddenInNames = " ,;{}()\n\t=";

/// Bytes of the valid UTF-8 sequence at the front of `text`, 0 when there is none.
size_t SequenceLength(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (arrow::util::ValidateUTF8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

void ThrowBadOption(const std::string& key, const std::string& value, const std::string& problem) {
  throw Error(ErrorKind::kInvalidArgument, "LK-5002",
              "source_config." + key + " = \"" + value + "\": " + problem,
              "Correct the value and register the job again.");
}

void CheckOptionKeys(const SourceOptions& options, const std::vector<std::string>& known,
                     const std::vector<std::string>& required) {
  for (const auto& [key, value] : options) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    throw Error(ErrorKind::kInvalidArgument, "LK-5001", "unknown key source_config." + key,
                DidYouMean(key, known) + " Known keys: " + all + ".");
  }
  for (const std::string& key : required) {
    auto found = options.find(key);
    if (found != options.end() && !found->second.empty()) continue;
    throw Error(ErrorKind::kInvalidArgument, "LK-5001", "missing key source_config." + key,
                "Give the job's source_config a value for \"" + key + "\".");
  }
}

std::string TextOption(const SourceOptions& options, const std::string& key, std::string fallback) {
  auto found = options.find(key);
  return found == options.end() ? fallback : found->second;
}

std::string ChoiceOption(const SourceOptions& options, const std::string& key, std::string fallback,
                         const std::vector<std::string>& choices) {
  std::string value = TextOption(options, key, std::move(fallback));
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  std::string all;
  for (const std::string& choice : choices) all += (all.empty() ? "" : ", ") + choice;
  ThrowBadOption(key, value, "must be one of " + all);
}

bool BooleanOption(const SourceOptions& options, const std::string& key, bool fallback) {
  return ChoiceOption(options, key, fallback ? "true" : "false", {"true", "false"}) == "true";
}

int64_t IntegerOption(const SourceOptions& options, const std::string& key, int64_t fallback,
                      int64_t minimum, int64_t maximum) {
  auto found = options.find(key);
  if (found == options.end()) return fallback;
  const std::string& text = found->second;
  int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < minimum ||
      value > maximum) {
    ThrowBadOption(key, text,
                   "must be a whole number from " + std::to_string(minimum) + " to " +
                       std::to_string(maximum));
  }
  return value;
}

std::string FoldCase(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::vector<std::string> TableColumnNames(const std::vector<std::string>& source_names) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (size_t i = 0; i < source_names.size(); ++i) {
    std::string name = PrintableUtf8(source_names[i]);
    for (char& c : name) {
      if (kForbiddenInNames.find(c) != std::string_view::npos ||
          static_cast<unsigned char>(c) < 0x20) {
        c = '_';
      }
    }
    if (name.empty()) name = "column_" + std::to_string(i + 1);
    std::string unique = name;
    for (int n = 2; !taken.insert(FoldCase(unique)).second; ++n) {
      unique = name + "_" + std::to_string(n);
    }
    names.push_back(std::move(unique));
  }
  return names;
}

std::string PrintableUtf8(std::string_view bytes) {
  arrow::util::InitializeUTF8();
  if (arrow::util::ValidateUTF8(bytes)) return std::string(bytes);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = SequenceLength(bytes.substr(i));
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(bytes[i++]);
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      continue;
    }
    text.append(bytes.substr(i, length));
    i += length;
  }
  return text;
}

}  // namespace lakehouse::ingestion::connectors
