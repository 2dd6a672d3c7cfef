#include "storage/delta/log.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr std::string_view kDirectory = "_delta_log";

std::string Digits(int64_t version) {
  char text[32];
  std::snprintf(text, sizeof(text), "%020ld", version);
  return text;
}

/// The version that `name` begins with, or nothing.
std::optional<int64_t> VersionOf(std::string_view name) {
  if (name.size() <= kVersionDigits || name[kVersionDigits] != '.') return std::nullopt;
  int64_t version = 0;
  for (const char c : name.substr(0, kVersionDigits)) {
    if (c < '0' || c > '9' || version > (INT64_MAX - 9) / 10) return std::nullopt;
    version = version * 10 + (c - '0');
  }
  return version;
}

}  // namespace

Log::Log(io::Location table) : table_(std::move(table)) {}

std::string Log::PathOf(const std::string& name) const {
  return io::JoinPath(table_.path, std::string(kDirectory) + "/" + name);
}
std::string Log::CommitName(int64_t version) { return Digits(version) + ".json"; }
std::string Log::CheckpointName(int64_t version) { return Digits(version) + ".checkpoint.parquet"; }

LogListing Log::List(int64_t from) const {
  io::ListOptions options;
  // '.' sorts before every digit and letter that may follow the version.
  if (from > 0) options.start_after = PathOf(Digits(from));
  LogListing listing;
  for (const io::ObjectInfo& object :
       table_.store->List(io::JoinPath(table_.path, kDirectory), options)) {
    const std::string name = object.path.substr(object.path.rfind('/') + 1);
    const auto version = VersionOf(name);
    if (!version || *version < from) continue;
    if (name == CommitName(*version)) listing.commits.push_back({*version, object.modified_ms});
    if (name == CheckpointName(*version)) listing.checkpoints[*version] = name;
  }
  std::sort(listing.commits.begin(), listing.commits.end(),
            [](const CommitFile& a, const CommitFile& b) { return a.version < b.version; });
  return listing;
}

std::optional<int64_t> Log::LastCheckpointHint() const {
  try {
    const auto json =
        nlohmann::json::parse(table_.store->Read(PathOf("_last_checkpoint")), nullptr, false);
    if (!json.is_object() || !json.contains("version")) return std::nullopt;
    if (json.contains("parts") || !json["version"].is_number_integer()) return std::nullopt;
    return json["version"].get<int64_t>();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
}

std::string Log::ReadCommit(int64_t version) const {
  return table_.store->Read(PathOf(CommitName(version)));
}

std::optional<std::string> Log::FindCommit(int64_t version) const {
  try {
    return ReadCommit(version);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
}

}  // namespace lakehouse::storage::delta
