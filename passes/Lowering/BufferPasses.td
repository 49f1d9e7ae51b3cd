//===- BufferPasses.td - From memrefs to LLVM ---------------------*- tablegen -*-===//
#ifndef SLUICE_LOWERING_BUFFER_PASSES
#define SLUICE_LOWERING_BUFFER_PASSES

include "mlir/Pass/PassBase.td"

def DescribeKernels : Pass<"sluice-describe-kernels", "::mlir::func::FuncOp"> {
  let summary = "says what each op and each loop on buffers computes and moves";
  let description = [{
    Sets `sluice.kernel` on every op of linalg, every copy and every parallel loop that is not inside of another: the name of the op of the model that it comes from, with the sizes of a
    contraction; its floating-point operations, one for each of arithmetic and each function of an element; and the bytes of its operands, those of a destination twice where it is read as
    well. In a loop, a bound that depends on a loop around it counts as half of the static one. Shapes are static.
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def OutlineParallel : Pass<"sluice-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "parallel loops on buffers -> functions that run on the step's threads";
  let description = [{
    Every outermost `scf.forall` becomes a function `@F_parallelN(captures..., begin, end, scratch)` that runs the iterations [begin, end) of the flattened loop,
    and a `sluice.parallel_for` in its place. Views and constants are repeated in the body, so that captures are memrefs of static shape with the identity
    layout, and scalars. Allocations of the body move to the entry of the new function. Loops inside become sequential, and a loop of one iteration is inlined.

    Bounds are static, nothing is returned through `shared_outs`, and the enclosing function's first argument is the step state.
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def PlanScratch : Pass<"sluice-plan-scratch", "::mlir::ModuleOp"> {
  let summary = "allocations -> offsets in one arena a function";
  let description = [{
    Every function gets its scratch as an argument: behind the step state, but last in actions and in the bodies of `sluice.parallel_for`. Allocations whose
    lives do not overlap share memory; what a callee needs is an interval at the call. Offsets are multiples of 64. The attributes `sluice.scratch_bytes` and
    `sluice.thread_scratch_bytes` hold what the function needs from its caller and from each thread of the pool.

    Allocations are static, of the identity layout, in the entry block, and are not returned. Remarks of the category `arena` report each function.
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def LowerToLLVM : Pass<"sluice-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "loops, vectors and buffers -> LLVM";
  let description = [{
    Memrefs of arguments are bare pointers. A `vector.contract` becomes outer products and FMAs. `sluice.parallel_for` becomes an array of the
    captures on the stack and a call of the ABI's function with `@F_entry`, which unpacks it. Private functions get internal linkage. An action that only calls becomes a chain of short
    functions without descriptors of buffers: its time is linear in the depth of the model. What describes the
    model (`sluice.parameter`, `sluice.slot`) stays for `sluice-export-table`.
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::LLVM::LLVMDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::ub::UBDialect", "::mlir::x86vector::X86VectorDialect"];
}

def ExportTable : Pass<"sluice-export-table", "::mlir::ModuleOp"> {
  let summary = "the table through which the runtime sees the model";
  let description = [{
    Defines the constant `sluice_program` of the ABI from parameters, slots, actions and the module attributes `sluice.binary` and `sluice.scalars`, and erases what
    it was made from. Parameters and slots have offsets, and every action is an LLVM function that was planned.
  }];
  let options = [Option<"processor", "processor", "std::string", "\"\"", "What the code is generated for, for example znver3">,
                 Option<"features", "features", "std::string", "\"\"", "What it needs, as /proc/cpuinfo names it, comma-separated">];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // SLUICE_LOWERING_BUFFER_PASSES
