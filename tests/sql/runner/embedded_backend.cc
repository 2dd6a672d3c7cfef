#include <arrow/api.h>

#include <map>

#include "app/lakehouse.h"
#include "backend.h"
#include "base/error.h"
#include "read_rows.h"

namespace lakehouse::sqltest {
namespace {

class Embedded : public Backend {
 public:
  explicit Embedded(std::string data_root) : root_(std::move(data_root)) { Open(); }

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
  void Open() {
    lakehouse_ = app::Lakehouse::Open(
        Config::Defaults(Environment::kLocal).With("storage.data_root", root_));
  }

  const std::string root_;
  std::shared_ptr<app::Lakehouse> lakehouse_;
  std::map<std::string, std::unique_ptr<query::Session>> sessions_;
};

}  // namespace

std::unique_ptr<Backend> MakeEmbedded(const std::string& data_root) {
  return std::make_unique<Embedded>(data_root);
}

}  // namespace lakehouse::sqltest
