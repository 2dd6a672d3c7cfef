#include "core.h"

#include <arrow/record_batch.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "convert.h"
#include "interrupt.h"
#include "storage/file_place.h"
#include "write.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

/// Runs `work` without the interpreter's lock; for what is quick enough not to be interrupted.
template <typename Work>
auto WithoutLock(Work work) -> decltype(work()) {
  const Unlocked unlocked;
  return work();
}

template <typename Values>
nb::list ToList(const Values& values) {
  nb::list list;
  for (const auto& value : values) list.append(ToPython(value));
  return list;
}

/// Ends with an error once `cancel` is cancelled.
class StoppableReader : public arrow::RecordBatchReader {
 public:
  StoppableReader(std::shared_ptr<arrow::RecordBatchReader> reader, CancellationToken cancel)
      : reader_(std::move(reader)), cancel_(std::move(cancel)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (cancel_.cancelled()) return arrow::Status::Cancelled("the write was cancelled");
    return reader_->ReadNext(batch);
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> reader_;
  const CancellationToken cancel_;
};

std::string Quoted(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

Core::Core(const Config& config) : process_(getpid()) {
  lakehouse_ = WithoutLock([&] { return app::Lakehouse::Open(config); });
}

Core::~Core() {
  if (process_ == getpid()) {
    Close();
    return;
  }
  // The threads that closing waits for stayed in the other process.
  [[maybe_unused]] auto* kept = new std::shared_ptr<app::Lakehouse>(std::move(lakehouse_));
}

void Core::Close() {
  if (process_ != getpid()) return;
  std::shared_ptr<app::Lakehouse> last = std::move(lakehouse_);
  lakehouse_.reset();
  WithoutLock([&] { last.reset(); });
}

std::shared_ptr<app::Lakehouse> Core::Use() const {
  ParkAtTheEnd();
  if (process_ != getpid()) {
    throw Error(ErrorKind::kUnsupported, "LK-7001",
                "this lakehouse was opened in process " + std::to_string(process_),
                "After a fork, connect again in this process.");
  }
  if (lakehouse_) return lakehouse_;
  throw Error(ErrorKind::kUnsupported, "LK-7001", "this lakehouse is closed", "Connect again.");
}

/// Without authorization every user is the administrator of this process, under their own name.
security::Principal Core::PrincipalOf(const std::string& user) const {
  security::Principal principal = security::LocalPrincipal();
  if (user.empty()) return principal;
  principal.name = user;
  if (Use()->config().GetBoolean("security.enable_authorization")) principal.roles.clear();
  return principal;
}

catalog::ObjectName Core::NameOf(const std::string& name, const std::string& schema) const {
  const Config& config = Use()->config();
  return catalog::ObjectName::Parse(
      name, config.GetString("catalog.default_catalog"),
      schema.empty() ? config.GetString("query.default_schema") : schema);
}

query::QueryRequest Core::RequestOf(const Request& request) const {
  query::QueryRequest made;
  made.sql = request.sql;
  made.parameters = ToParameters(request.parameters);
  made.principal = PrincipalOf(request.user);
  made.request_id = Uuid::V7(SystemClock(), SystemRandom()).ToString();
  made.limits.timeout_ms = request.timeout_ms;
  made.limits.memory_bytes = request.memory_bytes;
  made.cancellation = request.cancel;
  made.gather = request.gather;
  made.last = request.session == nullptr;
  made.sources = request.sources;
  return made;
}

/// Every statement has a session of its own, so that statements of several threads run side by
/// side; schema and time zone are carried from one to the next.
std::unique_ptr<query::Session> Core::OpenSession(app::Lakehouse& lakehouse,
                                                  const query::QueryRequest& request,
                                                  const Request& asked) const {
  auto session = lakehouse.engine().OpenSession(request.principal);
  const auto set = [&](const std::string& statement) {
    query::QueryRequest setting = request;
    setting.sql = statement;
    setting.parameters.clear();
    setting.sources.clear();
    session->Execute(setting);
  };
  if (!asked.schema.empty() && asked.schema != session->current_schema()) {
    set("USE " + Quoted(asked.schema));
  }
  if (!asked.time_zone.empty() && asked.time_zone != session->time_zone()) {
    std::string text = "SET TimeZone = '";
    for (const char c : asked.time_zone) text += c == '\'' ? "''" : std::string(1, c);
    set(text + "'");
  }
  return session;
}

Result Core::Execute(const Request& request) {
  Statement statement;
  statement.lakehouse = Use();
  statement.cancel = request.cancel;
  const query::QueryRequest made = RequestOf(request);
  RunInterruptibly([&] { statement.cancel.Cancel(); },
                   [&] {
                     const auto run = [&](const std::shared_ptr<query::Session>& session) {
                       statement.session = session;
                       statement.result = session->Execute(made);
                     };
                     if (request.session) {
                       request.session->Use(run);
                     } else {
                       run(OpenSession(*statement.lakehouse, made, request));
                     }
                   });
  return Result(std::move(statement));
}

KeptSession::KeptSession(std::shared_ptr<app::Lakehouse> lakehouse,
                         std::shared_ptr<query::Session> session)
    : process_(getpid()), lakehouse_(std::move(lakehouse)), session_(std::move(session)) {}

KeptSession::~KeptSession() {
  if (process_ == getpid()) {
    const Unlocked unlocked;
    session_.reset();
    lakehouse_.reset();
    return;
  }
  // Its end would delete the files of the other process's transaction.
  [[maybe_unused]] auto* session = new std::shared_ptr<query::Session>(std::move(session_));
  [[maybe_unused]] auto* lakehouse = new std::shared_ptr<app::Lakehouse>(std::move(lakehouse_));
}

void KeptSession::RequireProcess() const {
  if (process_ == getpid()) return;
  throw Error(ErrorKind::kUnsupported, "LK-7001",
              "this transaction belongs to process " + std::to_string(process_),
              "After a fork, connect again and begin one in this process.");
}

void KeptSession::RequireOpen() const {
  if (session_) return;
  throw Error(ErrorKind::kInvalidArgument, "LK-4091", "this transaction is over",
              "Frames of a transaction are read before its end; begin another one.");
}

void KeptSession::Close() {
  RequireProcess();
  const std::lock_guard lock(mutex_);
  session_.reset();
}

std::shared_ptr<KeptSession> Core::OpenKept(const Request& request) {
  const auto lakehouse = Use();
  const query::QueryRequest made = RequestOf(request);
  std::shared_ptr<query::Session> session;
  RunInterruptibly([token = made.cancellation]() mutable { token.Cancel(); },
                   [&] { session = OpenSession(*lakehouse, made, request); });
  return std::make_shared<KeptSession>(lakehouse, std::move(session));
}

nb::tuple Core::Describe(const Request& request) {
  const std::shared_ptr<app::Lakehouse> lakehouse = Use();
  const query::QueryRequest made = RequestOf(request);
  query::StatementDescription description;
  RunInterruptibly([token = made.cancellation]() mutable { token.Cancel(); },
                   [&] {
                     const auto describe = [&](const std::shared_ptr<query::Session>& session) {
                       description = session->Describe(made);
                     };
                     if (request.session) {
                       request.session->Use(describe);
                     } else {
                       describe(OpenSession(*lakehouse, made, request));
                     }
                   });
  const nb::object columns =
      description.schema ? nb::cast(Rows(description.schema, {})) : nb::none();
  return nb::make_tuple(query::ToString(description.kind), columns);
}

int64_t Core::Write(const nb::object& rows, const std::string& name, const std::string& mode,
                    const std::vector<std::string>& partition_columns,
                    const std::string& schema_mode, const std::string& schema,
                    const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  const WriteTarget target = {NameOf(name, schema), mode, partition_columns, schema_mode};
  CancellationToken cancel;
  StoppableReader reader(ImportStream(rows), cancel);
  WrittenRows written;
  RunInterruptibly([&] { cancel.Cancel(); },
                   [&] {
                     written = WriteRows(lakehouse->lake(), principal, target, reader);
                     if (written.table) lakehouse->AfterWrite(principal, written.table, cancel);
                   });
  return written.version;
}

std::string Core::RegisterJob(const std::string& json, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return WithoutLock([&] { return lakehouse->jobs().Register(principal, json); });
}

std::string Core::StartJob(const std::string& job, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return WithoutLock([&] { return lakehouse->jobs().Start(principal, job); });
}

bool Core::StopJob(const std::string& job, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return WithoutLock([&] { return lakehouse->jobs().Stop(principal, job); });
}

nb::list Core::JobHistory(const std::string& job, size_t limit, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return ToList(WithoutLock([&] { return lakehouse->jobs().History(principal, job, limit); }));
}

nb::list Core::ListJobs(const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return ToList(WithoutLock([&] { return lakehouse->jobs().List(principal); }));
}

void Core::RemoveJob(const std::string& job, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  WithoutLock([&] { lakehouse->jobs().Remove(principal, job); });
}

nb::list Core::ListCatalogs(const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  nb::list names;
  for (const auto& name : WithoutLock([&] { return lakehouse->lake().ListCatalogs(principal); })) {
    names.append(name);
  }
  return names;
}

nb::list Core::ListSchemas(const std::string& catalog, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return ToList(WithoutLock([&] { return lakehouse->lake().ListSchemas(principal, catalog); }));
}

nb::list Core::ListObjects(const std::string& catalog, const std::string& schema,
                           const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  return ToList(
      WithoutLock([&] { return lakehouse->lake().ListObjects(principal, catalog, schema); }));
}

void Core::RegisterTable(const std::string& name, const std::string& location,
                         const std::string& schema, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  const auto parsed = NameOf(name, schema);
  WithoutLock([&] { lakehouse->lake().RegisterTable(principal, parsed, location); });
}

nb::dict Core::DescribeTable(const std::string& name, std::optional<int64_t> version,
                             std::optional<int64_t> timestamp_ms, const std::string& schema,
                             const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  const auto parsed = NameOf(name, schema);
  std::optional<catalog::ResolvedObject> object;
  storage::SnapshotPtr snapshot;
  WithoutLock([&] {
    object = lakehouse->lake().Resolve(principal, catalog::Action::kSelect, parsed);
    if (!object->table) return;
    if (version) {
      snapshot = object->table->At(*version);
    } else {
      snapshot = timestamp_ms ? object->table->AtTimestamp(*timestamp_ms) : object->table->Latest();
    }
  });
  nb::dict fields = ToPython(object->info);
  if (snapshot) {
    fields["uri"] = object->table->location().uri();
    fields.update(ToPython(*snapshot));
  }
  return fields;
}

nb::list Core::TableFiles(const std::string& name, std::optional<int64_t> version,
                          const std::string& schema, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  const auto parsed = NameOf(name, schema);
  storage::SnapshotPtr snapshot;
  std::shared_ptr<storage::Table> table;
  WithoutLock([&] {
    table = lakehouse->lake().Resolve(principal, catalog::Action::kModify, parsed).table;
    if (!table) {
      throw Error(ErrorKind::kInvalidArgument, "LK-2025", parsed.ToString() + " is a view",
                  "Only tables have files.");
    }
    snapshot = version ? table->At(*version) : table->Latest();
  });
  nb::list files;
  for (size_t i = 0; i < snapshot->file_count(); ++i) {
    const storage::FileEntry entry = snapshot->file(i);
    nb::dict file;
    file["path"] = std::string(entry.path);
    file["uri"] =
        storage::LocateFile(entry.path, table->location(), &lakehouse->lake().stores()).uri();
    file["size_bytes"] = entry.size_bytes;
    file["num_records"] = entry.num_records;
    file["deleted_records"] = entry.deleted_records;
    files.append(file);
  }
  return files;
}

nb::list Core::TableHistory(const std::string& name, std::optional<size_t> limit,
                            const std::string& schema, const std::string& user) {
  const auto lakehouse = Use();
  const auto principal = PrincipalOf(user);
  const auto parsed = NameOf(name, schema);
  return ToList(WithoutLock([&] {
    const auto object = lakehouse->lake().Resolve(principal, catalog::Action::kSelect, parsed);
    if (object.table) return object.table->History(limit);
    throw Error(ErrorKind::kInvalidArgument, "LK-2025", parsed.ToString() + " is a view",
                "Only tables have a history.");
  }));
}

}  // namespace lakehouse::python
