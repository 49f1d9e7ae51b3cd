//===- Function.cpp - A function of a module, and its operands in memory --------------------===//
#include "tools/sluice-run/Function.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Buffers/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/Gradient/Passes.h"
#include "passes/Numerics/Passes.h"
#include "passes/Table/StepLayout.h"
#include "passes/Target/Passes.h"
#include "passes/Target/Pipeline.h"
#include "passes/Target/Target.h"
#include "tools/sluice-run/Values.h"
#include <cstring>

using namespace mlir;
using namespace sluice;

Signature Signature::take(FunctionOpInterface function) {
  Signature signature;
  signature.inputs = llvm::to_vector(function.getArgumentTypes());
  signature.results = llvm::to_vector(function.getResultTypes());
  signature.updated.assign(signature.results.size(), -1);
  for (unsigned index = 0; index < signature.inputs.size(); ++index) {
    signature.values.push_back(function.removeArgAttr(index, valuesAttrName));
    signature.onBuffers |= isa<MemRefType>(signature.inputs[index]);
    if (auto result = function.getArgAttrOfType<IntegerAttr>(index, updatesAttrName))
      signature.updated[result.getInt()] = index;
  }
  return signature;
}

LogicalResult sluice::isolateFunction(ModuleOp module, StringRef name) {
  if (!isa_and_nonnull<func::FuncOp>(module.lookupSymbol(name)))
    return failure();
  for (auto function : module.getOps<func::FuncOp>())
    function.setVisibility(function.getSymName() == name ? SymbolTable::Visibility::Public
                                                         : SymbolTable::Visibility::Private);
  PassManager manager(module.getContext());
  manager.addPass(createSymbolDCEPass());
  return manager.run(module);
}

void sluice::addStep(func::FuncOp function) {
  ArrayRef<Type> inputs = function.getArgumentTypes();
  if (!inputs.empty() && isa<MemRefType>(inputs.front()) && !isStepType(inputs.front()))
    (void)function.insertArgument(0, getStepType(function.getContext()), {}, function.getLoc());
}

bool Signature::hasStep() const { return !onBuffers || isStepType(inputs[0]); }

llvm::Expected<Operands> Operands::allocate(const Signature &signature) {
  Operands made;
  auto add = [&](Type type, bool isInput) {
    auto shaped = cast<ShapedType>(type);
    made.operands.push_back({shaped, runtime::Memory(bytesOf(shaped)), isInput});
    return made.operands.size() - 1;
  };
  for (unsigned index = signature.firstInput(); index < signature.inputs.size(); ++index) {
    auto type = dyn_cast<ShapedType>(signature.inputs[index]);
    if (!type || !type.hasStaticShape())
      return llvm::createStringError("argument " + Twine(index) + " is no tensor or buffer of static shape");
    size_t number = add(type, /*isInput=*/true);
    if (signature.onBuffers)
      made.resultOperands.push_back(number);
  }
  for (auto [type, updated] : llvm::zip_equal(signature.results, signature.updated))
    made.resultOperands.push_back(updated < 0 ? add(type, /*isInput=*/false) : size_t(updated));
  return made;
}

llvm::Expected<Operands> Operands::create(const Signature &signature, uint64_t seed) {
  llvm::Expected<Operands> made = allocate(signature);
  if (!made)
    return made.takeError();
  for (unsigned index = signature.firstInput(); index < signature.inputs.size(); ++index) {
    Operand &operand = made->operands[index - signature.firstInput()];
    if (!fill(operand.memory.data(), operand.type, signature.values[index], {seed, index}))
      return llvm::createStringError("argument " + Twine(index) + ": its '" + valuesAttrName + "' do not fit its type");
  }
  return made;
}

llvm::Expected<Operands> Operands::converted(const Signature &signature) const {
  llvm::Expected<Operands> made = allocate(signature);
  if (!made)
    return made.takeError();
  if (made->operands.size() != operands.size())
    return llvm::createStringError("expected functions with as many operands, found " + Twine(operands.size()) +
                                   " and " + Twine(made->operands.size()));
  for (auto [index, from] : llvm::enumerate(operands)) {
    Operand &to = made->operands[index];
    if (from.type.getShape() != to.type.getShape())
      return llvm::createStringError("operand " + Twine(index) + " has another shape in the reference");
    if (from.type.getElementType() == to.type.getElementType())
      std::memcpy(to.memory.data(), from.memory.data(), size_t(from.memory.size()));
    else if (from.type.getElementType().isF32() && to.type.getElementType().isF64())
      std::copy_n(reinterpret_cast<const float *>(from.memory.data()), from.type.getNumElements(),
                  reinterpret_cast<double *>(to.memory.data()));
    else
      return llvm::createStringError("operand " + Twine(index) + " has another type in the reference");
  }
  return made;
}

SmallVector<void *> Operands::addresses() const {
  SmallVector<void *> result;
  for (const Operand &operand : operands)
    result.push_back(operand.memory.data());
  return result;
}

LogicalResult sluice::lowerForHost(ModuleOp module, bool onBuffers, bool fromLinalg, StringRef cpu) {
  PassManager manager(module.getContext());
  LoweringOptions lowering;
  lowering.processor = cpu.str();
  if (onBuffers && fromLinalg) {
    SetTargetOptions target;
    target.processor = lowering.processor;
    manager.addPass(createSetTarget(target));
    if (llvm::Expected<std::unique_ptr<Target>> host = createTarget("cpu", cpu))
      (*host)->buildKernelPipeline(manager, /*tuneCache=*/"");
    else
      llvm::consumeError(host.takeError());
    buildLLVMPipeline(manager, lowering);
  } else if (onBuffers) {
    manager.addPass(createOutlineParallel());
    manager.addPass(createPlanScratch());
    manager.addPass(createApproximateMath());
    buildLLVMPipeline(manager, lowering);
  } else {
    if (!module.getOps<GraphOp>().empty()) {
      GradientOptions gradient;
      if (ModelAttr model = BinaryFacts::of(module).model)
        gradient.optimizer = stringifyOptimizer(model.getOptimizer()).str();
      buildGradientPipeline(manager, gradient);
      // For programs that were written by hand.
      manager.addPass(createSplitBackward());
    }
    buildLoweringPipeline(manager, lowering);
  }
  return manager.run(module);
}

llvm::Error sluice::runOnHost(ModuleOp module, StringRef name, const Signature &signature, const Operands &operands,
                              const Processor &processor, unsigned threads) {
  llvm::Expected<JitFunction> compiled = JitFunction::create(module, name, processor);
  if (!compiled)
    return compiled.takeError();
  compiled->startPool(threads);
  return compiled->call(operands.addresses(), signature.hasStep());
}
