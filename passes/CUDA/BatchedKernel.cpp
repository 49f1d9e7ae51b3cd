//===- BatchedKernel.cpp - Kernels that compute several times what another does ---------===//
#include "passes/CUDA/BatchedKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/CUDA/GatedKernel.h"
#include "passes/CUDA/KernelOperands.h"

using namespace mlir;
using namespace sluice;

using Shifts = ArrayRef<SmallVector<int64_t>>;

/// The arguments that do not lie at one place in all sets.
static SmallVector<unsigned> movingArguments(Shifts shifts) {
  SmallVector<unsigned> moving;
  for (unsigned argument = 0; argument < shifts.front().size(); ++argument)
    if (llvm::any_of(shifts, [&](ArrayRef<int64_t> ofSet) { return ofSet[argument] != 0; }))
      moving.push_back(argument);
  return moving;
}

/// Bytes, one row a set with those of the moving arguments.
static memref::GlobalOp createTable(gpu::GPUModuleOp kernels, StringRef name, Shifts shifts,
                                    ArrayRef<unsigned> moving) {
  OpBuilder builder = OpBuilder::atBlockBegin(kernels.getBody());
  SmallVector<int64_t> values;
  for (ArrayRef<int64_t> ofSet : shifts)
    for (unsigned argument : moving)
      values.push_back(ofSet[argument]);
  SmallVector<int64_t> shape = {int64_t(shifts.size()), int64_t(moving.size())};
  auto type = MemRefType::get(shape, builder.getI64Type());
  auto data = DenseIntElementsAttr::get(RankedTensorType::get(shape, builder.getI64Type()), values);
  return memref::GlobalOp::create(builder, kernels.getLoc(), name, builder.getStringAttr("private"), type, data,
                                  /*constant=*/true, /*alignment=*/IntegerAttr());
}

/// Memory of the argument's type, some bytes further than the new argument.
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

SymbolRefAttr BatchedKernels::get(SymbolRefAttr name, Shifts shifts) {
  auto kernel = cast<gpu::GPUFuncOp>(SymbolTable::lookupSymbolIn(module, name));
  auto kernels = kernel->getParentOfType<gpu::GPUModuleOp>();
  SymbolTable symbols(kernels);
  gpu::GPUFuncOp batched = kernel.clone();
  batched.setName((kernel.getName() + "_batch").str());
  symbols.insert(batched);
  if (auto grid = kernel.getKnownGridSize())
    batched.setKnownGridSizeAttr(
        DenseI32ArrayAttr::get(module.getContext(), {(*grid)[0], (*grid)[1], int32_t(shifts.size())}));
  Block &body = batched.getBody().front();
  ImplicitLocOpBuilder b = ImplicitLocOpBuilder::atBlockBegin(batched.getLoc(), &body);
  SmallVector<unsigned> moving = movingArguments(shifts);
  memref::GlobalOp table = createTable(kernels, (batched.getName() + "_places").str(), shifts, moving);
  Value places = memref::GetGlobalOp::create(b, table.getType(), table.getSymName());
  Value set = gpu::BlockIdOp::create(b, b.getIndexType(), gpu::Dimension::z);
  for (auto [column, argument] : llvm::enumerate(moving)) {
    BlockArgument old = body.getArgument(argument);
    auto type = cast<MemRefType>(old.getType());
    int64_t most = 0;
    for (ArrayRef<int64_t> ofSet : shifts)
      most = std::max(most, ofSet[argument]);
    Value index = arith::ConstantIndexOp::create(b, column);
    Value word = memref::LoadOp::create(b, places, ValueRange{set, index});
    Value shift = arith::IndexCastOp::create(b, b.getIndexType(), word);
    old.setType(MemRefType::get({most + spanOf(type)}, b.getI8Type()));
    Value memory = moved(b, old, shift, type);
    old.replaceUsesWithIf(memory, [](OpOperand &use) { return !isa<memref::ViewOp>(use.getOwner()); });
  }
  auto types = TypeRange(body.getArgumentTypes()).take_front(kernel.getFunctionType().getNumInputs());
  batched.setFunctionType(FunctionType::get(module.getContext(), types, {}));
  return SymbolRefAttr::get(name.getRootReference(), {FlatSymbolRefAttr::get(batched.getNameAttr())});
}

void BatchedKernels::eraseUnused() { GatedKernels(module).eraseUnused(); }
