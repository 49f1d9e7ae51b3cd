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

} // namespace
