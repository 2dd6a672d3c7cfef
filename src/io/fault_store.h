#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "io/object_store.h"

namespace lakehouse {
class Clock;
}  // namespace lakehouse

namespace lakehouse::io {

/// Stands for the end of the process inside a call. No Error, so that no handler takes it for one.
struct SimulatedCrash {};

/// What goes wrong at a call, and at which. Calls count from 0 over all operations, those of
/// readers and writers included; an Append is a call, too.
struct Fault {
  enum class Effect {
    kFail,       ///< nothing is done, `error` is thrown
    kLoseReply,  ///< a write is done and LK-8006 thrown; a read throws `error`
    kRepeat,     ///< a WriteIfAbsent is sent twice, as by a client that missed the first reply
    kCrash,      ///< SimulatedCrash before anything is done; from then on every call throws it
    kCrashDone,  ///< as kCrash, but after the work was done: durable, never acknowledged
    kDelay,      ///< the clock sleeps for `delay_ms` first
  };
  Effect effect = Effect::kFail;
  int64_t first_call = 0;
  int64_t calls = 1;  ///< how many from there on; kForever for all
  Error error{ErrorKind::kIoError, "LK-8007", "an injected fault"};
  int64_t delay_ms = 0;
  bool writes_only = false;  ///< count only calls that change the store

  static constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
};

/// Wraps a store and breaks it on purpose, for tests. An object of a writer that fails or crashes
/// before Finish never appears: stores promise that. Thread-safe; readers and writers must not
/// outlive the store.
class FaultStore : public ObjectStore {
 public:
  /// `clock` is for delays only; it must outlive the store.
  FaultStore(std::shared_ptr<ObjectStore> inner, Clock& clock);
  ~FaultStore() override;

  /// Adds a fault. Of several at one call the first added acts, after all delays.
  void Inject(Fault fault);
  /// Takes all faults away and starts counting at 0; a crashed store stays crashed.
  void Reset();
  int64_t calls() const { return calls_; }
  int64_t write_calls() const { return write_calls_; }
  /// How many faults have acted: a test that retries must see as many as it injected.
  int64_t injected() const { return injected_; }
  bool crashed() const { return crashed_; }
  /// What a restarted process finds.
  const std::shared_ptr<ObjectStore>& inner() const { return inner_; }

  std::string Read(std::string_view path) override;
  std::unique_ptr<ObjectReader> Open(std::string_view path) override;
  void Write(std::string_view path, std::string_view bytes) override;
  PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> Create(std::string_view path) override;
  std::vector<ObjectInfo> List(std::string_view directory, const ListOptions& options) override;
  bool Delete(std::string_view path) override;
  std::optional<ObjectInfo> Head(std::string_view path) override;
  const std::string& uri() const override { return inner_->uri(); }

 private:
  friend class FaultReader;
  friend class FaultWriter;

  /// Counts the call, does what comes before its work and returns what is to come after it.
  std::optional<Fault> Before(bool write);
  void After(const std::optional<Fault>& fault);
  void Die();

  const std::shared_ptr<ObjectStore> inner_;
  Clock& clock_;
  std::atomic<int64_t> calls_{0};
  std::atomic<int64_t> write_calls_{0};
  std::atomic<int64_t> injected_{0};
  std::atomic<bool> crashed_{false};
  std::mutex mutex_;
  std::vector<Fault> faults_;  ///< guarded by mutex_
};

}  // namespace lakehouse::io
