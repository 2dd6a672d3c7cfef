#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/logging.h"
#include "catalog/lake.h"
#include "catalog/lake_impl.h"
#include "storage/delta/delta_table.h"

// A table is made in two places, its log and its name, and a process can end between them. So the
// name is announced before the log is written, and whoever opens the lakehouse next completes it.

namespace lakehouse::catalog {
namespace {

/// An announced table of which there is no log after this time will never come.
constexpr int64_t kAnnouncedMs = 24LL * 3600 * 1000;

[[noreturn]] void ThrowLogExists(const ObjectName& name, const std::string& location) {
  throw Error(
      ErrorKind::kAlreadyExists, "LK-3006",
      "cannot create " + name.ToString() + ": " + location + " already holds a table",
      "Register that table under a name (and drop it with PURGE if its data is not wanted), or "
      "give another LOCATION.");
}

/// The name, the schema or the place are not to be had any more.
bool IsVain(const Error& error) {
  return error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kAlreadyExists ||
         error.kind() == ErrorKind::kInvalidArgument ||
         error.kind() == ErrorKind::kPermissionDenied;
}

}  // namespace

void Lake::Impl::AdoptAnnounced() {
  for (ObjectInfo& table : parts.metadata->ListAnnounced()) {
    const std::string location = table.location;
    const bool old = parts.storage.clock->NowMs() - table.created_ms > kAnnouncedMs;
    try {
      if (storage::delta::IsDeltaTable(parts.stores->Resolve(location))) {
        LogInfo("a table gets the name that its creation did not live to store",
                {{"table", table.name.ToString()}, {"location", location}});
        parts.metadata->CreateObject(std::move(table), false);
        Changed();
      } else if (old) {
        parts.metadata->ForgetAnnounced(location);
      }
    } catch (const Error& error) {
      LogWarn("an announced table gets no name",
              {{"location", location}, {"reason", error.message()}});
      if (IsVain(error)) parts.metadata->ForgetAnnounced(location);
    }
  }
}

void Lake::Impl::RequireNoLog(const ObjectName& name, const io::Location& location,
                              const std::string& place) {
  if (!storage::delta::IsDeltaTable(location)) return;
  AdoptAnnounced();
  if (!parts.metadata->FindObject(name)) ThrowLogExists(name, place);
}

void Lake::Impl::MakeTable(const security::Principal& principal, const CreateTableRequest& request,
                           const std::vector<storage::NewFile>& files, const io::Location& location,
                           const std::string& place) {
  storage::CreateTableOptions options = request.options;
  // With its name in the log, a rebuild finds the spelling again.
  if (options.name.empty()) options.name = request.name.name;
  ObjectInfo announced;
  announced.name = request.name;
  announced.location = place;
  announced.comment = options.comment;
  announced.owner = principal.name;
  parts.metadata->AnnounceTable(announced);
  try {
    storage::delta::CreateTable(location, parts.storage, options, request.description, files);
  } catch (const Error& error) {
    // Nothing was made, or it was made by another.
    if (error.kind() != ErrorKind::kCommitStateUnknown) parts.metadata->ForgetAnnounced(place);
    if (error.code() == "LK-3006") ThrowLogExists(request.name, place);
    throw;
  }
  cache.Forget(place);
  try {
    AddTable(principal, request.name, place, options.comment);
  } catch (const Error& error) {
    const auto named = parts.metadata->FindObjectByLocation(place);
    if (named && error.kind() == ErrorKind::kAlreadyExists) return;  // another process adopted it
    throw Error(ErrorKind::kCommitStateUnknown, "LK-2026",
                "the table " + request.name.ToString() + " is made at " + place +
                    ", but its name could not be stored",
                "It gets its name when the lakehouse is opened again.")
        .CausedBy(error.message());
  }
}

}  // namespace lakehouse::catalog
