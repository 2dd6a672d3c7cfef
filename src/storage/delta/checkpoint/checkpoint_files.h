#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <string>

#include "io/stores.h"
#include "storage/delta/checkpoint/checkpoint_rows.h"
#include "storage/delta/log/actions.h"

namespace lakehouse::storage::delta {

/// Reads add and remove of a Parquet file of a checkpoint: adds come into blocks. `take`, which may
/// be null, sees all batches, with the columns of the other actions. The size of the file in bytes.
/// Errors as ReadCheckpoint.
int64_t ReadFileActions(const io::Location& place, Actions& actions,
                        const std::function<void(const arrow::RecordBatch&)>& take);

/// The decoded path of a row. Corruption LK-3003 when it has none; `what` has it.
std::string PathIn(const CheckpointRows& rows, int64_t row, const char* what);

}  // namespace lakehouse::storage::delta
