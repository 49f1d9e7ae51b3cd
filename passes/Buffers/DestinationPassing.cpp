//===- DestinationPassing.cpp - Functions write their results where the caller says -----===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Buffers/Passes.h"
#include "passes/Build/Indices.h"
#include "passes/Table/StepLayout.h"
#include "llvm/ADT/TypeSwitch.h"

namespace sluice {
#define GEN_PASS_DEF_DESTINATIONPASSING
#include "passes/Buffers/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static MemRefType bufferType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

/// For each result of `function`, the argument that it updates, or -1.
static SmallVector<int64_t> updatedArguments(func::FuncOp function) {
  SmallVector<int64_t> updated(function.getNumResults(), -1);
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto result = function.getArgAttrOfType<IntegerAttr>(i, updatesAttrName))
      updated[result.getInt()] = i;
  return updated;
}

/// (tensors) -> tensors becomes (step, buffers, destinations) -> ().
static void convertFunction(func::FuncOp function, ArrayRef<int64_t> updated) {
  Block &entry = function.getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  Location location = function.getLoc();
  unsigned inputs = entry.getNumArguments();
  SmallVector<Value> tensors;
  SmallVector<BlockArgument> buffers;
  for (unsigned i = 0; i < inputs; ++i) {
    BlockArgument old = entry.getArgument(i);
    BlockArgument buffer = entry.addArgument(bufferType(old.getType()), location);
    buffers.push_back(buffer);
    old.replaceAllUsesWith(bufferization::ToTensorOp::create(builder, location, old.getType(), buffer,
                                                             /*restrict=*/true, llvm::is_contained(updated, i)));
  }
  auto terminator = cast<func::ReturnOp>(entry.getTerminator());
  builder.setInsertionPoint(terminator);
  for (auto [result, argument] : llvm::zip_equal(terminator.getOperands(), updated)) {
    Value destination = argument >= 0 ? buffers[argument] : entry.addArgument(bufferType(result.getType()), location);
    bufferization::MaterializeInDestinationOp::create(builder, location, Type(), result, destination,
                                                      /*restrict=*/true, /*writable=*/true);
  }
  func::ReturnOp::create(builder, terminator.getLoc());
  terminator.erase();
  entry.eraseArguments(0, inputs);
  entry.insertArgument(0u, getStepType(function.getContext()), location);
  function.setAllArgAttrs(ArrayAttr());
  function.setAllResultAttrs(ArrayAttr());
  function.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
}

namespace {
/// Rewrites an action: values become views of the step and of the blocks of memory.
class ActionConverter {
public:
  ActionConverter(ModuleOp module, const SymbolTable &symbolTable, func::FuncOp action,
                  const llvm::DenseMap<StringAttr, SmallVector<int64_t>> &updated)
      : module(module), symbolTable(symbolTable), action(action), updated(updated), builder(action) {
    Block &entry = action.getBody().front();
    auto blockOf = [&](int64_t bytes) { return MemRefType::get({bytes}, builder.getI8Type()); };
    MemoryAttr memory = BinaryFacts::of(module).memory;
    Location location = action.getLoc();
    step = entry.addArgument(getStepType(action.getContext()), location);
    weights = entry.addArgument(blockOf(memory.getParameterBytes()), location);
    nextWeights = entry.addArgument(blockOf(memory.getParameterBytes()), location);
    persistent = entry.addArgument(blockOf(memory.getPersistentBytes()), location);
    frame = entry.addArgument(blockOf(memory.getFrameBytes()), location);
    inPlace = entry.addArgument(blockOf(memory.getParameterBytes()), location);
    action.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
  }

  LogicalResult run() {
    SmallVector<Operation *> ops;
    for (Operation &op : action.getBody().front().without_terminator())
      ops.push_back(&op);
    for (Operation *op : ops) {
      builder.setInsertionPoint(op);
      if (failed(convert(op)))
        return failure();
    }
    for (Operation *op : llvm::reverse(ops))
      op->erase();
    return success();
  }

private:
  Value view(Value block, int64_t offset, Type type) {
    ImplicitLocOpBuilder b(action.getLoc(), builder);
    return memref::ViewOp::create(b, cast<MemRefType>(type), block, constantIndex(b, offset), ValueRange());
  }

  /// A slot, a parameter, or the narrow copy of one, which has another type.
  using Home = std::pair<StringRef, Type>;
  bool isAtHome(Value value, Home home) const { return home.second && homes.lookup(value) == home; }

  /// Whether what is of that type is read and written at one place: a parameter of several versions is not.
  bool hasOneVersion(StringRef symbol, Type type) const {
    auto parameter = symbolTable.lookup<ParameterOp>(symbol);
    return parameter.getInPlace() || type == parameter.getNarrowCopyType();
  }

  /// The place of a value of type `type` that an op reads or writes: of a slot, or of a parameter among the weights,
  /// the next weights or those with one version, as all narrow copies have.
  Value placeOf(Operation *op, StringRef symbol, Type type) {
    Operation *target = symbolTable.lookup(symbol);
    if (auto parameter = dyn_cast<ParameterOp>(target)) {
      if (type == parameter.getNarrowCopyType())
        return view(inPlace, *parameter.getNarrowOffset(), bufferType(type));
      Value block = parameter.getInPlace() ? inPlace : isa<WriteOp>(op) ? nextWeights : weights;
      return view(block, *parameter.getOffset(), bufferType(parameter.getType()));
    }
    auto slot = cast<SlotOp>(target);
    return view(slot.isInFrame() ? frame : persistent, *slot.getOffset(), bufferType(type));
  }

  LogicalResult convert(Operation *op) {
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case([&](ReadOp read) {
          places[read.getResult()] = placeOf(op, read.getSymbol(), read.getType());
          // Written where it was read, it is there already.
          if (hasOneVersion(read.getSymbol(), read.getType()))
            homes[read.getResult()] = {read.getSymbol(), read.getType()};
          return success();
        })
        .Case([&](FetchOp fetch) {
          places[fetch.getResult()] = placeOf(op, fetch.getSymbol(), fetch.getType());
          homes[fetch.getResult()] = {fetch.getSymbol(), fetch.getType()};
          return success();
        })
        .Case<WriteOp, StoreOp>([&](auto write) { return store(op, write.getValue(), write.getSymbol()); })
        .Case([&](InputOp input) {
          places[input.getResult()] =
              InputOp::create(builder, input.getLoc(), bufferType(input.getType()), input.getIndexAttr());
          return success();
        })
        .Case([&](KeyOp key) {
          places[key.getResult()] =
              view(step, key.getGates() ? step_layout::gateKey : step_layout::key, bufferType(key.getType()));
          return success();
        })
        .Case([&](ScalarOp scalar) { return readScalar(scalar); })
        .Case([&](arith::ConstantOp constant) {
          auto values = dyn_cast<DenseElementsAttr>(constant.getValue());
          if (!values) {
            builder.clone(*constant, numbers);
            return success();
          }
          ImplicitLocOpBuilder b(constant.getLoc(), builder);
          Value buffer = memref::AllocOp::create(b, bufferType(constant.getType()));
          for (auto [i, value] : llvm::enumerate(values.getValues<TypedAttr>()))
            memref::StoreOp::create(b, arith::ConstantOp::create(b, value), buffer,
                                    values.getType().getRank() == 0 ? ValueRange() : ValueRange(constantIndex(b, i)));
          places[constant.getResult()] = buffer;
          return success();
        })
        .Case([&](func::CallOp call) { return convertCall(call); })
        .Case([&](tensor::ExtractOp extract) {
          numbers.map(
              extract.getResult(),
              memref::LoadOp::create(builder, extract.getLoc(), places.lookup(extract.getTensor()),
                                     llvm::map_to_vector(extract.getIndices(),
                                                         [&](Value index) { return numbers.lookupOrDefault(index); }))
                  .getResult());
          return success();
        })
        .Case<arith::CmpFOp, arith::OrIOp>([&](Operation *op) {
          builder.clone(*op, numbers);
          return success();
        })
        .Case([&](scf::IfOp ifOp) { return convertIf(ifOp); })
        .Case([](ub::PoisonOp) { return success(); })
        .Default([](Operation *op) { return op->emitOpError() << "is not expected in an action"; });
  }

  LogicalResult readScalar(ScalarOp scalar) {
    auto table = module->getAttrOfType<ArrayAttr>(scalarsAttrName);
    int64_t position = -1;
    for (auto [i, entry] : llvm::enumerate(table ? table.getValue() : ArrayRef<Attribute>()))
      if (cast<DictionaryAttr>(entry).getAs<StringAttr>("name") == scalar.getNameAttr())
        position = i;
    if (position < 0)
      return scalar.emitOpError() << "expected one of the module's 'sluice.scalars', found '" << scalar.getName()
                                  << "'";
    Location location = scalar.getLoc();
    Value wide = memref::LoadOp::create(builder, location,
                                        view(step, step_layout::scalars + int64_t(sizeof(double)) * position,
                                             MemRefType::get({}, builder.getF64Type())));
    MemRefType type = bufferType(scalar.getType());
    if (type.getElementType().isF32())
      wide = arith::TruncFOp::create(builder, location, type.getElementType(), wide);
    Value buffer = memref::AllocOp::create(builder, location, type);
    memref::StoreOp::create(builder, location, wide, buffer);
    places[scalar.getResult()] = buffer;
    return success();
  }

  /// Where a result goes: where a branch was told to put it, into the first slot or parameter that it is stored to, or
  /// into a temporary.
  Value destinationOf(Value result) {
    if (Value destination = destinations.lookup(result))
      return destination;
    for (Operation *user : result.getUsers())
      if (isa<StoreOp, WriteOp>(user)) {
        StringRef symbol = user->getAttrOfType<FlatSymbolRefAttr>("symbol").getValue();
        homes[result] = {symbol, result.getType()};
        return placeOf(user, symbol, result.getType());
      }
    return memref::AllocOp::create(builder, result.getLoc(), bufferType(result.getType()));
  }

  LogicalResult convertCall(func::CallOp call) {
    SmallVector<Value> operands = {step};
    for (Value operand : call.getOperands())
      operands.push_back(places.lookup(operand));
    const SmallVector<int64_t> &updates = updated.at(call.getCalleeAttr().getAttr());
    for (auto [result, argument] : llvm::zip_equal(call.getResults(), updates)) {
      if (argument >= 0) {
        if (auto read = call.getOperand(argument).getDefiningOp<ReadOp>())
          return call.emitOpError() << "expected a parameter that is only read, found that '" << call.getCallee()
                                    << "' updates '" << read.getSymbol() << "' in place";
        places[result] = places.lookup(call.getOperand(argument));
        homes[result] = homes.lookup(call.getOperand(argument));
        continue;
      }
      places[result] = destinationOf(result);
      operands.push_back(places[result]);
    }
    auto converted = func::CallOp::create(builder, call.getLoc(), call.getCallee(), TypeRange(), operands);
    if (Attribute place = call->getAttr(placeAttrName))
      converted->setAttr(placeAttrName, place);
    return success();
  }

  /// The argument whose place a call updates to make this value, also in a branch, or null.
  Value updatedOperand(Value value) {
    if (auto branch = value.getDefiningOp<scf::IfOp>()) {
      unsigned index = cast<OpResult>(value).getResultNumber();
      Value operand = updatedOperand(branch.thenYield().getOperand(index));
      return operand ? operand : updatedOperand(branch.elseYield().getOperand(index));
    }
    auto call = value.getDefiningOp<func::CallOp>();
    int64_t argument = call ? updated.at(call.getCalleeAttr().getAttr())[cast<OpResult>(value).getResultNumber()] : -1;
    return argument >= 0 ? call.getOperand(argument) : Value();
  }

  /// Both branches put a result into one place and yield nothing. Where a branch updates a value in place, its place
  /// is the one.
  LogicalResult convertIf(scf::IfOp ifOp) {
    for (auto [index, result] : llvm::enumerate(ifOp.getResults())) {
      Value branches[] = {ifOp.thenYield().getOperand(index), ifOp.elseYield().getOperand(index)};
      Value inPlace;
      for (Value value : branches)
        if (Value operand = updatedOperand(value)) {
          if (inPlace && places.lookup(inPlace) != places.lookup(operand))
            return ifOp.emitOpError() << "expected branches that update one place for result " << index;
          inPlace = operand;
        }
      places[result] = inPlace ? places.lookup(inPlace) : destinationOf(result);
      if (inPlace)
        homes[result] = homes.lookup(inPlace);
      for (Value value : branches)
        destinations[value] = places[result];
    }
    auto lowered = scf::IfOp::create(builder, ifOp.getLoc(), numbers.lookup(ifOp.getCondition()),
                                     /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    for (auto [from, to] :
         {std::pair(ifOp.thenBlock(), lowered.thenBlock()), std::pair(ifOp.elseBlock(), lowered.elseBlock())}) {
      builder.setInsertionPoint(to->getTerminator());
      for (Operation &op : from->without_terminator())
        if (failed(convert(&op)))
          return failure();
      for (auto [value, result] : llvm::zip_equal(from->getTerminator()->getOperands(), ifOp.getResults()))
        if (Value place = places.lookup(value);
            place && place != places.lookup(result) && !isAtHome(value, homes.lookup(result)))
          memref::CopyOp::create(builder, ifOp.getLoc(), place, places.lookup(result));
    }
    return success();
  }

  LogicalResult store(Operation *op, Value value, StringRef symbol) {
    if (value.getDefiningOp<ub::PoisonOp>())
      return success(); // any contents will do
    if (!isAtHome(value, {symbol, value.getType()}))
      memref::CopyOp::create(builder, op->getLoc(), places.lookup(value), placeOf(op, symbol, value.getType()));
    return success();
  }

  ModuleOp module;
  const SymbolTable &symbolTable;
  func::FuncOp action;
  const llvm::DenseMap<StringAttr, SmallVector<int64_t>> &updated;
  OpBuilder builder;
  Value step, weights, nextWeights, persistent, frame, inPlace;
  llvm::DenseMap<Value, Value> places;
  llvm::DenseMap<Value, Value> destinations; // of values that a branch yields
  llvm::DenseMap<Value, Home> homes;         // where a value lies already
  IRMapping numbers;
};

struct DestinationPassing : sluice::impl::DestinationPassingBase<DestinationPassing> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    llvm::DenseMap<StringAttr, SmallVector<int64_t>> updated;
    SymbolTable symbolTable(module);
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!function->hasAttr(actionAttrName))
        updated[function.getSymNameAttr()] = updatedArguments(function);
    for (func::FuncOp function : functions) {
      if (!function->hasAttr(actionAttrName))
        convertFunction(function, updated[function.getSymNameAttr()]);
      else if (failed(ActionConverter(module, symbolTable, function, updated).run()))
        return signalPassFailure();
    }
  }
};
} // namespace
