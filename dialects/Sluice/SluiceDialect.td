//===- SluiceDialect.td - The training graph -----------------------*- tablegen -*-===//
#ifndef SLUICE_DIALECT
#define SLUICE_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Sluice_Dialect : Dialect {
  let name = "sluice";
  let cppNamespace = "::sluice";
  let summary = "the training step of a transformer";
  let description = [{
    Value semantics on ranked tensors with static shapes; batch and sequence are chosen at compile time. Parameters are
    symbols that only `sluice.read` refers to; every other op takes values, so equal layers become equal functions.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::tensor::TensorDialect"];
}

class Sluice_Attr<string name, string attrMnemonic> : AttrDef<Sluice_Dialect, name> { let mnemonic = attrMnemonic; }

def Sluice_NormalAttr : Sluice_Attr<"Normal", "normal"> {
  let summary = "initial values from a normal distribution with mean 0";
  let description = "The standard deviation is positive. Values are keyed by the parameter's name and the element's index.";
  let parameters = (ins "::mlir::FloatAttr":$deviation);
  let assemblyFormat = "`<` $deviation `>`";
  let genVerifyDecl = 1;
}

def Sluice_ConstantAttr : Sluice_Attr<"Constant", "constant"> {
  let summary = "the same initial value everywhere";
  let parameters = (ins "::mlir::FloatAttr":$value);
  let assemblyFormat = "`<` $value `>`";
}

def Sluice_KernelAttr : Sluice_Attr<"Kernel", "kernel"> {
  let summary = "what a loop or an op on buffers computes and moves";
  let description = [{
    `name` says what of the model it is, `flops` how many floating-point operations it takes, `bytes` how many bytes of its operands it reads and writes at least. Neither is
    negative. Set by `sluice-describe-kernels`, passed on to the loops that the op becomes; a binary's `bench` shows times and rates by it.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "int64_t":$flops, "int64_t":$bytes);
  let assemblyFormat = "`<` $name `,` `flops` `=` $flops `,` `bytes` `=` $bytes `>`";
  let genVerifyDecl = 1;
}

def Sluice_GateAttr : Sluice_Attr<"Gate", "gate"> {
  let summary = "one gate: an element of a slot of kind `gate`";
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$slot, "int64_t":$index);
  let assemblyFormat = "`<` $slot `[` $index `]` `>`";
}
def Sluice_GateArray : TypedArrayAttrBase<Sluice_GateAttr, "list of gates">;

def Sluice_SlotKind : I32EnumAttr<"SlotKind", "what a slot holds", [
    I32EnumAttrCase<"Kept", 0, "kept">,           // from forward to backward of a micro-batch
    I32EnumAttrCase<"Gradient", 1, "gradient">,   // accumulated over the micro-batches of a step
    I32EnumAttrCase<"State", 2, "state">,         // optimizer state
    I32EnumAttrCase<"Norm", 3, "norm">,           // sums of squares
    I32EnumAttrCase<"Result", 4, "result">,       // a graph's result, read by the runtime
    I32EnumAttrCase<"Gate", 5, "gate">]> {        // how many micro-batches of a step kept each gate
  let cppNamespace = "::sluice";
}

def Sluice_ActionKind : I32EnumAttr<"ActionKind", "when the runtime calls a function", [
    I32EnumAttrCase<"Forward", 2, "forward">,
    I32EnumAttrCase<"Backward", 3, "backward">,
    I32EnumAttrCase<"Tied", 4, "tied">,
    I32EnumAttrCase<"Norm", 5, "norm">,
    I32EnumAttrCase<"Update", 6, "update">,
    I32EnumAttrCase<"Evaluate", 7, "evaluate">]> {
  let cppNamespace = "::sluice";
  let genSpecializedAttr = 0;
}
def Sluice_ActionKindAttr : EnumAttr<Sluice_Dialect, Sluice_ActionKind, "action"> {
  let assemblyFormat = "`<` $value `>`";
}

#endif // SLUICE_DIALECT
