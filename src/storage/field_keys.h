#pragma once

namespace lakehouse::storage {

/// Keys in the metadata of a field (Delta PROTOCOL.md, "Column Metadata"). Values are JSON texts.
inline constexpr char kCommentKey[] = "comment";
inline constexpr char kDefaultKey[] = "CURRENT_DEFAULT";
inline constexpr char kGenerationKey[] = "delta.generationExpression";
inline constexpr char kIdentityPrefix[] = "delta.identity.";
inline constexpr char kIdentityStartKey[] = "delta.identity.start";
inline constexpr char kIdentityStepKey[] = "delta.identity.step";
inline constexpr char kIdentityMarkKey[] = "delta.identity.highWaterMark";
inline constexpr char kIdentityExplicitKey[] = "delta.identity.allowExplicitInsert";
inline constexpr char kTypeChangesKey[] = "delta.typeChanges";
inline constexpr char kMappingPrefix[] = "delta.columnMapping.";
inline constexpr char kPhysicalNameKey[] = "delta.columnMapping.physicalName";
inline constexpr char kFieldIdKey[] = "delta.columnMapping.id";

/// Begins the property of a CHECK constraint; its name follows, the value is the expression.
inline constexpr char kConstraintPrefix[] = "delta.constraints.";

}  // namespace lakehouse::storage
