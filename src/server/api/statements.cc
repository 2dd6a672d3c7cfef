#include "server/api/statements.h"

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/logging.h"
#include "base/random.h"
#include "server/api/result_stream.h"

namespace lakehouse::server::api {
namespace {

/// One statement. `thread` is touched by who started it and by the owner of the map alone.
struct Entry {
  query::QueryRequest request;
  std::thread thread;

  std::mutex mutex;
  StatementStatus status;                 ///< guarded by mutex
  query::QueryResult result;              ///< without its reader; guarded by mutex
  std::shared_ptr<arrow::Schema> schema;  ///< guarded by mutex
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;  ///< guarded by mutex
  query::Session* session = nullptr;                         ///< while it runs; guarded by mutex
};

[[noreturn]] void ThrowUnknown(const std::string& id) {
  throw Error(ErrorKind::kNotFound, "LK-6012", "there is no statement '" + id + "'",
              "Results are kept for a while only (server.statement_keep).");
}

void Gather(Entry& entry, query::QueryResult result, int64_t max_bytes) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t bytes = 0;
  int64_t rows = 0;
  while (const auto batch = result.reader ? NextBatch(*result.reader) : nullptr) {
    bytes += arrow::util::TotalBufferSize(*batch);
    if (bytes > max_bytes) {
      throw Error(ErrorKind::kResourceExhausted, "LK-6015",
                  "the result has more than " + std::to_string(max_bytes) + " bytes",
                  "Run it without async, which streams the rows, or write them into a table with "
                  "CREATE TABLE AS. The limit is server.max_result_size.");
    }
    rows += batch->num_rows();
    batches.push_back(batch);
  }
  const std::lock_guard lock(entry.mutex);
  entry.schema = result.reader ? result.reader->schema() : arrow::schema({});
  entry.batches = std::move(batches);
  entry.status.row_count = result.kind == query::StatementKind::kWrite ? 0 : rows;
  entry.status.affected_rows = result.affected_rows;
  result.reader.reset();
  entry.result = std::move(result);
}

void Run(Entry& entry, const std::function<query::QueryEngine&()>& engine, int64_t max_bytes) {
  const LogScope scope("request_id", entry.request.request_id);
  std::unique_ptr<query::Session> session;
  std::optional<Error> failure;
  try {
    session = engine().OpenSession(entry.request.principal);
    {
      const std::lock_guard lock(entry.mutex);
      entry.session = session.get();
    }
    Gather(entry, session->Execute(entry.request), max_bytes);
  } catch (...) {
    failure = CurrentError();
  }
  const std::lock_guard lock(entry.mutex);
  entry.session = nullptr;
  entry.status.finished_ms = SystemClock().NowMs();
  entry.status.state = !failure                                   ? "succeeded"
                       : failure->kind() == ErrorKind::kCancelled ? "cancelled"
                                                                  : "failed";
  entry.status.error = std::move(failure);
}

StatementStatus StatusOf(Entry& entry) {
  const std::lock_guard lock(entry.mutex);
  StatementStatus status = entry.status;
  if (entry.session != nullptr) status.progress = entry.session->Progress();
  if (status.state == "succeeded") status.progress = 1;
  return status;
}

}  // namespace

class Statements::Impl {
 public:
  Impl(std::function<query::QueryEngine&()> engine, StatementLimits limits)
      : engine_(std::move(engine)), limits_(limits) {}

  ~Impl() {
    for (auto& [id, entry] : entries_) entry->request.cancellation.Cancel();
    for (auto& [id, entry] : entries_) Join(*entry);
  }

  std::string Start(query::QueryRequest request) {
    auto entry = std::make_shared<Entry>();
    const std::string id = Uuid::V7(SystemClock(), SystemRandom()).ToString();
    entry->request = std::move(request);
    entry->request.cancellation = CancellationToken();  // outlives the request that started it
    entry->status = {.id = id,
                     .state = "running",
                     .principal = entry->request.principal.name,
                     .started_ms = SystemClock().NowMs()};
    const std::lock_guard lock(mutex_);
    MakeRoom();
    entry->thread = std::thread(
        [entry = entry.get(), this] { Run(*entry, engine_, limits_.max_result_bytes); });
    entries_.emplace(id, std::move(entry));
    return id;
  }

  std::shared_ptr<Entry> Find(const security::Principal& principal, const std::string& id) {
    const std::lock_guard lock(mutex_);
    DropOld();
    const auto found = entries_.find(id);
    if (found == entries_.end() || !MaySee(principal, *found->second)) ThrowUnknown(id);
    return found->second;
  }

  std::vector<StatementStatus> List(const security::Principal& principal) {
    const std::lock_guard lock(mutex_);
    DropOld();
    std::vector<StatementStatus> all;
    for (auto& [id, entry] : entries_) {
      if (MaySee(principal, *entry)) all.push_back(StatusOf(*entry));
    }
    return all;
  }

  void Forget(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    Join(*found->second);
    entries_.erase(found);
  }

 private:
  static bool MaySee(const security::Principal& principal, const Entry& entry) {
    return principal.name == entry.request.principal.name ||
           principal.HasRole(security::kAdminRole);
  }

  static void Join(Entry& entry) {
    if (entry.thread.joinable()) entry.thread.join();
  }

  /// Forgets what ended long ago. Holds mutex_.
  void DropOld() {
    const int64_t now = SystemClock().NowMs();
    std::erase_if(entries_, [&](auto& item) {
      const StatementStatus status = StatusOf(*item.second);
      if (status.running() || now - status.finished_ms <= limits_.keep_ms) return false;
      Join(*item.second);
      return true;
    });
  }

  /// The oldest that has ended goes when there is no room. Holds mutex_.
  void MakeRoom() {
    DropOld();
    if (entries_.size() < limits_.max_statements) return;
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {  // ids are ordered by time
      if (StatusOf(*at->second).running()) continue;
      Join(*at->second);
      entries_.erase(at);
      return;
    }
    throw Error(ErrorKind::kResourceExhausted, "LK-6011",
                std::to_string(limits_.max_statements) + " statements run in the background",
                "Wait for one to end, or cancel one; the limit is server.max_statements.");
  }

  const std::function<query::QueryEngine&()> engine_;
  const StatementLimits limits_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  ///< by id; guarded by mutex_
};

Statements::Statements(std::function<query::QueryEngine&()> engine, StatementLimits limits)
    : impl_(std::make_unique<Impl>(std::move(engine), limits)) {}
Statements::~Statements() = default;

std::string Statements::Start(query::QueryRequest request) {
  return impl_->Start(std::move(request));
}

StatementStatus Statements::Status(const security::Principal& principal, const std::string& id) {
  return StatusOf(*impl_->Find(principal, id));
}

std::vector<StatementStatus> Statements::List(const security::Principal& principal) {
  return impl_->List(principal);
}

query::QueryResult Statements::Result(const security::Principal& principal, const std::string& id) {
  const std::shared_ptr<Entry> entry = impl_->Find(principal, id);
  const std::lock_guard lock(entry->mutex);
  if (entry->status.error) throw *entry->status.error;
  if (entry->status.running()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-6016", "statement " + id + " still runs",
                "GET /v1/statements/" + id + "/events tells when it has ended.");
  }
  query::QueryResult result = entry->result;
  auto reader = arrow::RecordBatchReader::Make(entry->batches, entry->schema);
  if (!reader.ok()) throw Error(ErrorKind::kInternal, "LK-0001", reader.status().ToString());
  result.reader = *reader;
  return result;
}

void Statements::Delete(const security::Principal& principal, const std::string& id) {
  const std::shared_ptr<Entry> entry = impl_->Find(principal, id);
  if (StatusOf(*entry).running()) {
    entry->request.cancellation.Cancel();
  } else {
    impl_->Forget(id);
  }
}

}  // namespace lakehouse::server::api
