//===- CardFunction.cpp - A function of a module on a card ----------------------------------===//
#include "tools/sluice-run/CardFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Target/Passes.h"
#include "passes/Target/Pipeline.h"
#include "passes/Target/Target.h"
#include "runtime/Error.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cstring>

using namespace mlir;
using namespace sluice;

std::optional<uint32_t> sluice::elementOf(Type type) {
  return llvm::TypeSwitch<Type, std::optional<uint32_t>>(type)
      .Case([](Float32Type) { return SLUICE_F32; })
      .Case([](Float64Type) { return SLUICE_F64; })
      .Case([](BFloat16Type) { return SLUICE_BF16; })
      .Case([](Float16Type) { return SLUICE_F16; })
      .Case([](IntegerType integer) {
        return integer.getWidth() == 32 ? std::optional<uint32_t>(SLUICE_I32) : std::nullopt;
      })
      .Default([](Type) { return std::nullopt; });
}

/// Places the operands in a frame, with the values of the inputs.
static llvm::Error placeOperands(const Operands &operands, KernelCase &made) {
  for (auto [index, operand] : llvm::enumerate(operands.all())) {
    std::optional<uint32_t> element = elementOf(operand.type.getElementType());
    if (!element)
      return llvm::createStringError("operand " + Twine(index) + " has elements that no card's program has");
    KernelCase::Operand placed;
    placed.offset = made.frameBytes;
    placed.count = operand.type.getNumElements();
    placed.element = *element;
    placed.isResult = llvm::is_contained(operands.results(), index);
    if (operand.isInput)
      placed.bytes.assign(operand.memory.data(), operand.memory.data() + operand.memory.size());
    made.operands.push_back(std::move(placed));
    made.frameBytes += llvm::alignTo(operand.memory.size(), SLUICE_ALIGNMENT);
  }
  return llvm::Error::success();
}

/// An action that calls the function on its operands in the frame. Behind the pipeline of buffers.
static func::FuncOp addAction(func::FuncOp function, const KernelCase &made) {
  OpBuilder builder(function);
  ImplicitLocOpBuilder b(function.getLoc(), builder);
  auto blockOf = [&](int64_t bytes) { return MemRefType::get({bytes}, b.getI8Type()); };
  // The step, weights, next weights, what persists, the frame and what has one version.
  constexpr unsigned frameArgument = 4;
  SmallVector<Type> types(6, blockOf(0));
  types[0] = getStepType(b.getContext());
  types[frameArgument] = blockOf(made.frameBytes);
  auto action = func::FuncOp::create(b, (function.getSymName() + ".action").str(), b.getFunctionType(types, {}));
  action->setAttr(actionAttrName, ActionKindAttr::get(b.getContext(), ActionKind::Forward));
  b.setInsertionPointToStart(action.addEntryBlock());
  ArrayRef<Type> inputs = function.getArgumentTypes();
  SmallVector<Value> operands;
  if (!inputs.empty() && isStepType(inputs.front())) {
    operands.push_back(action.getArgument(0));
    inputs = inputs.drop_front();
  }
  for (auto [type, operand] : llvm::zip_equal(inputs, made.operands)) {
    Value offset = arith::ConstantIndexOp::create(b, operand.offset);
    operands.push_back(
        memref::ViewOp::create(b, cast<MemRefType>(type), action.getArgument(frameArgument), offset, ValueRange()));
  }
  func::CallOp::create(b, function, operands);
  func::ReturnOp::create(b);
  return action;
}

static KernelLaunch launchOf(LaunchOpInterface op) {
  LaunchFacts facts = op.getLaunch();
  KernelLaunch launch = {};
  launch.kernel = facts.symbol.str();
  llvm::copy(facts.grid, launch.grid);
  llvm::copy(facts.block, launch.block);
  launch.sharedBytes = uint32_t(facts.sharedBytes);
  for (auto [space, offset] : llvm::zip_equal(facts.spaces, facts.offsets))
    launch.operands.push_back({uint32_t(space), offset});
  return launch;
}

llvm::Expected<KernelCase> sluice::lowerForCard(ModuleOp module, StringRef name, const Signature &signature,
                                                const Operands &operands, StringRef architecture) {
  llvm::Expected<std::unique_ptr<Target>> target = createTarget("cuda", architecture);
  if (!target)
    return target.takeError();
  KernelCase made;
  made.name = name.str();
  if (llvm::Error error = placeOperands(operands, made))
    return std::move(error);
  auto failed = [&] { return llvm::createStringError("'" + name + "' has no kernels for a card"); };
  LoweringOptions lowering;
  lowering.kind = "cuda";
  lowering.processor = architecture.str();
  PassManager toBuffers(module.getContext());
  if (signature.onBuffers) {
    SetTargetOptions options;
    options.kind = lowering.kind;
    options.processor = lowering.processor;
    toBuffers.addPass(createSetTarget(options));
  } else {
    buildBufferPipeline(toBuffers, lowering);
  }
  if (mlir::failed(isolateFunction(module, name)) || mlir::failed(toBuffers.run(module)))
    return failed();
  func::FuncOp action = addAction(cast<func::FuncOp>(module.lookupSymbol(name)), made);
  std::string actionName = action.getSymName().str();
  PassManager toCode(module.getContext());
  (*target)->buildKernelPipeline(toCode, /*tuneCache=*/"");
  (*target)->buildCodePipeline(toCode);
  if (mlir::failed(toCode.run(module)))
    return failed();
  action = cast<func::FuncOp>(module.lookupSymbol(actionName));
  made.scratchBytes = action->getAttrOfType<IntegerAttr>(scratchBytesAttrName).getInt();
  action.walk([&](LaunchOpInterface op) { made.launches.push_back(launchOf(op)); });
  // The newest PTX is the first.
  for (auto image : module->getAttrOfType<ArrayAttr>(imagesAttrName).getAsRange<ImageAttr>())
    if (made.ptx.empty() && image.getKind() == "ptx")
      made.ptx = image.getBytes().str();
  return made;
}

llvm::Error sluice::runOnCard(const KernelCase &launches, const Operands &operands) {
  try {
    cuda::Card card(0);
    std::vector<char> frame = launches.run(card);
    for (auto [placed, operand] : llvm::zip_equal(launches.operands, operands.all()))
      if (placed.isResult)
        std::memcpy(operand.memory.data(), frame.data() + placed.offset, size_t(operand.memory.size()));
  } catch (const runtime::RunError &error) {
    return llvm::createStringError(error.what());
  }
  return llvm::Error::success();
}
