#include "base/suggest.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace lakehouse {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// Damerau-Levenshtein distance with adjacent swaps (optimal string alignment).
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + same});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::vector<std::string> Closest(std::string_view wrong, std::span<const std::string> candidates,
                                 size_t limit) {
  constexpr size_t kMaxLength = 128;  // longer names cost much and help nobody
  const std::string lower = Lower(wrong.substr(0, kMaxLength));
  const size_t allowed = std::max<size_t>(1, lower.size() * 2 / 5);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMaxLength) continue;
    const size_t distance = Distance(lower, Lower(candidate));
    if (distance <= allowed) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> best;
  for (size_t i = 0; i < std::min(limit, near.size()); ++i) best.push_back(near[i].second);
  return best;
}

std::string DidYouMean(std::string_view wrong, std::span<const std::string> candidates) {
  const std::vector<std::string> best = Closest(wrong, candidates);
  if (best.empty()) return {};
  std::string text = "Did you mean ";
  for (size_t i = 0; i < best.size(); ++i) {
    if (i > 0) text += i + 1 == best.size() ? " or " : ", ";
    text += '"' + best[i] + '"';
  }
  return text + "?";
}

}  // namespace lakehouse
