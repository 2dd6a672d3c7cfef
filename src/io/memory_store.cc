#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "io/object_store.h"

namespace lakehouse::io {
namespace {

struct Object {
  std::shared_ptr<const std::string> bytes;
  int64_t modified_ms = 0;
  uint64_t generation = 0;
};

class MemoryReader : public ObjectReader {
 public:
  MemoryReader(ObjectInfo info, std::shared_ptr<const std::string> bytes)
      : info_(std::move(info)), bytes_(std::move(bytes)) {}
  const ObjectInfo& info() const override { return info_; }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    if (offset < 0 || static_cast<size_t>(offset) + out.size() > bytes_->size()) {
      throw Error(ErrorKind::kCorruption, "LK-8005",
                  info_.path + " has " + std::to_string(bytes_->size()) + " bytes, asked for " +
                      std::to_string(out.size()) + " at " + std::to_string(offset));
    }
    std::memcpy(out.data(), bytes_->data() + offset, out.size());
  }

 private:
  const ObjectInfo info_;
  const std::shared_ptr<const std::string> bytes_;
};

class MemoryStore : public ObjectStore {
 public:
  explicit MemoryStore(const std::string& name) : uri_("memory://" + name) {}
  const std::string& uri() const override { return uri_; }

  std::string Read(std::string_view path) override { return *Find(path).bytes; }
  std::unique_ptr<ObjectReader> Open(std::string_view path) override {
    const Object object = Find(path);
    return std::make_unique<MemoryReader>(InfoOf(std::string(path), object), object.bytes);
  }
  void Write(std::string_view path, std::string_view bytes) override { Put(path, bytes, true); }
  PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    return Put(path, bytes, false);
  }
  std::unique_ptr<ObjectWriter> Create(std::string_view path) override;

  std::vector<ObjectInfo> List(std::string_view directory, const ListOptions& options) override {
    ValidatePath(directory, true);
    const std::string prefix = directory.empty() ? "" : std::string(directory) + "/";
    const std::lock_guard lock(mutex_);
    std::vector<ObjectInfo> found;
    for (auto it = objects_.lower_bound(prefix); it != objects_.end(); ++it) {
      const auto& [path, object] = *it;
      if (path.compare(0, prefix.size(), prefix) != 0) break;
      const bool deeper = path.find('/', prefix.size()) != std::string::npos;
      if ((deeper && !options.recursive) || path <= options.start_after) continue;
      found.push_back(InfoOf(path, object));
    }
    return found;
  }
  bool Delete(std::string_view path) override {
    ValidatePath(path);
    const std::lock_guard lock(mutex_);
    return objects_.erase(std::string(path)) > 0;
  }
  std::optional<ObjectInfo> Head(std::string_view path) override {
    ValidatePath(path);
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(std::string(path));
    if (found == objects_.end()) return std::nullopt;
    return InfoOf(found->first, found->second);
  }

 private:
  static ObjectInfo InfoOf(const std::string& path, const Object& object) {
    return {path, static_cast<int64_t>(object.bytes->size()), object.modified_ms,
            std::to_string(object.generation)};
  }
  Object Find(std::string_view path) {
    ValidatePath(path);
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(std::string(path));
    if (found == objects_.end()) {
      throw Error(ErrorKind::kNotFound, "LK-8001", "there is no object " + std::string(path));
    }
    return found->second;
  }
  PutResult Put(std::string_view path, std::string_view bytes, bool replace) {
    ValidatePath(path);
    const std::lock_guard lock(mutex_);
    Object& object = objects_[std::string(path)];
    if (object.bytes && !replace) return PutResult::kExists;
    object = {std::make_shared<const std::string>(bytes), SystemClock().NowMs(), ++generation_};
    return PutResult::kWritten;
  }

  const std::string uri_;
  std::mutex mutex_;
  std::map<std::string, Object> objects_;  ///< guarded by mutex_
  uint64_t generation_ = 0;                ///< guarded by mutex_
};

class MemoryWriter : public ObjectWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string path) : store_(store), path_(std::move(path)) {}
  void Append(std::span<const std::byte> bytes) override {
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void Finish() override {
    if (store_.WriteIfAbsent(path_, bytes_) == PutResult::kExists) {
      throw Error(ErrorKind::kAlreadyExists, "LK-8008", path_ + " is there already");
    }
  }
  int64_t bytes_written() const override { return static_cast<int64_t>(bytes_.size()); }

 private:
  MemoryStore& store_;
  const std::string path_;
  std::string bytes_;
};

std::unique_ptr<ObjectWriter> MemoryStore::Create(std::string_view path) {
  ValidatePath(path);
  return std::make_unique<MemoryWriter>(*this, std::string(path));
}

}  // namespace

std::shared_ptr<ObjectStore> MakeMemoryStore(std::string name) {
  return std::make_shared<MemoryStore>(name);
}

}  // namespace lakehouse::io
