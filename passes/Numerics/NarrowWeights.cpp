//===- NarrowWeights.cpp - Weights in the type that contractions round them to ----------===//
#include "dialects/Pipe/PipeDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/Remarks.h"
#include "passes/Gradient/Actions.h"
#include "passes/Numerics/Narrow.h"
#include "passes/Numerics/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace sluice {
#define GEN_PASS_DEF_NARROWWEIGHTS
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// An argument that contractions alone use, and that is a parameter in every call.
struct Place {
  func::FuncOp function;
  unsigned index;
  Type type; // what it is rounded to
  SmallVector<ReadOp> reads;
  SmallVector<ParameterOp> parameters; // of those
};

struct NarrowWeights : sluice::impl::NarrowWeightsBase<NarrowWeights> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    collect();
    SmallVector<Place> places;
    for (auto function : module.getOps<func::FuncOp>())
      for (unsigned index = 0; !function.isExternal() && index < function.getNumArguments(); ++index)
        if (std::optional<Place> place = findPlace(function, index))
          places.push_back(std::move(*place));
    llvm::MapVector<Operation *, Type> narrowed, left;
    for (Place &place : places) {
      bool mayAll = llvm::all_of(place.parameters, [&](ParameterOp parameter) {
        Type other = narrowed.lookup(parameter);
        return mayHaveCopy(parameter) && (!other || other == place.type);
      });
      for (ParameterOp parameter : place.parameters)
        (mayAll ? narrowed : left).insert({parameter, place.type});
      if (mayAll)
        read(place);
    }
    for (auto [parameter, type] : narrowed)
      write(cast<ParameterOp>(parameter), type);
    report(narrowed, left);
  }

private:
  void collect();
  std::optional<Place> findPlace(func::FuncOp function, unsigned index);
  bool hasVersions(ParameterOp parameter);
  bool mayHaveCopy(ParameterOp parameter);
  bool canRound(Value written, ParameterOp parameter);
  void read(const Place &place);
  void write(ParameterOp parameter, Type element);
  Value roundedOf(Value written, ParameterOp parameter);
  void writeForHost(ParameterOp parameter);
  void report(const llvm::MapVector<Operation *, Type> &narrowed, const llvm::MapVector<Operation *, Type> &left);
  func::FuncOp calleeOf(func::CallOp call) { return symbols->lookup<func::FuncOp>(call.getCallee()); }

  SymbolTable *symbols = nullptr;
  llvm::DenseMap<Operation *, SmallVector<func::CallOp>> calls; // by function
  llvm::DenseMap<StringAttr, SmallVector<WriteOp>> writes;      // by parameter
  llvm::DenseMap<int64_t, func::FuncOp> forHost;                // by stage
};
} // namespace

void NarrowWeights::collect() {
  getOperation().walk([&](Operation *op) {
    if (auto call = dyn_cast<func::CallOp>(op))
      calls[calleeOf(call)].push_back(call);
    if (auto write = dyn_cast<WriteOp>(op))
      writes[write.getSymbolAttr().getAttr()].push_back(write);
  });
}

std::optional<Place> NarrowWeights::findPlace(func::FuncOp function, unsigned index) {
  Value argument = function.getArgument(index);
  Place place{function, index, typeRoundedTo(argument), {}, {}};
  if (!place.type || !getElementTypeOrSelf(argument).isF32() || calls[function].empty())
    return std::nullopt;
  for (func::CallOp call : calls[function]) {
    auto read = call.getOperand(index).getDefiningOp<ReadOp>();
    if (!read)
      return std::nullopt;
    place.reads.push_back(read);
    place.parameters.push_back(symbols->lookup<ParameterOp>(read.getSymbol()));
  }
  return place;
}

/// Whether its stage keeps older versions of it, each of which backward of some micro-batch reads.
bool NarrowWeights::hasVersions(ParameterOp parameter) {
  auto pipeline = getOperation().lookupSymbol<pipe::PipelineOp>("train.pipeline");
  uint64_t stage = parameter.getStage().value_or(0);
  return pipeline && pipeline.isStale() && stage < pipeline.getAges().size() && pipeline.getAges()[stage] > 0 &&
         !parameter.getInPlace();
}

bool NarrowWeights::mayHaveCopy(ParameterOp parameter) {
  return !hasVersions(parameter) && llvm::all_of(writes[parameter.getSymNameAttr()],
                                                 [&](WriteOp write) { return canRound(write.getValue(), parameter); });
}

/// Whether the value can be rounded where it is computed: by a function of this call alone, maybe in a branch. What the
/// parameter was before it is in the copy already.
bool NarrowWeights::canRound(Value written, ParameterOp parameter) {
  if (auto read = written.getDefiningOp<ReadOp>())
    return read.getSymbol() == parameter.getSymName();
  if (auto call = written.getDefiningOp<func::CallOp>())
    return calls[calleeOf(call)].size() == 1 && !calleeOf(call).isExternal();
  auto branch = written.getDefiningOp<scf::IfOp>();
  unsigned index = branch ? cast<OpResult>(written).getResultNumber() : 0;
  return branch && canRound(branch.thenYield().getOperand(index), parameter) &&
         canRound(branch.elseYield().getOperand(index), parameter);
}

/// A read of the narrow copy beside one of the parameter.
static Value readCopy(ReadOp read, Type element) {
  OpBuilder builder(read->getContext());
  builder.setInsertionPointAfter(read);
  return ReadOp::create(builder, read.getLoc(), withElement(read.getType(), element), read.getSymbol());
}

/// Has the calls pass the copies.
void NarrowWeights::read(const Place &place) {
  narrowArgument(place.function, place.index, place.type);
  for (auto [call, old] : llvm::zip_equal(calls[place.function], place.reads)) {
    ReadOp read = old;
    call->setOperand(place.index, readCopy(read, place.type));
    if (read.use_empty())
      read.erase();
  }
}

/// Gives a parameter its copy, which everything writes that writes the parameter.
void NarrowWeights::write(ParameterOp parameter, Type element) {
  parameter.setNarrowType(element);
  for (WriteOp write : writes[parameter.getSymNameAttr()]) {
    Value rounded = roundedOf(write.getValue(), parameter);
    OpBuilder builder(write->getBlock(), std::next(write->getIterator()));
    WriteOp::create(builder, write.getLoc(), rounded, parameter.getSymName());
  }
  writeForHost(parameter);
}

/// A value rounded where it is computed.
Value NarrowWeights::roundedOf(Value written, ParameterOp parameter) {
  Type element = *parameter.getNarrowType();
  if (auto read = written.getDefiningOp<ReadOp>())
    return readCopy(read, element);
  unsigned index = cast<OpResult>(written).getResultNumber();
  if (auto branch = written.getDefiningOp<scf::IfOp>()) {
    Value then = roundedOf(branch.thenYield().getOperand(index), parameter);
    Value otherwise = roundedOf(branch.elseYield().getOperand(index), parameter);
    return appendResults(branch, then, otherwise).front();
  }
  auto call = cast<func::CallOp>(written.getDefiningOp());
  func::FuncOp callee = calleeOf(call);
  Operation *returned = callee.getBody().front().getTerminator();
  Operation *rounded = createRounded(returned->getOperand(index), element);
  returned->insertOperands(returned->getNumOperands(), rounded->getResult(0));
  updateType(callee);
  OpBuilder builder(call);
  auto extended = func::CallOp::create(builder, call.getLoc(), callee, call.getOperands());
  extended->setDiscardableAttrs(call->getDiscardableAttrDictionary());
  call->replaceAllUsesWith(extended->getResults().drop_back());
  calls[callee] = {extended};
  call.erase();
  return extended->getResults().back();
}

/// Has the action for what the host writes, one a stage, round the parameter.
void NarrowWeights::writeForHost(ParameterOp parameter) {
  ModuleOp module = getOperation();
  Location location = parameter.getLoc();
  func::FuncOp &action = forHost[parameter.getStage().value_or(0)];
  if (!action) {
    std::string suffix = parameter.getStage() ? "." + std::to_string(*parameter.getStage()) : "";
    action = createAction(module, module.getLoc(), "train.narrow" + suffix, ActionKind::Narrow, "train");
    setStage(action, parameter.getStage());
  }
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Type wide = parameter.getType(), narrow = parameter.getNarrowCopyType();
  auto function = func::FuncOp::create(builder, location, ("narrow." + parameter.getSymName()).str(),
                                       builder.getFunctionType(wide, narrow));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  func::ReturnOp::create(builder, location,
                         createRounded(entry->getArgument(0), *parameter.getNarrowType())->getResults());
  builder.setInsertionPoint(action.getBody().front().getTerminator());
  Value master = ReadOp::create(builder, location, wide, parameter.getSymName());
  Value copy = func::CallOp::create(builder, location, function, master).getResult(0);
  WriteOp::create(builder, location, copy, parameter.getSymName());
}

void NarrowWeights::report(const llvm::MapVector<Operation *, Type> &narrowed,
                           const llvm::MapVector<Operation *, Type> &left) {
  int64_t bytes = 0, leftCount = 0, leftBytes = 0;
  auto bytesIn = [](Operation *parameter, Type element) {
    return sumOfTensorBytes(withElement(cast<ParameterOp>(parameter).getType(), element));
  };
  for (auto [parameter, element] : narrowed)
    bytes += bytesIn(parameter, element);
  for (auto [parameter, element] : left)
    if (!narrowed.contains(parameter)) {
      ++leftCount;
      leftBytes += bytesIn(parameter, element);
    }
  remark::analysis(getOperation().getLoc(), remark::RemarkOpts::name("NarrowWeights").category("numerics"))
      << remark::metric("parameters", int64_t(narrowed.size())) << remark::metric("bytes", bytes)
      << remark::metric("left", leftCount) << remark::metric("left_bytes", leftBytes);
}
