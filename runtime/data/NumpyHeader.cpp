//===- NumpyHeader.cpp - The header of a .npy file ------------------------===//
//
// Magic, version, a little-endian length, and a Python dictionary of that many bytes:
// {'descr': '<u2', 'fortran_order': False, 'shape': (1000,), }
//
//===----------------------------------------------------------------------===//
#include "runtime/data/NumpyHeader.h"

#include "runtime/Error.h"

#include <algorithm>

namespace sluice::runtime {

using std::string_view;

static constexpr string_view magic = "\x93NUMPY";

bool isNumpy(string_view head) { return head.substr(0, magic.size()) == magic; }

/// What stands behind `'key':`, without spaces before it; empty where the key is missing.
static string_view valueOf(string_view dictionary, const std::string &key) {
  size_t found = dictionary.find("'" + key + "'");
  if (found == string_view::npos)
    return {};
  string_view rest = dictionary.substr(found + key.size() + 2);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.empty() || rest.front() != ':')
    return {};
  rest.remove_prefix(1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

/// The type of the elements; Error where it is no little-endian integer.
static void readType(const std::string &name, string_view text, NumpyHeader &header) {
  bool isQuoted = !text.empty() && text.front() == '\'';
  size_t end = isQuoted ? text.find('\'', 1) : text.find_first_of(",}");
  std::string type(text.substr(isQuoted, end == string_view::npos ? end : end - isQuoted));
  static constexpr string_view sizes = "1248";
  bool isSimple = isQuoted && type.size() == 3 && (type[1] == 'u' || type[1] == 'i') &&
                  sizes.find(type[2]) != string_view::npos &&
                  (type[0] == '<' || type[0] == '=' || (type[0] == '|' && type[2] == '1'));
  if (!isSimple)
    throw Error(name + " is a NumPy array of type '" + type + "', expected little-endian integers, such as '<u2'");
  header.bytesPerElement = type[2] - '0';
  header.isSigned = type[1] == 'i';
  header.type = (header.isSigned ? "int" : "uint") + std::to_string(8 * header.bytesPerElement);
}

/// The only size of `(1000,)`; Error where there are more or none.
static uint64_t readShape(const std::string &name, string_view text) {
  size_t end = text.find(')');
  std::string shape(text.substr(0, end == string_view::npos ? 0 : end + 1));
  std::string digits;
  size_t at = 1;
  while (at < shape.size() && shape[at] >= '0' && shape[at] <= '9')
    digits += shape[at++];
  constexpr size_t mostDigits = 18; // fit 64 bits
  if (shape.empty() || shape.front() != '(' || digits.empty() || digits.size() > mostDigits || shape.substr(at) != ",)")
    throw Error(name + " is a NumPy array of shape '" + shape + "', expected one dimension, such as '(1000,)'");
  return std::stoull(digits);
}

NumpyHeader readNumpyHeader(const InputFile &file, string_view head) {
  const std::string &name = file.path();
  auto byteAt = [&](size_t offset) { return static_cast<size_t>(static_cast<unsigned char>(head[offset])); };
  constexpr size_t versionAt = magic.size(), lengthAt = versionAt + 2;
  bool isKnown = head.size() > lengthAt + 4 && byteAt(versionAt) >= 1 && byteAt(versionAt) <= 3;
  if (!isKnown)
    throw Error(name + " is a NumPy file of an unknown version, or ends within its header");
  // Two bytes in version 1, four in the others.
  size_t lengthBytes = byteAt(versionAt) == 1 ? 2 : 4, length = 0;
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= byteAt(lengthAt + i) << 8 * i;
  NumpyHeader header;
  header.firstByte = lengthAt + lengthBytes + length;
  if (header.firstByte > head.size())
    throw Error(
        name + " is a NumPy file with a header of " + std::to_string(length) + " bytes, which " +
        (header.firstByte > file.size() ? "ends behind the file" : "is longer than that of any list of tokens"));
  string_view dictionary = head.substr(lengthAt + lengthBytes, length);
  readType(name, valueOf(dictionary, "descr"), header);
  header.elements = readShape(name, valueOf(dictionary, "shape"));
  return header;
}

} // namespace sluice::runtime
