//===- Passes.td - NVIDIA GPUs -------------------------------------*- tablegen -*-===//
#ifndef SLUICE_CUDA_PASSES
#define SLUICE_CUDA_PASSES

include "mlir/Pass/PassBase.td"

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
    - Launches within a `sluice_cuda.when` are of copies of their kernels, which read the word of the gate first.
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
    - Does: LLVM makes PTX of it for the architecture of the target.
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
