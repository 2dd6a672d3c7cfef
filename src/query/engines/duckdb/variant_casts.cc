#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/function/cast/cast_function_set.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <functional>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/variant_type.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr int64_t kImplicitCost = 100;

/// One of the engine's functions, called from a cast.
class EngineCall : public dk::FunctionLocalState {
 public:
  EngineCall(dk::ClientContext& context, const char* function, const dk::LogicalType& input)
      : context_(context), executor_(context) {
    dk::vector<dk::unique_ptr<dk::Expression>> arguments;
    arguments.push_back(dk::make_uniq<dk::BoundReferenceExpression>(input, 0ULL));
    dk::ErrorData error;
    call_ = dk::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, function,
                                                           std::move(arguments), error);
    if (!call_) error.Throw();
    executor_.AddExpression(*call_);
    input_.InitializeEmpty({input});
  }

  void Run(dk::Vector& input, dk::idx_t count, dk::Vector& result) {
    input_.data[0].Reference(input);
    input_.SetCardinality(count);
    executor_.ExecuteExpression(input_, result);
  }
  const dk::LogicalType& type() const { return call_->return_type; }
  dk::ClientContext& context() { return context_; }

 private:
  dk::ClientContext& context_;
  dk::unique_ptr<dk::Expression> call_;
  dk::ExpressionExecutor executor_;
  dk::DataChunk input_;
};

dk::ClientContext& ContextOf(dk::CastLocalStateParameters& parameters) {
  if (parameters.context) return *parameters.context;
  throw dk::InvalidInputException("a variant is cast outside of a statement");
}

/// The context of a cast that may fail.
class CastContext : public dk::FunctionLocalState {
 public:
  explicit CastContext(dk::ClientContext& of) : context(of) {}
  dk::ClientContext& context;
};

dk::unique_ptr<dk::FunctionLocalState> KeepContext(dk::CastLocalStateParameters& parameters) {
  return dk::make_uniq<CastContext>(ContextOf(parameters));
}

/// Calls `row` for every variant; an Error in it ends the statement.
void ForEachRow(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::ClientContext& context,
                const std::function<void(dk::idx_t, const storage::VariantView&)>& row) {
  const VariantRows rows(source, count);
  result.SetVectorType(dk::VectorType::FLAT_VECTOR);
  SessionOf(context).Guard([&] {
    for (dk::idx_t i = 0; i < count; ++i) {
      if (rows.IsNull(i)) {
        dk::FlatVector::SetNull(result, i, true);
      } else {
        row(i, rows.At(i));
      }
    }
  });
}

void SetText(dk::Vector& result, dk::idx_t row, const std::string& text) {
  dk::FlatVector::GetData<dk::string_t>(result)[row] =
      dk::StringVector::AddString(result, text.data(), text.size());
}

bool ToJson(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  ForEachRow(source, result, count, cast.local_state->Cast<CastContext>().context,
             [&](dk::idx_t row, const storage::VariantView& variant) {
               SetText(result, row, storage::VariantJson(variant));
             });
  return true;
}

bool ToText(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  ForEachRow(source, result, count, cast.local_state->Cast<CastContext>().context,
             [&](dk::idx_t row, const storage::VariantView& variant) {
               if (const auto text = storage::VariantText(variant)) {
                 SetText(result, row, *text);
               } else {
                 dk::FlatVector::SetNull(result, row, true);
               }
             });
  return true;
}

dk::unique_ptr<dk::FunctionLocalState> StartDecoding(dk::CastLocalStateParameters& parameters) {
  return dk::make_uniq<EngineCall>(ContextOf(parameters), "variant_bytes_to_variant",
                                   dk::LogicalType::BLOB);
}

/// The engine decodes both parts in one; it trusts them, so they are looked at before.
bool Decode(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  auto& call = cast.local_state->Cast<EngineCall>();
  dk::Vector bytes(dk::LogicalType::BLOB, count);
  ForEachRow(source, bytes, count, call.context(),
             [&](dk::idx_t row, const storage::VariantView& variant) {
               storage::CheckVariant(variant);
               std::string both(variant.metadata);
               both += variant.value;
               dk::FlatVector::GetData<dk::string_t>(bytes)[row] =
                   dk::StringVector::AddStringOrBlob(bytes, both.data(), both.size());
             });
  call.Run(bytes, count, result);
  return true;
}

dk::unique_ptr<dk::FunctionLocalState> StartEncoding(dk::CastLocalStateParameters& parameters) {
  return dk::make_uniq<EngineCall>(ContextOf(parameters), "variant_to_parquet_variant",
                                   dk::LogicalType::VARIANT());
}

bool Encode(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  auto& call = cast.local_state->Cast<EngineCall>();
  dk::Vector encoded(call.type(), count);
  call.Run(source, count, encoded);
  encoded.Flatten(count);
  // The engine has the names first.
  auto& parts = dk::StructVector::GetEntries(encoded);
  auto& own = dk::StructVector::GetEntries(result);
  result.SetVectorType(dk::VectorType::FLAT_VECTOR);
  own[0]->Reference(*parts[1]);
  own[1]->Reference(*parts[0]);
  // Of a NULL the engine makes the null that variants have.
  dk::UnifiedVectorFormat rows;
  source.ToUnifiedFormat(count, rows);
  for (dk::idx_t i = 0; i < count; ++i) {
    if (!rows.validity.RowIsValid(rows.sel->get_index(i))) {
      dk::FlatVector::SetNull(result, i, true);
    }
  }
  return true;
}

/// The bytes of a variant, in the form that Parquet has.
bool FromParts(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  source.Flatten(count);
  const auto& names = dk::StructType::GetChildTypes(source.GetType());
  auto& parts = dk::StructVector::GetEntries(source);
  const size_t value = names[0].first == "value" ? 0 : 1;
  dk::UnifiedVectorFormat rows, values, metadata;
  source.ToUnifiedFormat(count, rows);
  parts[value]->ToUnifiedFormat(count, values);
  parts[1 - value]->ToUnifiedFormat(count, metadata);
  VariantSink sink(result);
  SessionOf(cast.local_state->Cast<CastContext>().context).Guard([&] {
    const auto bytes = [](const dk::UnifiedVectorFormat& part, dk::idx_t row) {
      const auto& blob =
          dk::UnifiedVectorFormat::GetData<dk::string_t>(part)[part.sel->get_index(row)];
      return std::string_view(blob.GetData(), blob.GetSize());
    };
    for (dk::idx_t i = 0; i < count; ++i) {
      const auto valid = [&](const dk::UnifiedVectorFormat& part) {
        return part.validity.RowIsValid(part.sel->get_index(i));
      };
      if (!valid(rows) || !valid(values) || !valid(metadata)) {
        sink.SetNull(i);
        continue;
      }
      const storage::VariantView variant{bytes(metadata, i), bytes(values, i)};
      storage::CheckVariant(variant);
      sink.Set(i, variant);
    }
  });
  return true;
}

/// A struct of the binary fields metadata and value.
bool HasParts(const dk::LogicalType& type) {
  if (type.id() != dk::LogicalTypeId::STRUCT || dk::StructType::IsUnnamed(type)) return false;
  const auto& fields = dk::StructType::GetChildTypes(type);
  const auto is = [&](size_t at, const char* name) {
    return fields[at].first == name && fields[at].second.id() == dk::LogicalTypeId::BLOB;
  };
  return fields.size() == 2 &&
         ((is(0, "value") && is(1, "metadata")) || (is(0, "metadata") && is(1, "value")));
}

bool FromJson(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  auto& context = cast.local_state->Cast<CastContext>().context;
  dk::UnifiedVectorFormat rows;
  source.ToUnifiedFormat(count, rows);
  VariantSink sink(result);
  SessionOf(context).Guard([&] {
    for (dk::idx_t i = 0; i < count; ++i) {
      const auto at = rows.sel->get_index(i);
      if (!rows.validity.RowIsValid(at)) {
        sink.SetNull(i);
        continue;
      }
      const auto& text = dk::UnifiedVectorFormat::GetData<dk::string_t>(rows)[at];
      sink.Set(i, storage::ParseVariant({text.GetData(), text.GetSize()}).view());
    }
  });
  return true;
}

/// Two casts in a row.
struct BothCasts : dk::BoundCastData {
  BothCasts(dk::BoundCastInfo one, dk::BoundCastInfo other, dk::LogicalType type)
      : first(std::move(one)), second(std::move(other)), between(std::move(type)) {}
  dk::unique_ptr<dk::BoundCastData> Copy() const override {
    return dk::make_uniq<BothCasts>(first.Copy(), second.Copy(), between);
  }
  dk::BoundCastInfo first, second;
  dk::LogicalType between;
};

struct BothStates : dk::FunctionLocalState {
  dk::unique_ptr<dk::FunctionLocalState> first, second;
};

dk::unique_ptr<dk::FunctionLocalState> StartBoth(dk::CastLocalStateParameters& parameters) {
  auto& casts = parameters.cast_data->Cast<BothCasts>();
  auto states = dk::make_uniq<BothStates>();
  const auto start = [&](dk::BoundCastInfo& cast) -> dk::unique_ptr<dk::FunctionLocalState> {
    if (!cast.init_local_state) return nullptr;
    dk::CastLocalStateParameters own(parameters, cast.cast_data.get());
    return cast.init_local_state(own);
  };
  states->first = start(casts.first);
  states->second = start(casts.second);
  return states;
}

bool RunBoth(dk::Vector& source, dk::Vector& result, dk::idx_t count, dk::CastParameters& cast) {
  auto& casts = cast.cast_data->Cast<BothCasts>();
  auto& states = cast.local_state->Cast<BothStates>();
  dk::Vector between(casts.between, count);
  dk::CastParameters first(cast, casts.first.cast_data.get(), states.first.get());
  dk::CastParameters second(cast, casts.second.cast_data.get(), states.second.get());
  const bool complete = casts.first.function(source, between, count, first);
  return casts.second.function(between, result, count, second) && complete;
}

dk::BoundCastInfo Both(dk::BoundCastInfo first, dk::BoundCastInfo second,
                       const dk::LogicalType& between) {
  return {RunBoth, dk::make_uniq<BothCasts>(std::move(first), std::move(second), between),
          StartBoth};
}

dk::BoundCastInfo FromVariant(dk::BindCastInput& input, const dk::LogicalType&,
                              const dk::LogicalType& target) {
  if (target.IsJSONType()) return {ToJson, nullptr, KeepContext};
  if (target.id() == dk::LogicalTypeId::VARCHAR) return {ToText, nullptr, KeepContext};
  dk::BoundCastInfo decode(Decode, nullptr, StartDecoding);
  if (target.id() == dk::LogicalTypeId::VARIANT) return decode;
  const auto between = dk::LogicalType::VARIANT();
  return Both(std::move(decode), input.GetCastFunction(between, target), between);
}

dk::BoundCastInfo IntoVariant(dk::BindCastInput& input, const dk::LogicalType& source,
                              const dk::LogicalType&) {
  if (source.IsJSONType()) return {FromJson, nullptr, KeepContext};
  if (HasParts(source)) return {FromParts, nullptr, KeepContext};
  dk::BoundCastInfo encode(Encode, nullptr, StartEncoding);
  const auto between = dk::LogicalType::VARIANT();
  if (source.id() == dk::LogicalTypeId::VARIANT) return encode;
  return Both(input.GetCastFunction(source, between), std::move(encode), between);
}

}  // namespace

void RegisterVariantCasts(dk::DBConfig& config) {
  using dk::LogicalType;
  const auto any = LogicalType::ANY;
  const std::vector<LogicalType> nested = {
      LogicalType::LIST(any), LogicalType::STRUCT({{"any", any}}), LogicalType::MAP(any, any)};
  std::vector<LogicalType> others = nested;
  for (const auto id :
       {dk::LogicalTypeId::VARIANT, dk::LogicalTypeId::VARCHAR, dk::LogicalTypeId::BOOLEAN,
        dk::LogicalTypeId::TINYINT, dk::LogicalTypeId::SMALLINT, dk::LogicalTypeId::INTEGER,
        dk::LogicalTypeId::BIGINT, dk::LogicalTypeId::HUGEINT, dk::LogicalTypeId::FLOAT,
        dk::LogicalTypeId::DOUBLE, dk::LogicalTypeId::DECIMAL, dk::LogicalTypeId::BLOB,
        dk::LogicalTypeId::DATE, dk::LogicalTypeId::TIMESTAMP, dk::LogicalTypeId::TIMESTAMP_TZ,
        dk::LogicalTypeId::UUID}) {
    others.emplace_back(id);
  }
  others[nested.size()] = LogicalType::VARIANT();
  others.push_back(LogicalType::JSON());
  auto& casts = config.GetCastFunctions();
  // Without it a variant would be one of the structs below, and no argument of its own functions.
  casts.RegisterCastFunction(VariantType(), VariantType(),
                             dk::BoundCastInfo(dk::DefaultCasts::NopCast), 0);
  for (const auto& other : others) {
    // Functions of the engine's own variants take ours, too, and the reverse.
    const int64_t cost = other.id() == dk::LogicalTypeId::VARIANT ? kImplicitCost : -1;
    casts.RegisterCastFunction(VariantType(), other, FromVariant, cost);
    casts.RegisterCastFunction(other, VariantType(), IntoVariant, cost);
  }
}

}  // namespace lakehouse::query::duckdb
