//===- Passes.td - Places, buffers and scratch -------------------*- tablegen -*-===//
#ifndef SLUICE_BUFFERS_PASSES
#define SLUICE_BUFFERS_PASSES

include "mlir/Pass/PassBase.td"

def PlanSlots : Pass<"sluice-plan-slots", "::mlir::ModuleOp"> {
  let summary = "gives every parameter and slot its place";
  let description = "Offsets are attributes; the sizes of the blocks go into the module's `sluice.binary`, and as a remark to the reader.";
}

def DestinationPassing : Pass<"sluice-destination-passing", "::mlir::ModuleOp"> {
  let summary = "functions take the step state and memrefs and write their results where the caller says";
  let description = [{
    A layer function becomes (step, operands, destinations) -> (), without a destination for a result that updates an argument. An action becomes (step,
    parameter block, slot block) -> (), its reads and slots views of the blocks. Offsets are planned before.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def ForwardCopies : Pass<"sluice-forward-copies", "::mlir::func::FuncOp"> {
  let summary = "computes into a destination instead of copying there";
  let description = [{
    Where a temporary of the entry block is copied to an argument that nothing else touches before, the argument takes the temporary's place, and so does a part of another
    temporary, where the copy is the last use: results of one op that are joined are computed where they are joined.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def DescribeKernels : Pass<"sluice-describe-kernels", "::mlir::func::FuncOp"> {
  let summary = "says what each op and each loop on buffers computes and moves";
  let description = [{
    Sets `sluice.kernel` on every op of linalg, every copy and every parallel loop that is not inside of another: the name of the op of the model that it comes from, with the sizes of a
    contraction; its floating-point operations, one for each of arithmetic and each function of an element; and the bytes of its operands, those of a destination twice where it is read as
    well. In a loop, a bound that depends on a loop around it counts as half of the static one. Shapes are static.
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def PlanScratch : Pass<"sluice-plan-scratch", "::mlir::ModuleOp"> {
  let summary = "allocations -> offsets in one arena a function";
  let description = [{
    Every function gets its scratch as an argument: behind the step state, but last in actions and in the functions of ops with `ThreadedCallOpInterface`. Allocations whose
    lives do not overlap share memory; what a callee needs is an interval at the call. Offsets are multiples of 64. The attributes `sluice.scratch_bytes` and
    `sluice.thread_scratch_bytes` hold what the function needs from its caller and from each thread of the pool.

    Allocations are static, of the identity layout, in the entry block, and are not returned. Remarks of the category `arena` report each function.
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

#endif // SLUICE_BUFFERS_PASSES
