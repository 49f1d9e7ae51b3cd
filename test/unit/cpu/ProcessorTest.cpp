//===- ProcessorTest.cpp - Tests of the check of the processor ------------===//

#include "runtime/cpu/Processor.h"

#include "FakeProgram.h"
#include "runtime/Error.h"

#include <gtest/gtest.h>

using namespace sluice::runtime;

namespace {

TEST(ProcessorTest, NamesFeaturesThatTheProcessorLacks) {
  sluice_binary program = sluice_program;
  checkProcessor(program);
  program.features = "no_such_feature";
  program.processor = "dreams";
  try {
    checkProcessor(program);
    FAIL() << "the processor should have been refused";
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "this program was compiled for dreams, and this processor lacks no_such_feature");
  }
}

} // namespace
