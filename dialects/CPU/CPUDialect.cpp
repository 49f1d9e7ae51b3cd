//===- CPUDialect.cpp - Registration, attributes, ops ------------------------------===//
#include "dialects/CPU/CPUDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

#include "dialects/CPU/CPUDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/CPU/CPUAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/CPU/CPUOps.cpp.inc"

void CPUDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/CPU/CPUAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/CPU/CPUOps.cpp.inc"
      >();
}

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef processor, StringRef features,
                                 int64_t vectorBits, int64_t threads, int64_t lineBytes) {
  if (vectorBits != 128 && vectorBits != 256 && vectorBits != 512)
    return emitError() << "expected vectors of 128, 256 or 512 bits, found " << vectorBits;
  if (threads < 1)
    return emitError() << "expected at least 1 thread, found " << threads;
  if (!llvm::isPowerOf2_64(lineBytes))
    return emitError() << "expected lines of a power of two of bytes, found " << lineBytes;
  return success();
}

bool TargetAttr::has(StringRef feature) const { return llvm::is_contained(llvm::split(getFeatures(), ','), feature); }

FailureOr<TargetAttr> cpu::targetOf(Operation *op) {
  auto module = isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  Attribute target = module ? module->getAttr(targetAttrName) : Attribute();
  if (auto processor = dyn_cast_or_null<TargetAttr>(target))
    return processor;
  InFlightDiagnostic diagnostic = op->emitError()
                                  << "expected a module with a '" << targetAttrName << "' of a CPU, found ";
  if (target)
    diagnostic << target;
  else
    diagnostic << "none; sluice-set-target sets it";
  return diagnostic;
}

LogicalResult StrategyAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> registerBlock,
                                   ArrayRef<int64_t> cacheBlock, int64_t vectorSize, bool packsA, bool packsB,
                                   int64_t vnni, int64_t tile, int64_t panels) {
  if (registerBlock.size() != 2 || cacheBlock.size() != 3)
    return emitError() << "expected 2 register and 3 cache block sizes, found " << registerBlock.size() << " and "
                       << cacheBlock.size();
  auto positive = [](int64_t size) { return size > 0; };
  if (vectorSize <= 0 || !llvm::all_of(registerBlock, positive) || !llvm::all_of(cacheBlock, positive))
    return emitError() << "expected positive block sizes";
  if (registerBlock[1] % vectorSize != 0)
    return emitError() << "expected register columns that are a multiple of the vector size " << vectorSize
                       << ", found " << registerBlock[1];
  if (cacheBlock[0] % registerBlock[0] != 0 || cacheBlock[1] % registerBlock[1] != 0)
    return emitError() << "expected cache blocks that are multiples of the register block, found " << cacheBlock[0]
                       << " x " << cacheBlock[1] << " for " << registerBlock[0] << " x " << registerBlock[1];
  if (vnni != 1 && vnni != 2)
    return emitError() << "expected 1 or 2 terms that lie together, found " << vnni;
  if (vnni == 2 && (!packsA || !packsB || cacheBlock[2] % vnni != 0))
    return emitError() << "expected packed operands and blocks of an even number of terms where two lie together";
  if (tile != 0 && tile != 32)
    return emitError() << "expected tiles of 32 terms or none (0), found " << tile;
  if (tile != 0 && (vnni != 2 || registerBlock[0] % 16 != 0 || registerBlock[1] % 16 != 0 || cacheBlock[2] % tile != 0))
    return emitError()
           << "expected tiles of pairs, a register block of 16 x 16 tiles and blocks of whole tiles of terms, "
              "found "
           << registerBlock[0] << " x " << registerBlock[1] << " and " << cacheBlock[2] << " terms, " << vnni
           << " together";
  if (panels < 1 || (panels > 1 && tile == 0))
    return emitError() << "expected 1 panel at a time, or more of tiles, found " << panels;
  return success();
}

FlatSymbolRefAttr ParallelForOp::getThreadFunction() { return getCalleeAttr(); }

LogicalResult ParallelForOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError() << "expected a function named '" << getCallee() << "'";
  ArrayRef<Type> arguments = callee.getArgumentTypes();
  if (arguments.size() != getCaptures().size() + 3 ||
      !llvm::equal(arguments.take_front(getCaptures().size()), getCaptures().getTypes())) {
    InFlightDiagnostic diagnostic = emitOpError()
                                    << "expected a callee that takes the captures, begin, end and scratch";
    diagnostic.attachNote(callee.getLoc()) << "'" << getCallee() << "' has type " << callee.getFunctionType();
    return diagnostic;
  }
  return success();
}

LogicalResult PointeeOp::verify() {
  constexpr int64_t pointerBytes = 8;
  int64_t offset = getOffset();
  if (offset % pointerBytes != 0)
    return emitOpError() << "expected an offset that is a multiple of " << pointerBytes << ", found " << offset;
  MemRefType memory = getMemory().getType();
  if (memory.hasStaticShape() && offset + pointerBytes > memory.getNumElements())
    return emitOpError() << "expected a pointer within the " << memory.getNumElements()
                         << " bytes of the memory, found one at byte " << offset;
  return success();
}
