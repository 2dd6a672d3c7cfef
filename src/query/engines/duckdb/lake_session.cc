#include "query/engines/duckdb/lake_session.h"

namespace lakehouse::query::duckdb {

dk::shared_ptr<LakeSession> LakeSession::Get(dk::ClientContext& context) {
  return context.registered_state->Get<LakeSession>("lake_session");
}

void LakeSession::BeginStatement() {
  std::lock_guard lock(mutex_);
  grants_.clear();
  filters_.clear();
  stop_ = CancellationToken();
  error_.reset();
  missed_.clear();
  overwrite = false;
  replaces.reset();
  keeps_variants = false;
  evolution.reset();
  transaction.reset();
  sources.clear();
  files_total = 0;
  files_skipped = 0;
  committed_version = -1;
  committed.clear();
  created.reset();
  commit_metrics.clear();
}

std::string LakeSession::Grant(const io::Location& file, int64_t size_bytes) {
  std::string name = kFileScheme + file.uri();
  std::lock_guard lock(mutex_);
  grants_.insert_or_assign(name, GrantedFile{file, size_bytes});
  return name;
}

dk::TableFilterSet* LakeSession::Keep(dk::unique_ptr<dk::TableFilterSet> filters) {
  std::lock_guard lock(mutex_);
  filters_.push_back(std::move(filters));
  return filters_.back().get();
}

CancellationToken LakeSession::stop() const {
  std::lock_guard lock(mutex_);
  return stop_;
}

std::optional<GrantedFile> LakeSession::Granted(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = grants_.find(name);
  if (found == grants_.end()) return std::nullopt;
  return found->second;
}

void LakeSession::Remember(const Error& error) {
  std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
}

void LakeSession::Miss(const catalog::ObjectName& name) {
  std::lock_guard lock(mutex_);
  missed_.emplace(catalog::FoldCase(name.name), name);
}

std::optional<catalog::ObjectName> LakeSession::Missed(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = missed_.find(catalog::FoldCase(name));
  if (found == missed_.end()) return std::nullopt;
  return found->second;
}

std::optional<Error> LakeSession::TakeError() {
  std::lock_guard lock(mutex_);
  auto taken = std::move(error_);
  error_.reset();
  return taken;
}

LakeSession& SessionOf(dk::ClientContext& context) {
  auto session = LakeSession::Get(context);
  if (!session) throw dk::PermissionException("this connection has no principal");
  return *session;
}

}  // namespace lakehouse::query::duckdb
