//===- Data.h - Splits and batches ------------------------------*- C++ -*-===//
//
// Batches are row-major [batch, sequence] of int32; the target of a token is the token after it. What a batch holds is
// a pure function of where the run began in the data, the optimizer step and the micro-batch.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_DATA_DATA_H
#define SLUICE_RUNTIME_DATA_DATA_H

#include "runtime/data/TokenStream.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::runtime {

/// Tokens [begin, end) of a stream, which outlives the split.
struct Split {
  const TokenStream *stream;
  int64_t begin;
  int64_t end;

  int64_t size() const { return end - begin; }
};

/// The whole stream.
Split wholeStream(const TokenStream &stream);

/// The stream without its last part, and that part: `fraction` of the tokens in [0, 1], rounded up.
std::pair<Split, Split> splitTail(const TokenStream &stream, double fraction);

enum class DataOrder { Random, Sequential };

/// "random" or "sequential"; anything else is an Error.
DataOrder parseDataOrder(const std::string &name);
const char *nameOf(DataOrder order);

/// Where a run is in its data, apart from the batch of the program that goes on from there.
struct DataPosition {
  int64_t step = 0;    ///< Optimizer steps done.
  int64_t samples = 0; ///< Rows of batches drawn so far.
  int64_t token = 0;   ///< Sequential: where in the split the next sample begins.
  /// What random order counts samples by: rows of a micro-batch and micro-batches of a step of the program that began
  /// the run; 0: of this program.
  int64_t rows = 0, microBatches = 0;
};

/// Training batches.
class BatchSource {
public:
  /// `microBatches` is how many batches one optimizer step takes. Error where the split is shorter than one window of
  /// sequence + 1 tokens.
  BatchSource(Split split, int64_t batch, int64_t sequence, int64_t microBatches, DataOrder order, uint64_t seed,
              DataPosition start = {});

  /// Fills tokens and targets, int32 [batch, sequence] each, for a micro-batch in [0, microBatches) of an optimizer
  /// step (from that of the start). Samples are numbered through the run, by step, micro-batch and row.
  /// Random: every sample begins anywhere, drawn from the seed and its number, which is counted by step, micro-batch
  /// and row of the program that began the run. Sequential: samples follow each other from the start's token, and from
  /// the first token of the split again where no whole sample and its last target are left.
  void fill(int64_t step, int64_t microBatch, int32_t *tokens, int32_t *targets) const;

  /// The position once so many steps are done, from which a source of any batch goes on.
  DataPosition positionAfter(int64_t steps) const;

private:
  /// Rows since the start.
  int64_t rowsBefore(int64_t step, int64_t microBatch) const;
  /// Where in the split a row begins, counted from the start.
  int64_t sequentialStart(int64_t row) const;
  int64_t randomStart(int64_t row) const;

  Split split;
  int64_t batch, sequence, microBatches;
  DataOrder order;
  uint64_t seed;
  DataPosition start;
};

/// A whole split in windows that do not overlap, `batch` windows at a time. Every token but the first is predicted
/// exactly once.
class ValidationWindows {
public:
  /// Error where the split has fewer than 2 tokens.
  ValidationWindows(Split split, int64_t batch, int64_t sequence);

  int64_t batches() const;
  /// Targets of all batches together, those that are -1 not counted: the number of tokens less one.
  int64_t predicted() const { return split.size() - 1; }
  /// Fills tokens and targets, int32 [batch, sequence] each, for a batch in [0, batches()), and returns how many
  /// targets are not -1 (at least 1): the weight of the batch's mean loss in the mean of the split. Past the end of the
  /// split tokens are 0 and targets -1.
  int64_t fill(int64_t index, int32_t *tokens, int32_t *targets) const;

private:
  Split split;
  int64_t batch, sequence;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_DATA_DATA_H
