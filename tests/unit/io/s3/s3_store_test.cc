#include "io/s3/s3_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "io/scripted_server.h"
#include "security/digest.h"

namespace lakehouse::io::s3 {
namespace {

constexpr char kSecret[] = "a-very-secret-key";

std::string Refused(const std::string& code) {
  return "<Error><Code>" + code + "</Code><Message>no " + code + "</Message></Error>";
}

class S3StoreTest : public testing::Test {
 protected:
  /// A store on a server that answers with `scripts` one after the other, then with the last.
  std::shared_ptr<ObjectStore> StoreOn(std::vector<Script> scripts) {
    return StoreOn([this, scripts](const SeenRequest&) {
      return scripts[std::min(answered_++, scripts.size() - 1)];
    });
  }
  std::shared_ptr<ObjectStore> StoreOn(ScriptedServer::Handler handler) {
    server_ = std::make_unique<ScriptedServer>(std::move(handler));
    settings_.client.endpoint = server_->endpoint();
    if (!settings_.client.credentials.anonymous) {
      settings_.client.credentials.given = Credentials{"key-id", kSecret, ""};
    }
    return MakeS3Store("s3://bucket/lake", settings_, security::OpenSslHasher(), clock_, random_);
  }
  size_t requests() const { return server_->seen().size(); }

  ManualClock clock_{1'700'000'000'000};
  SeededRandom random_{7};
  StoreSettings settings_;
  std::atomic<size_t> answered_{0};
  std::unique_ptr<ScriptedServer> server_;
};

TEST_F(S3StoreTest, PathsBecomeEncodedKeys) {
  const auto store = StoreOn({{200, "x"}});
  EXPECT_EQ(store->Read("t/a b+c%20ä=1/x"), "x");
  EXPECT_EQ(server_->seen()[0].target, "/bucket/lake/t/a%20b%2Bc%2520%C3%A4%3D1/x");
  EXPECT_EQ(store->uri(), "s3://bucket/lake");
  EXPECT_EQ(CodeOf([&] { store->Read(std::string(1020, 'a')); }), "LK-8002");
}

TEST_F(S3StoreTest, PutIfAbsentIsConditional) {
  const auto store = StoreOn({{200}, {412, Refused("PreconditionFailed")}});
  EXPECT_EQ(store->WriteIfAbsent("log/0", "one"), PutResult::kWritten);
  EXPECT_EQ(store->WriteIfAbsent("log/0", "two"), PutResult::kExists);
  EXPECT_EQ(server_->seen()[0].headers.at("if-none-match"), "*");
  EXPECT_EQ(server_->seen()[0].body, "one");
}

TEST_F(S3StoreTest, AConflictingPutIsRepeated) {
  const auto store = StoreOn({{409, Refused("ConditionalRequestConflict")}, {200}});
  EXPECT_EQ(store->WriteIfAbsent("log/0", "one"), PutResult::kWritten);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(S3StoreTest, ALostReplyOfAPutIfAbsentIsUnknownAndNotRepeated) {
  const auto store = StoreOn({{.reset = true}});
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("log/0", "one"); }), "LK-8006");
  EXPECT_EQ(requests(), 1u);
}

TEST_F(S3StoreTest, AnInternalErrorOfAPutIfAbsentIsUnknown) {
  const auto store = StoreOn({{500, Refused("InternalError")}});
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("log/0", "one"); }), "LK-8006");
  EXPECT_EQ(requests(), 1u);
}

TEST_F(S3StoreTest, AnExistingObjectAfterABusyServerIsUnknown) {
  const auto store = StoreOn({{503, Refused("SlowDown")}, {412}});
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("log/0", "one"); }), "LK-8006");
}

TEST_F(S3StoreTest, APutOnAStaleConnectionIsSentAgainAndNotMistaken) {
  // The server closes the kept connection when the next request has arrived: the client cannot
  // know whether it was carried out. It is sent again, and finds the object.
  const auto store = StoreOn(
      {{.status = 200, .body = "x"}, {.reset = true}, {412, Refused("PreconditionFailed")}});
  store->Read("a");
  const std::string code = CodeOf([&] { store->WriteIfAbsent("log/0", "one"); });
  EXPECT_EQ(code, "LK-8006");
}

TEST_F(S3StoreTest, BusyServersAreAskedAgainAfterTheTimeTheySay) {
  const auto store =
      StoreOn({{503, Refused("SlowDown"), {{"Retry-After", "7"}}}, {429}, {500}, {200, "x"}});
  const int64_t begin_ms = clock_.NowMs();
  EXPECT_EQ(store->Read("a"), "x");
  EXPECT_EQ(requests(), 4u);
  EXPECT_GE(clock_.NowMs() - begin_ms, 7000);
}

TEST_F(S3StoreTest, AttemptsEnd) {
  const auto store = StoreOn({{503, Refused("SlowDown")}});
  EXPECT_EQ(CodeOf([&] { store->Read("a"); }), "LK-8011");
  EXPECT_EQ(requests(), 6u);
}

TEST_F(S3StoreTest, NoAttemptBeginsAfterTheDeadline) {
  const auto store = StoreOn({{503, "", {{"Retry-After", "3600"}}}});
  EXPECT_EQ(CodeOf([&] { store->Read("a"); }), "LK-8011");
  EXPECT_EQ(requests(), 1u);
}

TEST_F(S3StoreTest, CutAndLostAnswersOfReadsAreRepeated) {
  const auto store = StoreOn(
      {{.status = 200, .body = "0123456789", .cut = 4}, {.reset = true}, {200, "0123456789"}});
  EXPECT_EQ(store->Read("a"), "0123456789");
}

TEST_F(S3StoreTest, ACancelledReadEnds) {
  CancellationToken token;
  const auto store = StoreOn([&](const SeenRequest&) {
    token.Cancel();
    return Script{503};
  });
  const auto reader = store->OpenImmutable("a", 10, token);
  std::string out(10, ' ');
  EXPECT_EQ(CodeOf([&] { reader->ReadAt(0, std::as_writable_bytes(std::span(out))); }), "LK-0002");
  EXPECT_EQ(requests(), 1u);
}

TEST_F(S3StoreTest, NothingListensIsUnavailable) {
  auto store = StoreOn({{200}});
  server_.reset();
  EXPECT_EQ(CodeOf([&] { store->Read("a"); }), "LK-8011");
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("a", "x"); }), "LK-8011");
}

TEST_F(S3StoreTest, RefusalsAreTyped) {
  const std::vector<std::pair<Script, std::string>> cases = {
      {{403, Refused("AccessDenied")}, "LK-8003"},
      {{403, Refused("SignatureDoesNotMatch")}, "LK-8013"},
      {{403, Refused("InvalidAccessKeyId")}, "LK-8013"},
      {{400, Refused("ExpiredToken")}, "LK-8013"},
      {{404, Refused("NoSuchKey")}, "LK-8001"},
      {{404, Refused("NoSuchBucket")}, "LK-8015"},
      {{507, ""}, "LK-8004"},
      {{400, Refused("InvalidRequest")}, "LK-8007"},
      {{301, Refused("PermanentRedirect"), {{"x-amz-bucket-region", "eu-west-1"}}}, "LK-8012"},
      {{200, "<html>"}, "LK-8014"},
  };
  for (const auto& [script, code] : cases) {
    const auto store = StoreOn({script});
    EXPECT_EQ(CodeOf([&] { store->List("t"); }), code) << script.status << script.body;
  }
}

TEST_F(S3StoreTest, MessagesNameBucketAndKeyAndNoSecret) {
  const auto store = StoreOn({{403, Refused("AccessDenied")}});
  try {
    store->Read("t/x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("s3://bucket/lake/t/x"), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find(kSecret), std::string::npos);
    EXPECT_EQ(error.hint().find(kSecret), std::string::npos);
  }
  const SeenRequest request = server_->seen()[0];
  for (const auto& [name, value] : request.headers) {
    EXPECT_EQ(value.find(kSecret), std::string::npos) << name;
  }
}

TEST_F(S3StoreTest, AClockThatIsWrongIsCorrectedByTheServers) {
  const auto store =
      StoreOn({{403, Refused("RequestTimeTooSkewed"), {{"Date", "Wed, 21 Oct 2026 07:28:00 GMT"}}},
               {200, "x"}});
  EXPECT_EQ(store->Read("a"), "x");
  EXPECT_EQ(server_->seen()[1].headers.at("x-amz-date"), "20261021T072800Z");
}

TEST_F(S3StoreTest, AnonymousRequestsAreNotSigned) {
  settings_.client.credentials.anonymous = true;
  const auto store = StoreOn({{200, "x"}});
  store->Read("a");
  EXPECT_EQ(server_->seen()[0].headers.count("authorization"), 0u);
}

TEST_F(S3StoreTest, ListingsGoOnUntilTheEnd) {
  const auto page = [](const std::string& name, const std::string& next) {
    return "<ListBucketResult><IsTruncated>" + std::string(next.empty() ? "false" : "true") +
           "</IsTruncated><NextContinuationToken>" + next +
           "</NextContinuationToken><Contents><Key>" + "lake/log/" + name +
           "</Key><Size>1</Size></Contents></ListBucketResult>";
  };
  const auto store = StoreOn({{200, page("b", "t/1")}, {200, page("c", "")}});
  const auto found = store->List("log", {.start_after = "log/a"});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].path, "log/c");
  EXPECT_EQ(server_->seen()[0].target,
            "/bucket?delimiter=%2F&encoding-type=url&list-type=2&prefix=lake%2Flog%2F&"
            "start-after=lake%2Flog%2Fa");
  EXPECT_NE(server_->seen()[1].target.find("continuation-token=t%2F1&"), std::string::npos);
}

TEST_F(S3StoreTest, SmallReadsAreJoinedAndReadAhead) {
  const std::string object = [] {
    std::string text;
    for (int i = 0; text.size() < (3u << 20); ++i) text += std::to_string(i) + ",";
    return text;
  }();
  const auto store = StoreOn([&](const SeenRequest& request) {
    size_t first = 0, last = 0;
    EXPECT_EQ(std::sscanf(request.headers.at("range").c_str(), "bytes=%zu-%zu", &first, &last), 2);
    return Script{206, object.substr(first, last - first + 1)};
  });
  const auto size = static_cast<int64_t>(object.size());
  const auto reader = store->OpenImmutable("a", size);
  EXPECT_TRUE(reader->remote());
  const auto read = [&](int64_t offset, size_t bytes) {
    std::string out(bytes, ' ');
    reader->ReadAt(offset, std::as_writable_bytes(std::span(out)));
    EXPECT_EQ(out, object.substr(static_cast<size_t>(offset), bytes));
  };
  read(size - 8, 8);
  read(size - 5000, 4992);
  EXPECT_EQ(requests(), 1u) << "the end of the object comes at once";
  for (int64_t offset = 0; offset + 1000 < size; offset += 1000) read(offset, 1000);
  EXPECT_LE(requests(), 10u) << "3100 reads";
  const size_t before = requests();
  read(100, 1 << 20);
  EXPECT_EQ(requests(), before + 1);
  EXPECT_EQ(server_->connections(), 1u);
  EXPECT_EQ(CodeOf([&] { read(size - 3, 4); }), "LK-8005");
}

TEST_F(S3StoreTest, AnObjectThatIsReplacedWhileItIsReadIsNoticed) {
  const auto store = StoreOn([](const SeenRequest& request) {
    if (request.method == "HEAD") return Script{200, std::string(10, 'x'), {{"ETag", "\"1\""}}};
    EXPECT_EQ(request.headers.at("if-match"), "\"1\"");
    return Script{412, Refused("PreconditionFailed")};
  });
  const auto reader = store->Open("a");
  std::string out(10, ' ');
  EXPECT_EQ(CodeOf([&] { reader->ReadAt(0, std::as_writable_bytes(std::span(out))); }), "LK-8005");
}

/// A server that takes an object in parts and remembers what it was told.
class UploadServer {
 public:
  Script operator()(const SeenRequest& request) {
    if (request.method == "POST" && request.target.ends_with("uploads=")) {
      id = request.headers.at("x-amz-meta-lakehouse-id");
      return {200,
              "<InitiateMultipartUploadResult><UploadId>u 1</UploadId>"
              "</InitiateMultipartUploadResult>"};
    }
    if (request.method == "PUT") {
      parts.push_back(request.body);
      return {200, "", {{"ETag", "\"p" + std::to_string(parts.size()) + "\""}}};
    }
    if (request.method == "POST") {
      list = request.body;
      return completion;
    }
    if (request.method == "DELETE") aborted = true;
    if (request.method == "HEAD") return head_status == 404 ? Script{404} : Head();
    return {204};
  }
  Script Head() const { return {200, "", {{"x-amz-meta-lakehouse-id", foreign ? "other" : id}}}; }

  std::string id, list;
  std::vector<std::string> parts;
  Script completion{200, "<CompleteMultipartUploadResult/>"};
  int head_status = 200;
  bool foreign = false;
  bool aborted = false;
};

class S3UploadTest : public S3StoreTest {
 protected:
  std::string Upload(size_t bytes) {
    settings_.part_bytes = 1000;
    const auto store = StoreOn([this](const SeenRequest& request) { return upload_(request); });
    const auto writer = store->Create("data/x");
    const std::string text(bytes, 'x');
    writer->Append(std::as_bytes(std::span(text)));
    return CodeOf([&] { writer->Finish(); });
  }
  UploadServer upload_;
};

TEST_F(S3UploadTest, LargeObjectsGoInParts) {
  EXPECT_EQ(Upload(2500), "");
  ASSERT_EQ(upload_.parts.size(), 3u);
  EXPECT_EQ(upload_.parts[2].size(), 500u);
  EXPECT_NE(upload_.list.find("<PartNumber>3</PartNumber><ETag>&quot;p3&quot;</ETag>"),
            std::string::npos);
  EXPECT_EQ(server_->seen().back().headers.at("if-none-match"), "*");
  EXPECT_FALSE(upload_.aborted);
}

TEST_F(S3UploadTest, SmallOnesWithOnePut) {
  EXPECT_EQ(Upload(1000), "");
  EXPECT_EQ(requests(), 1u);
}

TEST_F(S3UploadTest, ALostReplyOfTheLastStepIsSettledByTheObjectsId) {
  upload_.completion.reset = true;
  EXPECT_EQ(Upload(2500), "");
  upload_.head_status = 404;
  EXPECT_EQ(Upload(2500), "LK-8006");
  EXPECT_TRUE(upload_.aborted);
}

TEST_F(S3UploadTest, AnErrorBehindAGoodStatusIsNoSuccess) {
  upload_.completion.body = Refused("InternalError");
  upload_.head_status = 404;
  EXPECT_EQ(Upload(2500), "LK-8006");
}

TEST_F(S3UploadTest, AForeignObjectIsNotReplaced) {
  upload_.completion = {412, Refused("PreconditionFailed")};
  upload_.foreign = true;
  EXPECT_EQ(Upload(2500), "LK-8008");
}

TEST(S3Settings, WrongOnesAreRefused) {
  const auto code = [](const std::string& uri, const std::string& endpoint) {
    StoreSettings settings;
    settings.client.endpoint = endpoint;
    return CodeOf([&] {
      MakeS3Store(uri, settings, security::OpenSslHasher(), SystemClock(), SystemRandom());
    });
  };
  EXPECT_EQ(code("s3://bucket/x/", "http://127.0.0.1:1"), "");
  EXPECT_EQ(code("s3a://bucket", ""), "");
  EXPECT_EQ(code("gs://bucket", ""), "LK-8012");
  EXPECT_EQ(code("s3://a", ""), "LK-8012");
  EXPECT_EQ(code("s3://bucket/../x", ""), "LK-8002");
  EXPECT_EQ(code("s3://bucket", "127.0.0.1:1"), "LK-8012");
  EXPECT_EQ(code("s3://bucket", "ftp://host"), "LK-8012");
  EXPECT_EQ(code("s3://bucket", "https://user:password@host"), "LK-8012");
  EXPECT_EQ(code("s3://bucket", "http://example.com"), "LK-8012");
  EXPECT_EQ(code("s3://bucket", "http://127.example.com"), "LK-8012");
  EXPECT_EQ(code("s3://bucket", "http://localhost.example.com:9000"), "LK-8012");
  EXPECT_EQ(code("s3://bucket", "http://[::1]:9000"), "");
}

}  // namespace
}  // namespace lakehouse::io::s3
