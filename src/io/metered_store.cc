#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "io/object_store.h"

namespace lakehouse::io {
namespace {

/// The metrics of one operation on one store.
struct Operation {
  Operation(const std::string& store, const std::string& name)
      : succeeded(Requests(store, name, "ok")),
        failed(Requests(store, name, "error")),
        seconds(Metrics::Instance().GetHistogram("lakehouse_io_request_duration_seconds",
                                                 "Time of requests to a store.",
                                                 {{"store", store}, {"operation", name}})) {}
  static Counter& Requests(const std::string& store, const std::string& name,
                           const std::string& result) {
    return Metrics::Instance().GetCounter(
        "lakehouse_io_requests_total", "Requests to a store.",
        {{"store", store}, {"operation", name}, {"result", result}});
  }

  template <typename Work>
  auto Measure(Work work) {
    const int64_t begin_ns = SystemClock().MonotonicNs();
    try {
      auto result = work();
      seconds.Observe(static_cast<double>(SystemClock().MonotonicNs() - begin_ns) * 1e-9);
      succeeded.Increment();
      return result;
    } catch (const Error&) {
      failed.Increment();
      throw;
    }
  }

  Counter& succeeded;
  Counter& failed;
  Histogram& seconds;
};

Counter& Bytes(const std::string& store, const std::string& direction) {
  return Metrics::Instance().GetCounter("lakehouse_io_bytes_total", "Bytes read and written.",
                                        {{"store", store}, {"direction", direction}});
}

class MeteredReader : public ObjectReader {
 public:
  MeteredReader(std::unique_ptr<ObjectReader> inner, Counter& bytes)
      : inner_(std::move(inner)), bytes_(bytes) {}
  const ObjectInfo& info() const override { return inner_->info(); }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override {
    inner_->ReadAt(offset, out);
    bytes_.Add(static_cast<double>(out.size()));
  }
  bool remote() const override { return inner_->remote(); }

 private:
  const std::unique_ptr<ObjectReader> inner_;
  Counter& bytes_;
};

class MeteredWriter : public ObjectWriter {
 public:
  MeteredWriter(std::unique_ptr<ObjectWriter> inner, Counter& bytes)
      : inner_(std::move(inner)), bytes_(bytes) {}
  void Append(std::span<const std::byte> bytes) override {
    inner_->Append(bytes);
    bytes_.Add(static_cast<double>(bytes.size()));
  }
  void Finish() override { inner_->Finish(); }
  int64_t bytes_written() const override { return inner_->bytes_written(); }

 private:
  const std::unique_ptr<ObjectWriter> inner_;
  Counter& bytes_;
};

class MeteredStore : public ObjectStore {
 public:
  MeteredStore(std::shared_ptr<ObjectStore> inner, const std::string& label)
      : inner_(std::move(inner)),
        read_(label, "read"),
        write_(label, "write"),
        list_(label, "list"),
        delete_(label, "delete"),
        head_(label, "head"),
        bytes_read_(Bytes(label, "read")),
        bytes_written_(Bytes(label, "write")) {}

  const std::string& uri() const override { return inner_->uri(); }
  std::string Read(std::string_view path) override {
    std::string bytes = read_.Measure([&] { return inner_->Read(path); });
    bytes_read_.Add(static_cast<double>(bytes.size()));
    return bytes;
  }
  std::unique_ptr<ObjectReader> Open(std::string_view path) override {
    auto reader = read_.Measure([&] { return inner_->Open(path); });
    return std::make_unique<MeteredReader>(std::move(reader), bytes_read_);
  }
  std::unique_ptr<ObjectReader> OpenImmutable(std::string_view path, int64_t size_bytes,
                                              const CancellationToken& token) override {
    auto reader = read_.Measure([&] { return inner_->OpenImmutable(path, size_bytes, token); });
    return std::make_unique<MeteredReader>(std::move(reader), bytes_read_);
  }
  void Write(std::string_view path, std::string_view bytes) override {
    write_.Measure([&] {
      inner_->Write(path, bytes);
      return true;
    });
    bytes_written_.Add(static_cast<double>(bytes.size()));
  }
  PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    const PutResult result = write_.Measure([&] { return inner_->WriteIfAbsent(path, bytes); });
    bytes_written_.Add(static_cast<double>(bytes.size()));
    return result;
  }
  std::unique_ptr<ObjectWriter> Create(std::string_view path) override {
    auto writer = write_.Measure([&] { return inner_->Create(path); });
    return std::make_unique<MeteredWriter>(std::move(writer), bytes_written_);
  }
  std::vector<ObjectInfo> List(std::string_view directory, const ListOptions& options) override {
    return list_.Measure([&] { return inner_->List(directory, options); });
  }
  bool Delete(std::string_view path) override {
    return delete_.Measure([&] { return inner_->Delete(path); });
  }
  std::optional<ObjectInfo> Head(std::string_view path) override {
    return head_.Measure([&] { return inner_->Head(path); });
  }

 private:
  const std::shared_ptr<ObjectStore> inner_;
  Operation read_, write_, list_, delete_, head_;
  Counter& bytes_read_;
  Counter& bytes_written_;
};

}  // namespace

std::shared_ptr<ObjectStore> MakeMeteredStore(std::shared_ptr<ObjectStore> inner,
                                              std::string label) {
  return std::make_shared<MeteredStore>(std::move(inner), label);
}

}  // namespace lakehouse::io
