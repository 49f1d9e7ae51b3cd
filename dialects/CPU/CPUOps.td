//===- CPUOps.td - Ops of a training step on a CPU ------------------*- tablegen -*-===//
#ifndef SLUICE_CPU_OPS
#define SLUICE_CPU_OPS

include "CPUDialect.td"
include "dialects/Sluice/SluiceDialect.td"
include "dialects/Sluice/SluiceInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

class CPU_Op<string mnemonic, list<Trait> traits = []> : Op<CPU_Dialect, mnemonic, traits>;

def CPU_ParallelForOp : CPU_Op<"parallel_for", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>, DeclareOpInterfaceMethods<ThreadedCallOpInterface>]> {
  let summary = "runs a function over [0, count) on the threads of the step's pool";
  let description = [{
    - The callee takes the captures, then begin and end of its part (index) and the thread's scratch (a memref of i8).
      It returns nothing.
    - Captures are memrefs of static shape with the identity layout, or scalars.
    - `step` is the step state.
    - `kernel` says what the loop is of the model.

    ```mlir
    sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8> captures(%x : memref<4x8xf32>)
    ```
  }];
  let arguments = (ins
    FlatSymbolRefAttr:$callee, AnyMemRef:$step, I64Attr:$count, Variadic<AnyType>:$captures,
    OptionalAttr<Sluice_KernelAttr>:$kernel);
  let assemblyFormat = [{
    $callee `count` $count `step` $step `:` type($step) (`captures` `(` $captures^ `:` type($captures) `)`)? attr-dict
  }];
}

def CPU_PointeeOp : CPU_Op<"pointee", []> {
  let summary = "the memory that a pointer in memory points to";
  let description = [{
    - `offset` is that of the pointer, in bytes, a multiple of 8. The whole pointer lies within `memory`.
    - `memory` is the step state, whose inputs it points to, or the blocks of an action.

    ```mlir
    %tokens = sluice_cpu.pointee 544 of %step : memref<584xi8> to memref<8x256xi32>
    ```
  }];
  let arguments = (ins MemRefRankOf<[I8], [1]>:$memory, ConfinedAttr<I64Attr, [IntNonNegative]>:$offset);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$offset `of` $memory attr-dict `:` type($memory) `to` type($result)";
  let hasVerifier = 1;
}

#endif // SLUICE_CPU_OPS
