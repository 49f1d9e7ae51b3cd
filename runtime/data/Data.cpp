//===- Data.cpp - Tokens, splits and batches ------------------------------===//
#include "runtime/data/Data.h"

#include "runtime/Error.h"
#include "runtime/Philox.h"

#include <algorithm>
#include <cmath>

namespace sluice::runtime {

// Files are little-endian, and so is every machine that generated code runs on; but positions are not aligned.
static uint32_t readWord(const unsigned char *from) {
  return from[0] | from[1] << 8 | from[2] << 16 | static_cast<uint32_t>(from[3]) << 24;
}

TokenFile::TokenFile(std::string path) : file(std::move(path)) {
  const std::string &name = file.path();
  if (file.size() == 0)
    throw Error(name + " is empty");
  isBinary = name.size() > 4 && name.compare(name.size() - 4, 4, ".bin") == 0;
  if (!isBinary) {
    tokens = static_cast<int64_t>(file.size());
    return;
  }

  if (file.size() % 2 != 0)
    throw Error(name + " has an odd size of " + std::to_string(file.size()) +
                " bytes, but its tokens are 2 bytes each");
  constexpr uint32_t headerMagic = 20240520;
  constexpr size_t headerBytes = 1024;
  // Read as raw tokens, the magic would be 56600 and 308.
  if (file.size() >= 4 && readWord(file.data()) == headerMagic) {
    if (file.size() < headerBytes)
      throw Error(name + " ends within its header: " + std::to_string(file.size()) + " of 1024 bytes");
    uint32_t version = readWord(file.data() + 4);
    if (version != 1)
      throw Error(name + " has a header of version " + std::to_string(version) + ", expected 1 (uint16 tokens)");
    uint32_t count = readWord(file.data() + 8);
    uint64_t present = (file.size() - headerBytes) / 2;
    if (count != present)
      throw Error(name + " has " + std::to_string(present) + " tokens, but its header says " + std::to_string(count));
    firstByte = headerBytes;
    if (count == 0)
      throw Error(name + " is empty");
  }
  tokens = static_cast<int64_t>((file.size() - firstByte) / 2);
}

void TokenFile::read(int64_t begin, int64_t count, int64_t vocabulary, int32_t *out) const {
  const unsigned char *from = file.data() + firstByte + begin * (isBinary ? 2 : 1);
  for (int64_t i = 0; i < count; ++i) {
    int32_t token = isBinary ? from[2 * i] | from[2 * i + 1] << 8 : from[i];
    // Generated code looks tokens up without a check.
    if (token >= vocabulary)
      throw Error(file.path() + ": token " + std::to_string(token) + " at position " + std::to_string(begin + i) +
                  " is outside the model's vocabulary of " + std::to_string(vocabulary));
    out[i] = token;
  }
}

TokenStream::TokenStream(const std::vector<std::string> &paths, int64_t vocabulary) : vocabulary(vocabulary) {
  if (paths.empty())
    throw Error("no data file given");
  starts.push_back(0);
  for (const std::string &path : paths) {
    tokenFiles.emplace_back(path);
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

Split wholeStream(const TokenStream &stream) { return {&stream, 0, stream.size()}; }

std::pair<Split, Split> splitTail(const TokenStream &stream, double fraction) {
  // Cut where nanoGPT cuts: int((1 - fraction) * size).
  int64_t cut = static_cast<int64_t>((1.0 - fraction) * static_cast<double>(stream.size()));
  return {{&stream, 0, cut}, {&stream, cut, stream.size()}};
}

DataOrder parseDataOrder(const std::string &name) {
  if (name == "random")
    return DataOrder::Random;
  if (name == "sequential")
    return DataOrder::Sequential;
  throw Error("unknown data order '" + name + "', expected random or sequential");
}

/// For messages: people know the files that they named, not the part that a split is.
static std::string fileNames(const TokenStream &stream) {
  std::string names;
  for (const TokenFile &file : stream.files())
    names += (names.empty() ? "" : ",") + file.path();
  return names;
}

BatchSource::BatchSource(Split split, int64_t batch, int64_t sequence, int64_t microBatches, DataOrder order,
                         uint64_t seed)
    : split(split), batch(batch), sequence(sequence), microBatches(microBatches), order(order), seed(seed) {
  if (split.size() < sequence + 1)
    throw Error(fileNames(*split.stream) + ": training needs at least " + std::to_string(sequence + 1) +
                " tokens (a sequence and the token after it), found " + std::to_string(split.size()));
}

int64_t BatchSource::rowStart(int64_t step, int64_t microBatch, int64_t row) const {
  if (order == DataOrder::Sequential) {
    // Less one: the last token of the last window needs a target.
    int64_t windows = (split.size() - 1) / sequence;
    return split.begin + ((step * microBatches + microBatch) * batch + row) % windows * sequence;
  }
  // Keyed apart from weights, dropout and gates, which may be drawn under an equal seed.
  constexpr uint64_t use = hashName("data");
  PhiloxCounter words = philox({static_cast<uint32_t>(step), static_cast<uint32_t>(step >> 32),
                                static_cast<uint32_t>(microBatch), static_cast<uint32_t>(row)},
                               philoxKey(seed ^ use));
  return split.begin +
         static_cast<int64_t>(uniformBelow(words[0], words[1], static_cast<uint64_t>(split.size() - sequence)));
}

void BatchSource::fill(int64_t step, int64_t microBatch, int32_t *tokens, int32_t *targets) const {
  for (int64_t row = 0; row < batch; ++row) {
    int32_t *rowTokens = tokens + row * sequence, *rowTargets = targets + row * sequence;
    int64_t start = rowStart(step, microBatch, row);
    split.stream->read(start, sequence, rowTokens);
    // All targets but the last have just been read as tokens.
    std::copy(rowTokens + 1, rowTokens + sequence, rowTargets);
    split.stream->read(start + sequence, 1, rowTargets + sequence - 1);
  }
}

ValidationWindows::ValidationWindows(Split split, int64_t batch, int64_t sequence)
    : split(split), batch(batch), sequence(sequence) {
  if (split.size() < 2)
    throw Error(fileNames(*split.stream) + ": validation needs at least 2 tokens, found " +
                std::to_string(split.size()));
}

int64_t ValidationWindows::batches() const {
  int64_t perBatch = batch * sequence;
  return (predicted() + perBatch - 1) / perBatch;
}

int64_t ValidationWindows::fill(int64_t index, int32_t *tokens, int32_t *targets) const {
  // A batch is contiguous in the split: its rows are windows that follow each other.
  int64_t perBatch = batch * sequence;
  int64_t start = index * perBatch;
  int64_t count = std::min(perBatch, predicted() - start);
  split.stream->read(split.begin + start, count, tokens);
  split.stream->read(split.begin + start + 1, count, targets);
  // Token 0 is in every vocabulary; what it predicts does not count, because its target is none.
  std::fill(tokens + count, tokens + perBatch, 0);
  std::fill(targets + count, targets + perBatch, -1);
  return count;
}

} // namespace sluice::runtime
