#include "simulated_store.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "io/fault_store.h"

namespace lakehouse::sim {
namespace {

constexpr int64_t kLongestPause = 200;
constexpr int64_t kLatest = 60;       ///< steps after which a late write arrives
constexpr int64_t kOldestList = 100;  ///< steps

enum class Kind { kRead, kList, kWrite, kPutIfAbsent };
enum class Effect {
  kNone,
  kFail,
  kLost,         ///< not done
  kLostButDone,  ///< done
  kLate,
  kRepeat,
  kOldList,
  kCrash,
  kCrashButDone,
  kCrashDoneLate,
};

const char* NameOf(Effect effect) {
  switch (effect) {
    case Effect::kFail:
      return "fails ";
    case Effect::kLost:
      return "is lost ";
    case Effect::kLostButDone:
      return "reply is lost ";
    case Effect::kLate:
      return "is under way ";
    case Effect::kRepeat:
      return "twice ";
    case Effect::kOldList:
      return "old ";
    case Effect::kCrash:
      return "crash before ";
    case Effect::kCrashButDone:
      return "crash after ";
    case Effect::kCrashDoneLate:
      return "crash with under way ";
    case Effect::kNone:
      break;
  }
  return "";
}

class SimulatedStore : public io::ObjectStore {
 public:
  explicit SimulatedStore(Process& process) : process_(process), world_(process.world) {}

  const std::string& uri() const override {
    static const std::string kUri = "memory://sim";
    return kUri;
  }

  std::string Read(std::string_view path) override { return *ReadObject("read", path).bytes; }

  std::unique_ptr<io::ObjectReader> Open(std::string_view path) override;

  void Write(std::string_view path, std::string_view bytes) override {
    const Effect effect = Begin("write", path, Kind::kWrite);
    if (effect != Effect::kLost) world_.Put(path, bytes, true);
    End(effect, "write", path, Trace::HashOf(bytes));
  }

  io::PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    const Effect effect = Begin("put", path, Kind::kPutIfAbsent);
    io::PutResult result = io::PutResult::kExists;
    if (effect == Effect::kLate || effect == Effect::kCrashDoneLate) {
      world_.PutLater(path, bytes, 1 + static_cast<int64_t>(world_.random.Below(kLatest)));
    } else if (effect != Effect::kLost) {
      result = world_.Put(path, bytes, false);
      if (effect == Effect::kRepeat) result = world_.Put(path, bytes, false);
    }
    End(effect, result == io::PutResult::kWritten ? "put" : "put: exists", path,
        Trace::HashOf(bytes));
    return result;
  }

  std::unique_ptr<io::ObjectWriter> Create(std::string_view path) override;

  std::vector<io::ObjectInfo> List(std::string_view directory,
                                   const io::ListOptions& options) override {
    const Effect effect = Begin("list", directory, Kind::kList);
    int64_t step = world_.scheduler.step();
    if (effect == Effect::kOldList) {
      step -= 1 + static_cast<int64_t>(world_.random.Below(kOldestList));
      process_.saw_old_list = true;
    }
    auto found = world_.List(directory, options, step);
    End(effect, "list", directory, found.size());
    return found;
  }

  bool Delete(std::string_view path) override {
    const Effect effect = Begin("delete", path, Kind::kWrite);
    const bool deleted = effect != Effect::kLost && world_.Delete(path);
    End(effect, "delete", path, deleted ? 1 : 0);
    return deleted;
  }

  std::optional<io::ObjectInfo> Head(std::string_view path) override {
    const Effect effect = Begin("head", path, Kind::kRead);
    const World::Object* object = world_.Find(path);
    std::optional<io::ObjectInfo> info;
    if (object != nullptr) info = World::InfoOf(std::string(path), *object);
    End(effect, "head", path, object == nullptr ? 0 : object->generation);
    return info;
  }

  World::Object ReadObject(const char* what, std::string_view path) {
    const Effect effect = Begin(what, path, Kind::kRead);
    const World::Object* object = world_.Find(path);
    const World::Object copy = object == nullptr ? World::Object{} : *object;
    End(effect, what, path, copy.generation);
    if (copy.bytes == nullptr) {
      throw Error(ErrorKind::kNotFound, "LK-8001", "there is no object " + std::string(path));
    }
    return copy;
  }

  /// Lets others go on, and says what is to go wrong; throws what does before anything is done.
  Effect Begin(const char* what, std::string_view path, Kind kind) {
    if (process_.dead) throw io::SimulatedCrash{};
    const bool pauses = world_.random.Uniform() < world_.rates.pause;
    world_.scheduler.Yield(pauses ? static_cast<int64_t>(world_.random.Below(kLongestPause)) : 0);
    if (process_.dead) throw io::SimulatedCrash{};
    const Effect effect = Draw(kind);
    if (effect == Effect::kCrash) Die(effect, what, path);
    if (effect == Effect::kFail) {
      Note(effect, what, path, 0);
      throw Error(ErrorKind::kIoError, "LK-8007", "a simulated failure of " + std::string(what));
    }
    return effect;
  }

  /// After the effect: throws what is to be told in place of the answer.
  void End(Effect effect, const char* what, std::string_view path, uint64_t value) {
    if (effect == Effect::kCrashButDone || effect == Effect::kCrashDoneLate) {
      Die(effect, what, path);
    }
    Note(effect, what, path, value);
    if (effect == Effect::kLost || effect == Effect::kLostButDone || effect == Effect::kLate) {
      throw Error(ErrorKind::kCommitStateUnknown, "LK-8006", "a simulated loss of a reply",
                  "Look at what is there before writing again.");
    }
  }

 private:
  Effect Draw(Kind kind) {
    const FaultRates& rates = world_.rates;
    FaultCounts& counts = world_.counts;
    double left = world_.random.Uniform();
    const auto hits = [&](double rate, int64_t& count) {
      left -= rate;
      if (left >= 0 || left + rate < 0) return false;
      ++count;
      return true;
    };
    const bool put = kind == Kind::kPutIfAbsent;
    const uint64_t choice = world_.random.Below(put ? 3 : 2);
    if (hits(rates.crash, counts.crashes)) {
      return choice == 0   ? Effect::kCrash
             : choice == 1 ? Effect::kCrashButDone
                           : Effect::kCrashDoneLate;
    }
    if (hits(rates.fail, counts.failures)) return Effect::kFail;
    if (kind == Kind::kList && hits(rates.old_list, counts.old_lists)) return Effect::kOldList;
    const bool write = put || kind == Kind::kWrite;
    if (write && hits(rates.lost_reply, counts.lost_replies)) {
      return choice == 0 ? Effect::kLost : Effect::kLostButDone;
    }
    if (put && hits(rates.late, counts.late_writes)) return Effect::kLate;
    if (put && hits(rates.repeat, counts.repeats)) return Effect::kRepeat;
    return Effect::kNone;
  }

  [[noreturn]] void Die(Effect effect, const char* what, std::string_view path) {
    Note(effect, what, path, 0);
    process_.dead = true;
    throw io::SimulatedCrash{};
  }

  void Note(Effect effect, const char* what, std::string_view path, uint64_t value) {
    world_.trace.Note(world_.scheduler.step(), process_.number, std::string(NameOf(effect)) + what,
                      path, value);
  }

  Process& process_;
  World& world_;
};

class SimulatedReader : public io::ObjectReader {
 public:
  SimulatedReader(SimulatedStore& store, std::string path, World::Object object)
      : store_(store), info_(World::InfoOf(path, object)), bytes_(std::move(object.bytes)) {}

  const io::ObjectInfo& info() const override { return info_; }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    const Effect effect = store_.Begin("read at", info_.path, Kind::kRead);
    if (offset < 0 || static_cast<size_t>(offset) + out.size() > bytes_->size()) {
      throw Error(ErrorKind::kCorruption, "LK-8005", info_.path + " ends before");
    }
    std::memcpy(out.data(), bytes_->data() + offset, out.size());
    store_.End(effect, "read at", info_.path, static_cast<uint64_t>(offset));
  }

 private:
  SimulatedStore& store_;
  const io::ObjectInfo info_;
  const std::shared_ptr<const std::string> bytes_;
};

class SimulatedWriter : public io::ObjectWriter {
 public:
  SimulatedWriter(SimulatedStore& store, Process& process, std::string path)
      : store_(store), process_(process), path_(std::move(path)) {}

  /// Bytes that are not finished are nowhere, so they are no moment of their own.
  void Append(std::span<const std::byte> bytes) override {
    if (process_.dead) throw io::SimulatedCrash{};
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void Finish() override {
    const Effect effect = store_.Begin("create", path_, Kind::kWrite);
    if (effect != Effect::kLost &&
        process_.world.Put(path_, bytes_, false) == io::PutResult::kExists) {
      store_.End(effect, "create: exists", path_, 0);
      throw Error(ErrorKind::kAlreadyExists, "LK-8008", path_ + " is there already");
    }
    store_.End(effect, "create", path_, Trace::HashOf(bytes_));
  }
  int64_t bytes_written() const override { return static_cast<int64_t>(bytes_.size()); }

 private:
  SimulatedStore& store_;
  Process& process_;
  const std::string path_;
  std::string bytes_;
};

std::unique_ptr<io::ObjectReader> SimulatedStore::Open(std::string_view path) {
  return std::make_unique<SimulatedReader>(*this, std::string(path), ReadObject("open", path));
}

std::unique_ptr<io::ObjectWriter> SimulatedStore::Create(std::string_view path) {
  if (process_.dead) throw io::SimulatedCrash{};
  return std::make_unique<SimulatedWriter>(*this, process_, std::string(path));
}

}  // namespace

std::shared_ptr<io::ObjectStore> MakeSimulatedStore(Process& process) {
  return std::make_shared<SimulatedStore>(process);
}

}  // namespace lakehouse::sim
