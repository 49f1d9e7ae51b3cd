//===- Passes.td - The numerics phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_NUMERICS_PASSES
#define SLUICE_NUMERICS_PASSES

include "mlir/Pass/PassBase.td"

def SetComputeType : Pass<"sluice-set-compute-type", "::mlir::ModuleOp"> {
  let summary = "sets what the operands of contractions are rounded to";
  let description = [{
    - Does: gives every op with `ComputeTypeOpInterface` the `compute_type`, in all functions and graphs, so that
      evaluation computes what training does.
    - With `bf16` operands of contractions are rounded to it; with `f32` they are taken as they are.
    - Leaves: `compute` in the module's `sluice.binary`. Parameters, gradients, optimizer state and activations stay
      f32. So does what the optimizer computes, Muon's products too.
    - Refuses: `bf16` for an op of another element type than f32, and other types.

    ```mlir
    %y = sluice.linear %x, %w : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```

    becomes, with `type=bf16`,

    ```mlir
    %y = sluice.linear %x, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```
  }];
  let options = [Option<"type", "type", "std::string", "\"f32\"", "f32 or bf16">];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def NarrowKept : Pass<"sluice-narrow-kept", "::mlir::ModuleOp"> {
  let summary = "keeps from forward to backward in the compute type what is rounded to it anyway";
  let description = [{
    - Needs: functions with one call, which alone are changed: the pass comes before `sluice-share-layers`.
    - Does: gives a slot of kind `kept` the compute type where backward hands its contents to contractions alone,
      through ops that only rearrange. These are queries, keys and values.
    - Forward rounds what it stores, and goes on from there where it does nothing else with it either. In front of the
      contractions it is widened again.
    - Leaves: every result as it was, as rounding twice is rounding once. A remark of the category `numerics` says how
      many slots lost how many bytes.

    ```mlir
    sluice.slot kept @qkv : tensor<2x4x24xf32>
    sluice.store %qkv, @qkv : tensor<2x4x24xf32>
    ```

    becomes, with the rounding in the layer's function,

    ```mlir
    sluice.slot kept @qkv : tensor<2x4x24xbf16>
    sluice.store %narrow, @qkv : tensor<2x4x24xbf16>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::ub::UBDialect"];
}

def NarrowResults : Pass<"sluice-narrow-results", "::mlir::ModuleOp"> {
  let summary = "rounds where it is computed what contractions alone use";
  let description = [{
    - Needs: the result of a norm, which a loop of its own computes. Contractions that round to the compute type are all
      that uses it, through ops that only rearrange.
    - Does: rounds it once, where it is computed, and not each time that it is packed. It takes half the memory.
    - In front of the contractions it is widened again, which they see through.
    - Leaves: every result as it was, as rounding twice is rounding once. A remark of the category `numerics` says how
      many results lost how many bytes, each counted once.

    ```mlir
    %y, %rstd = sluice.rms_norm %x, %g epsilon 1.0e-05 : tensor<4x8xf32>, tensor<8xf32> to tensor<4xf32>
    %z = sluice.linear %y, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```

    becomes

    ```mlir
    %y, %rstd = sluice.rms_norm %x, %g epsilon 1.0e-05 : tensor<4x8xf32>, tensor<8xf32> to tensor<4xf32>
    %narrow = arith.truncf %y : tensor<4x8xf32> to tensor<4x8xbf16>
    %wide = arith.extf %narrow : tensor<4x8xbf16> to tensor<4x8xf32>
    %z = sluice.linear %wide, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def ApproximateMath : Pass<"sluice-approximate-math", "mlir::ModuleOp"> {
  let summary = "transcendental functions become polynomials (f32) or calls of libm (f64)";
  let description = [{
    - Does: f32 becomes polynomials with explicit FMA, the same for scalars and vectors of any length. So the bits of a
      result don't depend on where in a row an element lies. bf16 and f16 are computed in f32.
    - Does: f64, which only gradient checks use, becomes calls of the C library, lane by lane. So do f32 functions that
      have no polynomial here.
    - Largest errors, subnormal results included: sin and cos (below 2^30) 1 ULP; exp, exp2, log, log2, log10, erf and
      rsqrt 2 ULP; expm1, log1p and tanh 3 ULP.
    - Infinities, NaNs and signed zeros behave as in C.
    - Refuses: wider floats than f64, and scalable vectors.

    ```mlir
    %y = math.exp %x : f64
    ```

    becomes

    ```mlir
    %y = call @exp(%x) : (f64) -> f64
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
                           "mlir::math::MathDialect", "mlir::vector::VectorDialect"];
}

#endif // SLUICE_NUMERICS_PASSES
