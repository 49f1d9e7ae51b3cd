//===- PlanLaunches.cpp - Actions to launches with places of operands ------------------===//
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "passes/Buffers/Scratch.h"
#include "passes/CUDA/GatedKernel.h"
#include "passes/CUDA/KernelOperands.h"
#include "passes/CUDA/Passes.h"
#include "runtime/abi.h"

namespace sluice {
#define GEN_PASS_DEF_PLANLAUNCHES
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

static_assert(spaceCount == SLUICE_SPACE_INPUT + SLUICE_MAX_INPUTS);

/// What an action's arguments are, in their order behind `sluice-plan-scratch`.
static constexpr int32_t spacesOfArguments[] = {
    SLUICE_SPACE_STEP,  SLUICE_SPACE_WEIGHTS,  SLUICE_SPACE_NEXT_WEIGHTS, SLUICE_SPACE_PERSISTENT,
    SLUICE_SPACE_FRAME, SLUICE_SPACE_IN_PLACE, SLUICE_SPACE_SCRATCH};

/// Where a function that is no action has its scratch.
static constexpr size_t scratchArgument = 1;
/// Calls with no more scratch than this have some of their own, so that they need not wait for each other.
static constexpr int64_t mostOwnScratch = int64_t(1) << 20;

namespace {
/// Where memory lies: a space of abi.h, and bytes in it.
struct Place {
  int32_t space = 0;
  int64_t offset = 0;
};

/// The launches of one action, through all functions that it calls.
class Walk {
public:
  Walk(func::FuncOp action, SymbolTable &symbols, GatedKernels &gated)
      : symbols(symbols), gated(gated), builder(action.getContext()), scratchBytes(bytesOfScratch(action)) {
    builder.setInsertionPoint(action.getBody().front().getTerminator());
  }

  /// Scratch memory that the launches need together.
  int64_t getScratchBytes() const { return scratchBytes; }
  static int64_t bytesOfScratch(func::FuncOp function) {
    auto bytes = function->getAttrOfType<IntegerAttr>(scratchBytesAttrName);
    return bytes ? bytes.getInt() : 0;
  }

  /// `name` is that of the function of the model: of equal ones another may be called.
  LogicalResult visit(func::FuncOp function, StringRef name, ArrayRef<Place> arguments, ArrayRef<Place> gates);

private:
  LogicalResult visit(Operation &op, StringRef name, ArrayRef<Place> gates);
  LogicalResult launch(gpu::LaunchFuncOp op, StringRef name, ArrayRef<Place> gates);
  FailureOr<Place> placeOf(Value memory, Operation *user);

  SymbolTable &symbols;
  GatedKernels &gated;
  OpBuilder builder;
  int64_t scratchBytes;
  DenseMap<Value, Place> places; // of arguments and workspaces of functions that are being visited
};
} // namespace

FailureOr<Place> Walk::placeOf(Value memory, Operation *user) {
  Operation *op = memory.getDefiningOp();
  if (auto found = places.find(memory); found != places.end())
    return found->second;
  if (auto view = dyn_cast_or_null<memref::ViewOp>(op)) {
    FailureOr<Place> source = placeOf(view.getSource(), user);
    std::optional<int64_t> shift = getConstantIntValue(view.getByteShift());
    if (succeeded(source) && shift)
      return Place{source->space, source->offset + *shift};
  } else if (isa_and_present<FlattenOp, memref::SubViewOp, memref::CollapseShapeOp, memref::ExpandShapeOp,
                             memref::CastOp, memref::ReinterpretCastOp>(op)) {
    // Their offset is part of the type, and the kernel adds it to the address.
    return placeOf(op->getOperand(0), user);
  } else if (auto input = dyn_cast_or_null<InputOp>(op)) {
    return Place{SLUICE_SPACE_INPUT + int32_t(input.getIndex()), 0};
  }
  InFlightDiagnostic diagnostic = user->emitOpError() << "expected memory whose place is known before the step";
  diagnostic.attachNote(memory.getLoc()) << "this has none";
  return diagnostic;
}

LogicalResult Walk::launch(gpu::LaunchFuncOp op, StringRef name, ArrayRef<Place> gates) {
  SmallVector<int64_t> sizes;
  for (Value size :
       llvm::concat<Value>(SmallVector<Value>{op.getGridSizeX(), op.getGridSizeY(), op.getGridSizeZ()},
                           SmallVector<Value>{op.getBlockSizeX(), op.getBlockSizeY(), op.getBlockSizeZ()})) {
    std::optional<int64_t> known = getConstantIntValue(size);
    if (!known)
      return op.emitOpError() << "expected sizes that are constants";
    sizes.push_back(*known);
  }
  int64_t shared = 0;
  if (Value bytes = op.getDynamicSharedMemorySize())
    shared = getConstantIntValue(bytes).value_or(0);
  SmallVector<int32_t> spaces;
  SmallVector<int64_t> offsets;
  auto add = [&](const Place &place) {
    spaces.push_back(place.space);
    offsets.push_back(place.offset);
  };
  SymbolRefAttr kernel = op.getKernel();
  for (size_t i = 0; i < gates.size(); ++i)
    kernel = gated.get(kernel);
  llvm::for_each(gates, add);
  SmallVector<int64_t> elements;
  for (Value operand : op.getKernelOperands()) {
    FailureOr<Place> place = placeOf(operand, op);
    if (failed(place))
      return failure();
    add(*place);
    if (auto list = operand.getDefiningOp<FlattenOp>())
      elements.push_back(cast<MemRefType>(list.getSource().getType()).getNumElements());
  }
  LaunchOp::create(builder, op.getLoc(), kernel, ArrayRef(sizes).take_front(3), ArrayRef(sizes).drop_front(3), shared,
                   spaces, offsets, elements, !gates.empty(), name, op->getAttrOfType<KernelAttr>(kernelAttrName));
  return success();
}

LogicalResult Walk::visit(Operation &op, StringRef name, ArrayRef<Place> gates) {
  if (auto launched = dyn_cast<gpu::LaunchFuncOp>(op))
    return launch(launched, name, gates);
  if (auto call = dyn_cast<func::CallOp>(op)) {
    SmallVector<Place> arguments;
    for (Value operand : call.getOperands()) {
      FailureOr<Place> place = placeOf(operand, call);
      if (failed(place))
        return failure();
      arguments.push_back(*place);
    }
    auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
    if (int64_t bytes = bytesOfScratch(callee); bytes > 0 && bytes <= mostOwnScratch) {
      arguments[scratchArgument] = {SLUICE_SPACE_SCRATCH, scratchBytes};
      scratchBytes += llvm::alignTo(bytes, SLUICE_ALIGNMENT);
    }
    auto place = call->getAttrOfType<StringAttr>(placeAttrName);
    return visit(callee, place ? place.getValue() : callee.getSymName(), arguments, gates);
  }
  if (auto workspace = dyn_cast<WorkspaceOp>(op)) {
    places[workspace] = {SLUICE_SPACE_SCRATCH, scratchBytes};
    scratchBytes += llvm::alignTo(spanOf(workspace.getType()), SLUICE_ALIGNMENT);
    return success();
  }
  if (auto when = dyn_cast<WhenOp>(op)) {
    FailureOr<Place> inner = placeOf(when.getGate(), when);
    if (failed(inner))
      return failure();
    SmallVector<Place> all(gates);
    all.push_back(*inner);
    for (Operation &inside : *when.getBody().begin())
      if (failed(visit(inside, name, all)))
        return failure();
    return success();
  }
  if (isMemoryEffectFree(&op) || isa<func::ReturnOp, InputOp, LaunchOp>(op))
    return success();
  return op.emitOpError() << "expected kernels, found what no kernel does";
}

LogicalResult Walk::visit(func::FuncOp function, StringRef name, ArrayRef<Place> arguments, ArrayRef<Place> gates) {
  for (auto [argument, place] : llvm::zip_equal(function.getArguments(), arguments))
    places[argument] = place;
  for (Operation &op : function.getBody().front())
    if (failed(visit(op, name, gates)))
      return failure();
  return success();
}

/// Leaves the launches and the return alone.
static void strip(func::FuncOp action) {
  Block &body = action.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (!isa<LaunchOp, func::ReturnOp>(op)) {
      op.dropAllUses();
      op.erase();
    }
  body.eraseArguments(0, body.getNumArguments());
  action.setFunctionType(FunctionType::get(action.getContext(), {}, {}));
  action.removeArgAttrsAttr();
}

namespace {
struct PlanLaunches : sluice::impl::PlanLaunchesBase<PlanLaunches> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    GatedKernels gated(module);
    SmallVector<func::FuncOp> actions, others;
    for (auto function : module.getOps<func::FuncOp>())
      (function->hasAttr(actionAttrName) ? actions : others).push_back(function);
    for (func::FuncOp action : actions)
      if (failed(plan(action, symbols, gated)))
        return signalPassFailure();
    for (func::FuncOp action : actions)
      strip(action);
    if (actions.empty())
      return;
    for (func::FuncOp function : others) {
      function->dropAllUses();
      function.erase();
    }
    gated.eraseUnused();
  }

private:
  LogicalResult plan(func::FuncOp action, SymbolTable &symbols, GatedKernels &gated) {
    constexpr size_t count = std::size(spacesOfArguments);
    if (action.getNumArguments() != count || !action->hasAttr(scratchBytesAttrName))
      return action.emitOpError() << "expected an action of " << count << " arguments with planned scratch, found "
                                  << action.getNumArguments();
    SmallVector<Place> arguments;
    for (int32_t space : spacesOfArguments)
      arguments.push_back({space, 0});
    // Whether a step updates is decided on the card too.
    SmallVector<Place> gates;
    if (action->getAttrOfType<ActionKindAttr>(actionAttrName).getValue() == ActionKind::Update)
      gates.push_back({SLUICE_SPACE_STEP, step_layout::updateGate});
    Walk walk(action, symbols, gated);
    if (failed(walk.visit(action, action.getSymName(), arguments, gates)))
      return failure();
    action->setAttr(scratchBytesAttrName, OpBuilder(action).getI64IntegerAttr(walk.getScratchBytes()));
    return success();
  }
};
} // namespace
