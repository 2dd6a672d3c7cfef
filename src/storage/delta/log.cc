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

/// Parts of checkpoints that were found so far: (version, number of parts) -> part -> name.
using Parts = std::map<std::pair<int64_t, int64_t>, std::map<int64_t, std::string>>;

/// Takes "<version>.checkpoint.<part>.<parts>.parquet" or
/// "<version>.checkpoint.<uuid>.<json|parquet>".
void TakeCheckpoint(const std::string& name, int64_t version, Parts& parts, LogListing& listing) {
  constexpr std::string_view kMiddle = ".checkpoint.";
  if (name.compare(kVersionDigits, kMiddle.size(), kMiddle) != 0) return;
  const std::string rest = name.substr(kVersionDigits + kMiddle.size());
  long part = 0, count = 0;
  int used = 0;
  if (std::sscanf(rest.c_str(), "%10ld.%10ld.parquet%n", &part, &count, &used) == 2 &&
      static_cast<size_t>(used) == rest.size() && part >= 1 && part <= count) {
    parts[{version, count}][part] = name;
  } else if (rest.size() > 36 && rest[36] == '.' && rest[8] == '-') {
    listing.has_v2_checkpoint = true;
  }
}

/// Keeps the multi-part checkpoints that are complete.
void AddWholeCheckpoints(const Parts& parts, LogListing& listing) {
  for (const auto& [key, names] : parts) {
    const auto [version, count] = key;
    if (static_cast<int64_t>(names.size()) != count || listing.checkpoints.count(version) > 0)
      continue;
    for (const auto& [part, name] : names) listing.checkpoints[version].push_back(name);
  }
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
  Parts parts;
  for (const io::ObjectInfo& object :
       table_.store->List(io::JoinPath(table_.path, kDirectory), options)) {
    const std::string name = object.path.substr(object.path.rfind('/') + 1);
    const auto version = VersionOf(name);
    if (!version || *version < from) continue;
    if (name == CommitName(*version)) {
      listing.commits.push_back({*version, object.modified_ms, object.etag});
    } else if (name == CheckpointName(*version)) {
      listing.checkpoints[*version] = {name};
    } else {
      TakeCheckpoint(name, *version, parts, listing);
    }
  }
  AddWholeCheckpoints(parts, listing);
  std::sort(listing.commits.begin(), listing.commits.end(),
            [](const CommitFile& a, const CommitFile& b) { return a.version < b.version; });
  // File times may go back; time travel needs an order.
  for (size_t i = 1; i < listing.commits.size(); ++i) {
    int64_t& time = listing.commits[i].modified_ms;
    time = std::max(time, listing.commits[i - 1].modified_ms + 1);
  }
  return listing;
}

std::optional<int64_t> Log::LastCheckpointHint() const {
  try {
    const auto json =
        nlohmann::json::parse(table_.store->Read(PathOf("_last_checkpoint")), nullptr, false);
    if (!json.is_object() || !json.contains("version")) return std::nullopt;
    if (!json["version"].is_number_integer()) return std::nullopt;
    const int64_t version = json["version"].get<int64_t>();
    return version >= 0 ? std::optional(version) : std::nullopt;
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
