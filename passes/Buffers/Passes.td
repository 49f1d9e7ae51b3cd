//===- Passes.td - Places, buffers and scratch -------------------*- tablegen -*-===//
#ifndef SLUICE_BUFFERS_PASSES
#define SLUICE_BUFFERS_PASSES

include "mlir/Pass/PassBase.td"

def PlanSlots : Pass<"sluice-plan-slots", "::mlir::ModuleOp"> {
  let summary = "gives every parameter and slot its place";
  let description = [{
    - Does: places parameters in one block, stage by stage, those that are `in_place` behind the others of their stage,
      and then their narrow copies.
    - Does: places persistent slots in another. Of these gradients come first, those of each stage together with its
      counts of gates. Then come optimizer state, exchanged gradients and norms.
    - Does: places results, what crosses boundaries and what is kept in a frame, which each stage has for itself.
    - Leaves: `offset`, in bytes, on every parameter and slot, `narrow_offset` on parameters with a copy, and the sizes
      of the blocks in the module's `sluice.binary`. A remark of the category `memory` says them.

    ```mlir
    sluice.parameter @w : tensor<17xf32> {init = #sluice.constant<0.0>}
    sluice.slot gradient @gradient.w : tensor<17xf32> of @w
    sluice.slot kept @x : tensor<2xf32>
    ```

    becomes

    ```mlir
    sluice.parameter @w : tensor<17xf32> {init = #sluice.constant<0.0>, offset = 0}
    sluice.slot gradient @gradient.w : tensor<17xf32> of @w {offset = 0}
    sluice.slot kept @x : tensor<2xf32> {offset = 0}
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def DestinationPassing : Pass<"sluice-destination-passing", "::mlir::ModuleOp"> {
  let summary = "functions take the step state and memrefs and write their results where the caller says";
  let description = [{
    - Needs: offsets, which `sluice-plan-slots` sets.
    - Does: a layer function becomes (step, operands, destinations) -> (). A result that updates an argument has no
      destination.
    - Does: an action becomes (step, weights, next weights, persistent slots, frame, in-place weights) -> (). Its reads
      and slots are views of these blocks, and what it writes to parameters goes to the next weights. Parameters that
      are `in_place`, and narrow copies, are read and written among the last. Scalars are loaded from the step state.
    - Refuses: ops that do not belong in an action, a scalar that the module lacks, and branches that update different
      places for one result.

    ```mlir
    %w = sluice.read @w : tensor<4xf32>
    %y = call @layer(%w) : (tensor<4xf32>) -> tensor<4xf32>
    sluice.store %y, @x : tensor<4xf32>
    ```

    becomes

    ```mlir
    %w = memref.view %weights[%c0][] : memref<64xi8> to memref<4xf32>
    %x = memref.view %frame[%c64][] : memref<128xi8> to memref<4xf32>
    call @layer(%step, %w, %x) : (memref<584xi8>, memref<4xf32>, memref<4xf32>) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect"];
}

def ForwardCopies : Pass<"sluice-forward-copies", "::mlir::func::FuncOp"> {
  let summary = "computes into a destination instead of copying there";
  let description = [{
    - Needs: a temporary of the entry block that is copied to an argument which nothing else touches before.
    - Does: the argument takes the temporary's place.
    - Does the same with a part of another temporary, where the copy is the last use. So results of one op that are
      joined are computed where they are joined.
    - Leaves: every other copy.

    ```mlir
    %t = memref.alloc() : memref<4xf32>
    linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
    memref.copy %t, %out : memref<4xf32> to memref<4xf32>
    ```

    becomes

    ```mlir
    linalg.fill ins(%c : f32) outs(%out : memref<4xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def DescribeKernels : Pass<"sluice-describe-kernels", "::mlir::func::FuncOp"> {
  let summary = "says what each op and each loop on buffers computes and moves";
  let description = [{
    - Needs: buffers of static shape.
    - Does: sets `sluice.kernel` on every op of linalg, every kernel op, every copy, and every parallel loop that is not
      inside of another.
    - The name is that of the op of the model that it comes from. A contraction's has its rows, columns and sum, too.
    - Operations count one for each of arithmetic and each function of an element. Of attention they are those of its
      products, of other kernel ops none.
    - Bytes are those of the operands. Those of a destination count twice where it is read as well.
    - In a loop, a bound that depends on a loop around it counts as half of the static one.

    ```mlir
    linalg.matmul ins(%x, %w : memref<64x300xf32>, memref<300x272xf32>) outs(%y : memref<64x272xf32>) loc("linear")
    ```

    becomes

    ```mlir
    linalg.matmul {sluice.kernel = #sluice.kernel<"linear 64x272x300", flops = 10444800, bytes = 542464>}
      ins(%x, %w : memref<64x300xf32>, memref<300x272xf32>) outs(%y : memref<64x272xf32>)
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def PlanScratch : Pass<"sluice-plan-scratch", "::mlir::ModuleOp"> {
  let summary = "allocations become offsets in one arena a function";
  let description = [{
    - Needs: allocations of static shape and identity layout, in the entry block, that are not returned.
    - Does: gives every function its scratch as an argument. It comes behind the step state, but last in actions and in
      functions of ops with `ThreadedCallOpInterface`.
    - Does: allocations whose lives do not overlap share memory. What a callee needs is an interval at the call. Offsets
      are multiples of 64.
    - Leaves: `sluice.scratch_bytes` and `sluice.thread_scratch_bytes`, what a function needs from its caller and from
      each thread of the pool. Remarks of the category `arena` report each function.
    - Refuses: recursion, and a parallel loop within a parallel loop.

    ```mlir
    func.func @f(%step: memref<584xi8>, %out: memref<16xf32>) {
      %a = memref.alloc() : memref<16xf32>
      memref.copy %out, %a : memref<16xf32> to memref<16xf32>
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%step: memref<584xi8>, %scratch: memref<64xi8>, %out: memref<16xf32>)
        attributes {sluice.scratch_bytes = 64, sluice.thread_scratch_bytes = 0} {
      %c0 = arith.constant 0 : index
      %a = memref.view %scratch[%c0][] : memref<64xi8> to memref<16xf32>
      memref.copy %out, %a : memref<16xf32> to memref<16xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

#endif // SLUICE_BUFFERS_PASSES
