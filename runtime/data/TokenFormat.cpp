//===- TokenFormat.cpp - How the tokens of a file are stored --------------===//
#include "runtime/data/TokenFormat.h"

#include "runtime/Error.h"
#include "runtime/data/NumpyHeader.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

namespace sluice::runtime {

using std::string_view;

static bool endsWith(string_view text, string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

static bool startsWith(string_view text, string_view start) { return text.substr(0, start.size()) == start; }

/// A little-endian number; the file need not be aligned, and chars may be signed.
static uint32_t wordAt(string_view head, size_t offset) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i)
    word |= static_cast<uint32_t>(static_cast<unsigned char>(head[offset + i])) << 8 * i;
  return word;
}

static bool isPrintable(char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; }

static std::string plural(uint64_t count, const char *what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

//===-- What holds no tokens that can be read ---------------------------------------------===//

/// The format by the first bytes of the file, empty where it is none of these. Each is long enough that raw tokens
/// hardly ever begin with it.
static std::string foreignFormat(string_view head) {
  using namespace std::string_view_literals;
  // Text may well begin with some, but has no zeros.
  bool isText = head.find('\0') == string_view::npos;
  static constexpr std::pair<string_view, const char *> magics[] = {
      {"\x1f\x8b\x08"sv, "compressed by gzip"},
      {"\x28\xb5\x2f\xfd"sv, "compressed by zstd"},
      {"\x04\x22\x4d\x18"sv, "compressed by lz4"},
      {"\xfd\x37zXZ\0"sv, "compressed by xz"},
      {"PK\3\4"sv, "a zip archive (as .npz and .pt are)"},
      {"PK\5\6"sv, "a zip archive (as .npz and .pt are)"},
      {"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive"},
      {"PAR1"sv, "a Parquet table"},
      {"ARROW1\0\0"sv, "an Arrow table"},
      {"\xff\xff\xff\xff"sv, "an Arrow stream"},
      {"ORC\x0a"sv, "an ORC table"},
      {"Obj\1"sv, "an Avro table"},
      {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
      {"SQLite format 3\0"sv, "an SQLite database"},
      {"MMIDIDX\0\0"sv, "the index of a Megatron dataset"},
      {"GGUF"sv, "a GGUF model"},
      {"\x7f"
       "ELF"sv,
       "a program"},
  };
  for (const auto &[magic, name] : magics)
    if (startsWith(head, magic) && !(isText && std::all_of(magic.begin(), magic.end(), isPrintable)))
      return name;
  if (startsWith(head, "BZh") && head.size() > 9 && head.substr(4, 6) == "1AY&SY"sv)
    return "compressed by bzip2";
  if (head.size() > 262 && head.substr(257, 5) == "ustar")
    return "a tar archive";
  // Protocols 2 to 5: the opcode PROTO, and then FRAME, a container or a global.
  if (head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5 && string_view("\x95}](c").find(head[2]) < 5)
    return "a Python pickle";
  // Little-endian length of the header, and the header.
  if (head.size() > 10 && wordAt(head, 4) == 0 && head.substr(8, 2) == "{\"")
    return "a safetensors file";
  return "";
}

/// Files of llm.c that are no data.
static const char *foreignFileOfLlmC(uint32_t magic) {
  switch (magic) {
  case 20240326:
    return "weights of llm.c";
  case 20240327:
    return "a debug state of llm.c";
  case 20240328:
    return "a tokenizer of llm.c";
  case 20240522:
    return "a multiple-choice evaluation of llm.c";
  }
  return nullptr;
}

static void refuseForeign(const std::string &name, string_view head, bool isRaw) {
  const char *wanted = ", expected text or tokens";
  if (std::string format = foreignFormat(head); !format.empty())
    throw Error(name + " is " + format + wanted);
  if (head.size() >= 8)
    if (const char *other = foreignFileOfLlmC(wordAt(head, 0)); other && wordAt(head, 4) < 256)
      throw Error(name + " is " + other + wanted);
  if (isRaw)
    return;
  // Tokens may well begin with these two bytes, text does not.
  if (startsWith(head, "\xff\xfe") || startsWith(head, "\xfe\xff"))
    throw Error(name + " is text in UTF-16, expected text in UTF-8, a token a byte");
  bool isRecords = endsWith(name, ".jsonl") || endsWith(name, ".ndjson");
  if (isRecords && startsWith(head, "{"))
    throw Error(name + " holds JSON records, expected their text (under another name it is read as text)");
}

//===-- Headers ----------------------------------------------------------------------------===//

static void setCount(TokenFormat &format, const InputFile &file, uint64_t count) {
  uint64_t bytes = file.size() - format.firstByte, width = static_cast<uint64_t>(format.bytesPerToken);
  if (bytes % width != 0 || bytes / width != count)
    throw Error(file.path() + " has " + plural(bytes / width, "token") +
                (bytes % width ? " and " + plural(bytes % width, "byte") : "") + ", but its header says " +
                std::to_string(count));
  format.tokens = static_cast<int64_t>(count);
}

/// Whether the file has llm.c's header, which is then read.
static bool readHeaderOfLlmC(const InputFile &file, string_view head, TokenFormat &format) {
  struct Kind {
    uint32_t magic, version;
    int bytesPerToken;
    const char *name;
  };
  static constexpr Kind kinds[] = {{20240520, 1, 2, "16-bit tokens after llm.c's header"},
                                   {20240801, 7, 4, "32-bit tokens after llm.c's header"}};
  if (head.size() < 4)
    return false;
  const Kind *kind =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind &kind) { return kind.magic == wordAt(head, 0); });
  // Read as raw tokens, the magics would be 56600 or 55713, and 308.
  if (kind == std::end(kinds))
    return false;
  constexpr size_t headerBytes = 1024;
  if (file.size() < headerBytes)
    throw Error(file.path() + " ends within its header: " + std::to_string(file.size()) + " of 1024 bytes");
  if (uint32_t version = wordAt(head, 4); version != kind->version)
    throw Error(file.path() + " has a header of version " + std::to_string(version) + ", expected " +
                std::to_string(kind->version) + " (uint" + std::to_string(8 * kind->bytesPerToken) + " tokens)");
  format.name = kind->name;
  format.bytesPerToken = kind->bytesPerToken;
  format.firstByte = headerBytes;
  setCount(format, file, wordAt(head, 8));
  return true;
}

static bool readHeaderOfNumpy(const InputFile &file, string_view head, TokenFormat &format) {
  if (!isNumpy(head))
    return false;
  NumpyHeader header = readNumpyHeader(file, head);
  format.name = "NumPy's " + header.type;
  format.bytesPerToken = header.bytesPerElement;
  format.isSigned = header.isSigned;
  format.firstByte = header.firstByte;
  setCount(format, file, header.elements);
  return true;
}

//===-- Raw tokens -------------------------------------------------------------------------===//

/// Raw 16-bit tokens look like anything: what is surely something else is refused.
static void checkRaw16(const std::string &name, string_view head) {
  constexpr size_t enough = 32; // for chance to be ruled out
  if (head.size() >= enough && std::all_of(head.begin(), head.end(), isPrintable))
    throw Error(name + " is text by all appearance, expected raw 16-bit tokens behind '.bin' or '.u16'");
  // No vocabulary in use is beyond 2^18: the upper halves of wider tokens are next to nothing, the lower ones are not.
  constexpr uint32_t mostUpper = 3;
  size_t pairs = head.size() / 4, large = 0;
  bool isWide = head.size() >= enough && head.size() % 4 == 0;
  for (size_t i = 0; isWide && i < pairs; ++i) {
    uint32_t pair = wordAt(head, 4 * i);
    isWide = pair >> 16 <= mostUpper;
    large += (pair & 0xFFFF) > mostUpper;
  }
  if (isWide && large >= pairs / 2) // of 64-bit tokens, just the half
    throw Error(name + " holds 32-bit tokens by all appearance, as every second number of 16 bits is next to 0: "
                       "expected 16-bit tokens behind '.bin', or the name to end in '.u32'");
}

static void readRaw(const InputFile &file, string_view head, TokenFormat &format) {
  const std::string &name = file.path();
  bool isWide = endsWith(name, ".u32");
  format.bytesPerToken = isWide ? 4 : 2;
  format.name = isWide ? "raw 32-bit tokens" : "raw 16-bit tokens";
  size_t width = static_cast<size_t>(format.bytesPerToken);
  if (file.size() % width != 0)
    throw Error(name + " has " + (isWide ? "a size of " : "an odd size of ") + std::to_string(file.size()) +
                " bytes, but its tokens are " + std::to_string(width) + " bytes each");
  if (!isWide)
    checkRaw16(name, head);
  format.tokens = static_cast<int64_t>(file.size() / width);
}

TokenFormat readTokenFormat(const InputFile &file) {
  const std::string &name = file.path();
  if (file.size() == 0)
    throw Error(name + " is empty");
  constexpr size_t headBytes = 4096;
  std::string head(std::min(file.size(), headBytes), '\0');
  file.read(0, head.size(), head.data());
  bool isRaw = endsWith(name, ".bin") || endsWith(name, ".u16") || endsWith(name, ".u32");
  TokenFormat format;
  if (readHeaderOfLlmC(file, head, format) || readHeaderOfNumpy(file, head, format)) {
    if (format.tokens == 0)
      throw Error(name + " is empty");
    return format;
  }
  refuseForeign(name, head, isRaw);
  if (isRaw) {
    readRaw(file, head, format);
    return format;
  }
  format.name = "text, a token a byte";
  format.isText = true;
  format.tokens = static_cast<int64_t>(file.size());
  return format;
}

} // namespace sluice::runtime
