//===- TokenStream.cpp - Files of tokens as one stream --------------------===//
#include "runtime/data/TokenStream.h"

#include "runtime/Error.h"

#include <algorithm>

namespace sluice::runtime {

TokenFile::TokenFile(std::string path, TextInput text) : file(std::move(path)), tokenFormat(readTokenFormat(file)) {
  if (tokenFormat.isText && text == TextInput::Refused)
    throw Error(file.path() + " is text, but the model takes tokens (its tokenizer is 'none'): expected a .bin, .u16 "
                              "or .u32 file, llm.c's format, or a .npy");
}

/// Copies numbers to tokens. Returns the index of the first that is not in [0, vocabulary), or `count`.
template <typename Number>
static int64_t toTokens(const Number *numbers, int64_t count, int64_t vocabulary, int32_t *out) {
  for (int64_t i = 0; i < count; ++i) {
    // As unsigned, a negative number is above every vocabulary.
    if (static_cast<uint64_t>(numbers[i]) >= static_cast<uint64_t>(vocabulary))
      return i;
    out[i] = static_cast<int32_t>(numbers[i]);
  }
  return count;
}

/// Reads numbers of a type by way of a buffer on the stack.
template <typename Number>
static void readNumbers(const InputFile &file, const TokenFormat &format, int64_t begin, int64_t count,
                        int64_t vocabulary, int32_t *out) {
  constexpr int64_t most = 16384 / sizeof(Number);
  Number numbers[most];
  for (int64_t done = 0; done < count;) {
    int64_t part = std::min(most, count - done);
    file.read(format.firstByte + static_cast<size_t>(begin + done) * sizeof(Number),
              static_cast<size_t>(part) * sizeof(Number), numbers);
    int64_t good = toTokens(numbers, part, vocabulary, out + done);
    // Generated code looks tokens up without a check.
    if (good < part)
      throw Error(file.path() + ": token " + std::to_string(numbers[good]) + " at position " +
                  std::to_string(begin + done + good) + " is outside the model's vocabulary of " +
                  std::to_string(vocabulary));
    done += part;
  }
}

void TokenFile::read(int64_t begin, int64_t count, int64_t vocabulary, int32_t *out) const {
  // Files are little-endian, and so is every machine that generated code runs on.
  auto readAs = [&](auto number) { readNumbers<decltype(number)>(file, tokenFormat, begin, count, vocabulary, out); };
  switch (tokenFormat.bytesPerToken) {
  case 1:
    return tokenFormat.isSigned ? readAs(int8_t()) : readAs(uint8_t());
  case 2:
    return tokenFormat.isSigned ? readAs(int16_t()) : readAs(uint16_t());
  case 4:
    return tokenFormat.isSigned ? readAs(int32_t()) : readAs(uint32_t());
  default:
    return tokenFormat.isSigned ? readAs(int64_t()) : readAs(uint64_t());
  }
}

TokenStream::TokenStream(const std::vector<std::string> &paths, int64_t vocabulary, TextInput text)
    : vocabulary(vocabulary) {
  if (paths.empty())
    throw Error("no data file given");
  starts.push_back(0);
  for (const std::string &path : paths) {
    tokenFiles.emplace_back(path, text);
    starts.push_back(starts.back() + tokenFiles.back().size());
  }
}

std::vector<std::string> TokenStream::splitPaths(const std::string &list) {
  std::vector<std::string> paths;
  for (size_t begin = 0; begin <= list.size();) {
    size_t end = std::min(list.find(',', begin), list.size());
    // An empty name is a slip of the pen, which silence would turn into a run on fewer data.
    if (end == begin)
      throw Error("empty file name in the list of data files '" + list + "'");
    paths.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return paths;
}

void TokenStream::read(int64_t begin, int64_t count, int32_t *out) const {
  // The last file that starts at `begin` or before it. A read may cross into the files after it.
  size_t index = static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), begin) - starts.begin()) - 1;
  for (; count > 0; ++index) {
    int64_t part = std::min(count, starts[index + 1] - begin);
    tokenFiles[index].read(begin - starts[index], part, vocabulary, out);
    begin += part;
    count -= part;
    out += part;
  }
}

void TokenStream::checkTokens() const {
  // A corpus of another vocabulary shows itself long before so many tokens.
  constexpr int64_t kChecked = int64_t(64) << 20, kChunk = int64_t(1) << 16;
  std::vector<int32_t> chunk(kChunk);
  for (int64_t begin = 0, end = std::min(size(), kChecked); begin < end; begin += kChunk)
    read(begin, std::min(kChunk, end - begin), chunk.data());
}

} // namespace sluice::runtime
