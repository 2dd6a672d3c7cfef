#include <gtest/gtest.h>

#include "query/engines/duckdb/error_place.h"

namespace lakehouse::query::duckdb {
namespace {

TEST(ErrorPlace, IsTheCharacterThatTheEnginePointsTo) {
  EXPECT_EQ(PlaceOf("no nam\n\nLINE 2:   nam from t\n          ^", "select\n  nam from t"),
            " (line 2, column 3)");
  EXPECT_EQ(PlaceOf("syntax\n\nLINE 1: selct 1\n        ^", "selct 1"), " (line 1, column 1)");
}

TEST(ErrorPlace, CountsCharactersAndNotBytes) {
  EXPECT_EQ(PlaceOf("x\n\nLINE 1: select 'äöü', bad\n                      ^", "select 'äöü', bad"),
            " (line 1, column 15)");
}

TEST(ErrorPlace, OfALongLineIsFoundInItsExcerpt) {
  const std::string sql = "select " + std::string(200, 'a') + ", bad, " + std::string(200, 'b');
  const std::string excerpt =
      "..." + std::string(36, 'a') + ", bad, " + std::string(34, 'b') + "...";
  EXPECT_EQ(PlaceOf("x\n\nLINE 1: " + excerpt + "\n" + std::string(8 + 41, ' ') + "^", sql),
            " (line 1, column 210)");
}

TEST(ErrorPlace, OfARespelledStatementIsFoundWhenItIsUnique) {
  const std::string pointer =
      "x\n\nLINE 1: CREATE TABLE t AS select bad from u\n" + std::string(8 + 25, ' ') + "^";
  EXPECT_EQ(PlaceOf(pointer, "create table t\nusing delta\nas select bad from u"),
            " (line 3, column 11)");
  EXPECT_EQ(PlaceOf(pointer, "something else"), "");
}

TEST(ErrorPlace, OfAMissingRestIsTheEnd) {
  EXPECT_EQ(PlaceOf("syntax error at end of input", "select 1 +\n;"), " (line 1, column 11)");
}

TEST(ErrorPlace, IsUnknownWithoutAPointer) {
  for (const char* message : {"x", "x\n\nLINE 1", "x\n\nLINE a: b\n   ^", "x\n\nLINE 1: b\n ^",
                              "x\n\nLINE 9: b\n        ^", "x\n\nLINE 1: b\n"}) {
    EXPECT_EQ(PlaceOf(message, "select 1"), "") << message;
  }
}

}  // namespace
}  // namespace lakehouse::query::duckdb
