//===- Data.cpp - Splits and batches --------------------------------------===//
#include "runtime/data/Data.h"

#include "runtime/Error.h"
#include "runtime/Philox.h"

#include <algorithm>
#include <cmath>

namespace sluice::runtime {

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

const char *nameOf(DataOrder order) { return order == DataOrder::Random ? "random" : "sequential"; }

/// For messages: people know the files that they named, not the part that a split is.
static std::string fileNames(const TokenStream &stream) {
  std::string names;
  for (const TokenFile &file : stream.files())
    names += (names.empty() ? "" : ",") + file.path();
  return names;
}

BatchSource::BatchSource(Split split, int64_t batch, int64_t sequence, int64_t microBatches, DataOrder order,
                         uint64_t seed, DataPosition begun)
    : split(split), batch(batch), sequence(sequence), microBatches(microBatches), order(order), seed(seed),
      start(begun) {
  if (split.size() < sequence + 1)
    throw Error(fileNames(*split.stream) + ": training needs at least " + std::to_string(sequence + 1) +
                " tokens (a sequence and the token after it), found " + std::to_string(split.size()) +
                (split.size() < split.stream->size()
                     ? " of " + std::to_string(split.stream->size()) + " beside those kept for validation"
                     : ""));
  if (start.rows == 0) {
    start.rows = batch;
    start.microBatches = microBatches;
  }
}

int64_t BatchSource::rowsBefore(int64_t step, int64_t microBatch) const {
  return ((step - start.step) * microBatches + microBatch) * batch;
}

int64_t BatchSource::sequentialStart(int64_t row) const {
  // Less one: the last token of the last window needs a target.
  int64_t last = split.size() - 1, windows = last / sequence;
  int64_t windowsLeft = std::max<int64_t>(last - start.token, 0) / sequence;
  return row < windowsLeft ? start.token + row * sequence : (row - windowsLeft) % windows * sequence;
}

int64_t BatchSource::randomStart(int64_t row) const {
  int64_t sample = start.samples + row;
  int64_t step = sample / (start.rows * start.microBatches);
  // Keyed apart from weights, dropout and gates, which may be drawn under an equal seed.
  constexpr uint64_t use = hashName("data");
  PhiloxCounter words = philox({static_cast<uint32_t>(step), static_cast<uint32_t>(step >> 32),
                                static_cast<uint32_t>(sample / start.rows % start.microBatches),
                                static_cast<uint32_t>(sample % start.rows)},
                               philoxKey(seed ^ use));
  return static_cast<int64_t>(uniformBelow(words[0], words[1], static_cast<uint64_t>(split.size() - sequence)));
}

void BatchSource::fill(int64_t step, int64_t microBatch, int32_t *tokens, int32_t *targets) const {
  int64_t before = rowsBefore(step, microBatch);
  for (int64_t row = 0; row < batch; ++row) {
    int32_t *rowTokens = tokens + row * sequence, *rowTargets = targets + row * sequence;
    int64_t begin =
        split.begin + (order == DataOrder::Sequential ? sequentialStart(before + row) : randomStart(before + row));
    split.stream->read(begin, sequence, rowTokens);
    // All targets but the last have just been read as tokens.
    std::copy(rowTokens + 1, rowTokens + sequence, rowTargets);
    split.stream->read(begin + sequence, 1, rowTargets + sequence - 1);
  }
}

DataPosition BatchSource::positionAfter(int64_t steps) const {
  DataPosition position = start;
  position.step = steps;
  int64_t rows = rowsBefore(steps, 0);
  position.samples += rows;
  position.token = order == DataOrder::Sequential ? sequentialStart(rows) : 0;
  return position;
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
