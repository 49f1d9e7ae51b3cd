//===- VectorizePasses.td - Vector code for what is not a contraction -*- tablegen -*-===//
#ifndef SLUICE_VECTORIZE_PASSES
#define SLUICE_VECTORIZE_PASSES
include "mlir/Pass/PassBase.td"

def VectorizeGenerics : Pass<"sluice-vectorize-generics", "mlir::func::FuncOp"> {
  let summary = "linalg ops and copies on buffers -> loops of vector code";
  let description = [{
    Runs after bufferization; contractions have become micro-kernels before. Every linalg op and `memref.copy` on buffers of static shape turns into
    loops whose innermost body works on vectors along one dimension: the one along which most operands lie contiguously. Dimensions that are contiguous
    in all operands are collapsed first. A body with regions stays scalar; ops that have no vector form (`memref.load` with computed indices) run lane by lane. A transposed copy inside
    of a parallel loop goes by squares of vectors, which are transposed in registers.

    Large ops spread their parallel dimensions over an `scf.forall` (one dimension, static count, no mapping), unless they already lie in one. Sums are
    never spread, so every result is the same to the last bit for any number of threads:

    - a sum along the vector dimension has a fixed number of vector accumulators, combined pairwise, then lane halves pairwise; the length alone decides;
    - a sum across rows adds the rows to the destination in ascending order.

    The contents of the destination take part in a reduction as in `linalg`.
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", "256", "Width of a vector register in bits: 128, 256 or 512">];
  let dependentDialects = ["mlir::affine::AffineDialect", "mlir::arith::ArithDialect", "mlir::linalg::LinalgDialect", "mlir::memref::MemRefDialect",
                           "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
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

#endif // SLUICE_VECTORIZE_PASSES
