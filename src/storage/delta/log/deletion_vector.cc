#include "storage/delta/log/deletion_vector.h"

#include <zlib.h>

#include <array>
#include <cstring>
#include <span>

#include "base/check.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "storage/delta/log/actions.h"
#include "storage/file_place.h"

namespace lakehouse::storage::delta {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr size_t kEncodedUuid = 20;
constexpr uint32_t kPortableMagic = 1681511377;
constexpr uint32_t kNativeMagic = 1681511376;
constexpr int64_t kMaxBytes = int64_t{1} << 30;  ///< of one vector
constexpr char kFileVersion = 1;

[[noreturn]] void ThrowDamaged(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3008", "a deletion vector is damaged: " + why,
              "Restore the file from a backup, or read an older version of the table.");
}

template <typename Number>
Number NumberAt(std::string_view bytes, size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof(Number));
  return number;
}

uint32_t BigEndianAt(std::string_view bytes, size_t at) {
  return __builtin_bswap32(NumberAt<uint32_t>(bytes, at));
}

template <typename Number>
void AppendNumber(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(Number));
}

void AppendBigEndian(std::string& bytes, uint32_t number) {
  AppendNumber(bytes, __builtin_bswap32(number));
}

uint32_t Crc32(std::string_view data) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

/// The older form: number of bitmaps (4 bytes), then for each, of keys 0, 1, ..., its length (4
/// bytes) and the bitmap. Nothing when it is not whole.
std::optional<std::string> PortableOfNative(std::string_view native) {
  if (native.size() < sizeof(uint32_t)) return std::nullopt;
  const auto count = NumberAt<uint32_t>(native, 0);
  native.remove_prefix(sizeof(uint32_t));
  std::string portable;
  AppendNumber(portable, uint64_t{count});
  for (uint32_t key = 0; key < count; ++key) {
    if (native.size() < sizeof(uint32_t)) return std::nullopt;
    const auto length = NumberAt<uint32_t>(native, 0);
    native.remove_prefix(sizeof(uint32_t));
    if (length > native.size()) return std::nullopt;
    AppendNumber(portable, key);
    portable.append(native.substr(0, length));
    native.remove_prefix(length);
  }
  return native.empty() ? std::optional(std::move(portable)) : std::nullopt;
}

std::string InlineBytes(const DeletionVectorDescriptor& descriptor) {
  auto bytes = DecodeZ85(descriptor.path_or_inline);
  if (!bytes) ThrowDamaged("its text is not of Z85");
  // The text stands for a multiple of 4 bytes; the rest is padding.
  const auto size = static_cast<size_t>(descriptor.size_bytes);
  if (bytes->size() < size || bytes->size() - size >= 4) {
    ThrowDamaged("it has " + std::to_string(bytes->size()) + " bytes, not " +
                 std::to_string(descriptor.size_bytes));
  }
  bytes->resize(size);
  return *std::move(bytes);
}

/// The data of a vector in a file: length, data, CRC-32, after the version of the file.
std::string StoredBytes(const DeletionVectorDescriptor& descriptor, const io::Location& place) {
  const auto file = place.store->Open(place.path);
  const int64_t offset = descriptor.offset.value_or(0);
  const int64_t wanted = descriptor.size_bytes + 8;
  const int64_t size = file->info().size_bytes;
  if (offset > size || wanted > size - offset) {
    ThrowDamaged(place.uri() + " has " + std::to_string(size) + " bytes, the vector ends at " +
                 std::to_string(offset + wanted));
  }
  char version = 0;
  file->ReadAt(0, std::as_writable_bytes(std::span(&version, 1)));
  if (version != kFileVersion) {
    ThrowDamaged(place.uri() + " is of version " + std::to_string(version) + ", not 1");
  }
  std::string bytes(static_cast<size_t>(wanted), '\0');
  file->ReadAt(offset, std::as_writable_bytes(std::span(bytes)));
  const std::string_view all = bytes;
  if (BigEndianAt(all, 0) != static_cast<uint64_t>(descriptor.size_bytes)) {
    ThrowDamaged(place.uri() + " holds " + std::to_string(BigEndianAt(all, 0)) +
                 " bytes there, not " + std::to_string(descriptor.size_bytes));
  }
  std::string data(all.substr(4, static_cast<size_t>(descriptor.size_bytes)));
  if (Crc32(data) != BigEndianAt(all, all.size() - 4))
    ThrowDamaged(place.uri() + " has a wrong checksum");
  return data;
}

}  // namespace

std::string DeletionVectorDescriptor::UniqueId() const {
  const std::string id = storage_type + path_or_inline;
  return offset ? id + "@" + std::to_string(*offset) : id;
}

void Validate(const DeletionVectorDescriptor& descriptor) {
  const char type = descriptor.storage_type;
  if (type != 'u' && type != 'p' && type != 'i') {
    ThrowDamaged(std::string("its storage type '") + type + "' is not known");
  }
  if (descriptor.cardinality < 0 || descriptor.offset.value_or(0) < 0 ||
      descriptor.size_bytes < 0 || descriptor.size_bytes > kMaxBytes) {
    ThrowDamaged("its size, offset or cardinality is out of range");
  }
  if (type == 'u' && descriptor.path_or_inline.size() < kEncodedUuid) {
    ThrowDamaged("its path '" + descriptor.path_or_inline + "' is too short");
  }
  if (type == 'p' && !IsAbsolute(descriptor.path_or_inline)) {
    ThrowDamaged("its path '" + descriptor.path_or_inline + "' is not absolute");
  }
}

std::optional<std::string> DecodeZ85(std::string_view text) {
  if (text.size() % 5 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 5 * 4);
  for (size_t i = 0; i < text.size(); i += 5) {
    uint64_t word = 0;
    for (const char c : text.substr(i, 5)) {
      const size_t digit = kAlphabet.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      word = word * kAlphabet.size() + digit;
    }
    if (word > UINT32_MAX) return std::nullopt;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift);
  }
  return bytes;
}

std::string EncodeZ85(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    uint32_t word = BigEndianAt(bytes, i);
    std::array<char, 5> group;
    for (size_t k = group.size(); k > 0; --k) {
      group[k - 1] = kAlphabet[word % kAlphabet.size()];
      word /= static_cast<uint32_t>(kAlphabet.size());
    }
    text.append(group.data(), group.size());
  }
  return text;
}

std::string PathOf(const DeletionVectorDescriptor& descriptor) {
  const std::string& text = descriptor.path_or_inline;
  if (descriptor.storage_type == 'p') return DecodePath(text);
  const auto uuid = DecodeZ85(std::string_view(text).substr(text.size() - kEncodedUuid));
  if (!uuid) ThrowDamaged("its path '" + text + "' does not end with a UUID in Z85");
  constexpr char kHex[] = "0123456789abcdef";
  std::string name = "deletion_vector_";
  for (size_t i = 0; i < uuid->size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) name += '-';
    const auto byte = static_cast<unsigned char>((*uuid)[i]);
    name += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return io::JoinPath(text.substr(0, text.size() - kEncodedUuid), name + ".bin");
}

RowSet ParseDeletionVector(std::string_view data) {
  if (data.size() < sizeof(uint32_t)) ThrowDamaged("it has no magic number");
  const auto magic = NumberAt<uint32_t>(data, 0);
  data.remove_prefix(sizeof(uint32_t));
  std::optional<RowSet> rows;
  if (magic == kPortableMagic) {
    rows = RowSet::FromPortable(data);
  } else if (magic == kNativeMagic) {
    if (const auto portable = PortableOfNative(data)) rows = RowSet::FromPortable(*portable);
  } else {
    ThrowDamaged("its magic number " + std::to_string(magic) + " is not known");
  }
  if (!rows) ThrowDamaged("its bitmaps are not whole");
  return *std::move(rows);
}

RowSet ReadDeletionVector(const DeletionVectorDescriptor& descriptor, const io::Location& table,
                          const StorageContext& context) {
  Validate(descriptor);
  RowSet rows = ParseDeletionVector(
      descriptor.storage_type == 'i'
          ? InlineBytes(descriptor)
          : StoredBytes(descriptor, LocateFile(PathOf(descriptor), table, context.stores)));
  if (rows.size() != descriptor.cardinality) {
    ThrowDamaged("it holds " + std::to_string(rows.size()) + " rows, not " +
                 std::to_string(descriptor.cardinality));
  }
  return rows;
}

std::string WriteDeletionVector(const RowSet& rows) {
  std::string data;
  AppendNumber(data, kPortableMagic);
  return data + rows.ToPortable();
}

DeletionVectorFile::DeletionVectorFile(io::Location table, Random& random)
    : table_(std::move(table)), bytes_(1, kFileVersion) {
  const Uuid uuid = Uuid::V4(random);
  id_ = EncodeZ85({reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()});
  path_ = "deletion_vector_" + uuid.ToString() + ".bin";
}

DeletionVectorPtr DeletionVectorFile::Add(const RowSet& rows) {
  LAKE_CHECK(!rows.empty());
  const std::string data = WriteDeletionVector(rows);
  auto vector = std::make_shared<DeletionVectorDescriptor>();
  vector->storage_type = 'u';
  vector->path_or_inline = id_;
  vector->offset = static_cast<int64_t>(bytes_.size());
  vector->size_bytes = static_cast<int64_t>(data.size());
  vector->cardinality = rows.size();
  if (vector->size_bytes > kMaxBytes || *vector->offset > INT32_MAX) {
    throw Error(ErrorKind::kUnsupported, "LK-3020",
                "the deletion vectors of one commit need more than 1 GiB",
                "Change fewer rows at once, or rewrite the files: OPTIMIZE does.");
  }
  AppendBigEndian(bytes_, static_cast<uint32_t>(data.size()));
  bytes_ += data;
  AppendBigEndian(bytes_, Crc32(data));
  ++count_;
  return vector;
}

void DeletionVectorFile::Write() const {
  const auto writer = table_.store->Create(io::JoinPath(table_.path, path_));
  writer->Append(std::as_bytes(std::span(bytes_)));
  writer->Finish();
}

}  // namespace lakehouse::storage::delta
