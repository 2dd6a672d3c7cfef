#pragma once

#include <memory>

#include "io/object_store.h"
#include "world.h"

namespace lakehouse::sim {

/// The world's objects as one process sees them. At every call, those of readers and writers
/// included, other processes may go on, and something may go wrong. Once the process is dead every
/// call throws io::SimulatedCrash and does nothing. `process` must outlive the store.
std::shared_ptr<io::ObjectStore> MakeSimulatedStore(Process& process);

}  // namespace lakehouse::sim
