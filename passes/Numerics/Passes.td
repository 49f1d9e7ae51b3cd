//===- Passes.td - The numerics phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_NUMERICS_PASSES
#define SLUICE_NUMERICS_PASSES

include "mlir/Pass/PassBase.td"

def SetComputeType : Pass<"sluice-set-compute-type", "::mlir::ModuleOp"> {
  let summary = "sets what the operands of contractions are rounded to";
  let description = [{
    Gives every op with `ComputeTypeOpInterface` the `compute_type`, in all functions and graphs, so that evaluation computes what training does: with `bf16` operands of contractions
    are rounded to it, with `f32` they are taken as they are. The module's `sluice.binary` says so as `compute`. Parameters, gradients, the state of the optimizer and activations are
    f32 all the same, and so is what the optimizer computes, Muon's products too. An op of another element type cannot compute in `bf16`.
  }];
  let options = [Option<"type", "type", "std::string", "\"f32\"", "f32 or bf16">];
}

def NarrowKept : Pass<"sluice-narrow-kept", "::mlir::ModuleOp"> {
  let summary = "keeps from forward to backward in the compute type what is rounded to it anyway";
  let description = [{
    A slot of kind `kept` gets the compute type where backward hands its contents to contractions alone, through ops that only rearrange: queries, keys and values. Forward rounds what it stores,
    and goes on from there where it does nothing else with it either; in front of the contractions it is widened again. Rounding twice is rounding once, so that no result changes.

    Only functions with one call are changed, so the pass comes before `sluice-share-layers`. The slots and the bytes that they lost are a remark.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::ub::UBDialect"];
}

def NarrowResults : Pass<"sluice-narrow-results", "::mlir::ModuleOp"> {
  let summary = "rounds where it is computed what contractions alone use";
  let description = [{
    The result of a norm, which a loop of its own computes, gets the compute type where contractions that round to it are all that uses it, through ops that only
    rearrange: it is rounded once, where it is computed, and not each time that it is packed, and takes half the memory. In front of the contractions it is widened again, which they
    see through. Rounding twice is rounding once, so that no result changes. The results and the bytes that they lost, each counted once, are a remark.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def ApproximateMath : Pass<"sluice-approximate-math", "mlir::ModuleOp"> {
  let summary = "transcendental functions -> polynomials (f32) or libm (f64)";
  let description = [{
    f32 becomes polynomials with explicit FMA, the same for scalars and vectors of any length, so that the bits of a result don't depend on where in a row an
    element lies. Largest error, subnormal results included: sin and cos (below 2^30) 1 ULP; exp, exp2, log, log2, log10, erf, rsqrt 2 ULP; expm1,
    log1p, tanh 3 ULP. Infinities, NaNs and signed zeros behave as in C. bf16 and f16 are computed in f32.

    f64, which only gradient checks use, and f32 functions that have no polynomial here are calls of the C library, lane by lane.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect", "mlir::math::MathDialect", "mlir::vector::VectorDialect"];
}

#endif // SLUICE_NUMERICS_PASSES
