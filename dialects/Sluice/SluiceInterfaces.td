//===- SluiceInterfaces.td - What the passes ask of an op --------*- tablegen -*-===//
#ifndef SLUICE_INTERFACES
#define SLUICE_INTERFACES

include "mlir/IR/OpBase.td"

def TargetAttrInterface : AttrInterface<"TargetAttrInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    What passes of every target may ask of the machine that a module is compiled for. The module carries it as
    `sluice.target`, which `sluice-set-target` sets; what only the target's own passes ask is in its own attribute.
  }];
  let methods = [
    InterfaceMethod<"The kind of target, as users name it: cpu, cuda.", "::llvm::StringRef", "getKindName">,
    InterfaceMethod<"The processor that functions run on, for example znver3 or sm_80.",
      "::llvm::StringRef", "getProcessorName">,
    InterfaceMethod<"What code for the host needs, as /proc/cpuinfo names it: \"avx2,fma\".",
      "::llvm::StringRef", "getRequiredFeatures">,
    InterfaceMethod<"Bytes: rows of a matrix are best a multiple of them apart.", "int64_t", "getRowAlignmentBytes">,
    InterfaceMethod<[{
      The `compute_type` of contractions whose factors are values of these formats: a type that has all of them, and
      that the machine multiplies faster than f32 with sums of f32. Null: none.
    }], "::mlir::FloatType", "getFactorType",
      (ins "const ::sluice::precision::FloatFormat &":$left, "const ::sluice::precision::FloatFormat &":$right)>
  ];
}

def LaunchOpInterface : OpInterface<"LaunchOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op of an action that is a row of the table of launches: a kernel of a card, and where its operands lie.
  }];
  let methods = [InterfaceMethod<"What the table says of it.", "::sluice::LaunchFacts", "getLaunch">];
}

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that builds its own backward, by `buildBackward`:

    - It gets one gradient for each result, a null value where the result has none, never for all of them.
    - It fills one gradient for each operand, and leaves a null value for one that has none (integers, keys).
    - A gradient has the type of the value that it belongs to.
    - It may use the forward's operands and results freely: those that are used are kept from forward to backward.
    - It fails, with an error on the op, where a result has a gradient that the op cannot pass on.
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
    What one execution of the op costs:

    - floating-point operations, a fused multiply-add counting as two;
    - bytes moved between memory and processor if nothing is cached;
    - bytes that a backward keeps of the op's results.
  }];
  let methods = [
    InterfaceMethod<"Floating-point operations.", "int64_t", "getFlops">,
    InterfaceMethod<"Bytes read and written.", "int64_t", "getBytesMoved", (ins), [{}],
      [{
        return ::sluice::sumOfTensorBytes($_op->getOperandTypes()) +
               ::sluice::sumOfTensorBytes($_op->getResultTypes());
      }]>,
    InterfaceMethod<"Bytes of results that backward keeps.", "int64_t", "getBytesKept", (ins), [{}],
      [{ return ::sluice::sumOfTensorBytes($_op->getResultTypes()); }]>
  ];
}

def ContractionOpInterface : OpInterface<"ContractionOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op whose results are sums of products. The length of a sum, in terms, decides how many bits an accumulator needs
    (Sakr et al., "Accumulation Bit-Width Scaling"). A linear layer sums

    - over its inputs in forward;
    - over its outputs for the gradient of its input;
    - over all tokens for the gradient of its weight.
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
    An op that consists of contractions and says by `compute_type` what their operands are rounded to.

    - `bf16`: to the nearest bf16, of two that are as near the even one. A NaN stays a NaN. Without the attribute
      nothing is rounded.
    - `f16`: to the nearest f16, likewise. What would exceed its largest number becomes an infinity.
    - `tf32`, not of attention: toward zero, as instructions that multiply tf32 see no bits behind it.
    - Operands of a contraction are its own, also those that the op computes first, such as the probabilities of
      attention.
    - Products are exact and summed in f32; operands and results are f32.
    - With a `compute_type` the first operand is f32. Of an op with destinations, the first destination is.
    - The backward that such an op builds has the same `compute_type`.
  }];
  let methods = [
    InterfaceMethod<"What operands are rounded to, or null.", "::mlir::TypeAttr", "getComputeTypeAttr">,
    InterfaceMethod<"Sets what operands are rounded to.", "void", "setComputeTypeAttr", (ins "::mlir::TypeAttr":$type)>,
    InterfaceMethod<"Whether contractions alone use an operand: the op sees no more of it than what it is rounded to.",
      "bool", "isOnlyRounded", (ins "::mlir::OpOperand &":$operand), [{}], [{ return false; }]>
  ];
  let verify = [{ return ::sluice::verifyComputeType($_op); }];
}

def ThreadedCallOpInterface : OpInterface<"ThreadedCallOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that runs a function on several threads at a time.

    - The function's last argument is scratch of the thread's own.
    - The function runs no such op itself.
  }];
  let methods = [
    InterfaceMethod<"The function that the threads run.", "::mlir::FlatSymbolRefAttr", "getThreadFunction">
  ];
}

/// Backward repeats an op of this trait instead of keeping its results: it rearranges at most, or costs little beside
/// the contractions around it.
def RepeatedInBackward : NativeOpTrait<"RepeatedInBackward"> { let cppNamespace = "::sluice"; }
/// The results hold elements of the operand, and nothing else: what is rounded may be rounded before or after.
def OnlyRearranges : NativeOpTrait<"OnlyRearranges"> { let cppNamespace = "::sluice"; }

def JoinsWithBackwardOpInterface : OpInterface<"JoinsWithBackwardOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that computes its result and its gradient in one for less than both apart, where they are in one function.
  }];
  let methods = [
    InterfaceMethod<"Ops that compute the gradient of this op's operands, of which one may join it.",
      "::llvm::SmallVector<::mlir::Operation *>", "findBackwards">,
    InterfaceMethod<"How many of the last results backward alone takes: the joined op has none of them.",
      "unsigned", "getNumResultsForBackward", (ins), [{}], [{ return 0; }]>,
    InterfaceMethod<"Builds the joined op; returns its results: those of this op, then those of `backward`.",
      "::llvm::SmallVector<::mlir::Value>", "buildJoined",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Operation *":$backward)>
  ];
}

def ActivationOpInterface : OpInterface<"ActivationOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op of an activation, a function that is applied to every element: the activation itself, its gradient, or both
    in one. Its results are the activation, if the op computes it, and then the gradient of the input, if it gets that
    of the result.
  }];
  let methods = [
    InterfaceMethod<"What the activation is applied to.", "::mlir::Value", "getInput">,
    InterfaceMethod<"The gradient of the activation's result, or null.", "::mlir::Value", "getGradient", (ins), [{}],
      [{ return {}; }]>,
    InterfaceMethod<"Whether the first result is the activation.", "bool", "computesActivation", (ins), [{}],
      [{ return !$_op.getGradient() || $_op->getNumResults() == 2; }]>,
    InterfaceMethod<"Builds the activation and its derivative at a scalar; ops that nothing uses are erased.",
      "::sluice::ActivationFormula", "buildFormula", (ins "::sluice::Formula &":$f, "::mlir::Value":$x)>,
    InterfaceMethod<"Builds the two ops that compute apart, to the bit, what one that joins them does; returns its "
                    "results, or nothing where there is one op alone.",
      "::llvm::SmallVector<::mlir::Value>", "buildApart", (ins "::mlir::OpBuilder &":$builder), [{}],
      [{ return {}; }]>
  ];
}

def NormOpInterface : OpInterface<"NormOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that normalizes over the last dimension, then scales and may shift. Its first operand is what it normalizes,
    its first result the outcome; the other results are statistics of rows for backward.

    input [..., C], weight and bias [C], mean and rstd [...]; all have one element type, and epsilon is positive.
  }];
  let methods = [
    InterfaceMethod<"What is normalized.", "::mlir::Value", "getInput">,
    InterfaceMethod<"The scale.", "::mlir::Value", "getWeight">,
    InterfaceMethod<"The shift, or null.", "::mlir::Value", "getBias", (ins), [{}], [{ return {}; }]>,
    InterfaceMethod<"The mean of each row, null unless rows are centred.", "::mlir::Value", "getMean", (ins), [{}],
      [{ return {}; }]>,
    InterfaceMethod<"The reciprocal of the root of each row's mean square, after centring.", "::mlir::Value",
      "getRstd">,
    InterfaceMethod<"Added to the mean square.", "::llvm::APFloat", "getEpsilon">
  ];
  let verify = [{ return ::sluice::verifyNorm($_op); }];
}

def NormBackwardOpInterface : OpInterface<"NormBackwardOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    The gradients of a norm: of its input, of its scale and, where there is a result for it, of its shift. Shapes are
    those of the norm, and all have one element type.
  }];
  let methods = [
    InterfaceMethod<"The gradient of the norm's result.", "::mlir::Value", "getGradient">,
    InterfaceMethod<"What is normalized.", "::mlir::Value", "getInput">,
    InterfaceMethod<"The scale.", "::mlir::Value", "getWeight">,
    InterfaceMethod<"The mean of each row, null unless rows are centred.", "::mlir::Value", "getMean", (ins), [{}],
      [{ return {}; }]>,
    InterfaceMethod<"The reciprocal of the root of each row's mean square, after centring.", "::mlir::Value",
      "getRstd">,
    InterfaceMethod<"The gradient of the scale.", "::mlir::Value", "getDweight">,
    InterfaceMethod<"The gradient of the shift, or null.", "::mlir::Value", "getDbias", (ins), [{}], [{ return {}; }]>
  ];
  let verify = [{ return ::sluice::verifyNormBackward($_op); }];
}

def KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    An op that decomposes into loops over blocks, whose sizes the target chooses.

    - What it computes is in the dialect. Decompositions are attached to it from outside
      (`registerKernelDecompositions`), so that the dialect needs none of them.
    - `block` is null until the target's strategy sets it. Each op says what its numbers count.
  }];
  let methods = [
    InterfaceMethod<"The sizes of the op's blocks, or null.", "::mlir::DenseI64ArrayAttr", "getBlockAttr", (ins), [{}],
      [{ return $_op.getBlockAttr(); }]>,
    InterfaceMethod<"Sets the sizes of the op's blocks.", "void", "setBlockAttr",
      (ins "::mlir::DenseI64ArrayAttr":$block), [{}], [{ $_op.setBlockAttr(block); }]>,
    InterfaceMethod<"Builds the loops in front of the op, which is on buffers and has its block; the caller erases it.",
      "void", "decompose">
  ];
}

#endif // SLUICE_INTERFACES
