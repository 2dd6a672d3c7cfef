#pragma once

#include <chrono>
#include <string>

namespace lakehouse::cli {

/// One line on stderr that shows how far a long command is; nothing when stderr is no terminal or
/// `quiet`. Used by one thread.
class ProgressBar {
 public:
  ProgressBar(std::string title, bool quiet);
  /// Erases the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `fraction` from 0 to 1, negative when unknown; `detail` comes after the bar. Nothing in the
  /// first two seconds: what is done by then needs no bar.
  void Show(double fraction, const std::string& detail);
  double elapsed_s() const;

 private:
  const std::string title_;
  const bool visible_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool drawn_ = false;
};

/// "about 40 s left" of something that has been running; empty while nobody can tell.
std::string RemainingText(double elapsed_s, double fraction);

/// "336,776"
std::string WithSeparators(int64_t number);

}  // namespace lakehouse::cli
