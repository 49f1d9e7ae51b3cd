//===- PipeDialect.cpp - Registration, ops --------------------------------------------===//
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::pipe;

/// A list of types in parentheses, which may be empty.
static ParseResult parseBundle(OpAsmParser &parser, ArrayAttr &types) {
  SmallVector<Attribute> parsed;
  auto parseType = [&] {
    Type type;
    if (parser.parseType(type))
      return failure();
    parsed.push_back(TypeAttr::get(type));
    return success();
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseType))
    return failure();
  types = parser.getBuilder().getArrayAttr(parsed);
  return success();
}

static void printBundle(OpAsmPrinter &printer, Operation *, ArrayAttr types) {
  printer << '(';
  llvm::interleaveComma(types.getAsValueRange<TypeAttr>(), printer, [&](Type type) { printer << type; });
  printer << ')';
}

#include "dialects/Pipe/PipeDialect.cpp.inc"
#include "dialects/Pipe/PipeEnums.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/Pipe/PipeOps.cpp.inc"

void PipeDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Pipe/PipeOps.cpp.inc"
      >();
}

int64_t PipelineOp::devicesOfReplica() {
  std::optional<ArrayRef<int32_t>> devices = getDevices();
  return devices && !devices->empty() ? int64_t(*llvm::max_element(*devices)) + 1 : int64_t(getStages());
}

static LogicalResult verifyDevice(Operation *op, int64_t device) {
  int64_t devices = cast<PipelineOp>(op->getParentOp()).countDevices();
  if (device >= devices)
    return op->emitOpError() << "expected a device from 0 to " << devices - 1 << ", found " << device;
  return success();
}

/// Lists with an entry a stage.
static LogicalResult verifyLists(PipelineOp op) {
  auto verifyList = [&](StringRef name, std::optional<ArrayRef<int32_t>> list, int32_t least) -> LogicalResult {
    if (!list)
      return success();
    if (int64_t(list->size()) != op.getStages())
      return op.emitOpError() << "expected '" << name << "' of " << op.getStages() << " stages, found " << list->size();
    for (int32_t entry : *list)
      if (entry < least)
        return op.emitOpError() << "expected '" << name << "' of at least " << least << ", found " << entry;
    return success();
  };
  if (failed(verifyList("ages", op.getAges(), 0)) ||
      failed(verifyList("activation_ages", op.getActivationAges(), INT32_MIN)) ||
      failed(verifyList("error_ages", op.getErrorAges(), INT32_MIN)) ||
      failed(verifyList("devices", op.getDevices(), 0)) || failed(verifyList("frames", op.getFrames(), 1)))
    return failure();
  ArrayRef<int32_t> tied = op.getTied().value_or(ArrayRef<int32_t>());
  if (tied.size() % 2 != 0)
    return op.emitOpError() << "expected pairs of tied stages, found " << tied.size() << " stages";
  for (size_t first = 0; first < tied.size(); first += 2)
    if (tied[first] < 0 || tied[first + 1] < tied[first] || tied[first + 1] >= int64_t(op.getStages()))
      return op.emitOpError() << "expected tied stages in ascending order, below " << op.getStages() << ", found "
                              << tied[first] << " and " << tied[first + 1];
  return success();
}

/// What delays a gradient needs one that is late.
static LogicalResult verifyLate(PipelineOp op) {
  bool isLate = llvm::any_of(op.getAges(), [](int32_t age) { return age > 0; });
  if (op.getCurrentWeights() && !isLate)
    return op.emitOpError() << "expected 'current_weights' only with an age above 0, found none";
  if (op.getPredictedWeights() && (!isLate || op.getCurrentWeights()))
    return op.emitOpError() << "expected 'predicted_weights' only with an age above 0 and without 'current_weights'";
  if (!op.getTiedDelay())
    return success();
  auto deviceOf = [&](int32_t stage) { return op.getDevices() ? (*op.getDevices())[stage] : stage; };
  ArrayRef<int32_t> tied = op.getTied().value_or(ArrayRef<int32_t>());
  for (size_t first = 0; first < tied.size(); first += 2)
    if (int32_t stage = tied[first];
        stage != tied[first + 1] && deviceOf(stage) == deviceOf(tied[first + 1]) && op.getAges()[stage] > 0)
      return success();
  return op.emitOpError() << "expected 'tied_delay' only with two tied stages on one device, the first of an age above "
                             "0, found none";
}

static LogicalResult verifyBusy(PipelineOp op) {
  std::optional<ArrayRef<double>> busy = op.getBusy();
  if (busy && int64_t(busy->size()) != op.countDevices())
    return op.emitOpError() << "expected 'busy' of " << op.countDevices() << " devices, found " << busy->size();
  for (double share : busy.value_or(ArrayRef<double>()))
    if (!(share >= 0 && share <= 1))
      return op.emitOpError() << "expected 'busy' from 0 to 1, found " << share;
  return success();
}

LogicalResult PipelineOp::verify() {
  if (failed(verifyLists(*this)) || failed(verifyLate(*this)) || failed(verifyBusy(*this)))
    return failure();
  llvm::SmallDenseMap<int64_t, ProgramOp> programs;
  for (Operation &op : *getBody().begin()) {
    auto program = dyn_cast<ProgramOp>(op);
    if (!program && !isa<ChannelOp>(op))
      return op.emitError() << "expected channels and programs in a pipeline, found '" << op.getName() << "'";
    if (!program)
      continue;
    auto [other, isNew] = programs.try_emplace(program.getDevice(), program);
    if (isNew)
      continue;
    InFlightDiagnostic diagnostic = program.emitOpError() << "expected one program of device " << program.getDevice();
    diagnostic.attachNote(other->second.getLoc()) << "another is here";
    return diagnostic;
  }
  return success();
}

static LogicalResult verifyStagesOf(ChannelOp op) {
  auto pipeline = cast<PipelineOp>(op->getParentOp());
  std::optional<ArrayRef<int32_t>> stages = op.getStages();
  if (!stages) {
    if (op.getSource() == op.getTarget())
      return op.emitOpError() << "expected two different devices, found " << op.getSource() << " twice";
    if (pipeline.devicesOfReplica() < int64_t(pipeline.getStages()))
      return op.emitOpError() << "expected 'stages', as a device holds several";
    return success();
  }
  if (stages->size() != 2)
    return op.emitOpError() << "expected 'stages' of its two ends, found " << stages->size();
  for (int32_t stage : *stages)
    if (stage < 0 || stage >= int64_t(pipeline.getStages()))
      return op.emitOpError() << "expected 'stages' below " << pipeline.getStages() << ", found " << stage;
  return success();
}

LogicalResult ChannelOp::verify() {
  if (failed(verifyDevice(*this, getSource())) || failed(verifyDevice(*this, getTarget())))
    return failure();
  if (failed(verifyStagesOf(*this)))
    return failure();
  // Slots are those of the module: the pipeline is a symbol table of its own.
  Operation *module = SymbolTable::getNearestSymbolTable((*this)->getParentOp()->getParentOp());
  for (auto [name, slots] : {std::pair("sends", getSends()), std::pair("receives", getReceives())}) {
    if (!slots)
      continue;
    if (slots->size() != getTypes().size())
      return emitOpError() << "expected '" << name << "' of " << getTypes().size() << " tensors, found "
                           << slots->size();
    for (auto [symbol, type] : llvm::zip_equal(slots->getAsRange<FlatSymbolRefAttr>(), getTypes())) {
      auto slot = dyn_cast_or_null<SlotOp>(module ? SymbolTable::lookupSymbolIn(module, symbol) : nullptr);
      if (!slot)
        return emitOpError() << "expected a slot named '" << symbol.getValue() << "'";
      if (slot.getType() != cast<TypeAttr>(type).getValue())
        return emitOpError() << "expected " << type << " in slot '" << symbol.getValue() << "', found "
                             << slot.getType();
    }
  }
  return success();
}

LogicalResult ProgramOp::verify() {
  if (failed(verifyDevice(*this, getDevice())))
    return failure();
  for (Region &region : (*this)->getRegions())
    for (Operation &op : region.getOps())
      if (!isa<LoadOp, RunOp, SendOp, RecvOp, CombineOp, ReduceOp, UpdateOp>(op))
        return op.emitError() << "expected actions in a program, found '" << op.getName() << "'";
  return success();
}

LogicalResult RunOp::verify() {
  bool isTied = getKind() == RunKind::Tied;
  if (getMicroBatch().has_value() == isTied)
    return emitOpError() << "expected " << (isTied ? "no micro-batch" : "a micro-batch") << " of '"
                         << stringifyRunKind(getKind()) << "'";
  return success();
}

LogicalResult CombineOp::verify() {
  if (getFrom() == getInto())
    return emitOpError() << "expected two different buffers, found " << getFrom() << " twice";
  return success();
}

template <typename Message> static LogicalResult verifyMessage(Message op, SymbolTableCollection &symbols, bool sends) {
  auto program = cast<ProgramOp>(op->getParentOp());
  auto channel = symbols.lookupNearestSymbolFrom<ChannelOp>(program->getParentOp(), op.getChannelAttr());
  if (!channel)
    return op.emitOpError() << "expected a channel named '" << op.getChannel() << "'";
  auto fail = [&](const Twine &text) {
    InFlightDiagnostic diagnostic = op.emitOpError() << text;
    diagnostic.attachNote(channel.getLoc()) << "the channel is here";
    return diagnostic;
  };
  if ((sends ? channel.getSource() : channel.getTarget()) != program.getDevice())
    return fail("expected a channel that " + Twine(sends ? "starts" : "ends") + " at device " +
                Twine(program.getDevice()));
  Role role = channel.getRole();
  StringRef name = stringifyRole(role);
  bool hasMicroBatch = role == Role::Activations || role == Role::Gradients;
  if (op.getMicroBatch().has_value() != hasMicroBatch)
    return fail(Twine("expected ") + (hasMicroBatch ? "a" : "no") + " micro-batch of '" + name + "'");
  if (op.getBuffer().has_value() != (role == Role::Replica))
    return fail(Twine("expected ") + (role == Role::Replica ? "a" : "no") + " gradient buffer of '" + name + "'");
  return success();
}

LogicalResult SendOp::verifySymbolUses(SymbolTableCollection &symbols) { return verifyMessage(*this, symbols, true); }
LogicalResult RecvOp::verifySymbolUses(SymbolTableCollection &symbols) { return verifyMessage(*this, symbols, false); }
