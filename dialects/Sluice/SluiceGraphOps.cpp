//===- SluiceGraphOps.cpp - Parameters, graphs, layers, slots ------------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace sluice;

//===-- Symbols --------------------------------------------------------------------===//

LogicalResult ParameterOp::verify() {
  if (!isa<NormalAttr, ConstantAttr>(getInit()))
    return emitOpError() << "expected 'init' to be #sluice.normal or #sluice.constant, found " << getInit();
  return success();
}

LogicalResult SlotOp::verify() {
  bool needsParameter = getKind() == SlotKind::Gradient || getKind() == SlotKind::State;
  if (needsParameter && !getParameter())
    return emitOpError() << "of kind '" << stringifySlotKind(getKind()) << "' expected the name of its parameter";
  if (getKind() == SlotKind::State && !getRole())
    return emitOpError() << "of kind 'state' expected a 'role'";
  return success();
}

LogicalResult SlotOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!getParameter())
    return success();
  auto parameter = symbols.lookupNearestSymbolFrom<ParameterOp>(*this, getParameterAttr());
  if (!parameter)
    return emitOpError() << "expected a parameter named '" << *getParameter() << "'";
  if (parameter.getType() != getType()) {
    InFlightDiagnostic diagnostic = emitOpError() << "expected the type of its parameter, found " << getType();
    diagnostic.attachNote(parameter.getLoc()) << "'" << *getParameter() << "' has type " << parameter.getType();
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

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifySymbol<ParameterOp>(*this, getSymbolAttr(), getType(), symbols, "parameter");
}
LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifySymbol<ParameterOp>(*this, getSymbolAttr(), getValue().getType(), symbols, "parameter");
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

LogicalResult GraphOp::verify() {
  if (getArgumentTypes().size() > 4)
    return emitOpError() << "expected at most 4 arguments, found " << getArgumentTypes().size();
  for (Type type : getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isInteger(32))
      return emitOpError() << "expected arguments that are i32 tensors of static shape, found " << type;
  }
  if (getSymName() != "train")
    return success();
  auto results = getResultTypes();
  auto loss = results.size() == 1 ? dyn_cast<RankedTensorType>(results.front()) : RankedTensorType();
  if (!loss || loss.getRank() != 0 || !isa<FloatType>(loss.getElementType()))
    return emitOpError() << "'train' expected one result, the loss, a float of rank 0";
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
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getNameAttrName(), getDepthAttrName(), getOfAttrName(), getOperandSegmentSizesAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult LayerOp::verify() {
  if (getDepth().has_value() != getOf().has_value())
    return emitOpError() << "expected both 'depth' and 'of' or neither";
  if (getDepth() && *getDepth() > *getOf())
    return emitOpError() << "expected a depth of at most " << *getOf() << ", found " << *getDepth();
  if (!llvm::equal(getBody().getArgumentTypes(), getOperandTypes()))
    return emitOpError() << "expected block arguments of the operands' types";
  auto yield = cast<YieldOp>(getBody().front().getTerminator());
  if (llvm::equal(yield.getOperandTypes(), getResultTypes()))
    return success();
  InFlightDiagnostic diagnostic = emitOpError() << "expected results of the yielded types";
  diagnostic.attachNote(yield.getLoc()) << "yielded here: " << yield.getOperandTypes();
  return diagnostic;
}
