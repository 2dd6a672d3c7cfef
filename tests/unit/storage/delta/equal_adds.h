#pragma once

#include <gtest/gtest.h>

#include "storage/delta/log/actions.h"

namespace lakehouse::storage::delta {

/// All of a file but its statistics and whether it brought new rows, which a checkpoint may say in
/// another way.
inline void ExpectSameFile(const AddFile& a, const AddFile& b) {
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.size_bytes, b.size_bytes);
  EXPECT_EQ(a.modified_ms, b.modified_ms);
  EXPECT_EQ(a.partition_values, b.partition_values);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.clustering_provider, b.clustering_provider);
  EXPECT_EQ(a.base_row_id, b.base_row_id);
  EXPECT_EQ(a.default_row_commit_version, b.default_row_commit_version);
  ASSERT_EQ(a.deletion_vector == nullptr, b.deletion_vector == nullptr);
  if (a.deletion_vector) {
    EXPECT_EQ(*a.deletion_vector, *b.deletion_vector);
  }
}

}  // namespace lakehouse::storage::delta
