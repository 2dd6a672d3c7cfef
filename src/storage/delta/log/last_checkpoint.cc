#include "storage/delta/log/last_checkpoint.h"

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "security/md5.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::ordered_json;

/// The hint is small; what is deeper is none.
constexpr int kMaxDepth = 64;

std::string Quoted(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 && (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~');
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out + '"';
}

/// Adds each leaf by its path; false when it is too deep.
bool AddLeaves(const Json& json, const std::string& path, int depth,
               std::map<std::string, std::string>& leaves) {
  if (depth > kMaxDepth) return false;
  if (!json.is_structured()) {
    leaves[path] = json.is_string() ? Quoted(json.get<std::string>()) : json.dump();
    return true;
  }
  size_t position = 0;
  for (const auto& [key, value] : json.items()) {
    if (depth == 0 && key == "checksum") continue;
    const std::string name = json.is_array() ? std::to_string(position++) : Quoted(key);
    if (!AddLeaves(value, path.empty() ? name : path + "+" + name, depth + 1, leaves)) return false;
  }
  return true;
}

std::optional<std::string> Canonical(const Json& json) {
  std::map<std::string, std::string> leaves;
  if (!json.is_object() || !AddLeaves(json, "", 0, leaves)) return std::nullopt;
  std::string text;
  for (const auto& [path, value] : leaves) text += (text.empty() ? "" : ",") + path + "=" + value;
  return text;
}

Json Parse(std::string_view text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

}  // namespace

std::optional<std::string> CanonicalForm(std::string_view json) { return Canonical(Parse(json)); }

std::string WriteLastCheckpoint(const LastCheckpoint& checkpoint) {
  Json json = {{"version", checkpoint.version},
               {"size", checkpoint.action_count},
               {"sizeInBytes", checkpoint.size_bytes},
               {"numOfAddFiles", checkpoint.file_count}};
  if (!checkpoint.schema_json.empty()) json["checkpointSchema"] = Parse(checkpoint.schema_json);
  const std::string checksum = security::Md5Hex(Canonical(json).value_or(""));
  if (!checksum.empty()) json["checksum"] = checksum;
  return json.dump();
}

std::optional<int64_t> ParseLastCheckpoint(std::string_view text) {
  const Json json = Parse(text);
  if (!json.is_object() || !json.contains("version")) return std::nullopt;
  if (!json["version"].is_number_integer()) return std::nullopt;
  const int64_t version = json["version"].get<int64_t>();
  if (version < 0) return std::nullopt;
  if (json.contains("checksum") && json["checksum"].is_string()) {
    const auto canonical = Canonical(json);
    if (!canonical) return std::nullopt;
    const std::string checksum = security::Md5Hex(*canonical);
    if (!checksum.empty() && checksum != json["checksum"].get<std::string>()) return std::nullopt;
  }
  return version;
}

}  // namespace lakehouse::storage::delta
