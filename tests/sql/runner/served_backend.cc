#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <curl/curl.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/lakehouse.h"
#include "backend.h"
#include "base/error.h"
#include "read_rows.h"
#include "server/api/server.h"

namespace lakehouse::sqltest {
namespace {

using Json = nlohmann::json;

size_t Receive(char* data, size_t size, size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

class Served : public Backend {
 public:
  explicit Served(std::string data_root) : root_(std::move(data_root)), curl_(curl_easy_init()) {
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    headers_ = curl_slist_append(headers_, "Accept: application/vnd.apache.arrow.stream");
    Open();
  }
  ~Served() override {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  Answer Execute(const std::string&, const std::string& sql) override {
    const std::string body =
        Json{{"sql", sql}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    const std::string url = server_->url() + "/v1/sql";
    std::string received;
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, Receive);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &received);
    const CURLcode done = curl_easy_perform(curl_);
    if (done != CURLE_OK) return {"LK-0001", curl_easy_strerror(done), {}};
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) return Rows(received);
    const Json error = Json::parse(received).at("error");
    return {error.at("code"), error.at("message"), {}};
  }

  void Reopen() override {
    server_.reset();
    lakehouse_.reset();
    Open();
  }

 private:
  void Open() {
    lakehouse_ = app::Lakehouse::Open(Config::Defaults(Environment::kLocal)
                                          .With("storage.data_root", root_)
                                          .With("server.port", "0"));
    server_ = server::api::Server::Start(lakehouse_);
  }

  static Answer Rows(const std::string& stream) {
    const auto input = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(stream));
    auto reader = arrow::ipc::RecordBatchStreamReader::Open(input);
    if (!reader.ok()) throw std::runtime_error(reader.status().ToString());
    Answer answer;
    ReadRows(**reader, answer.rows);
    return answer;
  }

  const std::string root_;
  CURL* const curl_;
  curl_slist* headers_ = nullptr;
  std::shared_ptr<app::Lakehouse> lakehouse_;
  std::unique_ptr<server::api::Server> server_;
};

}  // namespace

std::unique_ptr<Backend> MakeServed(const std::string& data_root) {
  return std::make_unique<Served>(data_root);
}

}  // namespace lakehouse::sqltest
