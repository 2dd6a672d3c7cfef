#include <arrow/api.h>

#include <cstdlib>
#include <map>
#include <stdexcept>

#include "app/lakehouse.h"
#include "backend.h"
#include "base/error.h"
#include "read_rows.h"

namespace lakehouse::sqltest {
namespace {

class Embedded : public Backend {
 public:
  explicit Embedded(Config config) : config_(std::move(config)) { Open(); }

  Answer Execute(const std::string& connection, const std::string& sql) override {
    Answer answer;
    try {
      auto& session = sessions_[connection];
      if (!session) session = lakehouse_->engine().OpenSession(security::LocalPrincipal());
      query::QueryRequest request;
      request.sql = sql;
      request.principal = security::LocalPrincipal();
      const query::QueryResult result = session->Execute(request);
      if (result.reader) ReadRows(*result.reader, answer.rows);
    } catch (const Error& error) {
      answer.error = error.code();
      answer.message = error.what();
    }
    return answer;
  }

  void Reopen() override {
    sessions_.clear();
    lakehouse_.reset();
    Open();
  }

 private:
  void Open() { lakehouse_ = app::Lakehouse::Open(config_); }

  const Config config_;
  std::shared_ptr<app::Lakehouse> lakehouse_;
  std::map<std::string, std::unique_ptr<query::Session>> sessions_;
};

}  // namespace

std::unique_ptr<Backend> MakeEmbedded(const std::string& data_root,
                                      const std::string& state_directory) {
  Config config = Config::Defaults(Environment::kLocal).With("storage.data_root", data_root);
  if (data_root.starts_with("s3://")) {
    const char* const endpoint = std::getenv("LAKEHOUSE_TEST_S3");
    if (endpoint == nullptr) throw std::runtime_error("LAKEHOUSE_TEST_S3 names no server");
    config = config.With("storage.state_directory", state_directory)
                 .With("storage.s3_endpoint", endpoint);
  }
  return std::make_unique<Embedded>(std::move(config));
}

}  // namespace lakehouse::sqltest
