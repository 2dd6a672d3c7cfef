#include "storage/delta/log/log.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "storage/delta/log/last_checkpoint.h"

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

/// The files of a multi-part checkpoint that were found so far, by part.
struct Parts {
  std::map<int64_t, std::string> names;
  int64_t modified_ms = 0;
};
using PartsOfCheckpoints = std::map<std::pair<int64_t, int64_t>, Parts>;  // (version, parts)

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

/// Takes "<version>.checkpoint.<part>.<parts>.parquet" or
/// "<version>.checkpoint.<uuid>.<json|parquet>".
void TakeCheckpoint(const std::string& name, int64_t version, int64_t modified_ms,
                    PartsOfCheckpoints& parts, LogListing& listing) {
  constexpr std::string_view kMiddle = ".checkpoint.";
  if (name.compare(kVersionDigits, kMiddle.size(), kMiddle) != 0) return;
  const std::string rest = name.substr(kVersionDigits + kMiddle.size());
  long part = 0, count = 0;
  int used = 0;
  if (std::sscanf(rest.c_str(), "%10ld.%10ld.parquet%n", &part, &count, &used) == 2 &&
      static_cast<size_t>(used) == rest.size() && part >= 1 && part <= count) {
    Parts& found = parts[{version, count}];
    found.names[part] = name;
    found.modified_ms = std::max(found.modified_ms, modified_ms);
    return;
  }
  const size_t dot = rest.find('.');
  const std::string suffix = dot == std::string::npos ? "" : rest.substr(dot + 1);
  if (IsUuid(rest.substr(0, dot)) && (suffix == "json" || suffix == "parquet")) {
    listing.checkpoints.push_back({version, {name}, modified_ms});
  }
}

/// Takes "<version>.<version>.compacted.json".
bool TakeCompaction(const std::string& name, int64_t version, int64_t modified_ms,
                    LogListing& listing) {
  const std::string rest = name.substr(kVersionDigits + 1);
  const auto to = VersionOf(rest);
  if (!to || rest.substr(kVersionDigits) != ".compacted.json") return false;
  if (*to > version) listing.compactions.push_back({version, *to, name, modified_ms});
  return true;
}

/// Keeps the multi-part checkpoints that are complete.
void AddWholeCheckpoints(const PartsOfCheckpoints& parts, LogListing& listing) {
  for (const auto& [key, found] : parts) {
    const auto [version, count] = key;
    if (static_cast<int64_t>(found.names.size()) != count) continue;
    CheckpointFiles checkpoint{version, {}, found.modified_ms};
    for (const auto& [part, name] : found.names) checkpoint.names.push_back(name);
    listing.checkpoints.push_back(std::move(checkpoint));
  }
}

void Sort(LogListing& listing) {
  std::sort(listing.commits.begin(), listing.commits.end(),
            [](const CommitFile& a, const CommitFile& b) { return a.version < b.version; });
  std::sort(listing.checkpoints.begin(), listing.checkpoints.end(),
            [](const CheckpointFiles& a, const CheckpointFiles& b) {
              // Of one version those in one file come first.
              const size_t parts_of_a = a.names.size();
              const size_t parts_of_b = b.names.size();
              return std::tie(a.version, parts_of_a, a.names) <
                     std::tie(b.version, parts_of_b, b.names);
            });
  std::sort(listing.compactions.begin(), listing.compactions.end(),
            [](const CompactionFile& a, const CompactionFile& b) {
              return std::pair(a.from, a.to) < std::pair(b.from, b.to);
            });
  // File times may go back; time travel needs an order.
  for (size_t i = 1; i < listing.commits.size(); ++i) {
    int64_t& time = listing.commits[i].modified_ms;
    time = std::max(time, listing.commits[i - 1].modified_ms + 1);
  }
}

}  // namespace

Log::Log(io::Location table) : table_(std::move(table)) {}

std::string Log::PathOf(const std::string& name) const {
  return io::JoinPath(table_.path, std::string(kDirectory) + "/" + name);
}
std::string Log::CommitName(int64_t version) { return Digits(version) + ".json"; }
std::string Log::ChecksumName(int64_t version) { return Digits(version) + ".crc"; }
std::string Log::V2CheckpointName(int64_t version, const std::string& uuid) {
  return Digits(version) + ".checkpoint." + uuid + ".parquet";
}
std::string Log::CompactionName(int64_t from, int64_t to) {
  return Digits(from) + "." + Digits(to) + ".compacted.json";
}
std::string Log::CheckpointName(int64_t version) { return Digits(version) + ".checkpoint.parquet"; }

LogListing Log::List(int64_t from) const {
  io::ListOptions options;
  // '.' sorts before every digit and letter that may follow the version.
  if (from > 0) options.start_after = PathOf(Digits(from));
  LogListing listing;
  PartsOfCheckpoints parts;
  for (const io::ObjectInfo& object :
       table_.store->List(io::JoinPath(table_.path, kDirectory), options)) {
    const std::string name = object.path.substr(object.path.rfind('/') + 1);
    const auto version = VersionOf(name);
    if (!version || *version < from) continue;
    if (name == CommitName(*version)) {
      listing.commits.push_back({*version, object.modified_ms, object.etag});
    } else if (name == CheckpointName(*version)) {
      listing.checkpoints.push_back({*version, {name}, object.modified_ms});
    } else if (name == ChecksumName(*version)) {
      listing.checksums.insert(*version);
    } else if (!TakeCompaction(name, *version, object.modified_ms, listing)) {
      TakeCheckpoint(name, *version, object.modified_ms, parts, listing);
    }
  }
  AddWholeCheckpoints(parts, listing);
  AddOverlooked(from, listing);
  Sort(listing);
  return listing;
}

/// A directory that is read while commits come may show a later one without an earlier one.
void Log::AddOverlooked(int64_t from, LogListing& listing) const {
  constexpr int64_t kMostOverlooked = 64;
  std::set<int64_t> there;
  for (const CommitFile& commit : listing.commits) there.insert(commit.version);
  if (there.empty()) return;
  const int64_t lowest = from > 0 ? from - 1 : *there.begin();
  int64_t looked = 0;
  for (int64_t version = *there.rbegin() - 1; version > lowest; --version) {
    if (there.count(version) > 0) continue;
    if (++looked > kMostOverlooked) return;  // that is no accident
    if (const auto file = table_.store->Head(PathOf(CommitName(version)))) {
      listing.commits.push_back({version, file->modified_ms, file->etag});
    }
  }
}

const CommitFile* LogListing::CommitOf(int64_t version) const {
  const auto found = std::lower_bound(
      commits.begin(), commits.end(), version,
      [](const CommitFile& commit, int64_t wanted) { return commit.version < wanted; });
  return found == commits.end() || found->version != version ? nullptr : &*found;
}

std::optional<int64_t> Log::LastCheckpointHint() const {
  const auto text = Find("_last_checkpoint");
  return text ? ParseLastCheckpoint(*text) : std::nullopt;
}

std::string Log::ReadCommit(int64_t version) const {
  return table_.store->Read(PathOf(CommitName(version)));
}

std::optional<std::string> Log::Find(const std::string& name) const {
  try {
    return table_.store->Read(PathOf(name));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
}

std::optional<std::string> Log::FindCommit(int64_t version) const {
  return Find(CommitName(version));
}

std::optional<std::string> Log::FindChecksum(int64_t version) const {
  return Find(ChecksumName(version));
}

}  // namespace lakehouse::storage::delta
