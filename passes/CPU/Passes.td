//===- Passes.td - The CPU phase ------------------------------------*- tablegen -*-===//
#ifndef SLUICE_CPU_PASSES
#define SLUICE_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CPUStrategy : Pass<"sluice-cpu-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides how each contraction becomes loops on a processor";
  let description = [{
    Sets `sluice.strategy` on every contraction of f32 or f64 memrefs: the register block by the width of the processor's vectors and by the time that its loads and multiplications take, those
    that the shape leaves over at its edges among them, the cache block by the shape and the sizes of the caches. A is not packed
    where its rows are contiguous, none is left over, and C is narrow, and neither is A, nor a B of contiguous rows in whole vectors, where the matrix stays in a first-level cache as it lies;
    operands that are rounded are packed always. Where the processor adds two products of bf16 at a time (`avx512bf16`),
    panels of a contraction that computes in bf16 hold pairs of terms; where it has a matrix unit (`amx-bf16`), they hold its tiles. The blocks of the sum, from which its order follows, depend on the shape and
    on the processor, never on the number of threads; the blocks of C are as many as a few threads, or with `native` those of this machine, have use for, and as wide as C where all terms of the sum are one block,
    so that A is packed once. A strategy of `tune-cache` for the processor and the contraction takes the place of this one, as long as it can be followed.
  }];
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"",
                        "processor that the code will run on: native, x86-64, x86-64-v3, x86-64-v4, znver3 and so on">,
                 Option<"tuneCache", "tune-cache", "std::string", "\"\"", "file of strategies that sluicec --tune measured">];
  let dependentDialects = ["::sluice::SluiceDialect"];
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
  let summary = "contractions to packed panels and a register-blocked micro-kernel";
  let description = [{
    C += A B becomes a parallel loop over blocks of C (a sequential one inside another parallel loop), a loop over blocks of the sum, the packing of panels of
    A and of one panel of B after the other, zero-padded at edges, and a micro-kernel that keeps a block of C in registers, and meanwhile prefetches a block of C (beside tiles only one that no cache keeps) and the next panel of a large B. That panel is packed meanwhile, too, where its rows are whole lines of the cache, and copied, and all blocks of C and of the sum are equally large. A and B may be read where they lie, if the strategy says so, B only
    if its rows are contiguous and whole vectors. Of the last panel of B only those vectors are computed that have columns of C, where the others would be more than a percent of it. Neighbouring tasks share rows of C, or columns where B is large. Where many tasks of the parallel loop want the same panels of A, all of A is packed
    before it, in a parallel loop of its own; a few pack them anew, unless they are tiles. Whole blocks of C are written in place, parts of one masked, and C whose columns are apart through a tile. A fill with
    zero before the contraction, or a copy of one row to all rows, is erased if nothing touches C in between: the first block of the sum stores instead of adding, and adds the row.

    An element-wise `linalg.generic` behind the contraction that reads C is its epilogue: it runs on a block of C right after the last sums of the block were stored, and no longer passes
    over memory by itself. Its other operands have the shape and the element type of C or are broadcast along some of its dimensions, its outputs have its shape, its body has a form on
    vectors and no `linalg.index`, and no op in between touches what it writes or changes what it reads. Where it alone reads C, a temporary, the sums are kept in its output, and C
    disappears. Its operations and the bytes that it moves beside C are added to the contraction's `sluice.kernel`. No bit of a result depends on this.

    Of a contraction with a `sluice.triangle` whose C and sum are one block, the points that do not count are left out: rows of C above its diagonal, terms of a zero of A or B beside its
    diagonal; what shares a register block with points that count is computed.

    Operands are rounded to the contraction's `sluice.compute_type` as they are packed, unless they are of that type in memory. Panels are f32 all the same, in which products of two bf16 are exact, unless the strategy has a `vnni` of 2:
    then they hold pairs of bf16, which `x86vector.avx512.dot` multiplies and adds. With a `tile` of 32, the panels of A hold 32 terms of a row after the other, `amx.tile_mulf` multiplies
    and adds, and the sums become vectors by way of a buffer; where rows of C are a multiple of 2 KiB apart, or several tasks write to them, they are kept in one of the size of the cache block until they
    are complete.

    Arguments of a function are distinct memory, as bufferization takes them to be. A contraction without `sluice.strategy` is an error.
  }];
  let dependentDialects = ["::mlir::amx::AMXDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect", "::mlir::x86vector::X86VectorDialect", "::sluice::SluiceDialect"];
}

#endif // SLUICE_CPU_PASSES
