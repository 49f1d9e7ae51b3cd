//===- Passes.td - The numerics phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_NUMERICS_PASSES
#define SLUICE_NUMERICS_PASSES

include "mlir/Pass/PassBase.td"

def SetPrecision : Pass<"sluice-set-precision", "::mlir::ModuleOp"> {
  let summary = "sets what operands of contractions are rounded to, and how products are summed";
  let description = [{
    A policy has a name, `compute`. It holds in all functions and graphs, so that evaluation computes what training
    does.

    - `f32`: nothing is rounded. `bf16`: operands of all contractions are, by `compute_type`.
    - `tf32`, `f16`, `f8E5M2`, `f8E4M3FN` and `e4m3b4`: operands of the layers' matrices are, by `sluice.quantize`.
    - `fp8-2018`: f8E5M2, with sums of e6m9 in chunks of 64 (Wang et al., arXiv 1812.08011).
    - `hfp8`: the same sums. Weights and activations are e4m3b4, gradients f8E5M2 (Sun et al., NeurIPS 2019).
    - `hopper-fp8`: f8E4M3FN, scaled by groups of 128 terms. The sum of a tensor core is added to f32 every 128 terms.
    - `NAME,scale=none|tensor|blocks`: what elements share a scale: none has one, a tensor, or 128 terms of the sum and
      128 x 128 elements of a weight.
    - `accumulate` replaces the sums of the policy: what `#sluice.accumulation` has in its brackets.

    #### Exceptions
    Attention and scores of the vocabulary round by `compute_type`: to bf16 where operands have 8 bits, to f16 beside
    `f16`. Beside `tf32` scores are of tf32, attention is of f32.

    #### What stays
    - Leaves: `compute` and `accumulation` in the module's `sluice.binary`. Parameters, gradients, optimizer state and
      activations stay f32. So does what the optimizer computes, Muon's products too.
    - Warns of a chunk that is longer than the sum.
    - Refuses: other names, and an op to be rounded of another element type than f32.

    ```mlir
    %y = sluice.linear %x, %w : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```

    becomes, with `compute=f8E5M2 accumulate=e6m9,chunk=4`,

    ```mlir
    %xq = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
    %wq = sluice.quantize %w to <f8E5M2> : tensor<8x16xf32>
    %y = sluice.linear %xq, %wq {accumulation = #sluice.accumulation<e6m9, chunk = 4>}
        : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```
  }];
  let options = [Option<"compute", "compute", "std::string", "\"f32\"", "the policy">,
                 Option<"accumulate", "accumulate", "std::string", "", "the sums, if others than the policy's">];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def SelectAccumulation : Pass<"sluice-select-accumulation", "::mlir::ModuleOp"> {
  let summary = "sums of the layers' matrices become as narrow as their lengths allow";
  let description = [{
    Each contraction of forward, input gradient and weight gradient gets the fewest mantissa bits with which the
    variance of its sum survives: n (1 - retention) < ln 50 (Sakr et al., arXiv 1901.06588). Sums have 6 exponent bits
    and round to nearest.

    #### Options
    - `model=analytic`: retention by the published theory. It treats products that are cut off, is unconfirmed in
      places, and asks for more than sums to nearest with a mean of zero need.
    - `model=simulated`: retention measured on random products with the rounding that the sum has.
    - `chunk`: 0 chooses the chunk that needs the fewest bits, 1 is none.
    - `non-zero-ratio`: the share of products that are not zero.
    - `spare-bits` are added to the choice; below zero it becomes worse than the model asks for.

    #### What it needs and leaves
    - Needs: operands are rounded already, as the bits of products count.
    - Leaves: how sums were selected in `sluice.binary`. A remark of the category `numerics` for each contraction has
      the bits by both models, with n (1 - retention) at them as `analytic_lost` and `simulated_lost`, and the standard
      error of the latter.
    - Refuses: values that are out of range, and a sum that no format is enough for.

    ```mlir
    %y = sluice.linear %xq, %wq : tensor<4x4608xf32>, tensor<4608x16xf32> to tensor<4x16xf32>
    ```

    becomes, with 8-bit operands and `chunk=1`,

    ```mlir
    %y = sluice.linear %xq, %wq {accumulation = #sluice.accumulation<e6m9>}
        : tensor<4x4608xf32>, tensor<4608x16xf32> to tensor<4x16xf32>
    ```
  }];
  let options = [Option<"model", "model", "std::string", "\"analytic\"", "analytic or simulated">,
                 Option<"chunk", "chunk", "int64_t", "0", "products of a chunk; 1: none, 0: the best">,
                 Option<"nonZeroRatio", "non-zero-ratio", "double", "1.0", "share of products that are not zero">,
                 Option<"spareBits", "spare-bits", "int64_t", "0", "added to the bits that the model asks for">];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def RoundState : Pass<"sluice-round-state", "::mlir::ModuleOp"> {
  let summary = "weights and the first moment become values of a format, by stochastic rounding";
  let description = [{
    The update of Wang et al. (arXiv 1812.08011): there is no copy of the weights in f32.

    - Needs: `train.update`, as `sluice-insert-optimizer` leaves it, also cut into stages.
    - Does: replaces `sluice.sgd` and `sluice.adamw` by `sluice.rounded_sgd` and `sluice.rounded_adamw`.
    - What is drawn is keyed by the seed, the step, the name of the parameter and the element, so that it depends on no
      place. Calls have two operands more: `sluice.key`, and the hash of the name (64-bit FNV-1a, low word first). Equal
      updates stay equal functions.
    - The copy of a tied parameter has the name of that parameter, so that both draw alike.

    #### What stays
    - Leaves: storage in f32, so that checkpoints stay what they are. The pass is among the techniques of
      `sluice.binary`, so that programs and checkpoints tell of it.
    - Weights at the start are rounded by the first update.
    - AdamW's second moment, and a parameter and its state that a step skips, stay as they are.

    #### What it refuses
    - Refuses: Muon, whose products need more bits, and what is no format with infinities and at most 21 mantissa bits.

    ```mlir
    %new:2 = call @update.w(%w, %g, %m, %rate, %momentum, %decay, %clip) : (...) -> (tensor<4x3xf32>, tensor<4x3xf32>)
    ```

    becomes, with `format=e6m9`,

    ```mlir
    %key = sluice.key : tensor<4xi32>
    %id = arith.constant dense<[-2046688170, -1352406452]> : tensor<2xi32>
    %new:2 = call @update.w(%w, %g, %m, %rate, %momentum, %decay, %clip, %key, %id)
        : (...) -> (tensor<4x3xf32>, tensor<4x3xf32>)
    ```
  }];
  let options = [Option<"format", "format", "std::string", "\"e6m9\"", "the format">];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect"];
}

def KeyContractions : Pass<"sluice-key-contractions", "::mlir::ModuleOp"> {
  let summary = "sums that round stochastically get what they draw by";
  let description = [{
    - Needs: each layer has functions of its own, so that the pass comes before `sluice-share-layers`.
    - Does: contractions whose `#sluice.accumulation` rounds stochastically get a key, an id and an ordinal. Their
      function has two arguments more, and its calls two operands: `sluice.key`, and the hash of the function's name
      (64-bit FNV-1a, low word first). The ordinal numbers the contractions of a function in their order.
    - The n-th further call of a function in an action has the hash of its name, `#` and n. A call with `sluice.repeats`
      has that of the name, and draws what forward drew.
    - Leaves: equal functions equal. What is drawn depends on the seed, the step, the micro-batch over all replicas, the
      layer and the contraction, and on no place.
    - Refuses: such a contraction outside of functions that actions call.

    ```mlir
    %y = call @train.h.0.forward(%x, %w) : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
    ```

    becomes

    ```mlir
    %key = sluice.key : tensor<4xi32>
    %id = arith.constant dense<[1184229858, -1018922888]> : tensor<2xi32>
    %y = call @train.h.0.forward(%x, %w, %key, %id)
        : (tensor<4x8xf32>, tensor<8x16xf32>, tensor<4xi32>, tensor<2xi32>) -> tensor<4x16xf32>
    ```

    and the contraction in it

    ```mlir
    %y = sluice.linear %x, %w key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 0
        {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
        : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect"];
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
    - Does: with `all` takes results of other ops as well, which are complete element by element in the end:
      activations, contractions, sums, scales, dropout. This is for targets whose contractions read factors as they lie.
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
  let options = [
    Option<"all", "all", "bool", /*default=*/"false", "Whether ops beside norms round their results, too">,
  ];
}

def NarrowWeights : Pass<"sluice-narrow-weights", "::mlir::ModuleOp"> {
  let summary = "keeps a copy of weights in the type that contractions round them to";
  let description = [{
    - Needs: actions cut into stages, their programs, and updates with one call each: the pass comes before
      `sluice-share-layers`.
    - Does: gives a parameter a copy of its elements, rounded to the compute type, where functions hand it to
      contractions alone, through ops that only rearrange. Calls of those functions read the copy.
    - The update writes the copy beside the parameter, from the function that computes the new value on. Where a gate
      keeps the parameter as it is, the copy stays as well.
    - Other uses go on with the parameter: embeddings, biases, the update itself.

    #### Who writes the copy when
    - `train.narrow`, an action of kind `narrow` for each stage with copies, rounds all of them. The runtime calls it
      when the host has written parameters: initial values, `--init`, a checkpoint.
    - Checkpoints have the parameters alone.

    #### What it leaves
    - Leaves: every result as it was, as rounding twice is rounding once.
    - Parameters of which a stale schedule keeps versions stay as they are, and so do those whose new value comes from
      elsewhere than a function of its own.
    - A remark of the category `numerics` says how many parameters have a copy, and of how many bytes, and how many more
      could have one.

    ```mlir
    sluice.parameter @w : tensor<8x16xf32> {init = #sluice.normal<0.02>}
    %w = sluice.read @w : tensor<8x16xf32>
    %y = call @layer(%x, %w) : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
    ```

    becomes, with the product in the layer's function,

    ```mlir
    sluice.parameter @w : tensor<8x16xf32> {init = #sluice.normal<0.02>, narrow_type = bf16}
    %w = sluice.read @w : tensor<8x16xbf16>
    %y = call @layer(%x, %w) : (tensor<4x8xf32>, tensor<8x16xbf16>) -> tensor<4x16xf32>
    ```

    and in the update

    ```mlir
    sluice.write %new#0, @w : tensor<8x16xf32>
    sluice.write %new#3, @w : tensor<8x16xbf16>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect", "::mlir::ub::UBDialect"];
}

def NarrowFactors : Pass<"sluice-narrow-factors", "::mlir::func::FuncOp"> {
  let summary = "rounded factors of contractions become a type that the target multiplies";
  let description = [{
    What `sluice-set-precision` rounds to a format is f32 still, and multiplied as such unless the target knows better.

    - Needs: the module's `sluice.target`. Both factors of a contraction were rounded by `sluice.quantize` without a
      scale, or widened, and its sums are f32.
    - Does: asks the target for a type that has all their values (`getFactorType`). That becomes the `compute_type`.
    - Does: a factor of 32 bits is rounded to it behind `sluice.quantize`, once for all its contractions. In front of
      them it is widened again, which they see through.
    - Leaves: every product as it was, as no value changes. Targets without such a type, CPUs, leave everything.

    ```mlir
    %xq = sluice.quantize %x to <f8E4M3FN> : tensor<4x8xf32>
    %wq = sluice.quantize %w to <f8E4M3FN> : tensor<8x16xf32>
    %y = sluice.linear %xq, %wq : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```

    becomes for an NVIDIA GPU, with the same of %w,

    ```mlir
    %xq = sluice.quantize %x to <f8E4M3FN> : tensor<4x8xf32>
    %xn = arith.truncf %xq : tensor<4x8xf32> to tensor<4x8xf16>
    %xw = arith.extf %xn : tensor<4x8xf16> to tensor<4x8xf32>
    %y = sluice.linear %xw, %ww {compute_type = f16} : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def CountRoundings : Pass<"sluice-count-roundings", "::mlir::ModuleOp"> {
  let summary = "counts saturations and underflows of what is rounded to a format";
  let description = [{
    - Needs: functions that round, which forward and backward actions alone call. What graphs are evaluated by counts
      nothing, and neither do the scores of the vocabulary and attention, which round to bf16 as they multiply.
    - Does: puts a `sluice.count_roundings` beside each `sluice.quantize` of a function, and adds the counts to an
      argument in place. Weights and activations, and gradients, have an argument each. What several
      contractions use counts once. What backward repeats counts in forward alone.
    - Actions begin their sums at zero, and pass them from call to call. A dropped layer counts nothing.
    - Leaves: the sums of an action in slots of kind `result`, with `sluice.statistic`. Equal functions stay equal, and
      every other result stays as it was. Where nothing is rounded nothing changes.
    - Refuses: a function that rounds and that another action calls as well, or that backward repeats.

    ```mlir
    %y = call @layer(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
    ```

    becomes, with the slot @train.forward.rounded_values,

    ```mlir
    %0 = sluice.fetch @train.forward.rounded_values : tensor<2xf64>
    %1 = call @train.roundings.none(%0) : (tensor<2xf64>) -> tensor<2xf64>
    %y:2 = call @layer(%x, %1) : (tensor<4x8xf32>, tensor<2xf64>) -> (tensor<4x8xf32>, tensor<2xf64>)
    sluice.store %y#1, @train.forward.rounded_values : tensor<2xf64>
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect"];
}

def LogAccumulation : Pass<"sluice-log-accumulation", "::mlir::ModuleOp"> {
  let summary = "measures in some steps what the sums of one contraction lose";
  let description = [{
    - Needs: a parameter `weight` that a contraction of forward multiplies with, with narrow sums.
    - Does: copies the function that has the contraction, and puts a `sluice.accumulation_error` of `rows` rows of its
      result into the copy. A bias is added behind it, as before.
    - The call that reads the parameter, and no other of the function, becomes a branch. It calls the copy where the
      run-time scalar `measures_accumulation` is above 0, so that other steps cost no more than they did.
    - Leaves: the two sums of a micro-batch in a slot of kind `result`, with `sluice.statistic`. Its role is the name of
      the weight. Where the layer is dropped they are zero. Every other result stays as it was.
    - Refuses: a name of no parameter, a parameter that no matrix of a layer is, sums in f32, and more rows than there
      are.

    ```mlir
    %y = call @layer(%x, %w) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    ```

    becomes

    ```mlir
    %y:2 = scf.if %measures -> (tensor<4x8xf32>, tensor<2xf64>) {
      %0:2 = func.call @layer.measured(%x, %w) : (...) -> (tensor<4x8xf32>, tensor<2xf64>)
      scf.yield %0#0, %0#1 : tensor<4x8xf32>, tensor<2xf64>
    } else {
      %0 = func.call @layer(%x, %w) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
      %1 = ub.poison : tensor<2xf64>
      scf.yield %0, %1 : tensor<4x8xf32>, tensor<2xf64>
    }
    sluice.store %y#1, @train.accumulation_error : tensor<2xf64>
    ```
  }];
  let options = [Option<"weight", "weight", "std::string", "", "the name of the weight">,
                 Option<"rows", "rows", "int64_t", "8", "rows of the result that are looked at">];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect", "::mlir::ub::UBDialect"];
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
    - With `libm=false`, for targets without a C library, exp of f64 becomes a polynomial (1 ULP).
    - Refuses: wider floats than f64, scalable vectors, and without a library all other functions that would call it.

    ```mlir
    %y = math.exp %x : f64
    ```

    becomes

    ```mlir
    %y = call @exp(%x) : (f64) -> f64
    ```
  }];
  let options = [Option<"libm", "libm", "bool", "true", "whether there is a C library to call">];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
                           "mlir::math::MathDialect", "mlir::vector::VectorDialect"];
}

#endif // SLUICE_NUMERICS_PASSES
