#pragma once

#include <thread>

#include "ingestion/connectors/batch_queue.h"
#include "ingestion/connectors/connector.h"

namespace lakehouse::ingestion::connectors {

/// Reads a started source in a thread of its own, a few batches ahead of the one who takes them, so
/// that reading and writing overlap. The source belongs to that thread until Next has returned
/// false or this object is gone. Used by one thread.
class ReadAhead {
 public:
  explicit ReadAhead(Source& source);
  /// Waits for the step at hand.
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The next batch; at the end false, with the final counts in `batch`. Throws what the source
  /// threw.
  bool Next(SourceBatch& batch);

 private:
  void Read();

  Source& source_;
  SourceBatch last_;  ///< of the step that ended the source; written before the queue ends
  BatchQueue<SourceBatch> queue_;
  std::thread thread_;  ///< last: starts when all else is there
};

}  // namespace lakehouse::ingestion::connectors
