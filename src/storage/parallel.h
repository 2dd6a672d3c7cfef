#pragma once

#include <cstddef>
#include <functional>

namespace lakehouse::storage {

/// Calls `work` once for each index below `count`, from up to `threads` threads that live as long
/// as the call. After an error nothing new is begun, and the first error is thrown when all threads
/// have ended.
void ForEachInParallel(size_t count, size_t threads, const std::function<void(size_t)>& work);

}  // namespace lakehouse::storage
