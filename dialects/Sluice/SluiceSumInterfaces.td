//===- SluiceSumInterfaces.td - What the passes ask of a sum ------*- tablegen -*-===//
#ifndef SLUICE_SUM_INTERFACES
#define SLUICE_SUM_INTERFACES

// Apart from other interfaces, whose declarations have to stand before those of attributes.
include "mlir/IR/OpBase.td"

def AccumulationOpInterface : OpInterface<"AccumulationOpInterface"> {
  let cppNamespace = "::sluice";
  let description = [{
    A product of two matrices that says by `accumulation` how it sums, and by `key`, `id` and `ordinal` what sums that
    round stochastically draw by.

    - Without the attribute sums are of f32.
    - The operands are the first two of the op, the sums its only result.
    - Policies of precision are about the products of layers, not about scores of the vocabulary.
    - `key`, `id` and `ordinal` are there together, and only beside sums that round stochastically.
  }];
  let methods = [
    InterfaceMethod<"How products are summed, or null.", "::sluice::AccumulationAttr", "getAccumulationAttr">,
    InterfaceMethod<"Sets how products are summed.", "void", "setAccumulationAttr",
      (ins "::sluice::AccumulationAttr":$accumulation)>,
    InterfaceMethod<"The words of `sluice.key`, or null.", "::mlir::Value", "getKey">,
    InterfaceMethod<"What tells the calls of functions apart, or null.", "::mlir::Value", "getId">,
    InterfaceMethod<"Sets the words of `sluice.key`.", "::mlir::MutableOperandRange", "getKeyMutable">,
    InterfaceMethod<"Sets what tells calls apart.", "::mlir::MutableOperandRange", "getIdMutable">,
    InterfaceMethod<"What tells the contractions of a function apart, or null.", "::mlir::IntegerAttr",
      "getOrdinalAttr">,
    InterfaceMethod<"Sets what tells the contractions of a function apart.", "void", "setOrdinalAttr",
      (ins "::mlir::IntegerAttr":$ordinal)>,
    InterfaceMethod<"Whether the product is one of a layer.", "bool", "isOfLayer", (ins), [{}], [{ return true; }]>
  ];
  let verify = [{ return ::sluice::verifyAccumulation($_op); }];
}

#endif // SLUICE_SUM_INTERFACES
