//===- BatchedKernel.cpp - Kernels that compute several times what another does ---------===//
#include "passes/CUDA/BatchedKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/CUDA/GatedKernel.h"
#include "passes/CUDA/KernelOperands.h"

using namespace mlir;
using namespace sluice;

using Column = SmallVector<int64_t>; // a number of each set

namespace {
/// Numbers of the set that a block is for. A table has those that differ between sets.
class SetNumbers {
public:
  SetNumbers(ImplicitLocOpBuilder &builder, gpu::GPUFuncOp kernel, ArrayRef<Column> columns);

  Value get(size_t column) const;

private:
  static bool differ(const Column &column) { return !llvm::all_equal(column); }

  ImplicitLocOpBuilder &b;
  ArrayRef<Column> columns;
  Value table, set; // null where nothing differs
};
} // namespace

SetNumbers::SetNumbers(ImplicitLocOpBuilder &builder, gpu::GPUFuncOp kernel, ArrayRef<Column> columns)
    : b(builder), columns(columns) {
  SmallVector<int64_t> values;
  int64_t sets = columns.front().size(), width = llvm::count_if(columns, differ);
  if (width == 0)
    return;
  for (int64_t row = 0; row < sets; ++row)
    for (const Column &column : columns)
      if (differ(column))
        values.push_back(column[row]);
  auto kernels = kernel->getParentOfType<gpu::GPUModuleOp>();
  OpBuilder outer = OpBuilder::atBlockBegin(kernels.getBody());
  auto type = MemRefType::get({sets, width}, b.getI64Type());
  auto data = DenseIntElementsAttr::get(RankedTensorType::get(type.getShape(), b.getI64Type()), values);
  auto global = memref::GlobalOp::create(outer, kernel.getLoc(), (kernel.getName() + "_places").str(),
                                         b.getStringAttr("private"), type, data, /*constant=*/true,
                                         /*alignment=*/IntegerAttr());
  table = memref::GetGlobalOp::create(b, type, global.getSymName());
  set = gpu::BlockIdOp::create(b, b.getIndexType(), gpu::Dimension::z);
}

Value SetNumbers::get(size_t column) const {
  if (!differ(columns[column]))
    return arith::ConstantIndexOp::create(b, columns[column].front());
  Value place = arith::ConstantIndexOp::create(b, llvm::count_if(columns.take_front(column), differ));
  Value word = memref::LoadOp::create(b, table, ValueRange{set, place});
  return arith::IndexCastOp::create(b, b.getIndexType(), word);
}

/// Memory of a type, some bytes further than the new argument.
static Value moved(ImplicitLocOpBuilder &b, Value argument, Value shift, MemRefType type) {
  Type element = type.getElementType();
  int64_t elements = spanOf(type) / int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
  if (type.getLayout().isIdentity())
    return memref::ViewOp::create(b, type, argument, shift, ValueRange());
  Value flat = memref::ViewOp::create(b, MemRefType::get({elements}, element), argument, shift, ValueRange());
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)type.getStridesAndOffset(strides, offset);
  return memref::ReinterpretCastOp::create(b, type, flat, offset, type.getShape(), strides);
}

/// All sets' numbers, those of a set in a row: shifts of all arguments, then elements.
static SmallVector<Column> columnsOf(ArrayRef<OperandSet> sets) {
  SmallVector<Column> columns(sets.front().shifts.size() + sets.front().elements.size());
  for (const OperandSet &set : sets)
    for (auto [column, number] : llvm::zip_equal(columns, llvm::concat<const int64_t>(set.shifts, set.elements)))
      column.push_back(number);
  return columns;
}

/// Who asks an argument for its size gets the number.
static void replaceSize(Value argument, Value size) {
  for (Operation *user : llvm::make_early_inc_range(argument.getUsers()))
    if (auto dim = dyn_cast<memref::DimOp>(user)) {
      dim.replaceAllUsesWith(size);
      dim.erase();
    }
}

static int64_t mostOf(const Column &column) { return *llvm::max_element(column); }

SymbolRefAttr BatchedKernels::get(SymbolRefAttr name, ArrayRef<OperandSet> sets) {
  auto kernel = cast<gpu::GPUFuncOp>(SymbolTable::lookupSymbolIn(module, name));
  SymbolTable symbols(kernel->getParentOp());
  gpu::GPUFuncOp copy = kernel.clone();
  copy.setName((kernel.getName() + (sets.size() > 1 ? "_batch" : "_sized")).str());
  symbols.insert(copy);
  if (auto grid = kernel.getKnownGridSize())
    copy.setKnownGridSizeAttr(
        DenseI32ArrayAttr::get(module.getContext(), {(*grid)[0], (*grid)[1], int32_t(sets.size())}));
  Block &body = copy.getBody().front();
  ImplicitLocOpBuilder b = ImplicitLocOpBuilder::atBlockBegin(copy.getLoc(), &body);
  SmallVector<Column> columns = columnsOf(sets);
  SetNumbers numbers(b, copy, columns);
  size_t count = sets.front().shifts.size(), list = count;
  for (size_t i = 0; i < count; ++i) {
    BlockArgument argument = body.getArgument(i);
    auto type = cast<MemRefType>(argument.getType());
    if (!type.hasStaticShape()) {
      type = MemRefType::get({mostOf(columns[list])}, type.getElementType());
      replaceSize(argument, numbers.get(list++));
    }
    argument.setType(type);
    if (llvm::all_of(columns[i], [](int64_t shift) { return shift == 0; }))
      continue;
    Value shift = numbers.get(i);
    argument.setType(MemRefType::get({mostOf(columns[i]) + spanOf(type)}, b.getI8Type()));
    Value memory = moved(b, argument, shift, type);
    argument.replaceUsesWithIf(memory, [](OpOperand &use) { return !isa<memref::ViewOp>(use.getOwner()); });
  }
  auto types = TypeRange(body.getArgumentTypes()).take_front(count);
  copy.setFunctionType(FunctionType::get(module.getContext(), types, {}));
  return SymbolRefAttr::get(name.getRootReference(), {FlatSymbolRefAttr::get(copy.getNameAttr())});
}

void BatchedKernels::eraseUnused() { GatedKernels(module).eraseUnused(); }
