//===- MemoryCheckTest.cpp - Tests of the check of memory -----------------===//

#include "runtime/cli/MemoryCheck.h"

#include "FakeProgram.h"
#include "TestFiles.h"
#include "runtime/cpu/Device.h"

using namespace sluice::runtime;

namespace {

constexpr int64_t kMebi = int64_t(1) << 20;
const AvailableMemory kEndless{INT64_MAX, ""};

AvailableMemory machine(int64_t bytes) { return {bytes, "on this machine"}; }

/// The fake program with a megabyte of parameters, and of what grows with its batch of 8 times 100 tokens.
sluice_binary large() {
  sluice_binary program = sluice_program;
  program.parameter_count = 0;
  program.batch = 8;
  program.sequence = 100;
  program.function_count = 0;
  program.parameter_bytes = 10 * kMebi;
  program.gradient_bytes = 10 * kMebi;
  program.persistent_bytes = 60 * kMebi;
  static const sluice_stage stage = {0, 10 * kMebi, 10 * kMebi, 30 * kMebi, SLUICE_F32, 1, 0, 1, 1,
                                     0, 0,          1,          0,          0,          0, 0, -1};
  program.stages = &stage;
  return program;
}

TEST(MemoryCheck, WhatFitsIsSaid) {
  sluice_binary program = large();
  int64_t needed = planMemory(program, 1).total();
  checkMemory(program, 1, MemoryUse::Training, machine(needed), kEndless);
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Training, machine(needed - 1), kEndless),
                 "of memory, but 100.0 MiB are available on this machine: compiled with --batch=7 in place of 8 it");
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Training, machine(61 * kMebi), kEndless), "--batch=4 in");
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Training, machine(25 * kMebi), kEndless),
                 "compiled with --batch=1 --seq=49 it would fit");
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Training, machine(15 * kMebi), kEndless),
                 "what does not depend on the batch needs 20.0 MiB alone");
}

// Two moments of the parameter's size, and two bias corrections of a double each.
TEST(MemoryCheck, ScalarStatesAreDoubles) {
  sluice_binary program = large();
  sluice_parameter parameter = {};
  parameter.tensor.element = SLUICE_F32;
  parameter.tensor.bytes = 10 * kMebi;
  parameter.states = 4;
  parameter.scalar_states = 2;
  program.parameters = &parameter;
  program.parameter_count = 1;
  int64_t fixed = 40 * kMebi + 2 * int64_t(sizeof(double));
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Training, machine(fixed), kEndless),
                 "what does not depend on the batch needs 40.0 MiB alone");
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Training, machine(fixed + 1), kEndless),
                 "compiled with --batch=1 --seq=1 it would fit");
}

TEST(MemoryCheck, InferenceLeavesGradientsAndStateAlone) {
  sluice_binary program = large();
  int64_t needed = planMemory(program, 1).total() - program.persistent_bytes - program.stages[0].frame_bytes;
  checkMemory(program, 1, MemoryUse::Inference, machine(needed), kEndless);
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Inference, machine(needed - 1), kEndless), "are available");
  // What is reserved counts all the same where addresses are limited.
  EXPECT_MESSAGE(Error, checkMemory(program, 1, MemoryUse::Inference, kEndless, {50 * kMebi, "under 'ulimit -v'"}),
                 "but 50.0 MiB are available under 'ulimit -v'");
}

} // namespace
