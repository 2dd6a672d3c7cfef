#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "backend.h"
#include "test_file.h"

namespace lakehouse::sqltest {
namespace {

namespace fs = std::filesystem;

/// One .test file in its own data root, which is gone afterwards.
class Run {
 public:
  Run(std::string path, std::string mode) : path_(std::move(path)), mode_(std::move(mode)) {
    std::string name = (fs::temp_directory_path() / "lakehouse-sql-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    root_ = name;
    backend_ = mode_ == "server" ? MakeServed(root_) : MakeEmbedded(root_);
  }
  ~Run() {
    backend_.reset();
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// How many steps failed; stops at `require` of another mode.
  int Steps(const std::vector<Step>& steps) {
    int failed = 0;
    for (const Step& step : steps) {
      if (!step.only_mode.empty() && step.only_mode != mode_) continue;
      if (step.kind == Step::kRequire) {
        if (step.argument != mode_) return failed;
      } else if (step.kind == Step::kConnection) {
        connection_ = step.argument;
      } else if (step.kind == Step::kRestart) {
        backend_->Reopen();
      } else {
        failed += Check(step) ? 0 : 1;
        if (mode_ == "restart") backend_->Reopen();
      }
    }
    return failed;
  }

 private:
  Answer Execute(std::string sql) {
    const std::string variable = "${DATA_ROOT}";
    for (size_t at = 0; (at = sql.find(variable, at)) != std::string::npos; at += root_.size()) {
      sql.replace(at, variable.size(), root_);
    }
    return backend_->Execute(connection_, sql);
  }

  bool Check(Step step) {
    Answer answer = Execute(step.sql);
    if (step.kind == Step::kError) {
      if (answer.error == step.argument) return true;
      return Report(step, "error " + step.argument,
                    answer.error.empty() ? "it worked" : answer.message);
    }
    if (!answer.error.empty()) return Report(step, "no error", answer.message);
    if (step.kind == Step::kOk) return true;
    if (step.contains) {
      return Contains(answer.rows, step.rows) || Report(step, Lines(step.rows), Lines(answer.rows));
    }
    if (step.sorted) {
      std::sort(step.rows.begin(), step.rows.end());
      std::sort(answer.rows.begin(), answer.rows.end());
    }
    return step.rows == answer.rows || Report(step, Lines(step.rows), Lines(answer.rows));
  }

  static bool Contains(const std::vector<std::string>& rows,
                       const std::vector<std::string>& parts) {
    const std::string text = Lines(rows);
    size_t at = 0;
    for (const std::string& part : parts) {
      at = text.find(part, at);
      if (at == std::string::npos) return false;
      at += part.size();
    }
    return true;
  }

  static std::string Lines(const std::vector<std::string>& rows) {
    std::string text = std::to_string(rows.size()) + " rows";
    for (const std::string& row : rows) text += "\n    " + row;
    return text;
  }

  bool Report(const Step& step, const std::string& expected, const std::string& actual) const {
    std::printf("%s:%zu: %s\n  expected: %s\n  actual: %s\n", path_.c_str(), step.line,
                step.sql.c_str(), expected.c_str(), actual.c_str());
    return false;
  }

  std::string path_;
  std::string mode_;
  std::string root_;
  std::string connection_;
  std::unique_ptr<Backend> backend_;
};

std::vector<std::string> TestFiles(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const auto extension = entry.path().extension();
    if (extension == ".test" || (extension == ".md" && entry.path().stem() != "README"))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool Passes(const std::string& path, const std::string& mode) {
  try {
    return Run(path, mode).Steps(ReadTestFile(path)) == 0;
  } catch (const std::exception& error) {
    std::printf("%s: %s\n", path.c_str(), error.what());
    return false;
  }
}

int Main(const std::vector<std::string>& arguments) {
  std::string mode = "embedded";
  std::vector<std::string> files;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--mode" && i + 1 < arguments.size()) {
      mode = arguments[++i];
    } else {
      for (std::string& file : TestFiles(arguments[i])) files.push_back(std::move(file));
    }
  }
  if (files.empty() || (mode != "embedded" && mode != "restart" && mode != "server")) {
    std::fprintf(stderr,
                 "usage: sql_test_runner [--mode embedded|restart|server] FILE_OR_FOLDER...\n");
    return 2;
  }
  int failed = 0;
  for (const std::string& file : files) failed += Passes(file, mode) ? 0 : 1;
  std::printf("%zu passed, %d failed\n", files.size() - failed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lakehouse::sqltest

int main(int argc, char** argv) {
  return lakehouse::sqltest::Main(std::vector<std::string>(argv + 1, argv + argc));
}
