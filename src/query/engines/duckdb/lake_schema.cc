#include "query/engines/duckdb/lake_schema.h"

#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <nlohmann/json.hpp>

#include "base/suggest.h"
#include "query/engines/duckdb/column_defaults.h"
#include "query/engines/duckdb/commands/new_table.h"
#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/source_table.h"
#include "query/engines/duckdb/table_changes.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {

catalog::ObjectName LakeSchema::NameOf(const std::string& object) {
  return {.catalog = lake_catalog().lake_name(), .schema = name, .name = object};
}

dk::optional_ptr<dk::CatalogEntry> LakeSchema::MakeEntry(dk::ClientContext& context,
                                                         const std::string& key,
                                                         const catalog::ResolvedObject& object,
                                                         dk::optional_ptr<dk::BoundAtClause> at) {
  auto& transaction = LakeTransaction::Get(context, catalog);
  if (!object.table) {
    if (at) RefuseUnsupported(context, "time travel of a view");
    dk::CreateViewInfo info(*this, object.info.name.name);
    info.query = dk::CreateViewInfo::ParseSelect(object.info.view_sql);
    info.sql = object.info.view_sql;
    if (!object.info.comment.empty()) info.comment = dk::Value(object.info.comment);
    return &transaction.Keep(key, dk::make_uniq<dk::ViewCatalogEntry>(catalog, *this, info));
  }
  auto snapshot = at ? SnapshotAt(context, *object.table, *at) : transaction.Pin(*object.table);
  dk::CreateTableInfo info(*this, object.info.name.name);
  DescribeColumns(snapshot->schema(), info);
  if (!object.info.comment.empty()) info.comment = dk::Value(object.info.comment);
  auto refused = DescribeDefaults(object.table->location().uri(), snapshot->schema(),
                                  transaction.identities(), info);
  auto entry = dk::make_uniq<LakeTable>(catalog, *this, info, object, std::move(snapshot));
  if (refused) entry->RefuseDefault(std::move(*refused));
  return &transaction.Keep(key, std::move(entry));
}

dk::optional_ptr<dk::CatalogEntry> LakeSchema::MakeRewriteEntry(dk::ClientContext& context,
                                                                const std::string& key,
                                                                const RewriteSource& source) {
  dk::CreateTableInfo info(*this, "rows");
  DescribeColumns(source.snapshot->schema(), info);
  catalog::ResolvedObject object;
  object.table = source.table;
  return &LakeTransaction::Get(context, catalog)
              .Keep(key, dk::make_uniq<LakeTable>(catalog, *this, info, object, source.snapshot,
                                                  source.selection));
}

dk::optional_ptr<dk::CatalogEntry> LakeSchema::MakeChangesEntry(dk::ClientContext& context,
                                                                const std::string& key,
                                                                const std::string& changes) {
  auto range = FindChanges(SessionOf(context), changes);
  if (!range) return nullptr;
  dk::CreateTableInfo info(*this, "table_changes");
  DescribeColumns(range->snapshot->schema(), info);
  return &LakeTransaction::Get(context, catalog)
              .Keep(key, dk::make_uniq<LakeTable>(catalog, *this, info, std::move(range->object),
                                                  std::move(range->snapshot)));
}

dk::optional_ptr<dk::CatalogEntry> LakeSchema::LookupEntry(dk::CatalogTransaction transaction,
                                                           const dk::EntryLookupInfo& lookup) {
  auto type = lookup.GetCatalogType();
  if (type != dk::CatalogType::TABLE_ENTRY && type != dk::CatalogType::VIEW_ENTRY) return nullptr;
  if (!transaction.HasContext()) return nullptr;
  auto& context = transaction.GetContext();
  auto session = LakeSession::Get(context);
  if (!session) return nullptr;
  auto at = lookup.GetAtClause();
  std::string key =
      "object/" + catalog::FoldCase(name) + "/" + catalog::FoldCase(lookup.GetEntryName());
  if (at) key += "@" + at->Unit() + at->GetValue().ToString();
  if (auto kept = LakeTransaction::Get(context, catalog).Kept(key)) return kept;
  return session->Guard([&]() -> dk::optional_ptr<dk::CatalogEntry> {
    std::optional<catalog::ResolvedObject> object;
    if (catalog::FoldCase(name) == kRewriteSchema && session->rewrite) {
      return MakeRewriteEntry(context, key, *session->rewrite);
    }
    if (catalog::FoldCase(name) == kSourceSchema) {
      const auto rows = session->sources.find(catalog::FoldCase(lookup.GetEntryName()));
      if (rows == session->sources.end()) return nullptr;
      if (at) RefuseUnsupported(context, "time travel of rows that come with the statement");
      return &LakeTransaction::Get(context, catalog)
                  .Keep(key, SourceTable::Make(context, *this, rows->first, rows->second));
    }
    if (catalog::FoldCase(name) == kChangesSchema) {
      return MakeChangesEntry(context, key, lookup.GetEntryName());
    }
    if (catalog::FoldCase(name) == kPathSchema) {
      object = session->lake->ResolvePath(session->principal, catalog::Action::kSelect,
                                          lookup.GetEntryName());
    } else {
      object = session->lake->Find(session->principal, catalog::Action::kSelect,
                                   NameOf(lookup.GetEntryName()));
      if (!object) session->Miss(NameOf(lookup.GetEntryName()));
    }
    return object ? MakeEntry(context, key, *object, at) : nullptr;
  });
}

dk::SimilarCatalogEntry LakeSchema::GetSimilarEntry(dk::CatalogTransaction,
                                                    const dk::EntryLookupInfo&) {
  // The catalog's own error has the candidates that the principal may know.
  return {};
}

void LakeSchema::Scan(dk::ClientContext& context, dk::CatalogType type,
                      const std::function<void(dk::CatalogEntry&)>& callback) {
  auto session = LakeSession::Get(context);
  const std::string folded = catalog::FoldCase(name);
  if (!session || folded == kPathSchema || folded == kChangesSchema || folded == kSourceSchema) {
    return;
  }
  if (type != dk::CatalogType::TABLE_ENTRY && type != dk::CatalogType::VIEW_ENTRY) return;
  auto objects = session->Guard([&] {
    return session->lake->ListObjects(session->principal, lake_catalog().lake_name(), name);
  });
  for (const auto& object : objects) {
    dk::EntryLookupInfo lookup(dk::CatalogType::TABLE_ENTRY, object.name.name);
    // A listing shows what can be opened; a damaged table must not hide the others.
    dk::optional_ptr<dk::CatalogEntry> entry;
    try {
      entry = LookupEntry(dk::CatalogTransaction(catalog, context), lookup);
    } catch (const dk::Exception&) {
      session->TakeError();
    }
    if (entry) callback(*entry);
  }
}

std::string ClusterOption(const std::vector<storage::ColumnPath>& columns) {
  return nlohmann::json(columns).dump();
}

catalog::CreateTableRequest RequestOf(dk::ClientContext& context, const catalog::ObjectName& name,
                                      dk::CreateTableInfo& info) {
  auto& session = SessionOf(context);
  if (!info.sort_keys.empty()) RefuseUnsupported(context, "SORTED BY");
  catalog::CreateTableRequest request;
  request.name = name;
  request.if_not_exists = info.on_conflict == dk::OnCreateConflict::IGNORE_ON_CONFLICT;
  request.description.operation = "CREATE TABLE";
  request.description.user_name = session.principal.name;
  for (const auto& column : info.columns.Logical()) {
    if (column.Generated()) RefuseUnsupported(context, "a generated column");
    if (column.HasDefaultValue()) RefuseUnsupported(context, "DEFAULT");
    request.options.schema.fields.push_back(
        {.name = column.Name(), .type = FromDuckDb(column.Type(), column.Name())});
  }
  for (const auto& constraint : info.constraints) {
    if (constraint->type != dk::ConstraintType::NOT_NULL) {
      RefuseUnsupported(context, "the constraint " + constraint->ToString());
    }
    auto index = constraint->Cast<dk::NotNullConstraint>().index.index;
    request.options.schema.fields[index].nullable = false;
  }
  for (const auto& key : info.partition_keys) {
    if (key->GetExpressionType() != dk::ExpressionType::COLUMN_REF) {
      RefuseUnsupported(context, "partitioning by an expression");
    }
    request.options.partition_columns.push_back(
        key->Cast<dk::ColumnRefExpression>().GetColumnName());
  }
  if (!info.comment.IsNull()) request.options.comment = info.comment.ToString();
  ClusterColumns cluster_by;
  for (const auto& [option, value] : info.options) {
    if (value->GetExpressionType() != dk::ExpressionType::VALUE_CONSTANT) {
      RefuseUnsupported(context, "a table option that is not a constant");
    }
    const auto text = value->Cast<dk::ConstantExpression>().value.ToString();
    if (option == kLocationOption) {
      request.location = text;
    } else if (option == kClusterOption) {
      cluster_by = nlohmann::json::parse(text).get<std::vector<storage::ColumnPath>>();
    } else {
      request.options.properties[option] = text;
    }
  }
  CompleteNewTable(request.options, cluster_by, *session.lake->storage_context().random);
  request.description.parameters =
      CreationParameters(request.options, cluster_by, request.location.empty());
  return request;
}

dk::optional_ptr<dk::CatalogEntry> LakeSchema::CreateTable(dk::CatalogTransaction transaction,
                                                           dk::BoundCreateTableInfo& info) {
  auto& context = transaction.GetContext();
  auto& session = SessionOf(context);
  if (info.Base().on_conflict == dk::OnCreateConflict::REPLACE_ON_CONFLICT) {
    RefuseUnsupported(context, "CREATE OR REPLACE TABLE without AS");
  }
  session.Guard([&] {
    session.lake->CreateTable(session.principal,
                              RequestOf(context, NameOf(info.Base().table), info.Base()));
  });
  return nullptr;
}

dk::optional_ptr<dk::CatalogEntry> LakeSchema::CreateView(dk::CatalogTransaction transaction,
                                                          dk::CreateViewInfo& info) {
  auto& session = SessionOf(transaction.GetContext());
  std::string sql = info.query->ToString();
  if (!info.aliases.empty()) {
    std::string columns;
    for (const auto& alias : info.aliases) {
      columns += (columns.empty() ? "" : ", ") + dk::KeywordHelper::WriteQuoted(alias, '"');
    }
    sql = "SELECT * FROM (" + sql + ") AS columns_of_view(" + columns + ")";
  }
  session.Guard([&] {
    session.lake->CreateView(session.principal, NameOf(info.view_name), sql, "",
                             info.on_conflict == dk::OnCreateConflict::REPLACE_ON_CONFLICT,
                             info.on_conflict == dk::OnCreateConflict::IGNORE_ON_CONFLICT);
  });
  return nullptr;
}

void LakeSchema::DropEntry(dk::ClientContext& context, dk::DropInfo& info) {
  auto& session = SessionOf(context);
  bool table = info.type == dk::CatalogType::TABLE_ENTRY;
  if (!table && info.type != dk::CatalogType::VIEW_ENTRY) {
    RefuseUnsupported(context, "DROP " + dk::CatalogTypeToString(info.type));
  }
  session.Guard([&] {
    session.lake->Drop(session.principal, NameOf(info.name),
                       table ? catalog::ObjectKind::kTable : catalog::ObjectKind::kView,
                       info.if_not_found == dk::OnEntryNotFound::RETURN_NULL, false);
  });
}

namespace {

/// Of ALTER TABLE or VIEW ... RENAME TO; empty for another ALTER.
std::string NewName(dk::AlterInfo& info) {
  if (info.type == dk::AlterType::ALTER_TABLE &&
      info.Cast<dk::AlterTableInfo>().alter_table_type == dk::AlterTableType::RENAME_TABLE) {
    return info.Cast<dk::RenameTableInfo>().new_table_name;
  }
  if (info.type == dk::AlterType::ALTER_VIEW &&
      info.Cast<dk::AlterViewInfo>().alter_view_type == dk::AlterViewType::RENAME_VIEW) {
    return info.Cast<dk::RenameViewInfo>().new_view_name;
  }
  return {};
}

}  // namespace

void LakeSchema::Alter(dk::CatalogTransaction transaction, dk::AlterInfo& info) {
  auto& context = transaction.GetContext();
  auto& session = SessionOf(context);
  if (info.type == dk::AlterType::SET_COMMENT) {
    auto& comment = info.Cast<dk::SetCommentInfo>();
    session.Guard([&] {
      session.lake->SetComment(
          session.principal, NameOf(info.name),
          comment.comment_value.IsNull() ? "" : comment.comment_value.ToString());
    });
    return;
  }
  const std::string to = NewName(info);
  if (to.empty()) RefuseUnsupported(context, "ALTER other than RENAME TO");
  session.Guard([&] { session.lake->Rename(session.principal, NameOf(info.name), NameOf(to)); });
}

}  // namespace lakehouse::query::duckdb
