//===- CPUInputs.cpp - Inputs are memory that the step state points to --------------===//
#include "dialects/CPU/CPUDialect.h"
#include "passes/CPU/Passes.h"
#include "passes/Table/StepLayout.h"

namespace sluice {
#define GEN_PASS_DEF_CPUINPUTS
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

namespace {
struct CPUInputs : sluice::impl::CPUInputsBase<CPUInputs> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](InputOp input) {
      auto type = dyn_cast<MemRefType>(input.getType());
      if (!type)
        return WalkResult::advance();
      func::FuncOp function = getOperation();
      if (function.getNumArguments() == 0 || !isStepType(function.getArgumentTypes()[0])) {
        InFlightDiagnostic diagnostic = input.emitOpError()
                                        << "expected a function whose first argument is the step state";
        diagnostic.attachNote(function.getLoc())
            << "'" << function.getSymName() << "' has type " << function.getFunctionType();
        return WalkResult(diagnostic);
      }
      OpBuilder builder(input);
      int64_t offset = step_layout::inputs + int64_t(sizeof(void *)) * input.getIndex();
      Value buffer = PointeeOp::create(builder, input.getLoc(), type, function.getArgument(0), offset);
      input.replaceAllUsesWith(buffer);
      input.erase();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
