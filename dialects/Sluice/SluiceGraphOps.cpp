//===- SluiceGraphOps.cpp - Parameters, graphs, layers, slots ------------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace sluice;

//===-- Symbols --------------------------------------------------------------------===//

LogicalResult ParameterOp::verify() {
  if (!isa<NormalAttr, ConstantAttr>(getInit()))
    return emitOpError() << "expected 'init' to be #sluice.normal or #sluice.constant, found " << getInit();
  auto type = cast<RankedTensorType>(getType());
  if (getHiddenParts() && (type.getRank() != 2 || type.getDimSize(1) % *getHiddenParts() != 0))
    return emitOpError() << "expected a matrix of " << *getHiddenParts() << " equal column blocks, found " << type;
  if (getNarrowType() && !type.getElementType().isF32())
    return emitOpError() << "expected elements of f32 to have a copy in " << *getNarrowType() << ", found " << type;
  if (!getReaders())
    return success();
  ArrayRef<int64_t> readers = *getReaders();
  int64_t own = getStage().value_or(0);
  if (readers.empty() || readers.front() < 0 || readers.back() >= own ||
      !llvm::is_sorted(readers, std::less_equal<int64_t>()))
    return emitOpError() << "expected ascending 'readers', at least one, before its stage " << own << ", found ["
                         << readers << "]";
  if (getCopyOf())
    return emitOpError() << "expected no 'readers' of a copy";
  return success();
}

LogicalResult ParameterOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!getCopyOf())
    return success();
  auto original = symbols.lookupNearestSymbolFrom<ParameterOp>(*this, getCopyOfAttr());
  if (!original)
    return emitOpError() << "expected a parameter named '" << *getCopyOf() << "' that it is a copy of";
  bool isApart = getStage().value_or(0) != original.getStage().value_or(0);
  if (!original.getCopyOf() && !original.getReaders() && original.getType() == getType() && isApart)
    return success();
  InFlightDiagnostic diagnostic = emitOpError() << "expected the copy of a parameter of another stage and the same "
                                                   "type that is no copy and has no readers";
  diagnostic.attachNote(original.getLoc()) << "that is '" << original.getSymName() << "'";
  return diagnostic;
}

LogicalResult SlotOp::verify() {
  bool needsParameter = getKind() == SlotKind::Gradient || getKind() == SlotKind::State;
  if (needsParameter && !getParameter())
    return emitOpError() << "of kind '" << stringifySlotKind(getKind()) << "' expected the name of its parameter";
  if (getKind() == SlotKind::State && !getRole())
    return emitOpError() << "of kind 'state' expected a 'role'";
  return success();
}

/// Each gate is an element of a slot of kind `gate`.
static LogicalResult verifyGates(SlotOp slot, SymbolTableCollection &symbols) {
  if (!slot.getGates())
    return success();
  if (slot.getKind() != SlotKind::Gradient && slot.getKind() != SlotKind::Result)
    return slot.emitOpError() << "of kind '" << stringifySlotKind(slot.getKind())
                              << "' expected no 'gates': only gradients and results come through gates";
  for (auto gate : slot.getGates()->getAsRange<GateAttr>()) {
    auto counts = symbols.lookupNearestSymbolFrom<SlotOp>(slot, gate.getSlot());
    if (!counts || counts.getKind() != SlotKind::Gate)
      return slot.emitOpError() << "expected a slot of kind 'gate' named '" << gate.getSlot().getValue() << "'";
    int64_t count = cast<RankedTensorType>(counts.getType()).getNumElements();
    if (gate.getIndex() >= 0 && gate.getIndex() < count)
      continue;
    InFlightDiagnostic diagnostic = slot.emitOpError()
                                    << "expected a gate below " << count << ", found " << gate.getIndex();
    diagnostic.attachNote(counts.getLoc()) << "'" << counts.getSymName() << "' has type " << counts.getType();
    return diagnostic;
  }
  return success();
}

LogicalResult SlotOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(verifyGates(*this, symbols)))
    return failure();
  if (!getParameter())
    return success();
  auto parameter = symbols.lookupNearestSymbolFrom<ParameterOp>(*this, getParameterAttr());
  if (!parameter)
    return emitOpError() << "expected a parameter named '" << *getParameter() << "'";
  auto type = cast<RankedTensorType>(getType());
  bool isScalarState = getKind() == SlotKind::State && type.getRank() == 0 && type.getElementType().isF64();
  if (parameter.getType() != type && !isScalarState) {
    InFlightDiagnostic diagnostic = emitOpError() << "expected the type of its parameter, found " << type;
    diagnostic.attachNote(parameter.getLoc()) << "'" << *getParameter() << "' has type " << parameter.getType();
    return diagnostic;
  }
  return success();
}

LogicalResult MessageOp::verify() {
  if (getSends().empty() || getSends().size() != getReceives().size())
    return emitOpError() << "expected as many slots that are sent as that are received, at least one, found "
                         << getSends().size() << " and " << getReceives().size();
  bool isForward = llvm::is_contained({ActionKind::Forward, ActionKind::Evaluate}, getAction());
  bool isBackward = llvm::is_contained({ActionKind::Backward, ActionKind::BackwardInput}, getAction());
  bool isTied = getAction() == ActionKind::Tied;
  if (!isForward && !isBackward && !isTied)
    return emitOpError() << "expected a message behind 'forward', 'evaluate', 'backward', 'backward_input' or 'tied', "
                            "found '"
                         << stringifyActionKind(getAction()) << "'";
  int64_t distance = int64_t(getTarget()) - int64_t(getSource());
  if (isTied ? distance != 0 : distance == (isBackward ? -1 : 1))
    return success();
  return emitOpError() << "expected "
                       << (isTied       ? "another stage"
                           : isBackward ? "the stage before"
                                        : "the next stage")
                       << " behind '" << stringifyActionKind(getAction()) << "' of stage " << getSource()
                       << ", found stage " << getTarget();
}

LogicalResult MessageOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto find = [&](FlatSymbolRefAttr name, int64_t stage) -> FailureOr<SlotOp> {
    auto slot = symbols.lookupNearestSymbolFrom<SlotOp>(*this, name);
    if (!slot)
      return emitOpError() << "expected a slot named '" << name.getValue() << "'";
    if (int64_t(slot.getStage().value_or(0)) == stage)
      return slot;
    InFlightDiagnostic diagnostic = emitOpError() << "expected slots of stage " << stage;
    diagnostic.attachNote(slot.getLoc()) << "'" << slot.getSymName() << "' is of stage " << slot.getStage().value_or(0);
    return diagnostic;
  };
  for (auto [sent, received] :
       llvm::zip_equal(getSends().getAsRange<FlatSymbolRefAttr>(), getReceives().getAsRange<FlatSymbolRefAttr>())) {
    FailureOr<SlotOp> from = find(sent, getSource()), to = failed(from) ? from : find(received, getTarget());
    if (failed(to))
      return failure();
    if (from->getType() == to->getType())
      continue;
    InFlightDiagnostic diagnostic = emitOpError() << "expected '" << received.getValue() << "' to have the type of '"
                                                  << sent.getValue() << "', " << from->getType();
    diagnostic.attachNote(to->getLoc()) << "it has type " << to->getType();
    return diagnostic;
  }
  return success();
}

/// The symbol that `user` names is a `SymbolOp` of the type `type`.
template <typename SymbolOp>
static LogicalResult verifySymbol(Operation *user, FlatSymbolRefAttr name, Type type, SymbolTableCollection &symbols,
                                  StringRef kind) {
  auto symbol = symbols.lookupNearestSymbolFrom<SymbolOp>(user, name);
  if (!symbol)
    return user->emitOpError() << "expected a " << kind << " named '" << name.getValue() << "'";
  if (symbol.getType() != type) {
    InFlightDiagnostic diagnostic = user->emitOpError() << "expected the type of the " << kind << ", found " << type;
    diagnostic.attachNote(symbol.getLoc()) << "'" << name.getValue() << "' has type " << symbol.getType();
    return diagnostic;
  }
  return success();
}

/// The same of a parameter, whose narrow copy may have the type as well.
static LogicalResult verifyParameter(Operation *user, FlatSymbolRefAttr name, Type type,
                                     SymbolTableCollection &symbols) {
  auto parameter = symbols.lookupNearestSymbolFrom<ParameterOp>(user, name);
  if (parameter && parameter.getNarrowCopyType() == type)
    return success();
  return verifySymbol<ParameterOp>(user, name, type, symbols, "parameter");
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyParameter(*this, getSymbolAttr(), getType(), symbols);
}
LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyParameter(*this, getSymbolAttr(), getValue().getType(), symbols);
}
LogicalResult FetchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifySymbol<SlotOp>(*this, getSymbolAttr(), getType(), symbols, "slot");
}
LogicalResult StoreOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifySymbol<SlotOp>(*this, getSymbolAttr(), getValue().getType(), symbols, "slot");
}

LogicalResult KeyOp::verify() {
  if (cast<RankedTensorType>(getType()).getDimSize(0) != 4)
    return emitOpError() << "expected four words, found " << getType();
  return success();
}

//===-- Graph ----------------------------------------------------------------------===//

ParseResult GraphOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> arguments, ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag,
                      std::string &) { return builder.getFunctionType(arguments, results); };
  return function_interface_impl::parseFunctionOp(parser, result, /*allowVariadic=*/false,
                                                  getFunctionTypeAttrName(result.name), buildType,
                                                  getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void GraphOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
                                           getArgAttrsAttrName(), getResAttrsAttrName());
}

/// The loss comes first; the others say what they are for.
static LogicalResult verifyTrainingResults(GraphOp graph) {
  auto isFloat = [&](unsigned index, int64_t rank) {
    auto type = dyn_cast<RankedTensorType>(graph.getResultTypes()[index]);
    return type && isa<FloatType>(type.getElementType()) && type.getRank() <= rank;
  };
  if (graph.getNumResults() == 0 || !isFloat(0, 0))
    return graph.emitOpError() << "'train' expected as its first result the loss, a float of rank 0";
  for (unsigned index = 1; index < graph.getNumResults(); ++index) {
    bool isMetric = isa_and_nonnull<StringAttr>(graph.getResultAttr(index, metricAttrName));
    bool isUnclipped = bool(graph.getResultAttr(index, unclippedAttrName));
    if (isMetric == isUnclipped)
      return graph.emitOpError() << "expected result " << index << " to be either a '" << metricAttrName << "' or '"
                                 << unclippedAttrName << "'";
    if (!isFloat(index, isMetric ? 1 : 0))
      return graph.emitOpError() << "expected result " << index << " to be a float of rank 0"
                                 << (isMetric ? " or 1" : "") << ", found " << graph.getResultTypes()[index];
  }
  return success();
}

LogicalResult GraphOp::verify() {
  if (getArgumentTypes().size() > 4)
    return emitOpError() << "expected at most 4 arguments, found " << getArgumentTypes().size();
  for (Type type : getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isInteger(32))
      return emitOpError() << "expected arguments that are i32 tensors of static shape, found " << type;
  }
  return getSymName() == "train" ? verifyTrainingResults(*this) : success();
}

LogicalResult GraphOp::verifyRegions() {
  LayerOp before;
  for (LayerOp layer : getBody().front().getOps<LayerOp>()) {
    if (before && before.getStage().has_value() != layer.getStage().has_value())
      return layer.emitOpError() << "expected a stage on all layers of '" << getSymName() << "' or on none";
    if (before && layer.getStage() < before.getStage()) {
      InFlightDiagnostic diagnostic = layer.emitOpError() << "expected a stage of at least " << *before.getStage()
                                                          << ", found " << *layer.getStage();
      diagnostic.attachNote(before.getLoc()) << "the stage of the layer in front";
      return diagnostic;
    }
    before = layer;
  }
  return success();
}

LogicalResult ReturnOp::verify() {
  auto graph = cast<GraphOp>((*this)->getParentOp());
  if (llvm::equal(getOperandTypes(), graph.getResultTypes()))
    return success();
  InFlightDiagnostic diagnostic = emitOpError() << "expected the result types of the graph";
  diagnostic.attachNote(graph.getLoc()) << "'" << graph.getSymName() << "' has type " << graph.getFunctionType();
  return diagnostic;
}

//===-- Layer ----------------------------------------------------------------------===//

/// Parses `(%x = %y : type, ...)`, appending to the operands, their types and the block's arguments.
static ParseResult parseGroup(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                              SmallVectorImpl<OpAsmParser::Argument> &arguments) {
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
    OpAsmParser::Argument &argument = arguments.emplace_back();
    return failure(parser.parseArgument(argument) || parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) || parser.parseColonType(argument.type));
  });
}

ParseResult LayerOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  if (parser.parseAttribute(name, getNameAttrName(result.name), result.attributes))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("depth"))) {
    IntegerAttr depth, of;
    Type i64 = parser.getBuilder().getI64Type();
    if (parser.parseAttribute(depth, i64, getDepthAttrName(result.name), result.attributes) ||
        parser.parseKeyword("of") || parser.parseAttribute(of, i64, getOfAttrName(result.name), result.attributes))
      return failure();
  }
  if (IntegerAttr stage;
      succeeded(parser.parseOptionalKeyword("stage")) &&
      parser.parseAttribute(stage, parser.getBuilder().getI64Type(), getStageAttrName(result.name), result.attributes))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("recompute")))
    result.addAttribute(getRecomputeAttrName(result.name), parser.getBuilder().getUnitAttr());
  if (succeeded(parser.parseOptionalKeyword("recompute_stage")))
    result.addAttribute(getRecomputeStageAttrName(result.name), parser.getBuilder().getUnitAttr());
  OpAsmParser::UnresolvedOperand gate;
  Type gateType;
  if (succeeded(parser.parseOptionalKeyword("gate"))) {
    IntegerAttr index;
    if (parser.parseOperand(gate) || parser.parseLSquare() ||
        parser.parseAttribute(index, parser.getBuilder().getI64Type(), getGateIndexAttrName(result.name),
                              result.attributes) ||
        parser.parseRSquare() || parser.parseColonType(gateType))
      return failure();
  }
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<int32_t> segments;
  for (StringRef group : {"", "parameters", "broadcast", "scalars"}) {
    size_t before = operands.size();
    if ((group.empty() || succeeded(parser.parseOptionalKeyword(group))) && parseGroup(parser, operands, arguments))
      return failure();
    segments.push_back(operands.size() - before);
  }
  SmallVector<Type> types = llvm::map_to_vector(arguments, [](auto &argument) { return argument.type; });
  segments.push_back(gateType ? 1 : 0);
  if (gateType) {
    operands.push_back(gate);
    types.push_back(gateType);
  }
  if (parser.resolveOperands(operands, types, parser.getCurrentLocation(), result.operands) ||
      parser.parseOptionalArrowTypeList(result.types) || parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*result.addRegion(), arguments))
    return failure();
  result.addAttribute(getOperandSegmentSizesAttrName(result.name), parser.getBuilder().getDenseI32ArrayAttr(segments));
  ensureTerminator(*result.regions.front(), parser.getBuilder(), result.location);
  return success();
}

void LayerOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getNameAttr();
  if (getDepth())
    printer << " depth " << *getDepth() << " of " << getOf().value_or(0);
  if (getStage())
    printer << " stage " << *getStage();
  if (getRecompute())
    printer << " recompute";
  if (getRecomputeStage())
    printer << " recompute_stage";
  if (Value gate = getGate())
    printer << " gate " << gate << '[' << getGateIndex().value_or(0) << "] : " << gate.getType();
  unsigned index = 0;
  auto printGroup = [&](StringRef name, OperandRange group) {
    if (group.empty() && !name.empty())
      return;
    printer << ' ' << name << '(';
    llvm::interleaveComma(group, printer, [&](Value operand) {
      printer << getBody().getArgument(index++) << " = " << operand << " : " << operand.getType();
    });
    printer << ')';
  };
  printGroup("", getActivations());
  printGroup("parameters", getParameters());
  printGroup("broadcast", getBroadcasts());
  printGroup("scalars", getScalars());
  printer.printOptionalArrowTypeList(getResultTypes());
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {getNameAttrName(), getDepthAttrName(), getOfAttrName(), getStageAttrName(),
                                            getRecomputeAttrName(), getRecomputeStageAttrName(), getGateIndexAttrName(),
                                            getOperandSegmentSizesAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

/// The gate exists, and what a dropped layer yields has the right types.
static LogicalResult verifyGate(LayerOp layer) {
  if (bool(layer.getGate()) != layer.getGateIndex().has_value())
    return layer.emitOpError() << "expected both a gate and its index or neither";
  if (!layer.getGate())
    return success();
  auto type = cast<RankedTensorType>(layer.getGate().getType());
  if (type.getRank() != 1 || int64_t(*layer.getGateIndex()) >= type.getDimSize(0))
    return layer.emitOpError() << "expected a gate of rank 1 with more than " << *layer.getGateIndex()
                               << " elements, found " << type;
  if (layer.getActivations().empty() || layer.getNumResults() == 0 ||
      layer.getActivations().front().getType() != layer.getResult(0).getType())
    return layer.emitOpError() << "with a gate expected a first result of the first activation's type";
  for (Value result : layer.getResults().drop_front())
    if (!isa<FloatType>(cast<RankedTensorType>(result.getType()).getElementType()))
      return layer.emitOpError() << "with a gate expected results that are floats, found " << result.getType();
  auto graph = dyn_cast<GraphOp>(layer->getParentOp());
  if (graph && graph.getSymName() != "train")
    return layer.emitOpError() << "expected a gate only in 'train', found one in '" << graph.getSymName() << "'";
  return success();
}

/// What backward repeats is trained: a layer of the stack by itself, or with its stage.
static LogicalResult verifyRecompute(LayerOp layer) {
  bool byItself = layer.getRecompute(), ofStage = layer.getRecomputeStage();
  if (!byItself && !ofStage)
    return success();
  if (byItself && ofStage)
    return layer.emitOpError() << "expected 'recompute' or 'recompute_stage', found both";
  if (byItself && !layer.getDepth())
    return layer.emitOpError() << "expected 'recompute' only on a layer with a depth, found one without";
  auto graph = dyn_cast<GraphOp>(layer->getParentOp());
  if (graph && graph.getSymName() != "train")
    return layer.emitOpError() << "expected '" << (byItself ? "recompute" : "recompute_stage")
                               << "' only in 'train', found it in '" << graph.getSymName() << "'";
  return success();
}

LogicalResult LayerOp::verify() {
  if (getDepth().has_value() != getOf().has_value())
    return emitOpError() << "expected both 'depth' and 'of' or neither";
  if (getDepth() && *getDepth() > *getOf())
    return emitOpError() << "expected a depth of at most " << *getOf() << ", found " << *getDepth();
  if (!llvm::equal(getBody().getArgumentTypes(), getInputs().getTypes()))
    return emitOpError() << "expected block arguments of the operands' types";
  if (failed(verifyGate(*this)) || failed(verifyRecompute(*this)))
    return failure();
  auto yield = cast<YieldOp>(getBody().front().getTerminator());
  if (llvm::equal(yield.getOperandTypes(), getResultTypes()))
    return success();
  InFlightDiagnostic diagnostic = emitOpError() << "expected results of the yielded types";
  diagnostic.attachNote(yield.getLoc()) << "yielded here: " << yield.getOperandTypes();
  return diagnostic;
}
