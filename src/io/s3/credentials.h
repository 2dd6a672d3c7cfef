#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace lakehouse::io::s3 {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< of temporary credentials

  bool operator==(const Credentials&) const = default;
};

/// Where credentials are looked for, in this order: `given`, the variables AWS_ACCESS_KEY_ID and
/// so on, the profile in the files of the AWS command line.
struct CredentialOptions {
  std::optional<Credentials> given;
  std::string profile;  ///< empty takes AWS_PROFILE, then "default"
  bool anonymous = false;
  std::map<std::string, std::string> variables;  ///< the process's environment
};

/// Finds credentials and region. The files are read again when a request asks for it, so that
/// renewed credentials are taken without a restart. Thread-safe.
class CredentialSource {
 public:
  explicit CredentialSource(CredentialOptions options);

  /// Nothing for anonymous access. Unauthenticated LK-8013 when there are none.
  std::optional<Credentials> Current() const;
  /// Reads the files again; true when there are other credentials than `refused`.
  bool Renew(const Credentials& refused);
  /// Of AWS_REGION, AWS_DEFAULT_REGION or the profile; empty when none says it.
  std::string Region() const;

 private:
  std::string Variable(const std::string& name) const;
  std::string ProfileName() const;
  std::string FileOf(const std::string& variable, const std::string& name) const;
  std::optional<Credentials> Find() const;

  const CredentialOptions options_;
  mutable std::mutex mutex_;
  mutable std::optional<Credentials> found_;  ///< guarded by mutex_
};

/// The section `profile` of an AWS configuration file ("[name]" or "[profile name]"): keys in lower
/// case. Lines that are neither section nor "key = value" are left out.
std::map<std::string, std::string> ParseProfile(const std::string& text,
                                                const std::string& profile);

}  // namespace lakehouse::io::s3
