//===- OutlineKernels.cpp - Launches to kernels of one module --------------------------===//
#include "mlir/Dialect/GPU/Utils/GPUUtils.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/CUDA/Passes.h"
#include "llvm/ADT/StringExtras.h"

namespace sluice {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static constexpr StringLiteral kernelsName = "kernels";

/// A name that PTX allows: that of the work of the model, or of the pass that made the launch.
static std::string nameOf(gpu::LaunchOp launch) {
  auto work = launch->getAttrOfType<KernelAttr>(kernelAttrName);
  std::string name = work ? work.getName().getValue().str() : "kernel";
  for (char &letter : name)
    if (!llvm::isAlnum(letter))
      letter = '_';
  return llvm::isDigit(name.front()) ? "_" + name : name;
}

/// Numbers that are known do not become arguments.
static bool isSunk(Operation *op) { return op->hasTrait<OpTrait::ConstantLike>(); }

/// What LLVM and ptxas are told of a kernel.
static void setCompilerFacts(gpu::GPUFuncOp kernel) {
  Builder builder(kernel.getContext());
  // Vectors lie in shared memory as they do elsewhere.
  constexpr int64_t bytesOfVector = 16;
  for (unsigned i = 0; i < kernel.getNumWorkgroupAttributions(); ++i)
    kernel.setWorkgroupAttributionAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                                       builder.getI64IntegerAttr(bytesOfVector));
  // Without a number of blocks that share a processor, ptxas would rather spill a few registers than have one.
  kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), builder.getI32IntegerAttr(1));
}

namespace {
struct OutlineKernels : sluice::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<gpu::LaunchOp> launches;
    module.walk([&](gpu::LaunchOp launch) { launches.push_back(launch); });
    if (launches.empty())
      return;
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    auto kernels = gpu::GPUModuleOp::create(builder, module.getLoc(), kernelsName);
    SymbolTable symbols(kernels);
    for (gpu::LaunchOp launch : launches)
      if (failed(outline(launch, symbols)))
        return signalPassFailure();
    module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(), builder.getUnitAttr());
    byHash.clear();
  }

private:
  LogicalResult outline(gpu::LaunchOp launch, SymbolTable &symbols) {
    if (failed(sinkOperationsIntoLaunchOp(launch, isSunk)))
      return launch.emitOpError() << "cannot take the constants that it needs";
    SmallVector<Value> captures;
    gpu::GPUFuncOp kernel = outlineKernelFunc(launch, nameOf(launch), captures);
    for (Value capture : captures)
      if (!isa<MemRefType>(capture.getType())) {
        kernel.erase();
        InFlightDiagnostic diagnostic = launch.emitOpError()
                                        << "expected captures in memory, found a " << capture.getType();
        diagnostic.attachNote(capture.getLoc()) << "defined here";
        return diagnostic;
      }
    setCompilerFacts(kernel);
    if (llvm::any_of(captures, [](Value capture) { return !cast<MemRefType>(capture.getType()).hasStaticShape(); }))
      // How many blocks there are depends on the elements.
      kernel.removeKnownGridSizeAttr();
    gpu::GPUFuncOp equal = findEqual(kernel);
    if (equal)
      kernel.erase();
    else
      symbols.insert(equal = kernel);
    OpBuilder builder(launch);
    auto call =
        gpu::LaunchFuncOp::create(builder, launch.getLoc(), equal, launch.getGridSizeOperandValues(),
                                  launch.getBlockSizeOperandValues(), launch.getDynamicSharedMemorySize(), captures);
    if (Attribute work = launch->getAttr(kernelAttrName))
      call->setAttr(kernelAttrName, work);
    launch.erase();
    return success();
  }

  /// One that computes the same and that has a name already.
  gpu::GPUFuncOp findEqual(gpu::GPUFuncOp kernel) {
    unsigned hash = 0;
    kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op != kernel)
        hash = llvm::hash_combine(hash, op->getName().getAsOpaquePointer(), op->getNumOperands());
    });
    SmallVector<gpu::GPUFuncOp> &candidates = byHash[hash];
    auto isEqual = [&](gpu::GPUFuncOp other) {
      return other.getFunctionType() == kernel.getFunctionType() &&
             other.getKnownBlockSizeAttr() == kernel.getKnownBlockSizeAttr() &&
             other.getKnownGridSizeAttr() == kernel.getKnownGridSizeAttr() &&
             OperationEquivalence::isRegionEquivalentTo(&other.getBody(), &kernel.getBody(),
                                                        OperationEquivalence::IgnoreLocations);
    };
    auto found = llvm::find_if(candidates, isEqual);
    if (found != candidates.end())
      return *found;
    candidates.push_back(kernel);
    return {};
  }

  DenseMap<unsigned, SmallVector<gpu::GPUFuncOp>> byHash;
};
} // namespace
