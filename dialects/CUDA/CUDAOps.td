//===- CUDAOps.td - Ops of a training step on NVIDIA GPUs -----------*- tablegen -*-===//
#ifndef SLUICE_CUDA_OPS
#define SLUICE_CUDA_OPS

include "CUDAStrategy.td"
include "dialects/Sluice/SluiceDialect.td"
include "dialects/Sluice/SluiceInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ViewLikeInterface.td"

class CUDA_Op<string mnemonic, list<Trait> traits = []> : Op<CUDA_Dialect, mnemonic, traits>;

def CUDA_WhenOp : CUDA_Op<"when", [SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "kernels and calls that do nothing where a word in memory is 0";
  let description = [{
    - `gate` is one i32 in memory of the GPU. Kernels read it at their entry: the host does not know it.
    - The region has launches, calls of functions of launches, and what both need: views and constants.

    ```mlir
    sluice_cuda.when %open : memref<1xi32> {
      func.call @h.forward(%step, %x, %y) : (memref<584xi8>, memref<64xf32>, memref<64xf32>) -> ()
    }
    ```
  }];
  let arguments = (ins MemRefOf<[I32]>:$gate);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$gate `:` type($gate) $body attr-dict";
  let hasVerifier = 1;
}

def CUDA_WorkspaceOp : CUDA_Op<"workspace"> {
  let summary = "memory that each call of a function has for itself";
  let description = [{
    - Its contents pass from one kernel to another of the same call. No other call gets the memory, so that launches of
      many calls can wait and become one.
    - The memory is of static shape and lies without gaps.
    - It is for little: a step needs all of them at once.

    ```mlir
    %parts = sluice_cuda.workspace : memref<42x768xf32>
    ```
  }];
  let results = (outs Res<AnyStaticShapeMemRef, "", [MemAlloc]>:$memory);
  let assemblyFormat = "attr-dict `:` type($memory)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MemRefType getType() { return ::llvm::cast<::mlir::MemRefType>(getMemory().getType()); }
  }];
}

def CUDA_FlattenOp : CUDA_Op<"flatten", [Pure, DeclareOpInterfaceMethods<ViewLikeOpInterface, ["getViewSource"]>]> {
  let summary = "memory as a list of as many elements as it has";
  let description = [{
    A kernel that asks `memref.dim` how many there are is the same for memory of all sizes.

    - `source` is of static shape and lies without gaps, from its beginning on.
    - The result has one dimension of dynamic size, and the elements of the source.

    ```mlir
    %list = sluice_cuda.flatten %x : memref<768x3072xf32> to memref<?xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeMemRef:$source);
  let results = (outs AnyMemRef:$list);
  let assemblyFormat = "$source attr-dict `:` type($source) `to` type($list)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$source)>];
}

def CUDA_LaunchOp : CUDA_Op<"launch", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>, DeclareOpInterfaceMethods<LaunchOpInterface>]> {
  let summary = "a kernel on memory that is known by its place";
  let description = [{
    A row of the table of launches (`sluice_launch` of abi.h).

    - `kernel` names a `gpu.func` of a `gpu.module`, whose arguments are memrefs alone.
    - `grid` and `block` are three positive numbers each: blocks, and threads of a block, of which there are at most
      1,024.
    - `shared` bytes of dynamic shared memory a block, not negative.
    - `spaces` and `offsets`, in bytes, are one each for each argument. A space is a `sluice_space` of abi.h. No offset
      is negative.
    - `elements` are how many the arguments of dynamic shape have, in their order. There is a positive number for each.
    - With `gated` the first argument is the word of a gate. Of several, all come first.
    - `place` is the function of the model that it is of.

    ```mlir
    sluice_cuda.launch @kernels::@layer_norm grid [96, 1, 1] block [256, 1, 1] spaces [4, 1, 4] offsets [0, 512, 4096]
      place "train.h.0.forward"
    ```
  }];
  let arguments = (ins
    SymbolRefAttr:$kernel, DenseI64ArrayAttr:$grid, DenseI64ArrayAttr:$block,
    DefaultValuedAttr<I64Attr, "0">:$shared, DenseI32ArrayAttr:$spaces, DenseI64ArrayAttr:$offsets,
    DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$elements, UnitAttr:$gated, StrAttr:$place,
    OptionalAttr<Sluice_KernelAttr>:$work);
  let assemblyFormat = [{
    $kernel `grid` $grid `block` $block (`shared` $shared^)? `spaces` $spaces `offsets` $offsets
    (`elements` $elements^)? (`gated` $gated^)? `place` $place (`work` $work^)? attr-dict
  }];
  let hasVerifier = 1;
}

#endif // SLUICE_CUDA_OPS
