//===- TensorBoard.cpp - Metrics as event files ---------------------------===//

#include "runtime/train/TensorBoard.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <vector>

namespace sluice::runtime {

namespace fs = std::filesystem;

/// What is left of every byte after division by the polynomial, bits reversed.
static constexpr std::array<uint32_t, 256> makeRemainders() {
  std::array<uint32_t, 256> remainders = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest >> 1) ^ (rest & 1 ? 0x82F63B78u : 0u);
    remainders[byte] = rest;
  }
  return remainders;
}

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> remainders = makeRemainders();
  uint32_t crc = ~0u;
  for (char byte : bytes)
    crc = remainders[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

template <typename Word> static std::string littleEndian(Word word) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(word); ++i)
    bytes += static_cast<char>(word >> 8 * i & 0xFF);
  return bytes;
}

static std::string maskedChecksum(std::string_view bytes) {
  uint32_t crc = crc32c(bytes);
  return littleEndian((crc >> 15 | crc << 17) + 0xa282ead8u);
}

std::string eventRecord(std::string_view data) {
  std::string header = littleEndian(static_cast<uint64_t>(data.size()));
  return header + maskedChecksum(header) + std::string(data) + maskedChecksum(data);
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
static std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7)
    bytes += static_cast<char>(value | 0x80);
  return bytes += static_cast<char>(value);
}

// A field is its number with the type of its encoding in the lowest three bits, and its value.

static std::string field(uint32_t number, double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return varint(number << 3 | 1) + littleEndian(bits);
}

static std::string field(uint32_t number, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return varint(number << 3 | 5) + littleEndian(bits);
}

static std::string field(uint32_t number, int64_t value) {
  return varint(number << 3) + varint(static_cast<uint64_t>(value));
}

/// A text or a message.
static std::string field(uint32_t number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

/// The record of an event of now; `content` is its other fields.
static std::string eventNow(const std::string &content) {
  std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return eventRecord(field(1, now.count()) + content);
}

static constexpr char kPrefix[] = "events.out.tfevents.";

/// Names of the event files in the folder, in the order of the alphabet.
static std::vector<std::string> eventFilesIn(const std::string &folder) {
  std::vector<std::string> names;
  std::error_code isNoFolder;
  for (fs::directory_iterator at(folder, isNoFolder), end; at != end; at.increment(isNoFolder))
    if (std::string name = at->path().filename().string(); name.rfind(kPrefix, 0) == 0)
      names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string findEventFile(const std::string &folder) {
  std::vector<std::string> names = eventFilesIn(folder);
  return names.empty() ? "" : (fs::path(folder) / names.front()).string();
}

/// A name with this time or, so that it comes after those that are there, with a later one.
static std::string newName(const std::string &folder) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  for (const std::string &name : eventFilesIn(folder))
    if (int64_t other = std::strtoll(name.c_str() + sizeof(kPrefix) - 1, nullptr, 10); other < INT64_MAX)
      seconds = std::max(seconds, other + 1);
  char host[65] = "", name[160];
  ::gethostname(host, sizeof(host) - 1);
  std::replace(std::begin(host), std::end(host), '/', '_');
  std::snprintf(name, sizeof(name), "%s%010lld.%s.%d.0", kPrefix, static_cast<long long>(seconds), host, ::getpid());
  return name;
}

EventFile::EventFile(const std::string &folder, int64_t firstStep) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw RunError("cannot make the folder " + folder + ": " + failure.message());
  path = (fs::path(folder) / newName(folder)).string();
  // Whatever other runs do meanwhile, a file that is there stays as it is.
  descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw RunError("cannot make the event file " + path + ": " + std::strerror(errno));
  constexpr int64_t start = 1;
  try {
    writeBytes(eventNow(field(3, std::string_view("brain.Event:2"))) +
               eventNow(field(2, firstStep) + field(7, field(1, start))));
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

EventFile::~EventFile() { ::close(descriptor); }

void EventFile::write(const MetricsLine &line) {
  std::string summary;
  for (const MetricsScalar &scalar : line.scalars())
    summary += field(1, field(1, std::string_view(scalar.tag)) + field(2, static_cast<float>(scalar.value)));
  writeBytes(eventNow(field(2, line.step()) + field(5, summary)));
}

void EventFile::writeBytes(std::string_view bytes) {
  if (!writeAll(descriptor, bytes))
    throw OutputError("cannot write the event file " + path + ": " + std::strerror(errno));
}

} // namespace sluice::runtime
