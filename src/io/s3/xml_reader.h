#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace lakehouse::io::s3 {

/// Calls `end` at the end of each element with its path below the root ("Contents/Key"; the root
/// itself is "") and the text in it. Namespaces are left out. Returns the root's name.
///
/// Corruption LK-8014 when the text is not well-formed, has a document type (so no entity can be
/// declared), is nested deeper than 16 elements or has a text longer than 64 KiB.
std::string ReadXml(std::string_view xml,
                    const std::function<void(std::string_view path, std::string_view text)>& end);

}  // namespace lakehouse::io::s3
