//===- BufferizableKernels.cpp - Bufferization of the destination-style ops ----------===//
#include "passes/Buffers/BufferizableKernels.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Operands become buffers, and results those of the destinations. One model for all kernel ops.
struct KernelModel : bufferization::DstBufferizableOpInterfaceExternalModel<KernelModel, DestinationStyleOpInterface> {
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    rewriter.setInsertionPoint(op);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        operands.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = bufferization::getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
    }
    int64_t inputs = cast<DestinationStyleOpInterface>(op).getNumDpsInputs();
    OperationState newState(op->getLoc(), op->getName(), operands, TypeRange(), op->getAttrs());
    rewriter.create(newState);
    SmallVector<Value> results(ValueRange(operands).drop_front(inputs));
    bufferization::replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};
} // namespace

void sluice::registerBufferizableKernels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, SluiceDialect *dialect) {
    for (RegisteredOperationName name : context->getRegisteredOperations())
      if (&name.getDialect() == dialect && name.hasInterface<DestinationStyleOpInterface>())
        name.attachInterface<KernelModel>();
  });
}
