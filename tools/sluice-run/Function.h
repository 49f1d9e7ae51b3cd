//===- Function.h - A function of a module, and its operands in memory ----------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_FUNCTION_H
#define SLUICE_TOOLS_SLUICE_RUN_FUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "runtime/cpu/Memory.h"
#include "tools/Jit.h"
#include <vector>

namespace sluice {

/// What a function takes and gives, noted before it is lowered.
struct Signature {
  mlir::SmallVector<mlir::Type> inputs, results;
  mlir::SmallVector<mlir::Attribute> values; ///< Of the inputs, null where random.
  mlir::SmallVector<int64_t> updated;        ///< For each result, the input that it updates, or -1.
  bool onBuffers = false;                    ///< Destinations are inputs already.

  /// Takes the values out of the function: LLVM would not know them.
  static Signature take(mlir::FunctionOpInterface function);

  /// Whether the first argument of the lowered function is the step, and how many inputs are none of its operands.
  bool hasStep() const;
  unsigned firstInput() const { return onBuffers && hasStep() ? 1 : 0; }
};

/// The operands of a function, one block of memory each: its inputs, and behind them results that update none.
class Operands {
public:
  struct Operand {
    mlir::ShapedType type;
    runtime::Memory memory;
    bool isInput;
  };

  /// The inputs filled. The error says which of them is none that the tool knows, or does not fit its values.
  static llvm::Expected<Operands> create(const Signature &signature, uint64_t seed);

  /// Those of the same function with other widths of floats: inputs have the same values.
  llvm::Expected<Operands> converted(const Signature &signature) const;

  const std::vector<Operand> &all() const { return operands; }
  /// For each result, its operand. Where a function works on buffers, all are.
  llvm::ArrayRef<size_t> results() const { return resultOperands; }
  const Operand &result(size_t number) const { return operands[resultOperands[number]]; }
  mlir::SmallVector<void *> addresses() const;

private:
  static llvm::Expected<Operands> allocate(const Signature &signature);

  std::vector<Operand> operands;
  mlir::SmallVector<size_t> resultOperands;
};

/// Leaves a function, which others may call, and what it calls. Fails where there is none of that name.
mlir::LogicalResult isolateFunction(mlir::ModuleOp module, llvm::StringRef name);

/// Gives a function on buffers the step, if it has none: parallel loops have their threads by it, and passes for cards
/// expect it.
void addStep(mlir::func::FuncOp function);

/// Lowers a module to code of this processor. Functions on buffers have loops and vectors, or linalg where
/// `fromLinalg` says so.
mlir::LogicalResult lowerForHost(mlir::ModuleOp module, bool onBuffers, bool fromLinalg, llvm::StringRef cpu);

/// Runs a function of a module that is lowered for this processor.
llvm::Error runOnHost(mlir::ModuleOp module, llvm::StringRef name, const Signature &signature, const Operands &operands,
                      const Processor &processor, unsigned threads);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_FUNCTION_H
