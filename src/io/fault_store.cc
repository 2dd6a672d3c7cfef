#include "io/fault_store.h"

#include <utility>

#include "base/clock.h"

namespace lakehouse::io {
namespace {

bool Hits(const Fault& fault, int64_t call) {
  return call >= fault.first_call && call - fault.first_call < fault.calls;
}

}  // namespace

class FaultReader : public ObjectReader {
 public:
  FaultReader(FaultStore& store, std::unique_ptr<ObjectReader> inner)
      : store_(store), inner_(std::move(inner)) {}
  const ObjectInfo& info() const override { return inner_->info(); }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    const auto fault = store_.Before(false);
    inner_->ReadAt(offset, out);
    store_.After(fault);
  }
  bool remote() const override { return inner_->remote(); }

 private:
  FaultStore& store_;
  const std::unique_ptr<ObjectReader> inner_;
};

class FaultWriter : public ObjectWriter {
 public:
  FaultWriter(FaultStore& store, std::unique_ptr<ObjectWriter> inner)
      : store_(store), inner_(std::move(inner)) {}
  void Append(std::span<const std::byte> bytes) override {
    const auto fault = store_.Before(true);
    inner_->Append(bytes);
    store_.After(fault);
  }
  void Finish() override {
    const auto fault = store_.Before(true);
    inner_->Finish();
    store_.After(fault);
  }
  int64_t bytes_written() const override { return inner_->bytes_written(); }

 private:
  FaultStore& store_;
  const std::unique_ptr<ObjectWriter> inner_;
};

FaultStore::FaultStore(std::shared_ptr<ObjectStore> inner, Clock& clock)
    : inner_(std::move(inner)), clock_(clock) {}
FaultStore::~FaultStore() = default;

void FaultStore::Inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FaultStore::Reset() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  calls_ = 0;
  write_calls_ = 0;
  injected_ = 0;
}

std::optional<Fault> FaultStore::Before(bool write) {
  if (crashed_) throw SimulatedCrash{};
  std::optional<Fault> acting;
  int64_t delay_ms = 0;
  {
    const std::lock_guard lock(mutex_);
    const int64_t call = calls_++;
    const int64_t write_call = write ? write_calls_++ : -1;
    for (const Fault& fault : faults_) {
      if (!Hits(fault, fault.writes_only ? write_call : call)) continue;
      if (fault.effect == Fault::Effect::kDelay) {
        delay_ms += fault.delay_ms;
        ++injected_;
      } else if (!acting) {
        acting = fault;
        ++injected_;
      }
    }
  }
  // Outside of the lock: others go on meanwhile.
  if (delay_ms > 0) clock_.SleepMs(delay_ms);
  if (!acting) return std::nullopt;
  if (acting->effect == Fault::Effect::kCrash) Die();
  const bool lost_read = acting->effect == Fault::Effect::kLoseReply && !write;
  if (acting->effect == Fault::Effect::kFail || lost_read) throw acting->error;
  return acting;
}

void FaultStore::After(const std::optional<Fault>& fault) {
  if (!fault) return;
  if (fault->effect == Fault::Effect::kCrashDone) Die();
  if (fault->effect == Fault::Effect::kLoseReply) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-8006", "the reply of a write was lost",
                "Look at what is there before writing again.");
  }
}

void FaultStore::Die() {
  crashed_ = true;
  throw SimulatedCrash{};
}

std::string FaultStore::Read(std::string_view path) {
  const auto fault = Before(false);
  std::string bytes = inner_->Read(path);
  After(fault);
  return bytes;
}

std::unique_ptr<ObjectReader> FaultStore::Open(std::string_view path) {
  const auto fault = Before(false);
  auto reader = std::make_unique<FaultReader>(*this, inner_->Open(path));
  After(fault);
  return reader;
}

void FaultStore::Write(std::string_view path, std::string_view bytes) {
  const auto fault = Before(true);
  inner_->Write(path, bytes);
  After(fault);
}

PutResult FaultStore::WriteIfAbsent(std::string_view path, std::string_view bytes) {
  const auto fault = Before(true);
  if (fault && fault->effect == Fault::Effect::kRepeat) inner_->WriteIfAbsent(path, bytes);
  const PutResult result = inner_->WriteIfAbsent(path, bytes);
  After(fault);
  return result;
}

std::unique_ptr<ObjectWriter> FaultStore::Create(std::string_view path) {
  const auto fault = Before(true);
  auto writer = std::make_unique<FaultWriter>(*this, inner_->Create(path));
  After(fault);
  return writer;
}

std::vector<ObjectInfo> FaultStore::List(std::string_view directory, const ListOptions& options) {
  const auto fault = Before(false);
  std::vector<ObjectInfo> found = inner_->List(directory, options);
  After(fault);
  return found;
}

bool FaultStore::Delete(std::string_view path) {
  const auto fault = Before(true);
  const bool deleted = inner_->Delete(path);
  After(fault);
  return deleted;
}

std::optional<ObjectInfo> FaultStore::Head(std::string_view path) {
  const auto fault = Before(false);
  std::optional<ObjectInfo> info = inner_->Head(path);
  After(fault);
  return info;
}

}  // namespace lakehouse::io
