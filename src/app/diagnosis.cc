#include "app/diagnosis.h"

#include <cstdio>
#include <utility>

#include "app/diagnosis_checks.h"
#include "app/lakehouse.h"
#include "app/open_stores.h"
#include "base/error.h"

namespace lakehouse::app {
namespace {

using Report = std::function<void(const Finding&)>;

/// Runs one check; what it throws is a problem that it found.
template <typename Check>
void Run(const char* name, const Report& report, const Check& check) {
  try {
    for (Finding& finding : check()) {
      finding.check = name;
      report(finding);
    }
  } catch (...) {
    const Error error = CurrentError();
    report({name, Health::kProblem, error.code() + " " + error.message(), error.hint()});
  }
}

struct NamedCheck {
  const char* name;
  Findings (*run)(const Config&);
};

constexpr NamedCheck kOfMachine[] = {
    {"free disk", CheckFreeDisk},   {"clock", CheckClock}, {"memory and CPUs", CheckMemoryAndCpus},
    {"open files", CheckOpenFiles}, {"port", CheckPort},   {"server exposure", CheckExposure},
    {"secrets", CheckSecrets}};
constexpr NamedCheck kOfStore[] = {{"file system", CheckFileSystem},
                                   {"fsync", CheckSyncSpeed},
                                   {"put-if-absent", CheckPutIfAbsent},
                                   {"temporary files", CheckTemporaryFiles},
                                   {"file rights", CheckFileRights}};

struct LakehouseCheck {
  const char* name;
  Findings (*run)(Lakehouse&);
};

constexpr LakehouseCheck kOfLakehouse[] = {{"metadata store", CheckMetadata},
                                           {"engine", CheckEngine},
                                           {"locks and runs", CheckLocks},
                                           {"tables", CheckTables}};

void DiagnoseLakehouse(const Config& config, const Report& report) {
  std::shared_ptr<Lakehouse> lakehouse;
  Run("metadata store", report, [&]() -> Findings {
    lakehouse = Lakehouse::Open(config);
    return {};
  });
  if (!lakehouse) return;
  for (const LakehouseCheck& check : kOfLakehouse) {
    Run(check.name, report, [&] { return check.run(*lakehouse); });
  }
}

}  // namespace

std::string_view ToString(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kProblem:
      break;
  }
  return "problem";
}

std::filesystem::path LocalPlace(const Config& config) {
  if (IsBucket(config)) return StateDirectory(config);
  return std::filesystem::absolute(config.GetString("storage.data_root")).lexically_normal();
}

void Diagnose(const Config& config, const Report& report) {
  for (const NamedCheck& check : kOfMachine) {
    Run(check.name, report, [&] { return check.run(config); });
  }
  const std::filesystem::path state = StateDirectory(config);
  if (!std::filesystem::exists(state)) {
    report({"data root", Health::kOk,
            state.string() + " is made by the first command that needs it", ""});
    return;
  }
  for (const NamedCheck& check : kOfStore) {
    Run(check.name, report, [&] { return check.run(config); });
  }
  DiagnoseLakehouse(config, report);
}

}  // namespace lakehouse::app
