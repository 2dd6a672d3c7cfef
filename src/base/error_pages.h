#pragma once

#include <string_view>
#include <vector>

namespace lakehouse {

/// The documentation of one error code, as in docs/errors (the build embeds those pages).
struct ErrorPage {
  std::string_view code;  ///< "LK-2012"
  std::string_view title;
  std::string_view body;  ///< Markdown
};

/// All pages, by code.
const std::vector<ErrorPage>& ErrorPages();

}  // namespace lakehouse
