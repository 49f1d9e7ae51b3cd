//===- Safetensors.cpp - Reading and writing .safetensors -----------------===//
#include "runtime/checkpoint/Safetensors.h"

#include "runtime/Error.h"
#include "runtime/Files.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

using nlohmann::json;

static const char metadataKey[] = "__metadata__";

/// The header lies after its length.
static constexpr int64_t headerBegin = 8;

static const char *typeName(sluice_element element) {
  switch (element) {
  case SLUICE_F32:
    return "F32";
  case SLUICE_F64:
    return "F64";
  case SLUICE_I32:
    return "I32";
  case SLUICE_BF16:
    return "BF16";
  case SLUICE_F16:
    return "F16";
  }
  __builtin_unreachable();
}

/// Bits of an element of a type of the format, 0 for one that we do not know (it may be newer than this program, and
/// does no harm where it is not read).
static int64_t typeBits(const std::string &type) {
  static const std::map<std::string, int64_t> bits = {
      {"BOOL", 8},  {"U8", 8},   {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"I16", 16}, {"U16", 16}, {"F16", 16},
      {"BF16", 16}, {"I32", 32}, {"U32", 32}, {"F32", 32},    {"I64", 64},    {"U64", 64}, {"F64", 64}};
  auto found = bits.find(type);
  return found == bits.end() ? 0 : found->second;
}

/// A name from a file, quoted, with control characters escaped: a message stays one line.
static std::string quote(const std::string &name) { return json(name).dump(); }

/// The bytes [begin, end) of the data that the header's entry claims. Error where the entry is not well formed.
static std::pair<int64_t, int64_t> parseEntry(const json &value, SafetensorsFile::Entry &entry, int64_t dataBytes,
                                              const std::string &where) {
  auto isCount = [](const json &number) {
    return number.is_number_unsigned() && number.get<uint64_t>() <= uint64_t{INT64_MAX};
  };
  auto field = [&](const char *key) -> const json & {
    static const json none;
    return value.is_object() && value.contains(key) ? value[key] : none;
  };

  const json &type = field("dtype"), &shape = field("shape"), &offsets = field("data_offsets");
  if (!type.is_string())
    throw Error(where + "no dtype");
  if (!shape.is_array() || !std::all_of(shape.begin(), shape.end(), isCount))
    throw Error(where + "its shape is no list of sizes");
  if (!offsets.is_array() || offsets.size() != 2 || !isCount(offsets[0]) || !isCount(offsets[1]))
    throw Error(where + "its data_offsets are no pair of offsets");

  entry.type = type.get<std::string>();
  entry.shape = shape.get<std::vector<int64_t>>();
  int64_t begin = offsets[0].get<int64_t>(), end = offsets[1].get<int64_t>();
  if (begin > end || end > dataBytes)
    throw Error(where + "its data [" + std::to_string(begin) + ", " + std::to_string(end) + ") lies outside the " +
                std::to_string(dataBytes) + " bytes of data in the file");
  entry.bytes = end - begin;

  // Elements of a type that we do not know are of unknown size, but there have to be few enough to count.
  int64_t bits = typeBits(entry.type), bytes = bits > 0 ? bits / 8 : 8;
  bool overflows = false;
  for (int64_t size : entry.shape)
    overflows |= __builtin_mul_overflow(bytes, size, &bytes);
  if (overflows || (bits > 0 && bytes != entry.bytes))
    throw Error(where + entry.type + " of shape " + shapeText(entry.shape) + " does not fit its " +
                std::to_string(entry.bytes) + " bytes");
  return {begin, end};
}

std::string SafetensorsFile::readHeader() const {
  const std::string &name = path();
  // The format's reference implementation has the same bound.
  constexpr uint64_t maxHeaderBytes = 100'000'000;
  uint64_t headerBytes = 0;
  if (file.size() < headerBegin)
    throw Error(name + " is no safetensors file: it ends within its first 8 bytes");
  file.read(0, headerBegin, &headerBytes);
  if (headerBytes > maxHeaderBytes)
    throw Error(name + " is no safetensors file: its header would have " + std::to_string(headerBytes) + " bytes");
  if (headerBytes > file.size() - headerBegin)
    throw Error(name + " is truncated: its header has " + std::to_string(headerBytes) + " bytes, the file " +
                std::to_string(file.size()));
  std::string header(headerBytes, '\0');
  file.read(headerBegin, headerBytes, header.data());
  return header;
}

void SafetensorsFile::addEntries(const std::string &header) {
  const std::string &name = path();
  json root;
  try {
    root = json::parse(header);
  } catch (const json::parse_error &error) {
    throw Error(name + ": the header is no JSON, at its byte " + std::to_string(error.byte));
  } catch (const json::out_of_range &) {
    throw Error(name + ": the header holds a number that is too large");
  }
  if (!root.is_object())
    throw Error(name + ": the header is no JSON object");

  int64_t dataBegin = headerBegin + static_cast<int64_t>(header.size());
  int64_t dataBytes = static_cast<int64_t>(file.size()) - dataBegin;
  for (const auto &[key, value] : root.items()) {
    if (key == metadataKey) {
      if (!value.is_object())
        throw Error(name + ": the metadata is no JSON object");
      for (const auto &[item, text] : value.items())
        information[item] = text.is_string() ? text.get<std::string>() : text.dump();
      continue;
    }
    Entry entry{key, {}, {}, 0, 0};
    auto [begin, end] = parseEntry(value, entry, dataBytes, name + ": tensor " + quote(key) + ": ");
    entry.offset = dataBegin + begin;
    tensors.push_back(std::move(entry));
  }
  // The end matters as well: an empty tensor comes before the one that starts where it lies.
  std::sort(tensors.begin(), tensors.end(), [](const Entry &a, const Entry &b) {
    return std::make_pair(a.offset, a.bytes) < std::make_pair(b.offset, b.bytes);
  });
}

void SafetensorsFile::checkCover(int64_t dataBegin) const {
  int64_t covered = dataBegin;
  for (const Entry &entry : tensors) {
    if (entry.offset != covered)
      throw Error(path() + ": tensor " + quote(entry.name) + ": its data " +
                  (entry.offset < covered ? "overlaps the tensor before it" : "leaves a gap before it"));
    covered += entry.bytes;
  }
  if (int64_t end = static_cast<int64_t>(file.size()); covered != end)
    throw Error(path() + ": " + std::to_string(end - covered) + " bytes after the last tensor");
}

SafetensorsFile::SafetensorsFile(std::string path) : file(std::move(path)) {
  std::string header = readHeader();
  addEntries(header);
  checkCover(headerBegin + static_cast<int64_t>(header.size()));
}

const SafetensorsFile::Entry *SafetensorsFile::find(const std::string &name) const {
  // The exact name first: a file may hold both.
  for (const std::string &candidate : {name, "transformer." + name})
    for (const Entry &entry : tensors)
      if (entry.name == candidate)
        return &entry;
  return nullptr;
}

template <typename Bits> static Bits loadBits(const unsigned char *from) {
  Bits bits;
  std::memcpy(&bits, from, sizeof(Bits)); // data in the file need not be aligned
  return bits;
}

/// bf16 is the upper half of an f32.
static float loadBrain(const unsigned char *from) {
  uint32_t wide = uint32_t{loadBits<uint16_t>(from)} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

/// Converts so many elements of a type of the format. False, with nothing done, where it is no type of floats.
template <typename To>
static bool convert(const std::string &type, const unsigned char *from, int64_t count, void *into) {
  To *out = static_cast<To *>(into);
  auto each = [&](size_t size, auto load) {
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<To>(load(from + static_cast<size_t>(i) * size));
    return true;
  };
  if (type == "F32")
    return each(4, loadBits<float>);
  if (type == "F64")
    return each(8, loadBits<double>);
  if (type == "F16")
    return each(2, loadBits<_Float16>);
  if (type == "BF16")
    return each(2, loadBrain);
  return false;
}

void SafetensorsFile::read(const TensorView &into) const {
  const Entry *entry = find(into.name);
  if (!entry)
    throw Error(path() + ": tensor " + quote(into.name) + " is missing");
  read(*entry, into);
}

void SafetensorsFile::read(const Entry &entry, const TensorView &into) const {
  if (entry.shape != into.shape)
    throw Error(path() + ": tensor " + quote(into.name) + " has shape " + shapeText(entry.shape) + ", expected " +
                shapeText(into.shape));
  readElements(entry, 0, into.elements(), into.element, into.data);
}

void SafetensorsFile::readElements(const Entry &entry, int64_t begin, int64_t count, sluice_element element,
                                   void *out) const {
  // The common case first: a copy, whose bits are those in the file.
  if (entry.type == typeName(element))
    return readBytes(entry, begin * elementBytes(element), count * elementBytes(element), out);
  auto convertPart = [&](const unsigned char *from, int64_t part, void *into) {
    return (element == SLUICE_F32 && convert<float>(entry.type, from, part, into)) ||
           (element == SLUICE_F64 && convert<double>(entry.type, from, part, into));
  };
  if (!convertPart(nullptr, 0, nullptr))
    throw Error(path() + ": tensor " + quote(entry.name) + " is " + entry.type + ", which does not convert to " +
                typeName(element));
  // In blocks that stay in the cache between reading and converting.
  constexpr int64_t blockElements = 32768;
  int64_t size = typeBits(entry.type) / 8;
  std::vector<unsigned char> block(static_cast<size_t>(std::min(count, blockElements) * size));
  for (int64_t done = 0; done < count;) {
    int64_t part = std::min(count - done, blockElements);
    readBytes(entry, (begin + done) * size, part * size, block.data());
    convertPart(block.data(), part, static_cast<char *>(out) + done * elementBytes(element));
    done += part;
  }
}

void SafetensorsFile::readBytes(const Entry &entry, int64_t begin, int64_t count, void *out) const {
  file.read(static_cast<size_t>(entry.offset + begin), static_cast<size_t>(count), out);
}

void writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                      std::map<std::string, std::string> metadata) {
  metadata["format"] = "pt"; // what Hugging Face's loader asks for
  json root = json::object();
  root[metadataKey] = metadata;
  int64_t offset = 0;
  for (const TensorView &tensor : tensors) {
    if (root.contains(tensor.name))
      throw Error("cannot write " + path + ": two tensors are named " + quote(tensor.name));
    root[tensor.name] = {{"dtype", typeName(tensor.element)},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string header = root.dump();
  header.resize((header.size() + 7) / 8 * 8, ' '); // the data starts aligned

  uint64_t headerBytes = header.size();
  AtomicFile file(path);
  file.write(&headerBytes, 8);
  file.write(header);
  for (const TensorView &tensor : tensors)
    file.write(tensor.data, static_cast<size_t>(tensor.bytes()));
  file.commit();
}

} // namespace sluice::runtime
