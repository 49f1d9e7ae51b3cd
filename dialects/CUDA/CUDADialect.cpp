//===- CUDADialect.cpp - Registration, attributes, ops -----------------------------===//
#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

#include "dialects/CUDA/CUDADialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/CUDA/CUDAAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/CUDA/CUDAOps.cpp.inc"

static constexpr int64_t mostThreads = 1024; // of a block

void CUDADialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/CUDA/CUDAAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/CUDA/CUDAOps.cpp.inc"
      >();
}

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef architecture,
                                 int64_t capability) {
  if (capability < leastCapability)
    return emitError() << "expected a compute capability of at least " << leastCapability << ", found " << capability;
  return success();
}

FloatType TargetAttr::getFactorType(const precision::FloatFormat &left, const precision::FloatFormat &right) const {
  using precision::FloatFormat;
  auto has = [&](const FloatFormat &format) { return format.hasValuesOf(left) && format.hasValuesOf(right); };
  if (has(FloatFormat::ieee(5, 10)))
    return Float16Type::get(getContext());
  return has(FloatFormat::ieee(8, 10)) ? FloatTF32Type::get(getContext()) : FloatType();
}

FailureOr<TargetAttr> cuda::targetOf(Operation *op) {
  auto module = isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  Attribute target = module ? module->getAttr(targetAttrName) : Attribute();
  if (auto card = dyn_cast_or_null<TargetAttr>(target))
    return card;
  InFlightDiagnostic diagnostic = op->emitError()
                                  << "expected a module with a '" << targetAttrName << "' of CUDA, found ";
  if (target)
    diagnostic << target;
  else
    diagnostic << "none; sluice-set-target sets it";
  return diagnostic;
}

LogicalResult WhenOp::verify() {
  if (getGate().getType() != MemRefType::get({1}, IntegerType::get(getContext(), 32)))
    return emitOpError() << "expected a gate of type memref<1xi32>, found " << getGate().getType();
  return success();
}

LogicalResult WorkspaceOp::verify() {
  if (!getType().getLayout().isIdentity() || getType().getMemorySpace())
    return emitOpError() << "expected memory without gaps in no memory space, found " << getType();
  return success();
}

static MemRefType listOf(MemRefType type) { return MemRefType::get({ShapedType::kDynamic}, type.getElementType()); }

void FlattenOp::build(OpBuilder &builder, OperationState &state, Value source) {
  build(builder, state, listOf(cast<MemRefType>(source.getType())), source);
}

Value FlattenOp::getViewSource() { return getSource(); }

LogicalResult FlattenOp::verify() {
  auto source = cast<MemRefType>(getSource().getType());
  if (!source.getLayout().isIdentity() || source.getMemorySpace())
    return emitOpError() << "expected memory without gaps in no memory space, found " << source;
  if (getList().getType() != listOf(source))
    return emitOpError() << "expected a result of type " << listOf(source) << ", found " << getList().getType();
  return success();
}

LogicalResult LaunchOp::verify() {
  for (auto [sizes, name] : {std::pair(getGrid(), "grid"), std::pair(getBlock(), "block")})
    if (sizes.size() != 3 || llvm::any_of(sizes, [](int64_t size) { return size < 1; }))
      return emitOpError() << "expected three positive numbers as its " << name;
  int64_t threads = getBlock()[0] * getBlock()[1] * getBlock()[2];
  if (threads > mostThreads)
    return emitOpError() << "expected at most " << mostThreads << " threads a block, found " << threads;
  if (static_cast<int64_t>(getShared()) < 0)
    return emitOpError() << "expected bytes of shared memory that are not negative";
  if (getSpaces().size() != getOffsets().size())
    return emitOpError() << "expected as many spaces as offsets, found " << getSpaces().size() << " and "
                         << getOffsets().size();
  if (llvm::any_of(getOffsets(), [](int64_t offset) { return offset < 0; }))
    return emitOpError() << "expected offsets that are not negative";
  if (llvm::any_of(getSpaces(), [](int32_t space) { return space < 0 || space >= spaceCount; }))
    return emitOpError() << "expected spaces of abi.h, below " << spaceCount;
  if (llvm::any_of(getElements(), [](int64_t elements) { return elements < 1; }))
    return emitOpError() << "expected positive numbers of elements";
  if (getGated() && getSpaces().empty())
    return emitOpError() << "expected an argument, the word of its gate";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<gpu::GPUFuncOp>(*this, getKernel());
  if (!kernel)
    return success(); // as text already
  if (kernel.getNumArguments() != getSpaces().size()) {
    InFlightDiagnostic diagnostic = emitOpError() << "expected a place for each of " << kernel.getNumArguments()
                                                  << " arguments, found " << getSpaces().size();
    diagnostic.attachNote(kernel.getLoc()) << "the kernel";
    return diagnostic;
  }
  auto hasDynamicShape = [](Type type) { return isa<MemRefType>(type) && !cast<MemRefType>(type).hasStaticShape(); };
  size_t lists = llvm::count_if(kernel.getArgumentTypes(), hasDynamicShape);
  if (lists != getElements().size()) {
    InFlightDiagnostic diagnostic = emitOpError() << "expected elements of each of " << lists
                                                  << " arguments of dynamic shape, found " << getElements().size();
    diagnostic.attachNote(kernel.getLoc()) << "the kernel";
    return diagnostic;
  }
  return success();
}

LaunchFacts LaunchOp::getLaunch() {
  LaunchFacts facts;
  facts.symbol = getKernel().getLeafReference();
  facts.place = getPlaceAttr();
  llvm::copy(getGrid(), facts.grid.begin());
  llvm::copy(getBlock(), facts.block.begin());
  facts.sharedBytes = getShared();
  facts.spaces = getSpaces();
  facts.offsets = getOffsets();
  facts.isGated = getGated();
  facts.work = getWorkAttr();
  return facts;
}
