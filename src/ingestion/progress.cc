#include "ingestion/progress.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "security/tokens.h"

namespace lakehouse::ingestion {

namespace {

constexpr size_t kMarkDigits = 16;
constexpr int kFormatVersion = 1;

[[noreturn]] void ThrowUnreadable(const std::string& job_name, const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-5042",
              "the progress of job " + job_name + " in its target cannot be read: " + why,
              "Nothing was loaded, since files could be loaded twice. Restore the target to an "
              "earlier version, or load into a new table.");
}

std::string JoinMarks(const std::set<std::string>& marks) {
  std::string text;
  text.reserve(marks.size() * kMarkDigits);
  for (const std::string& mark : marks) text += mark;
  return text;
}

std::string ReadSideFile(const nlohmann::json& state, const io::Location& table,
                         const std::string& job_name) {
  const auto path = state["side_file"].get<std::string>();
  const std::string marks = table.store->Read(io::JoinPath(table.path, path));
  if (marks.size() != state.value("length", size_t{0}) ||
      security::HashToken(marks) != state.value("sha256", "")) {
    ThrowUnreadable(job_name, path + " is not what was written");
  }
  return marks;
}

}  // namespace

std::string ApplicationId(const std::string& job_name) { return "lakehouse/" + job_name; }

std::string DomainName(const std::string& job_name) { return "lakehouse.ingest." + job_name; }

Progress ReadProgress(const storage::Snapshot& snapshot, const io::Location& table,
                      const std::string& job_name) {
  Progress progress;
  const auto transaction = snapshot.transactions().find(ApplicationId(job_name));
  if (transaction != snapshot.transactions().end()) progress.batch = transaction->second.version;
  const auto domain = snapshot.domains().find(DomainName(job_name));
  if (domain == snapshot.domains().end()) return progress;
  const auto state = nlohmann::json::parse(domain->second, nullptr, false);
  if (!state.is_object() || state.value("format", 0) != kFormatVersion) {
    ThrowUnreadable(job_name, "it is of an unknown format");
  }
  const bool beside = state.contains("side_file") && state["side_file"].is_string();
  const std::string marks =
      beside ? ReadSideFile(state, table, job_name) : state.value("loaded", std::string());
  if (marks.size() % kMarkDigits != 0) ThrowUnreadable(job_name, "the list of files was cut");
  for (size_t i = 0; i < marks.size(); i += kMarkDigits) {
    progress.loaded.insert(marks.substr(i, kMarkDigits));
  }
  return progress;
}

std::string WriteProgress(const Progress& progress, const io::Location& table, Random& random) {
  const std::string marks = JoinMarks(progress.loaded);
  nlohmann::json state = {{"format", kFormatVersion}, {"batch", progress.batch}};
  state["loaded"] = marks;
  std::string text = state.dump();
  if (text.size() <= kMaxDomainBytes) return text;
  const std::string path = "_lakehouse/ingest/" + Uuid::V4(random).ToString() + ".marks";
  table.store->Write(io::JoinPath(table.path, path), marks);
  state.erase("loaded");
  state["side_file"] = path;
  state["length"] = marks.size();
  state["sha256"] = security::HashToken(marks);
  return state.dump();
}

}  // namespace lakehouse::ingestion
