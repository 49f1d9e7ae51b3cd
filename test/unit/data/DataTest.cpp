//===- DataTest.cpp -------------------------------------------------------===//
#include "runtime/data/Data.h"

#include "TestFiles.h"

#include <numeric>
#include <set>

using namespace sluice::runtime;

namespace {

using Tokens = std::vector<int32_t>;

Tokens readAll(const TokenStream &stream) {
  Tokens tokens(static_cast<size_t>(stream.size()));
  stream.read(0, stream.size(), tokens.data());
  return tokens;
}

/// llm.c's header, of which `count` tokens follow.
std::string header(uint32_t count, uint32_t version = 1) {
  std::vector<uint32_t> words(256);
  words[0] = 20240520;
  words[1] = version;
  words[2] = count;
  return {reinterpret_cast<const char *>(words.data()), 1024};
}

struct Batch {
  Tokens tokens, targets;
  friend bool operator==(const Batch &a, const Batch &b) { return a.tokens == b.tokens && a.targets == b.targets; }
};

class Data : public FilesTest {
protected:
  /// Tokens 0, 1, 2, ...: a token is its own position.
  TokenStream counting(int count, int64_t vocabulary = 65536) {
    std::vector<int> tokens(static_cast<size_t>(count));
    std::iota(tokens.begin(), tokens.end(), 0);
    return TokenStream({putTokens("counting.bin", tokens)}, vocabulary);
  }
};

Batch fill(const BatchSource &source, int64_t step, int64_t microBatch, size_t size) {
  Batch batch{Tokens(size), Tokens(size)};
  source.fill(step, microBatch, batch.tokens.data(), batch.targets.data());
  return batch;
}

TEST_F(Data, TextIsBytes) {
  TokenStream stream({put("a.txt", "az\xff\n")}, 256);
  EXPECT_EQ(readAll(stream), (Tokens{97, 122, 255, 10}));
}

TEST_F(Data, RawTokens) {
  TokenStream stream({putTokens("a.bin", {1, 256, 50256})}, 50257);
  EXPECT_EQ(readAll(stream), (Tokens{1, 256, 50256}));
}

TEST_F(Data, TokensAfterAHeader) {
  TokenStream stream({putTokens("a.bin", {7, 8, 9}, header(3))}, 10);
  EXPECT_EQ(readAll(stream), (Tokens{7, 8, 9}));
}

TEST_F(Data, SeveralFilesAreOneStream) {
  std::string list = put("a.txt", "ab") + "," + putTokens("b.bin", {1, 2, 3}) + "," + put("c", "z");
  TokenStream stream(TokenStream::splitPaths(list), 256);
  EXPECT_EQ(readAll(stream), (Tokens{97, 98, 1, 2, 3, 122}));
  Tokens middle(3);
  stream.read(3, 3, middle.data());
  EXPECT_EQ(middle, (Tokens{2, 3, 122}));
}

TEST_F(Data, RefusesBadFiles) {
  auto open = [](const std::string &file) { TokenStream({file}, 256); };
  EXPECT_MESSAGE(Error, open(path("none")), "none: No such file");
  EXPECT_MESSAGE(Error, open(folder), "not a regular file");
  EXPECT_MESSAGE(Error, open(put("empty", "")), "empty is empty");
  EXPECT_MESSAGE(Error, open(put("odd.bin", "abc")), "odd size of 3 bytes");
  EXPECT_MESSAGE(Error, open(put("short.bin", header(1).substr(0, 12))), "ends within its header: 12 of 1024");
  EXPECT_MESSAGE(Error, open(putTokens("v.bin", {1}, header(1, 2))), "version 2, expected 1");
  EXPECT_MESSAGE(Error, open(putTokens("count.bin", {1, 2}, header(3))), "has 2 tokens, but its header says 3");
  EXPECT_MESSAGE(Error, open(put("no.bin", header(0))), "is empty");
  EXPECT_MESSAGE(Error, TokenStream({}, 256), "no data file");
  for (const char *list : {"", "a,", ",a", "a,,b"})
    EXPECT_MESSAGE(Error, TokenStream::splitPaths(list), "empty file name");
}

TEST_F(Data, RefusesTokensOutsideTheVocabulary) {
  std::string file = putTokens("a.bin", {1, 2, 300, 4});
  TokenStream stream({put("first.txt", "\1\1"), file}, 256);
  Tokens tokens(6);
  stream.read(0, 4, tokens.data()); // what is not read is not checked
  EXPECT_MESSAGE(Error, stream.read(0, 6, tokens.data()),
                 file + ": token 300 at position 2 is outside the model's vocabulary of 256");
}

TEST_F(Data, SplitsTheTail) {
  TokenStream stream = counting(1003);
  auto [train, validation] = splitTail(stream, 0.1);
  EXPECT_EQ(train.begin, 0);
  EXPECT_EQ(train.end, 902);
  EXPECT_EQ(validation.begin, 902);
  EXPECT_EQ(validation.end, 1003);
  EXPECT_EQ(splitTail(stream, 0).first.size(), wholeStream(stream).size());
}

TEST_F(Data, SequentialOrderFollowsTheStream) {
  TokenStream stream = counting(17);
  // From token 2 on: 15 tokens are 4 windows of 3 and the targets after them.
  BatchSource source({&stream, 2, 17}, 2, 3, 2, DataOrder::Sequential, 0);
  EXPECT_EQ(fill(source, 0, 0, 6), (Batch{{2, 3, 4, 5, 6, 7}, {3, 4, 5, 6, 7, 8}}));
  EXPECT_EQ(fill(source, 0, 1, 6), (Batch{{8, 9, 10, 11, 12, 13}, {9, 10, 11, 12, 13, 14}}));
  EXPECT_EQ(fill(source, 1, 0, 6), fill(source, 0, 0, 6)); // wrapped
}

TEST_F(Data, RandomOrderIsAFunctionOfItsKey) {
  TokenStream stream = counting(5000);
  BatchSource source(wholeStream(stream), 4, 8, 2, DataOrder::Random, 7);
  Batch batch = fill(source, 3, 1, 32);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(batch.targets[i], batch.tokens[i] + 1);
    if (i % 8 != 0)
      EXPECT_EQ(batch.tokens[i], batch.tokens[i - 1] + 1);
  }
  fill(source, 9, 0, 32); // what was drawn in between does not matter
  EXPECT_EQ(fill(source, 3, 1, 32), batch);
  EXPECT_FALSE(fill(source, 3, 0, 32) == batch);
  EXPECT_FALSE(fill(source, 4, 1, 32) == batch);
  EXPECT_FALSE(fill(BatchSource(wholeStream(stream), 4, 8, 2, DataOrder::Random, 8), 3, 1, 32) == batch);
}

TEST_F(Data, RandomOrderReachesEveryStart) {
  TokenStream stream = counting(12);
  BatchSource source({&stream, 1, 11}, 1, 4, 1, DataOrder::Random, 0);
  std::set<int32_t> starts;
  for (int64_t step = 0; step < 400; ++step)
    starts.insert(fill(source, step, 0, 4).tokens[0]);
  EXPECT_EQ(starts, (std::set<int32_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(Data, OneWindowIsEnough) {
  TokenStream stream = counting(5);
  for (DataOrder order : {DataOrder::Random, DataOrder::Sequential})
    EXPECT_EQ(fill(BatchSource(wholeStream(stream), 1, 4, 1, order, 1), 5, 0, 4), (Batch{{0, 1, 2, 3}, {1, 2, 3, 4}}));
  EXPECT_MESSAGE(Error, BatchSource(wholeStream(stream), 1, 5, 1, DataOrder::Random, 0),
                 "at least 6 tokens (a sequence and the token after it), found 5");
}

TEST_F(Data, ValidationPredictsEveryTokenOnce) {
  TokenStream stream = counting(30);
  for (int64_t size = 2; size <= 28; ++size) {
    ValidationWindows windows({&stream, 2, 2 + size}, 2, 4);
    Tokens predicted;
    int64_t weights = 0;
    for (int64_t index = 0; index < windows.batches(); ++index) {
      Tokens tokens(8, -7), targets(8, -7);
      int64_t weight = windows.fill(index, tokens.data(), targets.data());
      EXPECT_GE(weight, 1);
      weights += weight;
      for (size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(tokens[i], targets[i] < 0 ? 0 : targets[i] - 1);
        if (targets[i] != -1)
          predicted.push_back(targets[i]);
      }
    }
    Tokens expected(static_cast<size_t>(size - 1));
    std::iota(expected.begin(), expected.end(), 3);
    EXPECT_EQ(predicted, expected);
    EXPECT_EQ(weights, windows.predicted());
  }
  EXPECT_MESSAGE(Error, ValidationWindows({&stream, 4, 5}, 1, 4), "at least 2 tokens, found 1");
}

TEST_F(Data, OrderNames) {
  EXPECT_EQ(parseDataOrder("random"), DataOrder::Random);
  EXPECT_EQ(parseDataOrder("sequential"), DataOrder::Sequential);
  EXPECT_MESSAGE(Error, parseDataOrder("shuffled"), "'shuffled', expected random or sequential");
}

} // namespace
