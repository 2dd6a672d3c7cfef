#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lakehouse::storage::delta {

/// What `_last_checkpoint` says (PROTOCOL.md, "Last Checkpoint File Schema").
struct LastCheckpoint {
  int64_t version = 0;
  int64_t action_count = 0;
  int64_t size_bytes = 0;
  int64_t file_count = 0;   ///< add actions
  std::string schema_json;  ///< of the checkpoint's columns; may be empty
};

/// The JSON text, with its checksum.
std::string WriteLastCheckpoint(const LastCheckpoint& checkpoint);

/// The version in the text; nothing when the text is damaged or its checksum is that of another.
std::optional<int64_t> ParseLastCheckpoint(std::string_view text);

/// The form that the checksum is of (PROTOCOL.md, "JSON checksum"): `"a"+"b"=1,"c"="x%20y"`.
/// Nothing for a text that is no JSON object.
std::optional<std::string> CanonicalForm(std::string_view json);

}  // namespace lakehouse::storage::delta
