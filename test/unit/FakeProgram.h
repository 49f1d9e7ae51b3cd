//===- FakeProgram.h - A hand-written compiled program ----------*- C++ -*-===//

#ifndef SLUICE_TEST_UNIT_FAKEPROGRAM_H
#define SLUICE_TEST_UNIT_FAKEPROGRAM_H

#include "runtime/abi.h"

/// sluice_program of FakeProgram.cpp: a bigram model, the scores of the next token are wte[token] + bias. Its table has
/// one scalar beyond AdamW's: with `poison` = p > 0, micro-batch 1 of the step with p - 1 steps done computes a
/// gradient of `bias` that is not a number, and with p < 0 micro-batch 0 of the step with -p - 1 steps done such a
/// loss.
constexpr int64_t kFakeVocabulary = 256, kFakeBatch = 4, kFakeSequence = 16, kFakeMicroBatches = 2;

#endif // SLUICE_TEST_UNIT_FAKEPROGRAM_H
