//===- Passes.td - The CPU phase ------------------------------------*- tablegen -*-===//
#ifndef SLUICE_CPU_PASSES
#define SLUICE_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CPUStrategy : Pass<"sluice-cpu-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides how each contraction becomes loops on a processor";
  let description = [{
    Sets `sluice_cpu.strategy` on every contraction of f32 or f64 memrefs: the register block by the width of the processor's vectors and by the time that its loads and multiplications take, those
    that the shape leaves over at its edges among them, the cache block by the shape and the sizes of the caches. A is not packed
    where its rows are contiguous, none is left over, and C is narrow, and neither is A, nor a B of contiguous rows in whole vectors, where the matrix stays in a first-level cache as it lies;
    operands that are rounded are packed always. Where the processor adds two products of bf16 at a time (`avx512bf16`),
    panels of a contraction that computes in bf16 hold pairs of terms; where it has a matrix unit (`amx-bf16`), they hold its tiles. The blocks of the sum, from which its order follows, depend on the shape and
    on the processor, never on the number of threads; the blocks of C are as many as a few threads, or with `native` those of this machine, have use for, and as wide as C where all terms of the sum are one block,
    so that A is packed once. A strategy of `tune-cache` for the processor and the contraction takes the place of this one, as long as it can be followed.
  }];
  let options = [Option<"tuneCache", "tune-cache", "std::string", "\"\"", "file of strategies that sluicec --tune measured">];
  let dependentDialects = ["::sluice::cpu::CPUDialect"];
}

def CPUBlockStrategy : Pass<"sluice-cpu-block-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides into which blocks each kernel op is decomposed on a processor";
  let description = [{
    - Needs kernel ops of static shape.
    - Sets `block` by the shape and by what stays in caches, never by the number of threads: the order of sums follows
      from it. Blocks of logits are no larger than the logits.
    - Leaves the op otherwise as it is; `sluice-decompose-blocked` reads the block.

    ```mlir
    sluice.blocked_cross_entropy ins(%x, %w, %t : memref<8192x8xf32>, memref<200x8xf32>, memref<8192xi32>)
      outs(%loss, %l : memref<f32>, memref<8192xf32>)
    ```
    gets `{block = array<i64: 64>}`: 64 columns of logits at a time.
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def ExpandContractions : Pass<"sluice-expand-contractions", "::mlir::func::FuncOp"> {
  let summary = "expands contractions to packed panels and a register kernel";
  let description = [{
    Replaces each contraction C += A B of memrefs by loops over blocks that fit caches and registers.

    - Needs a `sluice_cpu.strategy` on every contraction, and static shapes. Arguments of a function are distinct memory.
    - Does, from the outside to the inside: a loop over blocks of C, which are tasks; over blocks of the sum; over
      panels of B; over panels of A, each with a kernel that keeps a block of C in registers or in tiles. The loop over
      tasks is parallel if it is worth threads and is inside of no parallel loop.
    - Leaves loops, and ops on vectors or tiles. The loops over tasks carry the `sluice.kernel` of the contraction.
    - Refuses a dimension that one operand alone has, and a strategy that does not fit: one that reads B in place
      where its rows are not whole contiguous vectors, one that reads operands in place which are rounded, and one of
      pairs or tiles where nothing is rounded.

    ```mlir
    linalg.matmul {sluice_cpu.strategy = #strategy} ins(%a, %b) outs(%c)
    ```
    becomes
    ```mlir
    scf.forall (%task) in (16) {
      %panel = memref.alloc() : memref<1024xf32>
      scf.for %k = %c0 to %c128 step %c64 {
        scf.for %j = %c0 to %columns step %c16 {
          // copies of B to %panel
          scf.for %i = %c0 to %rows step %c6 {
            // vector.fma, 6 x 16 sums in registers; vector.store to %c
    ```

    #### Packing
    - Panels are zero-padded at edges. Of the last panel of B only vectors that have columns of C are computed, where
      the others would be more than a percent of it.
    - Where many tasks want the same panels of A, all of A is packed before them, in a parallel loop of its own. A few
      tasks pack them anew, unless these are large and tiles wait for their rounding.
    - The next panel of a large B is fetched while the present one is multiplied. It is packed meanwhile, too, where it
      is copied in whole lines of the cache, and all blocks of C and of the sum are equally large.

    #### Storing
    - Whole blocks of C are written in place, parts of one masked, and C whose columns are apart through a buffer.
    - Sums of tiles are kept beside C until they are complete, where rows of C are a multiple of 2 KiB apart or several
      tasks write to them.

    #### Initialization and epilogue
    - A fill with zero before the contraction, or a copy of one row to all rows, is erased: the first block of the sum
      stores instead of adding, and adds the row. Nothing else may touch C in between.
    - An element-wise `linalg.generic` behind the contraction that reads C runs on each block of C whose sums are
      complete. Its body has a form on vectors. Its other operands have the shape and the element type of C or are
      broadcast. No op in between touches what it writes or changes what it reads.
    - Where it alone reads C, a temporary, the sums are kept in its output, and C disappears. Its operations and the
      bytes that it moves beside C are added to the `sluice.kernel`. No bit of a result depends on this.

    #### Triangles
    Of a contraction with a `sluice.triangle` whose C and sum are one block, points that do not count are left out:
    rows of C above its diagonal, or terms of a zero of A or B. What shares a register block with others is computed.

    #### Rounding
    - Operands are rounded to the `sluice.compute_type` as they are packed, unless they are of that type in memory.
    - Panels are f32 all the same, in which products of two bf16 are exact. With a `vnni` of 2 they hold pairs of bf16,
      which `x86vector.avx512.dot` multiplies and adds.
    - With a `tile` of 32, panels of A hold 32 terms of a row after the other, for `amx.tile_mulf`.
  }];
  let dependentDialects = ["::mlir::amx::AMXDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::x86vector::X86VectorDialect", "::sluice::cpu::CPUDialect"];
}

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
  let dependentDialects = ["mlir::affine::AffineDialect", "mlir::arith::ArithDialect", "mlir::linalg::LinalgDialect", "mlir::memref::MemRefDialect",
                           "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def OutlineParallel : Pass<"sluice-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "parallel loops on buffers -> functions that run on the step's threads";
  let description = [{
    Every outermost `scf.forall` becomes a function `@F_parallelN(captures..., begin, end, scratch)` that runs the iterations [begin, end) of the flattened loop,
    and a `sluice_cpu.parallel_for` in its place. Views and constants are repeated in the body, so that captures are memrefs of static shape with the identity
    layout, and scalars. Allocations of the body move to the entry of the new function. Loops inside become sequential, and a loop of one iteration is inlined.

    Bounds are static, nothing is returned through `shared_outs`, and the enclosing function's first argument is the step state.
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def LowerToLLVM : Pass<"sluice-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "loops, vectors and buffers -> LLVM";
  let description = [{
    Memrefs of arguments are bare pointers. A `vector.contract` becomes outer products and FMAs. `sluice_cpu.parallel_for` becomes an array of the
    captures on the stack and a call of the ABI's function with `@F_entry`, which unpacks it. Private functions get internal linkage. An action that only calls becomes a chain of short
    functions without descriptors of buffers: its time is linear in the depth of the model. What describes the
    model (`sluice.parameter`, `sluice.slot`) stays for `sluice-export-table`.
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::ub::UBDialect", "::mlir::x86vector::X86VectorDialect"];
}

def CPUInputs : Pass<"sluice-cpu-inputs", "::mlir::func::FuncOp"> {
  let summary = "inputs of the micro-batch are memory that the step state points to";
  let description = [{
    - Needs: memrefs of `sluice.input` in functions whose first argument is the step state, as
      `sluice-destination-passing` leaves them.
    - Leaves: `sluice_cpu.input_buffer` of the step state in their place.
    - Refuses: an input of a function without the step state.

    Example:

    ```mlir
    %tokens = sluice.input 0 : memref<8x256xi32>
    ```

    becomes

    ```mlir
    %tokens = sluice_cpu.input_buffer 0 of %step : memref<584xi8> to memref<8x256xi32>
    ```
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect"];
}

#endif // SLUICE_CPU_PASSES
