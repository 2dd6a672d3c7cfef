#include "catalog/folder_name.h"

#include "catalog/object_name.h"
#include "security/digest.h"

namespace lakehouse::catalog {
namespace {

constexpr size_t kMaxFolderBytes = 200;  // below the 255 of file systems, with room for suffixes
constexpr size_t kDigestLength = 16;
constexpr std::string_view kHex = "0123456789abcdef";

bool IsSafe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string FolderName(std::string_view name) {
  const std::string folded = FoldCase(name);
  std::string folder;
  for (size_t i = 0; i < folded.size(); ++i) {
    const char c = folded[i];
    if (IsSafe(c) && (i > 0 || (c != '_' && c != '.'))) {
      folder += c;
    } else {
      folder += '~';
      folder += kHex[static_cast<unsigned char>(c) >> 4];
      folder += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  if (folder.size() <= kMaxFolderBytes) return folder;
  size_t cut = kMaxFolderBytes - kDigestLength - 2;
  while ((static_cast<unsigned char>(folder[cut]) & 0xc0) == 0x80) --cut;
  return folder.substr(0, cut) + "~~" + security::Sha256Hex(folded).substr(0, kDigestLength);
}

std::string NameOfFolder(std::string_view folder) {
  std::string name;
  for (size_t i = 0; i < folder.size(); ++i) {
    if (folder[i] != '~') {
      name += folder[i];
      continue;
    }
    const size_t high = i + 2 < folder.size() ? kHex.find(folder[i + 1]) : std::string_view::npos;
    const size_t low = i + 2 < folder.size() ? kHex.find(folder[i + 2]) : std::string_view::npos;
    if (high == std::string_view::npos || low == std::string_view::npos) return std::string(folder);
    name += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return FolderName(name) == folder ? name : std::string(folder);
}

}  // namespace lakehouse::catalog
