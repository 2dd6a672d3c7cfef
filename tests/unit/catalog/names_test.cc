#include <gtest/gtest.h>

#include "catalog/governance/authorizer.h"
#include "catalog/object_name.h"
#include "error_code.h"

namespace lakehouse::catalog {
namespace {

ObjectName Parse(std::string_view text) { return ObjectName::Parse(text, "lake", "main"); }

TEST(ObjectName, FillsMissingParts) {
  EXPECT_EQ(Parse("t"), (ObjectName{"lake", "main", "t"}));
  EXPECT_EQ(Parse("s.t"), (ObjectName{"lake", "s", "t"}));
  EXPECT_EQ(Parse("c.s.t"), (ObjectName{"c", "s", "t"}));
  EXPECT_EQ(Parse("\"a.b\".`t``x`"), (ObjectName{"lake", "a.b", "t`x"}));
}

TEST(ObjectName, PrintsWhatItParses) {
  for (const char* text : {"lake.main.t", "lake.\"a.b\".t", "lake.main.\"q\"\"x\""}) {
    EXPECT_EQ(Parse(Parse(text).ToString()), Parse(text)) << text;
  }
}

TEST(ObjectName, RefusesWhatIsNoName) {
  for (const char* text : {"", ".", "a.", "a.b.c.d", "\"open", "a/b", "..", "a\nb"}) {
    EXPECT_EQ(CodeOf([&] { Parse(text); }), "LK-2001") << text;
  }
  EXPECT_EQ(CodeOf([] { ValidateName(std::string(256, 'a')); }), "LK-2001");
}

TEST(Authorizer, DeniesByDefault) {
  const auto authorizer = MakeOwnerAuthorizer();
  const Securable table{SecurableKind::kTable, "lake.main.t", "ann"};
  const security::Principal ann{"ann", {}}, bob{"bob", {}};
  EXPECT_TRUE(authorizer->Authorize(ann, Action::kDrop, table).allowed);
  EXPECT_TRUE(authorizer->Authorize(security::LocalPrincipal(), Action::kDrop, table).allowed);
  EXPECT_TRUE(authorizer->Authorize(bob, Action::kBrowse, table).allowed);
  for (const Action action :
       {Action::kSelect, Action::kModify, Action::kCreate, Action::kDrop, Action::kAlter,
        Action::kManageJobs, Action::kRunJob, Action::kReadMetrics, Action::kAdminister}) {
    const Decision decision = authorizer->Authorize(bob, action, table);
    EXPECT_FALSE(decision.allowed) << ToString(action);
    EXPECT_FALSE(decision.reason.empty());
    EXPECT_FALSE(authorizer->Authorize(bob, action, {}).allowed) << ToString(action);
  }
}

}  // namespace
}  // namespace lakehouse::catalog
