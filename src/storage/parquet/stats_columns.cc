#include "storage/parquet/stats_columns.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace lakehouse::storage::parquet {
namespace {

bool SameName(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

/// The names in the list; a backtick in a quoted name stands twice.
std::vector<ColumnPath> Split(const std::string& list) {
  std::vector<ColumnPath> paths(1, ColumnPath(1));
  bool quoted = false;
  for (size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (c == '`') {
      if (quoted && i + 1 < list.size() && list[i + 1] == '`') {
        paths.back().back() += list[i++];
      } else {
        quoted = !quoted;
      }
    } else if (!quoted && c == ',') {
      paths.emplace_back(1);
    } else if (!quoted && c == '.') {
      paths.back().emplace_back();
    } else if (quoted || std::isspace(static_cast<unsigned char>(c)) == 0) {
      paths.back().back() += c;
    }
  }
  return paths;
}

}  // namespace

std::vector<ColumnPath> FindColumns(const Schema& schema, const std::string& list) {
  std::vector<ColumnPath> found;
  for (const ColumnPath& named : Split(list)) {
    const std::vector<Field>* fields = &schema.fields;
    ColumnPath path;
    for (const std::string& name : named) {
      const auto field = std::find_if(fields->begin(), fields->end(), [&](const Field& candidate) {
        return SameName(candidate.name, name);
      });
      if (field == fields->end()) break;
      path.push_back(field->name);
      fields = &field->type->fields();
    }
    if (path.size() == named.size()) found.push_back(std::move(path));
  }
  return found;
}

std::string ColumnList(const std::vector<ColumnPath>& columns) {
  std::string list;
  for (const ColumnPath& column : columns) {
    if (!list.empty()) list += ',';
    for (size_t i = 0; i < column.size(); ++i) {
      if (i > 0) list += '.';
      const std::string& name = column[i];
      const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_';
      });
      if (plain) {
        list += name;
        continue;
      }
      list += '`';
      for (const char c : name) list += c == '`' ? std::string("``") : std::string(1, c);
      list += '`';
    }
  }
  return list;
}

}  // namespace lakehouse::storage::parquet
