//===- Passes.td - NVIDIA GPUs -------------------------------------*- tablegen -*-===//
#ifndef SLUICE_CUDA_PASSES
#define SLUICE_CUDA_PASSES

include "mlir/Pass/PassBase.td"

def TableRowKernels : Pass<"sluice-table-row-kernels", "::mlir::func::FuncOp"> {
  let summary = "rows that indices name are gathered and scattered by kernels";
  let description = [{
    - Needs: `sluice.gather_rows` and `sluice.scatter_rows` on buffers.
    - A thread gathers neighbours of a row by one access.
    - A block scatters all rows that name one row of the table, in ascending order: the block of the first of them. No
      atomics, so the sum has one order.

    ```mlir
    sluice.gather_rows ins(%indices, %table : memref<64xi32>, memref<256x384xf32>) outs(%rows : memref<64x384xf32>)
    ```

    becomes a `gpu.launch` of 24 blocks of 256 threads.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def CUDABlockStrategy : Pass<"sluice-cuda-block-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides into which blocks kernel ops are decomposed on a GPU";
  let description = [{
    - Needs: kernel ops of static shape.
    - Does: sets `block` so that blocks are few: each is several kernels over all that the block has. Logits of the
      output head are as many as 1 GiB has, in whole rows where their gradients are computed with them.
    - Leaves: the op otherwise as it is; `sluice-decompose-blocked` reads the block. Ops that have kernels of their own
      get none.

    ```mlir
    sluice.blocked_newton_schulz ins(%u : memref<6x384x1152xf32>) outs(%x : memref<6x384x1152xf32>) {parts = 3 : i64}
    ```

    gets `{block = array<i64: 18>}`: all matrices one after the other.
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def UnrollLoops : Pass<"sluice-unroll-loops", "::mlir::func::FuncOp"> {
  let summary = "a loop over kernels becomes as many kernels";
  let description = [{
    A step is a list of launches; the host computes nothing between them.

    - Needs: loops outside of kernels with bounds that are constants.
    - Does: parallel loops run in order, and all are unrolled.
    - Refuses: other loops.

    ```mlir
    scf.for %i = %c0 to %c2 step %c1 {
      %row = memref.subview %x[%i, 0] [1, 64] [1, 1] : memref<2x64xf32> to memref<1x64xf32, strided<[64, 1], offset: ?>>
      linalg.fill ins(%zero : f32) outs(%row : memref<1x64xf32, strided<[64, 1], offset: ?>>)
    }
    ```

    becomes, with the canonicalizer behind it, two `linalg.fill`.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def RowKernels : Pass<"sluice-row-kernels", "::mlir::func::FuncOp"> {
  let summary = "ops on rows with their sums are one kernel";
  let description = [{
    A norm, a softmax and the like are several ops of linalg on the same rows.

    - Does: ops that follow each other are a group where each thread can compute its points of all of them. The loops of
      a sum are the last ones; what is before them are rows.
    - A warp has a row, or a block where rows are long. What its threads have read and computed they keep in registers
      while a thread has at most 32 elements of a row, so that each array is read and written once.
    - Sums have one order, which follows from the length of the row.
    - Buffers that only the group uses are not written.
    - Leaves: ops without sums, and sums whose loops are not the last, for the passes behind this one.

    ```mlir
    linalg.reduce { arith.addf } ins(%x : memref<64x128xf32>) outs(%sum : memref<64xf32>) dimensions = [1]
    linalg.div ins(%x, %sum_of_rows : memref<64x128xf32>, memref<64x128xf32>) outs(%y : memref<64x128xf32>)
    ```

    becomes a `gpu.launch` of 16 blocks of four warps.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def ColumnKernels : Pass<"sluice-column-kernels", "::mlir::func::FuncOp"> {
  let summary = "sums of columns are one kernel, or two where rows are many";
  let description = [{
    Gradients of biases and of norms are sums over all tokens.

    - Does: sums over the same first loops that follow each other are one kernel, which reads what they share once.
    - Lanes have columns, warps of a block have rows. Where rows are many, blocks have parts of them: their sums go to
      memory, and a second kernel adds these up.
    - Sums have one order, which follows from the sizes. There are no atomics.
    - Sums of blocks are in a `sluice_cuda.workspace`, so that `sluice-batch-launches` can add up those of many layers
      by one launch.
    - Leaves: other ops.

    ```mlir
    linalg.reduce { arith.addf } ins(%x : memref<768x128xf32>) outs(%sum : memref<128xf32>) dimensions = [0]
    ```

    becomes a `gpu.launch` of 12 blocks of 8 warps and one of a block.
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect", "::mlir::gpu::GPUDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def TotalKernels : Pass<"sluice-total-kernels", "::mlir::func::FuncOp"> {
  let summary = "the sum of all elements of a tensor is one kernel, or two where they are many";
  let description = [{
    The norm of the gradients is a sum of squares a parameter.

    - Needs: a sum, or the like, to one result, of memory without gaps; or such sums of rows and the sum of those.
    - Does: a block has 4,096 elements. Its sum goes to memory, and a block of a second kernel adds these up. Up to
      16,384 elements are summed by one block.
    - The kernels are the same for all sizes (`sluice_cuda.flatten`), so that sums of many tensors can be one launch.
    - Sums have one order, which follows from the number of elements.
    - Leaves: other ops, and a sum of one block whose result others use: `sluice-row-kernels` takes them together.

    ```mlir
    linalg.fill ins(%zero : f64) outs(%sum : memref<f64>)
    linalg.generic {indexing_maps = [#rows, #none], iterator_types = ["reduction", "reduction"]}
        ins(%x : memref<768x128xf32>) outs(%sum : memref<f64>) {
    ^bb0(%in: f32, %out: f64):
      %0 = arith.extf %in : f32 to f64
      %1 = arith.mulf %0, %0 : f64
      %2 = arith.addf %out, %1 : f64
      linalg.yield %2 : f64
    }
    ```

    becomes a `gpu.launch` of 24 blocks of 256 threads and one of a block.
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect", "::mlir::gpu::GPUDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def ElementwiseKernels : Pass<"sluice-elementwise-kernels", "::mlir::func::FuncOp"> {
  let summary = "element-by-element ops are kernels";
  let description = [{
    - Does: ops over the same points that follow each other are one kernel. A thread has as many neighbours as an access
      of 16 bytes takes.
    - Does: a `memref.copy` likewise.
    - Where memory lies without gaps the kernel is the same for all sizes (`sluice_cuda.flatten`), so that updates of
      many tensors can be one launch.
    - Buffers that only the group uses are not written.
    - Leaves: sums.

    ```mlir
    linalg.exp ins(%x : memref<64x128xf32>) outs(%y : memref<64x128xf32>)
    ```

    becomes a `gpu.launch` of 8 blocks of 256 threads.
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect", "::mlir::gpu::GPUDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def SerialKernels : Pass<"sluice-serial-kernels", "::mlir::func::FuncOp"> {
  let summary = "what is left of linalg is a kernel with a thread a point";
  let description = [{
    - Does: a thread has a point of the parallel loops, and goes through the loops of sums in their order.
    - It is for small ops that no other pass has a kernel for.
    - Refuses: tensors and dynamic shapes.

    ```mlir
    linalg.reduce { arith.addf } ins(%x : memref<64x128xf32>) outs(%sum : memref<128xf32>) dimensions = [0]
    ```

    becomes a `gpu.launch` of one block of 128 threads.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def ScalarKernels : Pass<"sluice-scalar-kernels", "::mlir::func::FuncOp"> {
  let summary = "scalar code is in kernels of one thread, and branches are gates";
  let description = [{
    - Does: stores of scalars become kernels of one thread, with what the scalars are computed from. Those that follow
      each other are one kernel.
    - Does: kernels that use scalars compute them themselves.
    - Does: a branch becomes two `sluice_cuda.when`. A kernel writes their words from the condition.
    - Leaves: launches, calls, views, constants and allocations.
    - Refuses: a kernel that uses a scalar whose memory was written since.

    ```mlir
    %open = arith.cmpf ogt, %kept, %zero : f64
    scf.if %open {
      func.call @h.forward(%step, %x) : (memref<584xi8>, memref<64xf32>) -> ()
    }
    ```

    becomes

    ```mlir
    %word = memref.alloc() : memref<1xi32>
    gpu.launch ... // stores 1 to %word where %open, else 0
    sluice_cuda.when %word : memref<1xi32> {
      func.call @h.forward(%step, %x) : (memref<584xi8>, memref<64xf32>) -> ()
    }
    ```
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect", "::mlir::gpu::GPUDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::sluice::SluiceDialect"];
}

def CUDAStrategy : Pass<"sluice-cuda-strategy", "::mlir::func::FuncOp"> {
  let summary = "decides how each contraction becomes a kernel";
  let description = [{
    - Needs: contractions of memrefs of static shape.
    - Does: sets `sluice_cuda.strategy` on each, by a table of shapes and types. Results depend on it, and it on nothing
      else: neither on the card nor on anything that was measured.
    - Leaves: contractions, for `sluice-cuda-contractions`.
    - Refuses: sums of f64, and sums that a narrow format has to round.

    ```mlir
    linalg.matmul ins(%a, %b : memref<8192x768xf32>, memref<768x2304xf32>) outs(%c : memref<8192x2304xf32>)
    ```

    gets

    ```mlir
    #sluice_cuda.strategy<instruction = fma, block = [128, 128, 16], warp = [32, 64], stages = 3, group = 8, parts = 1>
    ```

    Blocks are as large as they can be while there are enough of them for a large GPU. Where C is small and the sum is
    long, as of the gradients of weights, several blocks share a sum.
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect"];
}

def CUDAContractions : Pass<"sluice-cuda-contractions", "::mlir::func::FuncOp"> {
  let summary = "contractions become kernels";
  let description = [{
    Replaces each contraction C += A B of memrefs by a launch, or by two.

    - Needs: a `sluice_cuda.strategy` on every contraction, and static shapes.
    - Does: a block of threads computes a block of C. Tiles of A and B are copied to shared memory in stages, whichever
      of their dimensions is contiguous, 16 bytes at a time where rows are aligned. Beyond edges there are zeros.
    - Leaves: `gpu.launch`, the first with the `sluice.kernel` of the contraction, and ops of upstream dialects in it.
      Parts of a sum are in a buffer of the function, and a second launch adds them in their order.
    - Refuses: a triangle whose dimensions are none of the contraction, compute types that do not fit, `mma` without
      one, and stages that need more than 48 KiB.

    ```mlir
    linalg.fill ins(%zero : f32) outs(%c : memref<96x384xf32>)
    linalg.matmul {sluice_cuda.strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 64, 16],
                                                                warp = [32, 32], stages = 3, group = 8, parts = 1>}
      ins(%a, %b : memref<96x128xf32>, memref<128x384xf32>) outs(%c : memref<96x384xf32>)
    ```

    becomes

    ```mlir
    gpu.launch blocks(%x, %y, %z) in (%gx = %c18, %gy = %c1, %gz = %c1)
               threads(%t, %ty, %tz) in (%bx = %c64, %by = %c1, %bz = %c1)
               workgroup(%tiles : memref<4608xf32, #gpu.address_space<workgroup>>) {
      // nvvm.cp.async.shared.global of the first tiles
      %sums = scf.for %tile = %c0 to %c8 step %c1 iter_args(%s = %zeros) -> (vector<4xf32>) {
        // nvvm.cp.async.wait.group, gpu.barrier, copies of a later tile, vector.fma
      }
      // vector.store to %c
      gpu.terminator
    }
    ```

    #### Memory
    Arguments of a function are distinct memory. Memory begins at multiples of 16 bytes, but for the offset that the
    type of a view says.

    #### Initialization and epilogue
    As on a CPU (`sluice-expand-contractions`), a fill with zero before the contraction or a copy of one row to all rows
    is erased, and an element-wise `linalg.generic` behind it runs before its sums are stored.

    #### Rounding
    With `mma`, tiles are of the `sluice.compute_type`, bf16 or f16, or for tf32 of f32, whose last bits do not count.
    What is so in memory is copied as it is, 16 bytes at a time; other f32 goes through registers, where it is rounded,
    while the tile before it is multiplied.

    With `fma`, operands are rounded to bf16 when they are read from tiles of f32. What is bf16 in memory is widened on
    its way there.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def CUDAAttention : Pass<"sluice-cuda-attention", "::mlir::func::FuncOp"> {
  let summary = "attention becomes kernels";
  let description = [{
    Replaces `sluice.blocked_attention` by a launch and its backward by two. Scores are never in memory.

    - Needs: memrefs of static shape, as `sluice-cuda-contractions`.
    - Does: a block of threads has a block of queries of one head and passes by the keys that these see. Backward has
      blocks of queries for their gradient, then blocks of keys for those of keys and values. No two blocks add to one
      sum.
    - Does: the mask of dropout is drawn again in every kernel, as `sluice-decompose-blocked` says.
    - Leaves: `gpu.launch`, the first with the `sluice.kernel` of the op. Between the kernels of backward the sums of
      gradient x result are in a buffer of the function.
    - Leaves: an element-wise op that rounds the gradient for both, if they do.
    - Refuses: results of f64, and heads wider than 128.

    ```mlir
    sluice.blocked_attention ins(%q, %k, %v : memref<8x256x384xf32>, memref<8x256x384xf32>, memref<8x256x384xf32>)
      outs(%result, %logsumexp : memref<8x256x384xf32>, memref<8x6x256xf32>) {causal, heads = 6, ordinal = 0}
    ```

    becomes a `gpu.launch` of 4 x 48 blocks of 128 threads: 64 queries of a head each.

    #### Blocks
    With a `compute_type`, all that is multiplied is rounded to it, for tensor cores. Otherwise FMA multiplies.

    A warp has 16 rows. By FMA scores pass through shared memory, and heads wider than 64 are two tiles, whose blocks
    compute the same scores.

    By tensor cores scores stay in registers: what a thread has of their sums is what it needs of them as a factor.
    Tiles of rows are copied once. Those of 32 columns have two places, so that copies run beside products; gradients of
    heads wider than 64 have 16 columns. All are in 48 KiB, and fit the registers of a thread with dropout, too.

    Exponentials are powers of 2 by the card's instruction where factors are rounded, and polynomials elsewhere.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def OutlineKernels : Pass<"sluice-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "launches become kernels of one module";
  let description = [{
    - Needs: `gpu.launch` whose region uses, of what is around it, memrefs and constants alone.
    - Does: every one becomes a `gpu.func` of the `gpu.module` `kernels`, and a `gpu.launch_func` in its place. Equal
      kernels are one.
    - The name is that of the work of the model (`sluice.kernel`).
    - Refuses: scalars from outside, which a kernel has to read in memory.

    ```mlir
    gpu.launch blocks(%b, %by, %bz) in (%gx = %c4, %gy = %c1, %gz = %c1)
               threads(%t, %ty, %tz) in (%x = %c32, %y = %c1, %z = %c1) {
      memref.store %zero, %a[%t] : memref<32xf32>
      gpu.terminator
    } {sluice.kernel = #sluice.kernel<"fill", flops = 0, bytes = 128>}
    ```

    becomes

    ```mlir
    gpu.launch_func @kernels::@fill blocks in (%c4, %c1, %c1) threads in (%c32, %c1, %c1) args(%a : memref<32xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect"];
}

def PlanLaunches : Pass<"sluice-plan-launches", "::mlir::ModuleOp"> {
  let summary = "an action becomes launches whose operands have places";
  let description = [{
    - Needs: planned scratch, actions with one argument for each block of memory, and functions of `gpu.launch_func`,
      calls and `sluice_cuda.when`.
    - Does: follows the calls of an action. Of every operand it finds the block of memory and the offset there.
    - Leaves: actions without arguments, which have `sluice_cuda.launch` alone, in the order of the launches. Functions
      that actions call are gone.
    - Calls that need little scratch memory get some of their own, so that launches of one can run with those of others.
    - Launches within a `sluice_cuda.when` are of copies of their kernels, which read the word of the gate first. Those
      of updates are behind the word of the step that says whether it updates.
    - Refuses: memory whose place is not known before the step, and code that is in no kernel.

    ```mlir
    func.func @train.forward(%step: memref<584xi8>, %weights: memref<64xi8>, %next: memref<64xi8>,
                             %slots: memref<64xi8>, %frame: memref<256xi8>, %in_place: memref<64xi8>,
                             %scratch: memref<0xi8>) attributes {sluice.action = #sluice.action<forward>} {
      %x = memref.view %frame[%c128][] : memref<256xi8> to memref<32xf32>
      call @h.forward(%step, %scratch, %x) : (memref<584xi8>, memref<0xi8>, memref<32xf32>) -> ()
      return
    }
    ```

    becomes

    ```mlir
    func.func @train.forward() attributes {sluice.action = #sluice.action<forward>} {
      sluice_cuda.launch @kernels::@fill grid [4, 1, 1] block [32, 1, 1] spaces [4] offsets [128] place "h.forward"
      return
    }
    ```
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def BatchLaunches : Pass<"sluice-batch-launches", "::mlir::ModuleOp"> {
  let summary = "launches of one kernel on many tensors become one";
  let description = [{
    Norms of gradients and updates are many small kernels, which a card starts one by one.

    - Needs: planned launches.
    - Does: launches of a kernel on different memory of the same spaces become one of a copy of the kernel. The third
      index of its blocks says which of them a block is for; a constant table of the module says where its operands lie.
    - Does: of a kernel for all sizes, launches of several sizes become one, if at most half of its blocks have nothing
      to do. The table has the sizes. A launch that stays alone gets a copy for its size.
    - A launch moves to an earlier one where nothing in between writes what it touches, or touches what it writes. Else
      the earlier one moves to it, where that can be.
    - Kernels that no launch names disappear.

    ```mlir
    sluice_cuda.launch @kernels::@square grid [4, 1, 1] block [32, 1, 1] spaces [3] offsets [0] place "norm.a"
    sluice_cuda.launch @kernels::@square grid [4, 1, 1] block [32, 1, 1] spaces [3] offsets [128] place "norm.b"
    ```

    becomes

    ```mlir
    sluice_cuda.launch @kernels::@square_batch grid [4, 1, 2] block [32, 1, 1] spaces [3] offsets [0] place "norm.a"
    ```
  }];
  let dependentDialects = ["::sluice::cuda::CUDADialect", "::mlir::gpu::GPUDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def LowerKernels : Pass<"sluice-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "kernels become functions of the NVVM dialect";
  let description = [{
    - Needs: a `gpu.module` of loops, vectors and buffers of static shape.
    - Does: memrefs of arguments become addresses.
    - Leaves: everything outside of the `gpu.module`.

    ```mlir
    gpu.func @fill(%x: memref<32xf32>) kernel
    ```

    becomes

    ```mlir
    llvm.func @fill(%x: !llvm.ptr) attributes {gpu.kernel, nvvm.kernel}
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def AssembleKernels : Pass<"sluice-assemble-kernels", "::mlir::ModuleOp"> {
  let summary = "kernels become PTX";
  let description = [{
    - Needs: a `gpu.module` in the NVVM dialect, and the module's `sluice.target`.
    - Does: LLVM makes PTX of it for the architecture of the target, and for sm_80, the oldest. Where `ptxas` is found
      it makes a binary for the former, if that is another.
    - Leaves: the module's `sluice.images`, an array of `#sluice.image`, in place of the `gpu.module`.

    ```mlir
    gpu.module @kernels {
      llvm.func @fill(%x: !llvm.ptr) attributes {gpu.kernel, nvvm.kernel}
    }
    ```

    becomes

    ```mlir
    module attributes {sluice.images = [#sluice.image<kind = "ptx", architecture = "sm_80", capability = 80,
                                                bytes = ".visible .entry fill(...)">]}
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

#endif // SLUICE_CUDA_PASSES
