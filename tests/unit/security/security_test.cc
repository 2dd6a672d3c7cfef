#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "security/audit_log.h"
#include "security/principal.h"
#include "security/tokens.h"
#include "temporary_directory.h"

namespace lakehouse::security {
namespace {

TEST(Principal, LocalIsAdministrator) {
  EXPECT_EQ(LocalPrincipal().name, "local");
  EXPECT_TRUE(LocalPrincipal().HasRole(kAdminRole));
  EXPECT_FALSE((Principal{"bob", {"reader"}}).HasRole(kAdminRole));
}

TEST(Tokens, AreRandomAndStoredAsHash) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(GenerateToken(SystemRandom()));
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 47u);
  EXPECT_EQ(tokens.begin()->substr(0, 4), "lkt_");
  EXPECT_EQ(HashToken("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(ConstantTimeEquals("same", "same"));
  EXPECT_FALSE(ConstantTimeEquals("same", "some"));
  EXPECT_FALSE(ConstantTimeEquals("same", "longer"));
}

TEST(AuditLog, WritesOneProtectedLineARecord) {
  TemporaryDirectory directory;
  const std::string file = directory / "audit.jsonl";
  const ManualClock clock(1234);
  {
    const auto log = MakeJsonLinesAuditLog(file, clock);
    log->Write({"ann\n\"x\"", "select", "lake.a.b", true, "owner", "r-1"});
    log->Write({"bob", "drop", "lake.a.b", false, "neither", ""});
    log->Flush();
  }
  std::ifstream in(file);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first["principal"], "ann\n\"x\"");
  EXPECT_EQ(first["time_ms"], 1234);
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_EQ(nlohmann::json::parse(line)["allowed"], false);
  EXPECT_FALSE(std::getline(in, line));
  struct stat status{};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(AuditLog, RefusesWhatItCannotKeep) {
  const ManualClock clock(0);
  EXPECT_EQ(CodeOf([&] { MakeJsonLinesAuditLog("/nowhere/audit.jsonl", clock); }), "LK-2102");
  const auto full = MakeJsonLinesAuditLog("/dev/full", clock);
  EXPECT_EQ(CodeOf([&] { full->Write({"ann", "select", "x", true, "", ""}); }), "LK-2102");
}

}  // namespace
}  // namespace lakehouse::security
