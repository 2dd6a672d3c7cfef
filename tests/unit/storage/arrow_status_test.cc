#include "storage/arrow_status.h"

#include <arrow/status.h>
#include <gtest/gtest.h>

#include "error_code.h"

namespace lakehouse::storage {
namespace {

TEST(ArrowStatus, AnErrorGoesThroughAStatusUnchanged) {
  const Error error = Error(ErrorKind::kResourceExhausted, "LK-4021", "too much", "narrow it")
                          .CausedBy("a sort of all rows");
  const arrow::Status status = StatusOf(error);
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("LK-4021"), std::string::npos);
  EXPECT_NE(status.message().find("narrow it"), std::string::npos);
  const auto carried = ErrorIn(status.WithMessage("reading: ", status.message()));
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->kind(), error.kind());
  EXPECT_EQ(carried->code(), error.code());
  EXPECT_EQ(carried->message(), error.message());
  EXPECT_EQ(carried->hint(), error.hint());
  EXPECT_EQ(carried->cause(), error.cause());
}

TEST(ArrowStatus, TheStatusSaysWhatKindOfFailureItIs) {
  EXPECT_TRUE(StatusOf({ErrorKind::kCancelled, "LK-4023", "x"}).IsCancelled());
  EXPECT_TRUE(StatusOf({ErrorKind::kCorruption, "LK-3510", "x"}).IsIOError());
  EXPECT_TRUE(StatusOf({ErrorKind::kUnsupported, "LK-4012", "x"}).IsNotImplemented());
  EXPECT_TRUE(StatusOf({ErrorKind::kInternal, "LK-0001", "x"}).IsUnknownError());
}

TEST(ArrowStatus, AStatusOfArrowCarriesNone) {
  EXPECT_FALSE(ErrorIn(arrow::Status::OK()));
  EXPECT_FALSE(ErrorIn(arrow::Status::IOError("disk")));
  ThrowErrorIn(arrow::Status::IOError("disk"));
  EXPECT_EQ(CodeOf([] { ThrowErrorIn(StatusOf({ErrorKind::kTimeout, "LK-4022", "x"})); }),
            "LK-4022");
}

}  // namespace
}  // namespace lakehouse::storage
