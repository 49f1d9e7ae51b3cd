//===- EvaluateTest.cpp - Tests of validation losses ----------------------===//

#include "runtime/train/Evaluate.h"

#include "FakeProgram.h"
#include "TestFiles.h"

#include <cmath>

using namespace sluice::runtime;

namespace {

constexpr int64_t kTokens = kFakeBatch * kFakeSequence;

/// A model that gives the scores 0, and t/2 to token t after itself; no bias.
class EvaluateTest : public FilesTest {
protected:
  EvaluateTest() : engine(sluice_program, 1) {
    std::vector<TensorView> parameters = engine.parameterTensors();
    for (TensorView &parameter : parameters)
      std::fill_n(static_cast<float *>(parameter.data), parameter.elements(), 0.f);
    for (int64_t t = 0; t < kFakeVocabulary; ++t)
      static_cast<float *>(parameters[0].data)[t * kFakeVocabulary + t] = static_cast<float>(t) / 2;
  }

  static double lossOf(int token, int target) {
    double score = token / 2.0;
    return std::log(kFakeVocabulary - 1 + std::exp(score)) - (target == token ? score : 0.0);
  }

  /// Batch b is of token b, each followed by itself but for the last, which the next batch follows.
  static double lossOfBatch(int batch) {
    return ((kTokens - 1) * lossOf(batch, batch) + lossOf(batch, batch + 1)) / kTokens;
  }

  std::optional<Evaluation> evaluate(const std::vector<int> &tokens, int64_t maxBatches = 1000) {
    TokenStream stream({putTokens("tokens.bin", tokens)}, kFakeVocabulary);
    ValidationWindows windows(wholeStream(stream), kFakeBatch, kFakeSequence);
    return evaluateWindows(engine, sluice_program, windows, maxBatches);
  }

  Engine engine;
};

TEST_F(EvaluateTest, ASampleIsSpreadOverAllBatches) {
  std::vector<int> tokens;
  for (int64_t i = 0; i <= 10 * kTokens; ++i)
    tokens.push_back(static_cast<int>(i / kTokens));
  Evaluation evaluation = *evaluate(tokens, 4);
  EXPECT_EQ(evaluation.tokens, 4 * kTokens);
  EXPECT_NEAR(evaluation.loss, (lossOfBatch(0) + lossOfBatch(2) + lossOfBatch(5) + lossOfBatch(7)) / 4, 1e-5);
  double all = 0;
  for (int batch = 0; batch < 10; ++batch)
    all += lossOfBatch(batch) / 10;
  EXPECT_NEAR(evaluate(tokens, 11)->loss, all, 1e-5);
}

TEST_F(EvaluateTest, ABatchCountsByTheTokensThatItPredicts) {
  // One whole batch of token 0, and one that predicts a single token: 8 after 8.
  std::vector<int> tokens(kTokens, 0);
  tokens.insert(tokens.end(), {8, 8});
  double expected = ((kTokens - 1) * lossOf(0, 0) + lossOf(0, 8) + lossOf(8, 8)) / (kTokens + 1);
  Evaluation evaluation = *evaluate(tokens);
  EXPECT_EQ(evaluation.tokens, kTokens + 1);
  EXPECT_NEAR(evaluation.loss, expected, 1e-5);
}

TEST_F(EvaluateTest, EqualScoresGiveTheLogarithmOfTheVocabulary) {
  for (size_t length : {2, 40, 64, 65, 200}) {
    Evaluation evaluation = *evaluate(std::vector<int>(length, 0));
    EXPECT_EQ(evaluation.tokens, static_cast<int64_t>(length) - 1);
    EXPECT_NEAR(evaluation.loss, std::log(256.0), 1e-5) << length;
  }
}

TEST_F(EvaluateTest, ALossThatIsNotFiniteIsAFailedRun) {
  checkFinite({1.5, 3}, engine);
  EXPECT_EQ(messageOf<RunError>([&] { checkFinite({NAN, 3}, engine); }),
            "the validation loss is nan; all weights are finite");
  static_cast<float *>(engine.parameterTensors()[1].data)[7] = INFINITY;
  EXPECT_EQ(messageOf<RunError>([&] { checkFinite({INFINITY, 3}, engine); }),
            "the validation loss is inf; the first weight that is not finite is that of bias (element 7 is inf)");
}

} // namespace
