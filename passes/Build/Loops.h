//===- Loops.h - Loops and branches ----------------------------------------------===//
#ifndef SLUICE_PASSES_BUILD_LOOPS_H
#define SLUICE_PASSES_BUILD_LOOPS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/Indices.h"

namespace sluice {

/// Whether the condition (an i1) holds and the index is `value`; null, for a condition that never holds, stays null.
mlir::Value andEqual(mlir::ImplicitLocOpBuilder &b, mlir::Value condition, mlir::Value index, int64_t value);

/// Takes the innermost index, below `size`, off a number that counts all points of several nested loops.
/// `number` becomes what is left, for the loop around.
mlir::Value takeIndex(mlir::ImplicitLocOpBuilder &b, mlir::Value &number, int64_t size);

/// A loop without carried values. `body` is called once, with the index, and emits at the builder's place inside.
void loop(mlir::ImplicitLocOpBuilder &b, mlir::Value from, mlir::Value to, int64_t step,
          llvm::function_ref<void(mlir::Value)> body);

/// A loop over `count` points that run on all threads, in no order. `kernel` says what it computes; null: nobody asks.
void parallelLoop(mlir::ImplicitLocOpBuilder &b, int64_t count, KernelAttr kernel,
                  llvm::function_ref<void(mlir::Value)> body);

/// A branch without results.
void emitIf(mlir::ImplicitLocOpBuilder &b, mlir::Value condition, llvm::function_ref<void()> thenBody,
            llvm::function_ref<void()> elseBody = {});

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_LOOPS_H
