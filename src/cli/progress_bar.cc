#include "cli/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace lakehouse::cli {
namespace {

constexpr int kWidth = 28;
constexpr double kShowAfterS = 2;
constexpr double kTellFrom = 0.02;  // less of it says little about the rest

/// A bar of eighths; a middle line of dots when nobody knows.
std::string Bar(double fraction) {
  static const char* const kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  std::string bar;
  if (fraction < 0) {
    for (int i = 0; i < kWidth; ++i) bar += "·";
    return bar;
  }
  const int eighths = static_cast<int>(std::lround(std::min(fraction, 1.0) * kWidth * 8));
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  for (int i = (eighths + 7) / 8; i < kWidth; ++i) bar += "░";
  return bar;
}

}  // namespace

ProgressBar::ProgressBar(std::string title, bool quiet)
    : title_(std::move(title)), visible_(!quiet && isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::Show(double fraction, const std::string& detail) {
  if (!visible_ || elapsed_s() < kShowAfterS) return;
  drawn_ = true;
  std::fprintf(stderr, "\r%s %s ", title_.c_str(), Bar(fraction).c_str());
  if (fraction >= 0) std::fprintf(stderr, "%3ld %%  ", std::lround(std::min(fraction, 1.0) * 100));
  const std::string remaining = RemainingText(elapsed_s(), fraction);
  const char* const between = detail.empty() || remaining.empty() ? "" : ", ";
  std::fprintf(stderr, "%s%s%s\033[K", detail.c_str(), between, remaining.c_str());
  std::fflush(stderr);
}

double ProgressBar::elapsed_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::string RemainingText(double elapsed_s, double fraction) {
  if (fraction < kTellFrom || fraction >= 1) return {};
  const long seconds = std::lround(std::ceil(elapsed_s * (1 - fraction) / fraction));
  if (seconds < 120) return "about " + std::to_string(seconds) + " s left";
  if (seconds < 7200) return "about " + std::to_string((seconds + 30) / 60) + " min left";
  return "about " + std::to_string((seconds + 1800) / 3600) + " h left";
}

std::string WithSeparators(int64_t number) {
  std::string text = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = text.size(); at > first + 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace lakehouse::cli
