#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "storage/delta/log/actions.h"
#include "storage/delta/snapshot/file_block.h"

namespace lakehouse::storage::delta {

/// Reads commits as ParseCommit, many of them in less time and memory: their adds come into blocks.
/// That a commit adds a file twice is left to who applies it. Not thread-safe.
class CommitBatch {
 public:
  CommitBatch();
  ~CommitBatch();

  /// Reads the next commit. Errors as ParseCommit; nothing can be read after one.
  void Parse(std::string text, const std::string& place);
  /// The commits that were read since the last call.
  std::vector<Actions> Finish();

 private:
  class AddReader;
  void Seal();

  /// What is in the block that is being made.
  struct Open {
    size_t commit = 0;  ///< place in commits_
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  std::unique_ptr<AddReader> reader_;
  FileBlockBuilder builder_;
  std::vector<Actions> commits_;
  std::vector<std::vector<BlockRange>> blocks_;  ///< of the commits
  std::vector<Open> open_;
};

}  // namespace lakehouse::storage::delta
