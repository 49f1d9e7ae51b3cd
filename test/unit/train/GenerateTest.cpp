//===- GenerateTest.cpp - Tests of generation -----------------------------===//

#include "runtime/train/Generate.h"

#include "FakeTraining.h"
#include "runtime/Error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace sluice::runtime;

namespace {

TEST(GenerateTest, GreedyFollowsWhatWasLearned) {
  Engine engine(sluice_program, 1);
  engine.initializeParameters(1);
  for (int step = 0; step < 60; ++step)
    engine.trainStep(fakeSettings(step), loadFakePattern);
  GenerateOptions options;
  options.prompt = {7};
  options.asText = false;
  options.tokens = kFakeSequence + 4; // beyond the compiled sequence
  options.temperature = 0;
  char *text = nullptr;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  generate(engine, sluice_program, options, out);
  std::fclose(out);
  std::string expected = "7";
  for (int64_t i = 0; i < options.tokens; ++i)
    expected += i % 2 == 0 ? ",5" : ",7";
  EXPECT_EQ(std::string(text, size), expected + "\n");
  std::free(text);
}

TEST(GenerateTest, DrawsAmongTheLikeliestInProportion) {
  GenerateOptions options;
  options.topK = 2;
  options.seeds.run = 5;
  std::vector<double> scores{std::log(1.0), std::log(3.0), std::log(0.5)};
  int counts[3] = {};
  for (uint64_t i = 0; i < 10000; ++i)
    ++counts[chooseToken(scores, options, i)];
  EXPECT_NEAR(counts[1], 7500, 200);
  EXPECT_EQ(counts[2], 0);
  EXPECT_EQ(chooseToken(scores, options, 17), chooseToken(scores, options, 17));
  options.temperature = 0;
  EXPECT_EQ(chooseToken({1, 2, 2}, options, 0), 1);
  EXPECT_THROW(chooseToken({1, NAN}, options, 0), RunError);
}

TEST(GenerateTest, RefusesPromptsThatTheModelCannotRead) {
  Engine engine(sluice_program, 1);
  GenerateOptions options;
  EXPECT_THROW(generate(engine, sluice_program, options, stdout), Error);
  options.prompt = {kFakeVocabulary};
  EXPECT_THROW(generate(engine, sluice_program, options, stdout), Error);
}

} // namespace
