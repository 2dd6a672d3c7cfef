#include "io/s3/answers.h"

#include <gtest/gtest.h>

#include "error_code.h"
#include "io/s3/xml_reader.h"

namespace lakehouse::io::s3 {
namespace {

TEST(ListPage, IsRead) {
  const ListPage page = ParseListPage(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>a+b/=</NextContinuationToken>"
      "<Contents><Key>t/a+b%2Bc%C3%A4&amp;</Key><LastModified>2009-10-12T17:50:30.125Z"
      "</LastModified><ETag>&quot;e&quot;</ETag><Size>42</Size><Owner><ID>x</ID></Owner></Contents>"
      "<CommonPrefixes><Prefix>t/d/</Prefix></CommonPrefixes></ListBucketResult>");
  ASSERT_EQ(page.objects.size(), 1u);
  EXPECT_EQ(page.objects[0].key, "t/a b+cä&");
  EXPECT_EQ(page.objects[0].size_bytes, 42);
  EXPECT_EQ(page.objects[0].modified_ms, 1255369830125);
  EXPECT_EQ(page.objects[0].etag, "\"e\"");
  EXPECT_EQ(page.next_token, "a+b/=");
}

TEST(ListPage, DamagedOnesAreRefused) {
  const std::string object = "<Key>a</Key><LastModified>2009-10-12T17:50:30Z</LastModified>";
  for (const std::string& xml : {
           std::string(""),
           std::string("<html><p>hello</html>"),
           std::string("<html/>"),
           std::string("<ListBucketResult>"),
           std::string("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
           std::string("<ListBucketResult><Contents/></ListBucketResult>"),
           "<ListBucketResult><Contents>" + object +
               "<Size>-1</Size></Contents></ListBucketResult>",
           std::string("<ListBucketResult><Contents><LastModified>yesterday</LastModified>"
                       "</Contents></ListBucketResult>"),
           std::string("<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult>&a;</ListBucketResult>"),
           "<ListBucketResult><Contents><Key>" + std::string(70000, 'x') +
               "</Key></Contents></ListBucketResult>",
       }) {
    EXPECT_EQ(CodeOf([&] { ParseListPage(xml); }), "LK-8014") << xml.substr(0, 80);
  }
}

TEST(XmlReader, DepthIsLimited) {
  std::string xml;
  for (int i = 0; i < 17; ++i) xml += "<a>";
  for (int i = 0; i < 17; ++i) xml += "</a>";
  EXPECT_EQ(CodeOf([&] { ReadXml(xml, [](auto, auto) {}); }), "LK-8014");
}

TEST(Refusal, IsReadFromAnyBody) {
  const Refusal refusal = ParseRefusal(
      "<Error><Code>PermanentRedirect</Code><Message>no</Message><Region>eu</Region></Error>");
  EXPECT_EQ(refusal.code, "PermanentRedirect");
  EXPECT_EQ(refusal.message, "no");
  EXPECT_EQ(refusal.region, "eu");
  EXPECT_EQ(ParseRefusal("<html>").code, "");
  EXPECT_EQ(ParseRefusal("<Other><Code>x</Code></Other>").code, "");
}

TEST(UploadId, IsNeeded) {
  EXPECT_EQ(ParseUploadId("<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                          "</InitiateMultipartUploadResult>"),
            "u");
  EXPECT_EQ(CodeOf([&] { ParseUploadId("<X/>"); }), "LK-8014");
}

}  // namespace
}  // namespace lakehouse::io::s3
