//===- DataPositionTest.cpp - Going on in the data ------------------------===//
#include "runtime/data/Data.h"

#include "TestFiles.h"

#include <numeric>
#include <optional>

using namespace sluice::runtime;

namespace {

using Tokens = std::vector<int32_t>;

/// A stream in which a token is its own position.
class DataPositionTest : public FilesTest {
protected:
  void SetUp() override {
    FilesTest::SetUp();
    std::vector<int> tokens(1000);
    std::iota(tokens.begin(), tokens.end(), 0);
    stream.emplace(std::vector<std::string>{putTokens("counting.bin", tokens)}, 65536);
  }

  /// Where the samples of steps [begin, end) start.
  static Tokens starts(const BatchSource &source, int64_t begin, int64_t end, int64_t rows, int64_t sequence,
                       int64_t microBatches) {
    Tokens all, tokens(static_cast<size_t>(rows * sequence)), targets(tokens.size());
    for (int64_t step = begin; step < end; ++step)
      for (int64_t m = 0; m < microBatches; ++m) {
        source.fill(step, m, tokens.data(), targets.data());
        for (int64_t row = 0; row < rows; ++row)
          all.push_back(tokens[static_cast<size_t>(row * sequence)]);
      }
    return all;
  }

  std::optional<TokenStream> stream;
};

TEST_F(DataPositionTest, AnotherBatchDrawsTheSamplesThatWereNext) {
  for (DataOrder order : {DataOrder::Random, DataOrder::Sequential}) {
    Split split{&*stream, 0, 90}; // the sequential samples wrap
    BatchSource whole(split, 4, 5, 3, order, 7);
    Tokens expected = starts(whole, 0, 6, 4, 5, 3);
    DataPosition position = whole.positionAfter(2);
    EXPECT_EQ(position.step, 2);
    EXPECT_EQ(position.samples, 24);
    // 12 samples a step as before, cut otherwise; then 6, and 8 a step.
    for (auto [rows, microBatches] : {std::pair{4, 3}, {12, 1}, {1, 12}, {2, 3}, {8, 1}}) {
      BatchSource other(split, rows, 5, microBatches, order, 7, position);
      int64_t steps = 48 / (rows * microBatches);
      EXPECT_EQ(starts(other, 2, 2 + steps, rows, 5, microBatches), Tokens(expected.begin() + 24, expected.end()));
      // And once more, from a position of its own.
      BatchSource again(split, 4, 5, 3, order, 7, other.positionAfter(2 + steps / 2));
      EXPECT_EQ(starts(again, 2 + steps / 2, 4 + steps / 2, 4, 5, 3), Tokens(expected.begin() + 48, expected.end()));
    }
  }
}

TEST_F(DataPositionTest, AnotherLengthGoesOnAtTheToken) {
  Split split{&*stream, 10, 61}; // 50 tokens that are followed by another
  BatchSource source(split, 3, 4, 1, DataOrder::Sequential, 0);
  DataPosition position = source.positionAfter(2);
  EXPECT_EQ(position.token, 24);
  // 26 are left: two windows of 10, and then from the beginning.
  BatchSource longer(split, 1, 10, 1, DataOrder::Sequential, 0, position);
  EXPECT_EQ(starts(longer, 2, 6, 1, 10, 1), (Tokens{34, 44, 10, 20}));
  EXPECT_EQ(longer.positionAfter(4).token, 0);
  EXPECT_EQ(longer.positionAfter(5).token, 10);
  // A position beyond a split that is shorter now.
  BatchSource shorter({&*stream, 10, 21}, 1, 10, 1, DataOrder::Sequential, 0, position);
  EXPECT_EQ(starts(shorter, 2, 4, 1, 10, 1), (Tokens{10, 10}));
}

} // namespace
