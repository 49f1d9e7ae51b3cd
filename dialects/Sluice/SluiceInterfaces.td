//===- SluiceInterfaces.td - What the passes ask of an op --------*- tablegen -*-===//
#ifndef SLUICE_INTERFACES
#define SLUICE_INTERFACES

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that builds its own backward.

    `buildBackward` gets one gradient for each result (a null value where the result has none, never for all of them) and
    fills one gradient for each operand; it leaves a null value for an operand that has no gradient (integers, keys). A
    gradient has the type of the value that it belongs to. Forward operands and results may be used freely: those that
    are used are kept from forward to backward.
  }];
  let methods = [
    InterfaceMethod<"Builds the ops that compute the gradients of the operands.",
      "::llvm::LogicalResult", "buildBackward",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultGradients,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$operandGradients)>
  ];
}

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    What one execution of the op costs: floating-point operations (a fused multiply-add counts as two), bytes moved
    between memory and processor if nothing is cached, and bytes that a backward keeps of the op's results.
  }];
  let methods = [
    InterfaceMethod<"Floating-point operations.", "int64_t", "getFlops">,
    InterfaceMethod<"Bytes read and written.", "int64_t", "getBytesMoved", (ins), [{}],
      [{ return ::sluice::sumOfTensorBytes($_op->getOperandTypes()) + ::sluice::sumOfTensorBytes($_op->getResultTypes()); }]>,
    InterfaceMethod<"Bytes of results that backward keeps.", "int64_t", "getBytesKept", (ins), [{}],
      [{ return ::sluice::sumOfTensorBytes($_op->getResultTypes()); }]>
  ];
}

def ContractionOpInterface : OpInterface<"ContractionOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op whose results are sums of products. The length of the sum decides how many bits an accumulator needs
    (Sakr et al., "Accumulation Bit-Width Scaling"): a linear layer sums over its inputs in forward, over its outputs for
    the gradient of its input, and over all tokens for the gradient of its weight.
  }];
  let methods = [
    InterfaceMethod<"Length of the sum in forward.", "int64_t", "getForwardLength">,
    InterfaceMethod<"Length of the sum for the gradient of the first operand.", "int64_t", "getInputGradientLength">,
    InterfaceMethod<"Length of the sum for the gradient of the second operand.", "int64_t", "getWeightGradientLength">
  ];
}

def ComputeTypeOpInterface : OpInterface<"ComputeTypeOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that consists of contractions and says by `compute_type` what their operands are rounded to: to `bf16`, the nearest one, of two that are as near the even
    one, and a NaN stays a NaN; without the attribute to nothing. Operands of a contraction are its own, also those that the op computes first, such as the
    probabilities of attention. Products are exact and summed in f32, and operands and results are f32, as is the first operand of an op with a `compute_type`, or
    the first destination of one that has destinations. The backward that such an op builds has the same one.
  }];
  let methods = [
    InterfaceMethod<"What operands are rounded to, or null.", "::mlir::TypeAttr", "getComputeTypeAttr">,
    InterfaceMethod<"Sets what operands are rounded to.", "void", "setComputeTypeAttr", (ins "::mlir::TypeAttr":$type)>,
    InterfaceMethod<"Whether contractions are all that an operand is for, so that the op sees no more of it than what it is rounded to.", "bool", "isOnlyRounded",
      (ins "::mlir::OpOperand &":$operand), [{}], [{ return false; }]>
  ];
  let verify = [{ return ::sluice::verifyComputeType($_op); }];
}

def KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that decomposes into loops over blocks, whose sizes the target chooses. What it computes is in the dialect; the
    decompositions are attached to it from outside (`registerKernelDecompositions`), so that the dialect needs none of
    them.

    `block` is null until the target's strategy sets it. What its numbers count is said where each op is defined.
  }];
  let methods = [
    InterfaceMethod<"The sizes of the op's blocks, or null.", "::mlir::DenseI64ArrayAttr", "getBlockAttr", (ins), [{}],
      [{ return $_op.getBlockAttr(); }]>,
    InterfaceMethod<"Sets the sizes of the op's blocks.", "void", "setBlockAttr", (ins "::mlir::DenseI64ArrayAttr":$block),
      [{}], [{ $_op.setBlockAttr(block); }]>,
    InterfaceMethod<"Builds the loops in front of the op, which is on buffers and has its block; the caller erases it.",
      "void", "decompose">
  ];
}

#endif // SLUICE_INTERFACES
