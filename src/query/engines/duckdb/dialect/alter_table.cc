#include "query/engines/duckdb/dialect/alter_table.h"

#include "query/engines/duckdb/dialect/clauses.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

[[noreturn]] void Refuse(const Cursor& cursor, const std::string& what, const std::string& hint) {
  throw cursor.Unsupported(what + " of ALTER TABLE", hint);
}

AddColumns::One OneColumn(Cursor& cursor, std::vector<Rule>& rules) {
  AddColumns::One column;
  storage::ColumnPath path = ParseColumnPath(cursor);
  column.field.name = path.back();
  path.pop_back();
  column.parent = std::move(path);
  column.field.type = ParseColumnType(cursor, column.field.name);
  ParseColumnClauses(cursor, column.parent, column.field, rules);
  column.place = ParsePlace(cursor);
  return column;
}

TableChange ParseAdd(Cursor& cursor) {
  if (IsWord(cursor.Peek(), "PARTITION") ||
      (IsWord(cursor.Peek(), "IF") && IsWord(cursor.Peek(3), "PARTITION"))) {
    Refuse(cursor, "ADD PARTITION", "partitions come with the rows that are inserted");
  }
  if (IsWord(cursor.Peek(), "CONSTRAINT") || IsWord(cursor.Peek(), "CHECK")) {
    std::vector<Rule> rules;
    if (!TakeCheck(cursor, rules))
      Refuse(cursor, "ADD CONSTRAINT without CHECK", "only CHECK is kept");
    return AddConstraint{std::move(rules[0])};
  }
  if (IsWord(cursor.Peek(), "PRIMARY") || IsWord(cursor.Peek(), "FOREIGN")) {
    Refuse(cursor, "ADD " + cursor.Peek().text + " KEY", "only CHECK constraints are kept");
  }
  AddColumns add;
  if (!cursor.TakeWord("COLUMNS")) cursor.TakeWord("COLUMN");
  add.if_not_exists = cursor.TakeWords({"IF", "NOT", "EXISTS"});
  if (!cursor.TakeOperator('(')) {
    do {
      add.columns.push_back(OneColumn(cursor, add.rules));
    } while (cursor.TakeOperator(','));
    return add;
  }
  do {
    add.columns.push_back(OneColumn(cursor, add.rules));
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return add;
}

/// DROP FEATURE was taken: typeWidening-preview, in quotes or without, [TRUNCATE HISTORY].
DropFeature ParseDropFeature(Cursor& cursor) {
  DropFeature drop;
  if (cursor.Peek().kind == TokenKind::kString) {
    drop.feature = cursor.Text("the feature's name");
  } else {
    drop.feature = cursor.Identifier("the feature's name");
    while (cursor.TakeOperator('-')) {
      drop.feature += '-' + cursor.Identifier("the rest of the feature's name");
    }
  }
  drop.truncate_history = cursor.TakeWords({"TRUNCATE", "HISTORY"});
  return drop;
}

TableChange ParseDrop(Cursor& cursor) {
  if (IsWord(cursor.Peek(), "PARTITION") ||
      (IsWord(cursor.Peek(), "IF") && IsWord(cursor.Peek(2), "PARTITION"))) {
    Refuse(cursor, "DROP PARTITION", "use DELETE FROM ... WHERE");
  }
  if (IsWord(cursor.Peek(), "FEATURE") && cursor.Peek(1).kind != TokenKind::kEnd) {
    cursor.Take();
    return ParseDropFeature(cursor);
  }
  if (cursor.TakeWord("CONSTRAINT")) {
    DropConstraint drop;
    drop.if_exists = cursor.TakeWords({"IF", "EXISTS"});
    drop.name = cursor.Identifier("the constraint's name");
    return drop;
  }
  DropColumns drop;
  if (!cursor.TakeWord("COLUMNS")) cursor.TakeWord("COLUMN");
  drop.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  if (IsOperator(cursor.Peek(), '(')) {
    drop.columns = ParseColumnPaths(cursor);
    return drop;
  }
  do {
    drop.columns.push_back(ParseColumnPath(cursor));
  } while (cursor.TakeOperator(','));
  return drop;
}

TableChange ParseRename(Cursor& cursor) {
  if (cursor.TakeWord("TO")) return RenameTable{cursor.Name("the new name")};
  cursor.TakeWord("COLUMN");
  RenameColumn rename;
  rename.column = ParseColumnPath(cursor);
  cursor.ExpectWord("TO");
  rename.name = cursor.Identifier("the column's new name");
  return rename;
}

/// SET or DROP was taken.
void ChangeSet(Cursor& cursor, ChangeColumn& change) {
  if (cursor.TakeWords({"NOT", "NULL"})) {
    change.nullable = false;
  } else if (cursor.TakeWord("DEFAULT")) {
    change.set_default = ParseOpenRule(cursor, Rule::kDefault);
    change.set_default->column = change.column;
  } else if (cursor.TakeWords({"DATA", "TYPE"}) || cursor.TakeWord("TYPE")) {
    change.type = ParseType(cursor);
  } else {
    throw cursor.Unsupported("SET " + cursor.Peek().text + " of a column",
                             "a column has SET NOT NULL, SET DEFAULT and SET DATA TYPE");
  }
}

void ChangeDrop(Cursor& cursor, ChangeColumn& change) {
  if (cursor.TakeWords({"NOT", "NULL"})) {
    change.nullable = true;
  } else if (cursor.TakeWord("DEFAULT")) {
    change.drop_default = true;
  } else {
    throw cursor.Unsupported("DROP " + cursor.Peek().text + " of a column",
                             "a column has DROP NOT NULL and DROP DEFAULT");
  }
}

/// CHANGE COLUMN a a INT [COMMENT ..] [FIRST | AFTER b]
void ChangeAll(Cursor& cursor, ChangeColumn& change) {
  const std::string name = cursor.Identifier("the column's name again");
  if (name != change.column.back()) {
    throw cursor.Unsupported("CHANGE COLUMN to another name",
                             "use ALTER TABLE ... RENAME COLUMN for the name");
  }
  change.type = ParseType(cursor);
  if (cursor.TakeWords({"NOT", "NULL"})) change.nullable = false;
  if (cursor.TakeWord("COMMENT")) change.comment = cursor.Text("the comment");
  change.place = ParsePlace(cursor);
}

TableChange ParseChange(Cursor& cursor, bool hive) {
  cursor.TakeWord("COLUMN");
  ChangeColumn change;
  change.column = ParseColumnPath(cursor);
  if (cursor.TakeWord("SET")) {
    ChangeSet(cursor, change);
  } else if (cursor.TakeWord("DROP")) {
    ChangeDrop(cursor, change);
  } else if (cursor.TakeWord("TYPE")) {
    change.type = ParseType(cursor);
  } else if (cursor.TakeWord("COMMENT")) {
    change.comment = cursor.Text("the comment");
  } else if (IsWord(cursor.Peek(), "FIRST") || IsWord(cursor.Peek(), "AFTER")) {
    change.place = ParsePlace(cursor);
  } else if (IsWord(cursor.Peek(), "SYNC")) {
    throw cursor.Unsupported("SYNC IDENTITY", "values that are generated come after all there are");
  } else if (hive) {
    ChangeAll(cursor, change);
  } else {
    throw cursor.Expected("SET, DROP, TYPE, COMMENT, FIRST or AFTER");
  }
  if (IsWord(cursor.Peek(), "USING")) {
    throw cursor.Unsupported("USING of a change of type", "types only become wider");
  }
  return change;
}

TableChange ParseSet(Cursor& cursor) {
  if (cursor.TakeWord("TBLPROPERTIES")) return SetProperties{ParseProperties(cursor)};
  if (cursor.TakeWord("COMMENT")) return CommentTable{cursor.Text("the comment")};
  Refuse(cursor, "SET " + cursor.Peek().text, "SET TBLPROPERTIES and SET COMMENT are there");
}

TableChange ParseUnset(Cursor& cursor) {
  cursor.ExpectWord("TBLPROPERTIES");
  UnsetProperties unset;
  unset.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  unset.keys = ParsePropertyKeys(cursor);
  return unset;
}

TableChange ParseTableChange(Cursor& cursor) {
  if (cursor.TakeWord("ADD")) return ParseAdd(cursor);
  if (cursor.TakeWord("DROP")) return ParseDrop(cursor);
  if (cursor.TakeWord("RENAME")) return ParseRename(cursor);
  if (cursor.TakeWord("ALTER")) return ParseChange(cursor, false);
  if (cursor.TakeWord("CHANGE")) return ParseChange(cursor, true);
  if (cursor.TakeWord("SET")) return ParseSet(cursor);
  if (cursor.TakeWord("UNSET")) return ParseUnset(cursor);
  if (cursor.TakeWords({"CLUSTER", "BY"})) return ClusterBy{ParseClusterBy(cursor)};
  if (cursor.TakeWord("COMMENT")) return CommentTable{cursor.Text("the comment")};
  if (cursor.Peek().kind == TokenKind::kWord) {
    Refuse(
        cursor, cursor.Peek().text,
        "there are ADD, DROP, RENAME and ALTER COLUMN, SET and UNSET TBLPROPERTIES, ADD and DROP "
        "CONSTRAINT, CLUSTER BY and RENAME TO");
  }
  throw cursor.Expected("a change of the table");
}

/// IS 'text' or IS NULL, to the end.
std::string CommentText(Cursor& cursor) {
  cursor.ExpectWord("IS");
  std::string comment = cursor.TakeWord("NULL") ? "" : cursor.Text("the comment");
  cursor.ExpectEnd();
  return comment;
}

}  // namespace

AlterTable ParseAlterTable(Cursor& cursor) {
  AlterTable statement;
  statement.if_exists = cursor.TakeWords({"IF", "EXISTS"});
  ParseTableName(cursor, statement.name, statement.path);
  statement.change = ParseTableChange(cursor);
  cursor.ExpectEnd();
  return statement;
}

AlterTable ParseCommentOnTable(Cursor& cursor) {
  AlterTable statement;
  ParseTableName(cursor, statement.name, statement.path);
  statement.change = CommentTable{CommentText(cursor)};
  return statement;
}

AlterTable ParseCommentOnColumn(Cursor& cursor) {
  AlterTable statement;
  // The last part is the column.
  std::vector<std::string> parts = ParseColumnPath(cursor);
  if (parts.size() < 2 || parts.size() > 4) {
    throw cursor.Expected("before this a table's name and a column");
  }
  ChangeColumn change;
  change.column = {parts.back()};
  parts.pop_back();
  statement.name = std::move(parts);
  change.comment = CommentText(cursor);
  statement.change = std::move(change);
  return statement;
}

}  // namespace lakehouse::query::duckdb::dialect
