#pragma once

#include <string>
#include <string_view>

namespace lakehouse::security {

/// MD5 in lower-case hex (32 characters); empty where the library refuses it. It finds damage and
/// proves nothing about who wrote the bytes.
std::string Md5Hex(std::string_view bytes);

}  // namespace lakehouse::security
