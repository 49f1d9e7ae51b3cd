//===- KernelLaunch.cpp - Launches of kernels that are being written -------------------===//
#include "passes/CUDA/KernelLaunch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace sluice;

KernelAttr sluice::furtherKernelOf(KernelAttr work) {
  return work ? KernelAttr::get(work.getContext(), work.getName(), /*flops=*/0, /*bytes=*/0) : KernelAttr();
}

KernelLaunch::KernelLaunch(OpBuilder &outer, Location location, std::array<int64_t, 3> grid,
                           std::array<int64_t, 3> block, KernelAttr work)
    : builder(location, outer) {
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(builder, value); };
  SmallVector<Value> sizes;
  for (int64_t size : llvm::concat<int64_t>(grid, block))
    sizes.push_back(constant(size));
  launch = gpu::LaunchOp::create(builder, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
  if (work)
    launch->setAttr(kernelAttrName, work);
  builder.setInsertionPointToStart(&launch.getBody().front());
  gpu::TerminatorOp::create(builder);
  builder.setInsertionPointToStart(&launch.getBody().front());
}

static Value pick(const gpu::KernelDim3 &dims, unsigned dim) { return dim == 0 ? dims.x : dim == 1 ? dims.y : dims.z; }

Value KernelLaunch::blockIndex(unsigned dim) { return pick(launch.getBlockIds(), dim); }

Value KernelLaunch::threadIndex(unsigned dim) { return pick(launch.getThreadIds(), dim); }

Value KernelLaunch::shared(ArrayRef<int64_t> shape, Type element) {
  auto space = gpu::AddressSpaceAttr::get(builder.getContext(), gpu::AddressSpace::Workgroup);
  return launch.addWorkgroupAttribution(MemRefType::get(shape, element, MemRefLayoutAttrInterface(), space),
                                        builder.getLoc());
}

static int64_t threadsOfBlock(int64_t points, int64_t most) {
  return std::min<int64_t>(most, llvm::alignTo(points, warpSize));
}

PointLaunch::PointLaunch(OpBuilder &outer, Location location, int64_t points, int64_t most, KernelAttr work)
    : KernelLaunch(outer, location, {int64_t(llvm::divideCeil(points, threadsOfBlock(points, most))), 1, 1},
                   {threadsOfBlock(points, most), 1, 1}, work) {
  ImplicitLocOpBuilder &b = body();
  IndexMath index{b};
  int64_t threads = threadsOfBlock(points, most);
  number = index.add(index.mul(blockIndex(), threads), threadIndex());
  if (points % threads == 0)
    return;
  auto branch = scf::IfOp::create(b, index.less(number, points), /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
}

Value IndexMath::constant(int64_t value) const { return arith::ConstantIndexOp::create(b, value); }

Value IndexMath::add(Value x, Value y) const {
  std::optional<int64_t> left = getConstantIntValue(x), right = getConstantIntValue(y);
  if (left && right)
    return constant(*left + *right);
  if (left == 0)
    return y;
  return right == 0 ? x : arith::AddIOp::create(b, x, y).getResult();
}

Value IndexMath::mul(Value x, int64_t y) const {
  if (std::optional<int64_t> left = getConstantIntValue(x))
    return constant(*left * y);
  return y == 1 ? x : arith::MulIOp::create(b, x, constant(y)).getResult();
}

Value IndexMath::div(Value x, int64_t y) const {
  if (std::optional<int64_t> left = getConstantIntValue(x))
    return constant(*left / y);
  return y == 1 ? x : arith::DivUIOp::create(b, x, constant(y)).getResult();
}

Value IndexMath::rem(Value x, int64_t y) const {
  if (std::optional<int64_t> left = getConstantIntValue(x))
    return constant(*left % y);
  return y == 1 ? constant(0) : arith::RemUIOp::create(b, x, constant(y)).getResult();
}

Value IndexMath::less(Value x, int64_t y) const {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, x, constant(y));
}

SmallVector<Value> IndexMath::delinearize(Value number, ArrayRef<int64_t> sizes) const {
  SmallVector<Value> indices(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    indices[i] = i == 0 ? number : rem(number, sizes[i]);
    number = i == 0 ? number : div(number, sizes[i]);
  }
  return indices;
}
