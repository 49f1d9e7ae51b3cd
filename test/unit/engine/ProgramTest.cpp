//===- ProgramTest.cpp - Tests of the check of a program's table ----------===//

#include "runtime/engine/Program.h"

#include "FakeProgram.h"
#include "runtime/Error.h"

#include <gtest/gtest.h>

using namespace sluice::runtime;

namespace {

TEST(ProgramTest, RefusesATableOfAnotherVersion) {
  sluice_binary program = sluice_program;
  checkProgram(program);
  program.version = SLUICE_ABI_VERSION + 1;
  EXPECT_THROW(checkProgram(program), Error);
  program = sluice_program;
  program.persistent_bytes = 64;
  EXPECT_THROW(checkProgram(program), Error);
}

TEST(ProgramTest, RefusesCopiesThatNoFunctionWrites) {
  sluice_binary program = sluice_program;
  sluice_stage stage = program.stages[0];
  program.stages = &stage;
  stage.narrow = static_cast<int32_t>(program.function_count) - 1;
  checkProgram(program);
  ++stage.narrow;
  EXPECT_THROW(checkProgram(program), Error);
}

TEST(ProgramTest, RefusesHeldGradientsThatAreNotOfTheirStage) {
  sluice_binary program = sluice_program;
  const sluice_stage &stage = program.stages[0];
  sluice_held_gradient held = {0, stage.gradient_offset, stage.gradient_bytes};
  program.held_gradients = &held;
  program.held_gradient_count = 1;
  checkProgram(program);
  for (sluice_held_gradient wrong : {sluice_held_gradient{1, held.offset, held.bytes},
                                     {0, held.offset - 4, 4},
                                     {0, held.offset, 0},
                                     {0, held.offset + 4, held.bytes}}) {
    held = wrong;
    EXPECT_THROW(checkProgram(program), Error) << wrong.offset;
  }
}

} // namespace
