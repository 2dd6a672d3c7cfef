#include "storage/file_place.h"

#include <string>

#include "base/error.h"
#include "io/object_store.h"

namespace lakehouse::storage {

bool IsAbsolute(std::string_view path) {
  constexpr std::string_view kScheme =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
  if (path.starts_with('/')) return true;
  const size_t colon = path.find(":/");
  return colon != std::string_view::npos && colon > 0 && path.find_first_not_of(kScheme) == colon;
}

std::string_view WithoutFileScheme(std::string_view path) {
  constexpr std::string_view kScheme = "file:";
  if (path.substr(0, kScheme.size() + 1) != "file:/") return path;
  path.remove_prefix(kScheme.size());
  if (path.substr(0, 3) == "///") path.remove_prefix(2);
  return path;
}

io::Location LocateFile(std::string_view path, const io::Location& table, io::Stores* stores) {
  if (!IsAbsolute(path)) return {table.store, io::JoinPath(table.path, path)};
  const std::string root = table.uri() + "/";
  const std::string_view plain_root = WithoutFileScheme(root);
  const std::string_view plain = WithoutFileScheme(path);
  if (plain.starts_with(plain_root)) {
    return {table.store, io::JoinPath(table.path, plain.substr(plain_root.size()))};
  }
  if (stores != nullptr) return stores->Resolve(plain);
  throw Error(ErrorKind::kUnsupported, "LK-8010",
              "the file " + std::string(path) + " is outside of " + table.uri());
}

}  // namespace lakehouse::storage
