#include "catalog/access.h"

#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/suggest.h"

namespace lakehouse::catalog {
namespace {

constexpr size_t kMaxCandidates = 10'000;  // comparing more would cost more than the hint is worth

std::string SchemaText(const std::string& catalog, const std::string& schema) {
  return ObjectName{catalog, schema, ""}.ToString();
}

std::string HintOr(const std::string& hint, const std::string& otherwise) {
  return hint.empty() ? otherwise : hint;
}

}  // namespace

Securable SecurableOf(const ObjectInfo& object) {
  return {object.kind == ObjectKind::kView ? SecurableKind::kView : SecurableKind::kTable,
          object.name.ToString(), object.owner};
}

Securable SecurableOf(const SchemaInfo& schema) {
  return {SecurableKind::kSchema, SchemaText(schema.catalog, schema.name), schema.owner};
}

Securable CatalogSecurable(const std::string& catalog) {
  return {SecurableKind::kCatalog, ObjectName{catalog, "", ""}.ToString(), ""};
}

Securable LakehouseSecurable() { return {SecurableKind::kLakehouse, "lakehouse", ""}; }

Securable LocationSecurable(const std::string& location) {
  return {SecurableKind::kLocation, location, ""};
}

std::optional<Decision> Access::Ask(const security::Principal& principal, Action action,
                                    const Securable& object, std::string_view what) {
  Decision decision = authorizer_.Authorize(principal, action, object);
  audit_.Write({principal.name, std::string(what), object.name, decision.allowed, decision.reason,
                /*request_id=*/""});
  if (decision.allowed) return decision;
  if (action == Action::kBrowse || !MayBrowse(principal, object)) return std::nullopt;
  throw Error(ErrorKind::kPermissionDenied, "LK-2101",
              principal.name + " may not " + std::string(what) + " on " + object.name + ": " +
                  decision.reason,
              object.owner.empty()
                  ? "Ask someone with the role admin."
                  : "Ask its owner, " + object.owner + ", or someone with the role admin.");
}

Decision Access::Require(const security::Principal& principal, Action action,
                         const Securable& object, std::string_view what) {
  auto decision = Ask(principal, action, object, what);
  if (decision) return *std::move(decision);
  throw Error(ErrorKind::kPermissionDenied, "LK-2101",
              principal.name + " may not " + std::string(what) + " on " + object.name,
              "Ask someone with the role admin.");
}

bool Access::MayBrowse(const security::Principal& principal, const Securable& object) {
  return authorizer_.Authorize(principal, Action::kBrowse, object).allowed;
}

void Access::RecordListing(const security::Principal& principal, const std::string& object) {
  audit_.Write({principal.name, "list", object, true, "shows what may be browsed", ""});
}

void Access::RequireCatalog(const security::Principal& principal, const std::string& catalog) {
  std::vector<std::string> candidates;
  for (const std::string& name : metadata_.ListCatalogs()) {
    if (!MayBrowse(principal, CatalogSecurable(name))) continue;
    if (FoldCase(name) == FoldCase(catalog)) return;
    candidates.push_back(name);
  }
  throw Error(ErrorKind::kNotFound, "LK-2010", "there is no catalog \"" + catalog + "\"",
              HintOr(DidYouMean(catalog, candidates), "SHOW CATALOGS lists what there is."));
}

SchemaInfo Access::RequireSchema(const security::Principal& principal, const std::string& catalog,
                                 const std::string& schema) {
  auto found = metadata_.FindSchema(catalog, schema);
  if (found && MayBrowse(principal, CatalogSecurable(found->catalog)) &&
      MayBrowse(principal, SecurableOf(*found))) {
    return *std::move(found);
  }
  RequireCatalog(principal, catalog);
  std::vector<std::string> candidates;
  for (const SchemaInfo& info : metadata_.ListSchemas(catalog)) {
    if (candidates.size() < kMaxCandidates && MayBrowse(principal, SecurableOf(info))) {
      candidates.push_back(info.name);
    }
  }
  throw Error(ErrorKind::kNotFound, "LK-2011", "there is no schema " + SchemaText(catalog, schema),
              HintOr(DidYouMean(schema, candidates),
                     "SHOW SCHEMAS lists what there is; CREATE SCHEMA makes one."));
}

void Access::ThrowNoObject(const security::Principal& principal, const ObjectName& name) {
  RequireSchema(principal, name.catalog, name.schema);
  throw Error(ErrorKind::kNotFound, "LK-2012", "there is no table or view " + name.ToString(),
              HintOr(ObjectHint(principal, name), "SHOW TABLES lists what there is."));
}

std::string Access::ObjectHint(const security::Principal& principal, const ObjectName& name) {
  std::vector<std::string> candidates;
  for (const ObjectInfo& info : metadata_.ListObjects(name.catalog, name.schema)) {
    if (candidates.size() < kMaxCandidates && MayBrowse(principal, SecurableOf(info))) {
      candidates.push_back(info.name.name);
    }
  }
  const std::string hint = DidYouMean(name.name, candidates);
  if (!hint.empty()) return hint;
  // The right name in another schema is a common slip.
  for (const SchemaInfo& schema : metadata_.ListSchemas(name.catalog)) {
    const auto other = metadata_.FindObject({schema.catalog, schema.name, name.name});
    if (other && MayBrowse(principal, SecurableOf(schema)) &&
        MayBrowse(principal, SecurableOf(*other))) {
      return "Did you mean " + other->name.ToString() + "?";
    }
  }
  return {};
}

}  // namespace lakehouse::catalog
