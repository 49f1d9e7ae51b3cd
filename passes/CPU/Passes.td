//===- Passes.td - The CPU phase ------------------------------------*- tablegen -*-===//
#ifndef SLUICE_CPU_PASSES
#define SLUICE_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CPUStrategy : Pass<"sluice-cpu-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides how each contraction becomes loops on a processor";
  let description = [{
    - Needs: the module's `sluice.target`, and contractions of memrefs of f32 or f64.
    - Does: sets `sluice_cpu.strategy` on each. A strategy of `tune-cache` for the processor and the contraction takes
      the place of the suggested one, as long as it can be followed.
    - Leaves: contractions, for `sluice-expand-contractions`.
    - Refuses: a file of strategies that cannot be read.

    ```mlir
    linalg.matmul ins(%a, %b : memref<256x768xf32>, memref<768x2304xf32>) outs(%c : memref<256x2304xf32>)
    ```

    gets, on x86-64-v3,

    ```mlir
    #sluice_cpu.strategy<register = [4, 24], cache = [256, 96, 256], vector = 8, packs_a = true, packs_b = true>
    ```

    #### Blocks
    - The register block follows from the width of the processor's vectors, and from the time that its loads and
      multiplications take. Those at the edges of the shape count, too.
    - The cache block follows from the shape and the sizes of the caches.
    - The blocks of the sum decide its order. They depend on the shape and on the processor, never on the number of
      threads.
    - There are as many blocks of C as the target's `threads` have use for. They are as wide as C where all terms of the
      sum are one block, so that A is packed once.

    #### Packing
    - A is not packed where its rows are contiguous, none is left over, and C is narrow.
    - A matrix that stays in a first-level cache is not packed either: A, or a B of contiguous rows in whole vectors.
    - Operands that are rounded are packed always.

    #### Rounding
    Panels of a contraction that computes in bf16 hold pairs of terms where the processor adds two products of bf16 at a
    time (`avx512bf16`). Where it has a matrix unit (`amx-bf16`), they hold its tiles.
  }];
  let options = [
    Option<"tuneCache", "tune-cache", "std::string", "\"\"", "file of strategies that sluicec --tune measured">
  ];
  let dependentDialects = ["::sluice::cpu::CPUDialect"];
}

def CPUBlockStrategy : Pass<"sluice-cpu-block-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides into which blocks each kernel op is decomposed on a processor";
  let description = [{
    - Needs: kernel ops of static shape.
    - Does: sets `block` by the shape and by what stays in caches, never by the number of threads: the order of sums
      follows from it. Blocks of logits are no larger than the logits.
    - Leaves: the op otherwise as it is; `sluice-decompose-blocked` reads the block.

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

    - Needs: a `sluice_cpu.strategy` on every contraction, and static shapes. Arguments of a function are distinct
      memory.
    - Leaves: loops, and ops on vectors or tiles. The loops over tasks carry the `sluice.kernel` of the contraction.
    - Refuses: a dimension that one operand alone has, and a strategy that does not fit. Such a one reads B in place
      where its rows are not whole contiguous vectors, reads operands in place which are rounded, or has pairs or tiles
      where nothing is rounded.

    ```mlir
    linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [24, 96, 64],
                                                              vector = 8, packs_a = false, packs_b = true>}
      ins(%a, %b : memref<96x128xf32>, memref<128x384xf32>) outs(%c : memref<96x384xf32>)
    ```

    becomes

    ```mlir
    scf.forall (%task) in (16) {
      %panel = memref.alloc() : memref<1024xf32>
      scf.for %k = %c0 to %c128 step %c64 {
        scf.for %j = %c0 to %c96 step %c16 {
          // copies of B to %panel
          scf.for %i = %c0 to %c24 step %c6 {
            // vector.fma, 6 x 16 sums in registers; vector.store to %c
          }
        }
      }
    }
    ```

    #### Loops
    From the outside to the inside:

    - over blocks of C, which are tasks, in parallel if it is worth threads and is inside of no parallel loop;
    - over blocks of the sum;
    - over panels of B;
    - over panels of A, each with a kernel that keeps a block of C in registers or in tiles.

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
    - A fill with zero before the contraction, or a copy of one row to all rows, is erased. The first block of the sum
      stores instead of adding, and adds the row. Nothing else may touch C in between.
    - An element-wise `linalg.generic` behind the contraction that reads C runs on each block of C whose sums are
      complete. Its body has a form on vectors. Its other operands have the shape and the element type of C or are
      broadcast. No op in between touches what it writes or changes what it reads.
    - Where it alone reads C, a temporary, the sums are kept in its output, and C disappears. Its operations and the
      bytes that it moves beside C are added to the `sluice.kernel`. No bit of a result depends on this.

    #### Triangles
    Of a contraction with a `sluice.triangle` whose C and sum are one block, points that do not count are left out.
    These are rows of C above its diagonal, or terms of a zero of A or B. What shares a register block with others is
    computed.

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
  let summary = "linalg ops and copies on buffers become loops of vector code";
  let description = [{
    - Needs: linalg ops and `memref.copy` on buffers of static shape. Contractions have become micro-kernels before.
    - Leaves: loops whose innermost body works on vectors along one dimension, the one along which most operands lie
      contiguously.
    - Refuses: tensors, and layouts that are not strided.

    ```mlir
    linalg.exp ins(%x : memref<4x16xf32>) outs(%y : memref<4x16xf32>)
    ```

    becomes

    ```mlir
    %from = memref.collapse_shape %x [[0, 1]] : memref<4x16xf32> into memref<64xf32>
    %to = memref.collapse_shape %y [[0, 1]] : memref<4x16xf32> into memref<64xf32>
    scf.for %i = %c0 to %c64 step %c8 {
      %0 = vector.load %from[%i] : memref<64xf32>, vector<8xf32>
      %1 = math.exp %0 : vector<8xf32>
      vector.store %1, %to[%i] : memref<64xf32>, vector<8xf32>
    }
    ```

    #### Bodies
    - Dimensions that are contiguous in all operands are collapsed first.
    - A body with regions stays scalar. Ops without a vector form (`memref.load` with computed indices) run lane by
      lane.
    - A transposed copy inside of a parallel loop goes by squares of vectors, which are transposed in registers.

    #### Threads and sums
    - Large ops spread their parallel dimensions over an `scf.forall`, unless they already lie in one. It has one
      dimension, a static count and no mapping.
    - Sums are never spread, so every result is the same to the last bit for any number of threads.
    - A sum along the vector dimension has a fixed number of vector accumulators. They are combined pairwise, then
      halves of lanes pairwise; the length alone decides.
    - A sum across rows adds the rows to the destination in ascending order.
    - The contents of the destination take part in a reduction as in `linalg`.
  }];
  let dependentDialects = ["mlir::affine::AffineDialect", "mlir::arith::ArithDialect", "mlir::linalg::LinalgDialect",
                           "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def OutlineParallel : Pass<"sluice-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "parallel loops on buffers become functions that run on the step's threads";
  let description = [{
    - Needs: an `scf.forall` with static bounds, which returns nothing through `shared_outs`. The enclosing function's
      first argument is the step state.
    - Does: every outermost one becomes a function `@F_parallelN(captures..., begin, end, scratch)`, which runs the
      iterations [begin, end) of the flattened loop.
    - Leaves: a `sluice_cpu.parallel_for` in its place. Captures are scalars and memrefs of static shape with the
      identity layout, as views and constants are repeated in the body.
    - Allocations of the body move to the entry of the new function. Loops inside become sequential, and a loop of one
      iteration is inlined.

    ```mlir
    scf.forall (%i) in (64) {
      memref.store %c, %x[%i] : memref<64xf32>
    }
    ```

    becomes

    ```mlir
    sluice_cpu.parallel_for @f_parallel0 count 64 step %step : memref<584xi8> captures(%x : memref<64xf32>)

    func.func private @f_parallel0(%x: memref<64xf32>, %begin: index, %end: index, %scratch: memref<0xi8>) {
      %c = arith.constant 1.0 : f32
      %c1 = arith.constant 1 : index
      scf.for %i = %begin to %end step %c1 {
        memref.store %c, %x[%i] : memref<64xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def LowerToLLVM : Pass<"sluice-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "loops, vectors and buffers become LLVM";
  let description = [{
    - Needs: buffers with planned scratch, and parallel loops that are outlined.
    - Does: memrefs of arguments become bare pointers. A `vector.contract` becomes outer products and FMAs.
    - Does: `sluice_cpu.parallel_for` becomes an array of the captures on the stack, and a call of the ABI's function
      with `@F_entry`, which unpacks it.
    - Does: private functions get internal linkage. An action that only calls becomes a chain of short functions without
      descriptors of buffers: its time is linear in the depth of the model.
    - Leaves: what describes the model (`sluice.parameter`, `sluice.slot`), for `sluice-export-table`.
    - Refuses: a capture that does not fit a word.

    ```mlir
    sluice_cpu.parallel_for @f_parallel0 count 64 step %step : memref<584xi8> captures(%x : memref<64xf32>)
    ```

    becomes

    ```mlir
    %captures = llvm.alloca %c1 x i64 {alignment = 8} : (i64) -> !llvm.ptr
    llvm.store %x, %captures : !llvm.ptr, !llvm.ptr
    %entry = llvm.mlir.addressof @f_parallel0_entry : !llvm.ptr
    llvm.call @sluice_parallel_for(%step, %c64, %entry, %captures, %kernel)
      : (!llvm.ptr, i64, !llvm.ptr, !llvm.ptr, i32) -> ()
    ```
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::ub::UBDialect", "::mlir::x86vector::X86VectorDialect"];
}

def CPUInputs : Pass<"sluice-cpu-inputs", "::mlir::func::FuncOp"> {
  let summary = "inputs of the micro-batch are memory that the step state points to";
  let description = [{
    - Needs: memrefs of `sluice.input` in functions whose first argument is the step state, as
      `sluice-destination-passing` leaves them.
    - Leaves: `sluice_cpu.pointee` of the step state in their place.
    - Refuses: an input of a function without the step state.

    ```mlir
    %tokens = sluice.input 0 : memref<8x256xi32>
    ```

    becomes

    ```mlir
    %tokens = sluice_cpu.pointee 544 of %step : memref<584xi8> to memref<8x256xi32>
    ```
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect"];
}

def CPUBlocks : Pass<"sluice-cpu-blocks", "::mlir::func::FuncOp"> {
  let summary = "an action takes its blocks of memory as one structure of pointers";
  let description = [{
    - Needs: actions that take the step state, weights, next weights, persistent slots, frame and in-place weights, as
      `sluice-destination-passing` leaves them.
    - Leaves: actions that take the step state and `sluice_blocks` of abi.h, whose pointers lead to the five.
    - Refuses: an action with other arguments. Functions that are no actions stay as they are.

    ```mlir
    func.func @update(%step: memref<584xi8>, %weights: memref<64xi8>, %next: memref<64xi8>, %slots: memref<64xi8>,
                      %frame: memref<0xi8>, %in_place: memref<64xi8>)
        attributes {sluice.action = #sluice.action<update>}
    ```

    becomes

    ```mlir
    func.func @update(%step: memref<584xi8>, %blocks: memref<40xi8>)
        attributes {sluice.action = #sluice.action<update>} {
      %weights = sluice_cpu.pointee 0 of %blocks : memref<40xi8> to memref<64xi8>
      %next = sluice_cpu.pointee 8 of %blocks : memref<40xi8> to memref<64xi8>
      %slots = sluice_cpu.pointee 16 of %blocks : memref<40xi8> to memref<64xi8>
      %frame = sluice_cpu.pointee 24 of %blocks : memref<40xi8> to memref<0xi8>
      %in_place = sluice_cpu.pointee 32 of %blocks : memref<40xi8> to memref<64xi8>
    ```
  }];
  let dependentDialects = ["::sluice::cpu::CPUDialect"];
}

#endif // SLUICE_CPU_PASSES
