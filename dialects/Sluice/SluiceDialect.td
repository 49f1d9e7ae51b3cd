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
    Value semantics on ranked tensors with static shapes.

    - Batch and sequence are chosen at compile time.
    - Parameters are symbols that only `sluice.read` and `sluice.write` refer to. Every other op takes values, so that
      equal layers become equal functions.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::tensor::TensorDialect"];
}

class Sluice_Attr<string name, string attrMnemonic> : AttrDef<Sluice_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Sluice_NormalAttr : Sluice_Attr<"Normal", "normal"> {
  let summary = "initial values from a normal distribution with mean 0";
  let description = [{
    - The standard deviation is positive.
    - Values are keyed by the parameter's name and the element's index.

    ```mlir
    #sluice.normal<0.02>
    ```
  }];
  let parameters = (ins "::mlir::FloatAttr":$deviation);
  let assemblyFormat = "`<` $deviation `>`";
  let genVerifyDecl = 1;
}

def Sluice_ConstantAttr : Sluice_Attr<"Constant", "constant"> {
  let summary = "the same initial value everywhere";
  let description = [{
    ```mlir
    #sluice.constant<1.0>
    ```
  }];
  let parameters = (ins "::mlir::FloatAttr":$value);
  let assemblyFormat = "`<` $value `>`";
}

def Sluice_KernelAttr : Sluice_Attr<"Kernel", "kernel"> {
  let summary = "what a loop or an op on buffers computes and moves";
  let description = [{
    - `name`: the op of the model that it comes from, and the sizes of a contraction: rows, columns and sum.
    - `flops`: how many floating-point operations it takes.
    - `bytes`: how many bytes of its operands it reads and writes at least. Neither number is negative.

    `sluice-describe-kernels` sets it, and passes hand it on to the loops that the op becomes. A program's `bench` shows
    times and rates by it.

    ```mlir
    #sluice.kernel<"linear 2048x1536x384", flops = 2415919104, bytes = 30670848>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "int64_t":$flops, "int64_t":$bytes);
  let assemblyFormat = "`<` $name `,` `flops` `=` $flops `,` `bytes` `=` $bytes `>`";
  let genVerifyDecl = 1;
}

def Sluice_GateAttr : Sluice_Attr<"Gate", "gate"> {
  let summary = "one gate: an element of a slot of kind `gate`";
  let description = [{
    The op that carries it checks that the slot is there and that the index, from 0, lies in it.

    ```mlir
    #sluice.gate<@gates[2]>
    ```
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$slot, "int64_t":$index);
  let assemblyFormat = "`<` $slot `[` $index `]` `>`";
}
def Sluice_GateArray : TypedArrayAttrBase<Sluice_GateAttr, "list of gates">;

def Sluice_SlotKind : I32EnumAttr<"SlotKind", "what a slot holds", [
    I32EnumAttrCase<"Kept", 0, "kept">,           // from forward to backward of a micro-batch, or between its halves
    I32EnumAttrCase<"Gradient", 1, "gradient">,   // accumulated over the micro-batches of a step
    I32EnumAttrCase<"State", 2, "state">,         // optimizer state
    I32EnumAttrCase<"Norm", 3, "norm">,           // sums of squares
    I32EnumAttrCase<"Result", 4, "result">,       // a graph's result, read by the runtime
    I32EnumAttrCase<"Gate", 5, "gate">,           // how many micro-batches of a step kept each gate
    I32EnumAttrCase<"Boundary", 6, "boundary">,   // sent to or received from a neighbour, of a micro-batch
    I32EnumAttrCase<"Exchange", 7, "exchange">]> { // the gradient of a use of a parameter in another stage
  let cppNamespace = "::sluice";
}

def Sluice_ActionKind : I32EnumAttr<"ActionKind", "when the runtime calls a function", [
    I32EnumAttrCase<"Forward", 2, "forward">,
    I32EnumAttrCase<"Backward", 3, "backward">,
    I32EnumAttrCase<"Tied", 4, "tied">,
    I32EnumAttrCase<"Norm", 5, "norm">,
    I32EnumAttrCase<"Update", 6, "update">,
    I32EnumAttrCase<"Evaluate", 7, "evaluate">,
    I32EnumAttrCase<"BackwardInput", 11, "backward_input">,    // what other stages wait for
    I32EnumAttrCase<"BackwardWeight", 12, "backward_weight">,  // the rest of backward
    I32EnumAttrCase<"Narrow", 13, "narrow">]> {                // narrow copies of parameters that the host has written
  let cppNamespace = "::sluice";
  let genSpecializedAttr = 0;
}
def Sluice_ActionKindAttr : EnumAttr<Sluice_Dialect, Sluice_ActionKind, "action"> {
  let summary = "when the runtime calls a function: #sluice.action<forward>";
  let assemblyFormat = "`<` $value `>`";
}

#endif // SLUICE_DIALECT
