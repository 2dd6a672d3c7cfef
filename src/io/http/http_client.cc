#include "io/http/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "base/check.h"

namespace lakehouse::io::http {
namespace {

constexpr long kReceiveBufferBytes = 512L << 10;
constexpr long kSendBufferBytes = 1L << 20;
constexpr size_t kMaxHeaderBytes = size_t{256} << 10;
/// Who waits for a connection looks so often whether the wait still makes sense.
constexpr auto kStopCheck = std::chrono::milliseconds(20);

/// One request while it is under way; libcurl calls back into it.
struct Transfer {
  const Request& request;
  const CancellationToken& token;
  Response response;
  size_t sent_bytes = 0;    ///< of the body
  size_t header_bytes = 0;  ///< of the answer
  bool too_large = false;

  bool stopped() const {
    try {
      token.ThrowIfStopped();
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }
};

size_t TakeBody(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  Response& response = transfer.response;
  const bool success = response.status >= 200 && response.status < 300;
  if (success && !transfer.request.into.empty()) {
    const std::span<std::byte> into = transfer.request.into;
    if (size > into.size() - response.received_bytes) {
      transfer.too_large = true;
      return 0;
    }
    std::memcpy(into.data() + response.received_bytes, data, size);
    response.received_bytes += size;
    return size;
  }
  if (size > transfer.request.max_body_bytes - response.body.size()) {
    transfer.too_large = true;
    return 0;
  }
  response.body.append(data, size);
  return size;
}

size_t TakeHeader(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // a new answer, after "100 Continue" for one
    transfer.response.headers.clear();
    const size_t space = line.find(' ');
    transfer.response.status =
        space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space)).c_str());
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
  transfer.response.headers[std::move(name)] = value;
  return size;
}

size_t GiveBody(char* data, size_t, size_t room, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view rest = transfer.request.body.substr(transfer.sent_bytes);
  const size_t size = std::min(room, rest.size());
  std::memcpy(data, rest.data(), size);
  transfer.sent_bytes += size;
  return size;
}

/// libcurl sends a request again when a kept connection turns out to be closed.
int Rewind(void* self, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  transfer.sent_bytes = static_cast<size_t>(offset);
  transfer.response.sent_twice = true;
  return CURL_SEEKFUNC_OK;
}

int Watch(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(self)->stopped() ? 1 : 0;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// 127.0.0.0/8 in its usual form of four decimal numbers.
bool IsLoopbackAddress(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int parts = 0;
  for (size_t at = 0; at <= host.size(); ++parts) {
    const size_t end = std::min(host.find('.', at), host.size());
    const std::string_view part = host.substr(at, end - at);
    if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), IsDigit) ||
        std::atoi(std::string(part).c_str()) > 255) {
      return false;
    }
    at = end + 1;
  }
  return parts == 4;
}

/// Whether `url` names this machine; with a user name or password in it, it does not.
bool IsLoopback(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  return IsLoopbackHost(rest.substr(0, rest.find_first_of("/?#")));
}

template <typename Value>
void Set(CURL* handle, CURLoption option, Value value) {
  LAKE_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

HeaderList HeadersOf(const Request& request) {
  HeaderList list(nullptr, curl_slist_free_all);
  const auto add = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    LAKE_CHECK(longer != nullptr);
    (void)list.release();
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers) add(name + ": " + value);
  // A body goes out at once, and says nothing that the caller has not said.
  for (const char* unwanted : {"Expect:", "Accept:", "Transfer-Encoding:"}) add(unwanted);
  if (!request.body.empty()) add("Content-Type: application/octet-stream");
  return list;
}

void Prepare(CURL* handle, const ClientOptions& options, const Request& request,
             const curl_slist* headers, Transfer& transfer) {
  curl_easy_reset(handle);  // keeps connections and TLS sessions
  Set(handle, CURLOPT_URL, request.url.c_str());
  Set(handle, CURLOPT_PATH_AS_IS, 1L);
  Set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(handle, CURLOPT_NOSIGNAL, 1L);
  Set(handle, CURLOPT_TCP_NODELAY, 1L);
  Set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) Set(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  if (IsLoopback(request.url)) Set(handle, CURLOPT_PROXY, "");
  Set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  Set(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  Set(handle, CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(std::max<int64_t>(1, options.stall_timeout_ms / 1000)));
  Set(handle, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  Set(handle, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
  Set(handle, CURLOPT_HTTPHEADER, headers);
  Set(handle, CURLOPT_WRITEFUNCTION, &TakeBody);
  Set(handle, CURLOPT_WRITEDATA, &transfer);
  Set(handle, CURLOPT_HEADERFUNCTION, &TakeHeader);
  Set(handle, CURLOPT_HEADERDATA, &transfer);
  Set(handle, CURLOPT_XFERINFOFUNCTION, &Watch);
  Set(handle, CURLOPT_XFERINFODATA, &transfer);
  Set(handle, CURLOPT_NOPROGRESS, 0L);
  const bool upload = request.method == "PUT" || request.method == "POST";
  if (upload) {
    Set(handle, CURLOPT_UPLOAD, 1L);
    Set(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(handle, CURLOPT_READFUNCTION, &GiveBody);
    Set(handle, CURLOPT_READDATA, &transfer);
    Set(handle, CURLOPT_SEEKFUNCTION, &Rewind);
    Set(handle, CURLOPT_SEEKDATA, &transfer);
  }
  if (request.method == "HEAD") Set(handle, CURLOPT_NOBODY, 1L);
  if (request.method == "POST" || request.method == "DELETE") {
    Set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

Outcome OutcomeOf(CURLcode code, CURL* handle, const Transfer& transfer) {
  if (code == CURLE_OK) return Outcome::kAnswered;
  if (transfer.too_large) return Outcome::kTooLarge;
  if (code == CURLE_ABORTED_BY_CALLBACK) return Outcome::kStopped;
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return Outcome::kUntrusted;
  }
  long request_bytes = 0;
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &request_bytes);
  return request_bytes > 0 || transfer.sent_bytes > 0 ? Outcome::kReplyLost : Outcome::kNotSent;
}

void StartLibrary() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  LAKE_CHECK(code == CURLE_OK);
}

}  // namespace

/// A handle keeps the connections that it has used, so the last one given back is taken first.
struct Client::Pool {
  explicit Pool(ClientOptions of) : options(std::move(of)) {}
  ~Pool() {
    for (CURL* handle : idle) curl_easy_cleanup(handle);
  }

  /// Waits while all are in use; null when `transfer` is stopped before one is free.
  CURL* Take(const Transfer& transfer) {
    std::unique_lock lock(mutex);
    while (!returned.wait_for(lock, kStopCheck,
                              [&] { return !idle.empty() || open < options.max_connections; })) {
      if (transfer.stopped()) return nullptr;
    }
    if (!idle.empty()) {
      CURL* const handle = idle.back();
      idle.pop_back();
      return handle;
    }
    CURL* const handle = curl_easy_init();
    LAKE_CHECK(handle != nullptr);
    ++open;
    return handle;
  }
  void Return(CURL* handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(handle);
    returned.notify_one();
  }

  const ClientOptions options;
  std::mutex mutex;
  std::condition_variable returned;
  std::vector<CURL*> idle;  ///< guarded by mutex
  int open = 0;             ///< guarded by mutex
};

Client::Client(ClientOptions options) : pool_(std::make_unique<Pool>(std::move(options))) {
  StartLibrary();
}
Client::~Client() = default;

Result Client::Send(const Request& request, const CancellationToken& token) {
  const HeaderList headers = HeadersOf(request);
  Transfer transfer{request, token, {}};
  CURL* const taken = pool_->Take(transfer);
  if (taken == nullptr) return {Outcome::kStopped, "it waited for a connection", {}};
  const auto give_back = [this](CURL* handle) { pool_->Return(handle); };
  const std::unique_ptr<CURL, decltype(give_back)> handle(taken, give_back);
  char reason[CURL_ERROR_SIZE] = "";
  Prepare(taken, pool_->options, request, headers.get(), transfer);
  Set(taken, CURLOPT_ERRORBUFFER, &reason[0]);
  const CURLcode code = curl_easy_perform(taken);
  Result result;
  result.outcome = OutcomeOf(code, taken, transfer);
  if (code != CURLE_OK) result.reason = reason[0] != '\0' ? reason : curl_easy_strerror(code);
  result.response = std::move(transfer.response);
  // The buffer for messages goes away now; the handle must not write to it.
  Set(taken, CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  return result;
}

bool IsLoopbackHost(std::string_view host) {
  const size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const size_t colon = host.find(':', bracket);
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.size() > 5 || !std::all_of(port.begin(), port.end(), IsDigit)) return false;
    host = host.substr(0, colon);
  }
  if (host == "[::1]") return true;
  constexpr std::string_view kName = "localhost";
  if (std::equal(host.begin(), host.end(), kName.begin(), kName.end(),
                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; })) {
    return true;
  }
  return IsLoopbackAddress(host);
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() + 16);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || (keep_slash && c == '/');
    if (plain) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

std::string PercentDecode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (escape) {
      decoded.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

int64_t ParseHttpDate(const std::string& text) {
  const time_t seconds = curl_getdate(text.c_str(), nullptr);
  return seconds < 0 ? -1 : static_cast<int64_t>(seconds) * 1000;
}

}  // namespace lakehouse::io::http
