#include "io/s3/xml_reader.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "base/error.h"

namespace lakehouse::io::s3 {
namespace {

constexpr size_t kMaxDepth = 16;
constexpr size_t kMaxTextBytes = size_t{64} << 10;
constexpr size_t kMaxChunkBytes = size_t{1} << 20;

using End = std::function<void(std::string_view, std::string_view)>;

/// State of one parse. No exception may cross expat, so a failure is kept until the end.
class Reading {
 public:
  explicit Reading(const End& end) : parser_(XML_ParserCreate(nullptr)), end_(end) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), &Reading::OnStart, &Reading::OnEnd);
    XML_SetCharacterDataHandler(parser_.get(), &Reading::OnText);
    XML_SetStartDoctypeDeclHandler(parser_.get(), &Reading::OnDoctype);
  }

  std::string Run(std::string_view xml) {
    do {
      const std::string_view chunk = xml.substr(0, kMaxChunkBytes);
      xml.remove_prefix(chunk.size());
      const XML_Status status = XML_Parse(parser_.get(), chunk.data(),
                                          static_cast<int>(chunk.size()), xml.empty() ? 1 : 0);
      if (thrown_) std::rethrow_exception(thrown_);
      if (!failure_.empty() || status != XML_STATUS_OK) Refuse();
    } while (!xml.empty());
    return root_;
  }

 private:
  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  [[noreturn]] void Refuse() const {
    const std::string reason =
        failure_.empty() ? XML_ErrorString(XML_GetErrorCode(parser_.get())) : failure_;
    throw Error(ErrorKind::kCorruption, "LK-8014",
                "the object store's answer cannot be read: " + reason + " (line " +
                    std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ")",
                "Check that storage.s3_endpoint is an S3 server and not a proxy or a web page.");
  }

  void Stop(std::string reason) {
    if (failure_.empty()) failure_ = std::move(reason);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void Start(std::string_view name) {
    name = name.substr(name.find(':') + 1);  // npos + 1 is 0
    if (lengths_.size() >= kMaxDepth) return Stop("too deep");
    if (lengths_.empty()) root_ = name;
    lengths_.push_back(path_.size());
    if (lengths_.size() > 1) {
      if (!path_.empty()) path_ += '/';
      path_ += name;
    }
    text_.clear();
  }

  void Finish() {
    end_(path_, text_);
    path_.resize(lengths_.back());
    lengths_.pop_back();
    text_.clear();
  }

  /// Runs `step` unless the parse has failed; keeps what it throws.
  template <typename Step>
  static void Guarded(void* self, Step step) {
    auto& reading = *static_cast<Reading*>(self);
    if (reading.thrown_ || !reading.failure_.empty()) return;
    try {
      step(reading);
    } catch (...) {
      reading.thrown_ = std::current_exception();
      XML_StopParser(reading.parser_.get(), XML_FALSE);
    }
  }

  static void OnStart(void* self, const char* name, const char**) {
    Guarded(self, [&](Reading& reading) { reading.Start(name); });
  }
  static void OnEnd(void* self, const char*) {
    Guarded(self, [](Reading& reading) { reading.Finish(); });
  }
  static void OnText(void* self, const char* text, int size) {
    Guarded(self, [&](Reading& reading) {
      if (reading.text_.size() + static_cast<size_t>(size) > kMaxTextBytes) {
        return reading.Stop("a text is too long");
      }
      reading.text_.append(text, static_cast<size_t>(size));
    });
  }
  static void OnDoctype(void* self, const char*, const char*, const char*, int) {
    Guarded(self, [](Reading& reading) { reading.Stop("it has a document type"); });
  }

  const std::unique_ptr<XML_ParserStruct, Free> parser_;
  const End& end_;
  std::string root_;
  std::string path_;
  std::vector<size_t> lengths_;  ///< of path_ before each open element
  std::string text_;
  std::string failure_;
  std::exception_ptr thrown_;
};

}  // namespace

std::string ReadXml(std::string_view xml, const End& end) { return Reading(end).Run(xml); }

}  // namespace lakehouse::io::s3
