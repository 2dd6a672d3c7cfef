#include "storage/variant.h"

#include <gtest/gtest.h>

#include <string>

#include "error_code.h"

namespace lakehouse::storage {
namespace {

std::string Hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[c >> 4];
    text += kDigits[c & 15];
  }
  return text;
}

std::string RoundTrip(const std::string& json) { return VariantJson(ParseVariant(json).view()); }

Variant Primitive(int type, const std::string& payload) {
  return {std::string("\x01\x00\x00", 3), static_cast<char>(type << 2) + payload};
}

TEST(Variant, HasTheBytesThatSparkWrites) {
  const Variant variant = ParseVariant(R"({"key": 1})");
  EXPECT_EQ(Hex(variant.metadata), "010100036b6579");
  EXPECT_EQ(Hex(variant.value),
            "020100000"
            "20c01");
  EXPECT_EQ(Hex(ParseVariant("null").value), "00");
  EXPECT_EQ(Hex(ParseVariant("\"x\"").value), "0578");
  EXPECT_EQ(Hex(ParseVariant("2.50").value), "2002fa000000");
}

TEST(Variant, JsonComesBack) {
  for (const std::string json :
       {"null", "true", "false", "0", "-128", "128", "-32769", "2147483648", "9223372036854775807",
        "18446744073709551615", "1.5", "-0.001", "\"\"", "\"a\\\"b\\n\"", "[]", "{}",
        "[1,[2,[3]],{\"a\":null}]", "12345678901234567890123456789012345678"}) {
    EXPECT_EQ(RoundTrip(json), json);
  }
  EXPECT_EQ(RoundTrip("{\"b\": 1, \"a\": {\"c\": 2.50}}"), "{\"a\":{\"c\":2.5},\"b\":1}");
  EXPECT_EQ(RoundTrip("1e3"), "1000.0");
  EXPECT_EQ(RoundTrip("1e300"), "1e+300");
}

TEST(Variant, LongTextsAndManyFieldsUseWiderForms) {
  const std::string text = "\"" + std::string(70000, 'x') + "\"";
  EXPECT_EQ(RoundTrip(text), text);
  std::string object = "{", list = "[";
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(1000 + i);
    object += (i > 0 ? ",\"f" : "\"f") + number + "\":" + number;
    list += (i > 0 ? "," : "") + number;
  }
  EXPECT_EQ(RoundTrip(object + "}"), object + "}");
  EXPECT_EQ(RoundTrip(list + "]"), list + "]");
}

TEST(Variant, OtherTypesHaveATextInJson) {
  EXPECT_EQ(VariantJson(Primitive(11, std::string("\x00\x4e\x00\x00", 4)).view()),
            "\"2024-09-02\"");
  EXPECT_EQ(VariantJson(Primitive(15, std::string("\x02\x00\x00\x00hi", 6)).view()), "\"aGk=\"");
  EXPECT_EQ(VariantJson(Primitive(14, std::string("\x00\x00\xc0\x7f", 4)).view()), "\"NaN\"");
  EXPECT_EQ(VariantJson(Primitive(20, std::string(16, '\x11')).view()),
            "\"11111111-1111-1111-1111-111111111111\"");
  EXPECT_EQ(VariantJson(Primitive(13, std::string("\x40\x42\x0f\x00\x00\x00\x00\x00", 8)).view()),
            "\"1970-01-01 00:00:01\"");
}

TEST(Variant, PathsLeadToParts) {
  const Variant variant = ParseVariant(R"({"a": [{"b c": "x"}, null], "d.e": 7})");
  const auto at = [&](const std::string& path) -> std::string {
    const auto part = VariantAt(variant.view(), ParseVariantPath(path));
    return part ? VariantJson(*part) : "nothing";
  };
  EXPECT_EQ(at("$.a[0]['b c']"), "\"x\"");
  EXPECT_EQ(at("$[\"d.e\"]"), "7");
  EXPECT_EQ(at("$.a[1]"), "null");
  EXPECT_EQ(at("$.a[2]"), "nothing");
  EXPECT_EQ(at("$.a.b"), "nothing");
  EXPECT_EQ(at("$[0]"), "nothing");
  EXPECT_EQ(VariantText(*VariantAt(variant.view(), ParseVariantPath("$.a[0]['b c']"))), "x");
  EXPECT_EQ(VariantText(*VariantAt(variant.view(), ParseVariantPath("$.a[1]"))), std::nullopt);
  for (const std::string path : {"", "a", "$a", "$.", "$[", "$[-1]", "$['x", "$[x]", "$.a."}) {
    EXPECT_EQ(CodeOf([&] { ParseVariantPath(path); }), "LK-4095") << path;
  }
}

TEST(Variant, TextsThatAreNoneAreRefused) {
  const std::string deep = std::string(501, '[') + std::string(501, ']');
  for (const std::string& json :
       {std::string(""), std::string("{"), std::string("{\"a\":1,\"a\":2}"), std::string("[1] 2"),
        std::string("\"\xff\""), deep}) {
    EXPECT_EQ(CodeOf([&] { ParseVariant(json); }), "LK-4095");
  }
  const std::string large = "\"" + std::string(kMaxVariantBytes, 'x') + "\"";
  EXPECT_EQ(CodeOf([&] { ParseVariant(large); }), "LK-4095");
}

TEST(Variant, EveryCutIsAnError) {
  const Variant whole = ParseVariant(R"({"a": [1, "text", 2.5], "b": {"c": true}})");
  for (size_t size = 0; size < whole.value.size(); ++size) {
    const Variant cut{whole.metadata, whole.value.substr(0, size)};
    EXPECT_EQ(CodeOf([&] { CheckVariant(cut.view()); }), "LK-3506") << size;
  }
  for (size_t size = 0; size < whole.metadata.size(); ++size) {
    const Variant cut{whole.metadata.substr(0, size), whole.value};
    EXPECT_EQ(CodeOf([&] { CheckVariant(cut.view()); }), "LK-3506") << size;
  }
}

}  // namespace
}  // namespace lakehouse::storage
