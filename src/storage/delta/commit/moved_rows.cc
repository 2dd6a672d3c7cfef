#include "storage/delta/commit/moved_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "storage/delta/log/actions.h"

namespace lakehouse::storage::delta {
namespace {

using nlohmann::json;

/// Do the rows of the sources fill the targets?
bool Balanced(const MovedRows& moved) {
  int64_t rest = 0;
  for (const auto& source : moved.sources) {
    if (source.rows < 0) return false;
    rest += source.rows;
  }
  for (const auto& target : moved.targets) {
    if (target.rows < 0) return false;
    rest -= target.rows;
  }
  return rest == 0;
}

}  // namespace

int MovedRows::IndexOf(std::string_view path) const {
  for (size_t i = 0; i < sources.size(); ++i) {
    if (KeyOf(sources[i].path) == KeyOf(path)) return static_cast<int>(i);
  }
  return -1;
}

int64_t MovedRows::RowsOf(std::string_view target) const {
  const auto found = std::find_if(targets.begin(), targets.end(),
                                  [&](const Target& one) { return one.path == target; });
  return found == targets.end() ? 0 : found->rows;
}

std::map<std::string, RowSet> MovedRows::Follow(size_t index, const RowSet& rows,
                                                const RowSet& gaps) const {
  uint64_t first = 0;  // of the source, counted through all targets
  for (size_t i = 0; i < index; ++i) first += static_cast<uint64_t>(sources[i].rows);
  std::map<std::string, std::vector<uint64_t>> found;
  size_t target = 0;
  uint64_t begin = 0;  // of the target
  for (const uint64_t place : rows.PlacesWithout(gaps)) {
    const uint64_t row = first + place;
    while (target < targets.size() && row - begin >= static_cast<uint64_t>(targets[target].rows)) {
      begin += static_cast<uint64_t>(targets[target++].rows);
    }
    if (target == targets.size()) break;
    found[targets[target].path].push_back(row - begin);
  }
  std::map<std::string, RowSet> sets;
  for (const auto& [path, places] : found) sets[path].Add(places);
  return sets;
}

std::string MovesText(const std::vector<MovedRows>& moves) {
  json all = json::array();
  for (const MovedRows& moved : moves) {
    json from = json::array(), to = json::array();
    for (const auto& source : moved.sources) {
      from.push_back({source.path, source.vector_id, source.rows});
    }
    for (const auto& target : moved.targets) to.push_back({target.path, target.rows});
    all.push_back({{"from", std::move(from)}, {"to", std::move(to)}});
  }
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<MovedRows> ParseMoves(const std::string& text) {
  std::vector<MovedRows> moves;
  try {
    for (const json& one : json::parse(text)) {
      MovedRows moved;
      for (const json& source : one.at("from")) {
        moved.sources.push_back({source.at(0), source.at(1), source.at(2)});
      }
      for (const json& target : one.at("to")) moved.targets.push_back({target.at(0), target.at(1)});
      if (!Balanced(moved)) return {};
      moves.push_back(std::move(moved));
    }
  } catch (const json::exception&) {
    return {};
  }
  return moves;
}

}  // namespace lakehouse::storage::delta
