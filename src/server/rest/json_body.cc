#include "server/rest/json_body.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/suggest.h"

namespace lakehouse::server::rest {
namespace {

[[noreturn]] void Throw(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::kInvalidArgument, "LK-6003", "the request's body " + why,
              hint.empty() ? "GET /openapi.json shows what each route takes." : hint);
}

/// Parses; stops at the first value that is too deep, before there is a tree that is.
Json Parse(const std::string& text) {
  const auto check_depth = [](int depth, Json::parse_event_t event, const Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxJsonDepth) {
      Throw("is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
    }
    return true;
  };
  try {
    return Json::parse(text, check_depth);
  } catch (const Json::parse_error& error) {
    Throw("is not JSON: byte " + std::to_string(error.byte), "Send a JSON object in UTF-8.");
  }
}

}  // namespace

struct JsonBody::Content {
  Json object;
  std::vector<std::string> asked;
};

JsonBody::JsonBody(const std::string& text) : content_(std::make_unique<Content>()) {
  content_->object = Parse(text);
  if (!content_->object.is_object()) Throw("is not a JSON object");
}
JsonBody::~JsonBody() = default;

const Json* JsonBody::Find(const std::string& name) {
  content_->asked.push_back(name);
  const auto found = content_->object.find(name);
  return found == content_->object.end() || found->is_null() ? nullptr : &*found;
}

std::string JsonBody::RequireText(const std::string& name) {
  std::optional<std::string> text = Text(name);
  if (!text) Throw("lacks the field '" + name + "'");
  return *std::move(text);
}

std::optional<std::string> JsonBody::Text(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) Throw("has a field '" + name + "' that is not text");
  return value->get<std::string>();
}

std::optional<bool> JsonBody::Boolean(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) Throw("has a field '" + name + "' that is not true or false");
  return value->get<bool>();
}

std::optional<int64_t> JsonBody::Count(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer() || value->get<double>() < 0 || value->get<double>() > 9e15) {
    Throw("has a field '" + name + "' that is not a whole number from 0");
  }
  return value->get<int64_t>();
}

std::vector<std::string> JsonBody::Texts(const std::string& name) {
  std::vector<std::string> texts;
  for (const Json& value : Array(name)) {
    if (!value.is_string()) Throw("has a field '" + name + "' that is not a list of texts");
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

const Json& JsonBody::Array(const std::string& name) {
  static const Json kNone;
  const Json* value = Find(name);
  if (value == nullptr) return kNone;
  if (!value->is_array()) Throw("has a field '" + name + "' that is not a list");
  return *value;
}

void JsonBody::Done() const {
  for (const auto& [name, value] : content_->object.items()) {
    if (std::find(content_->asked.begin(), content_->asked.end(), name) == content_->asked.end()) {
      Throw("has an unknown field '" + name + "'", DidYouMean(name, content_->asked));
    }
  }
}

}  // namespace lakehouse::server::rest
