//===- DeviceMemory.cpp - Loads, stores and copies inside of a kernel ----------------===//
#include "passes/CUDA/DeviceMemory.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Indices.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

Value cuda::flatten(ImplicitLocOpBuilder &b, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() == 1 && type.getLayout().isIdentity())
    return memref;
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t span = 1;
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides))
    span += (size - 1) * stride;
  auto layout = StridedLayoutAttr::get(b.getContext(), offset, {1});
  auto flat = MemRefType::get({span}, type.getElementType(),
                              offset == 0 ? MemRefLayoutAttrInterface() : MemRefLayoutAttrInterface(layout),
                              type.getMemorySpace());
  return memref::ReinterpretCastOp::create(b, flat, memref, offset, ArrayRef<int64_t>{span}, ArrayRef<int64_t>{1});
}

static int64_t bytesOf(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.getNumElements() * vector.getElementTypeBitWidth() / 8 : type.getIntOrFloatBitWidth() / 8;
}

Value cuda::loadLanes(ImplicitLocOpBuilder &b, Value flat, Value index, int64_t lanes) {
  if (lanes == 1)
    return memref::LoadOp::create(b, flat, index);
  auto type = VectorType::get(lanes, cast<MemRefType>(flat.getType()).getElementType());
  return vector::LoadOp::create(b, type, flat, ValueRange(index), /*nontemporal=*/false,
                                llvm::MaybeAlign(bytesOf(type)));
}

void cuda::storeLanes(ImplicitLocOpBuilder &b, Value value, Value flat, Value index) {
  if (!isa<VectorType>(value.getType())) {
    memref::StoreOp::create(b, value, flat, index);
    return;
  }
  vector::StoreOp::create(b, value, flat, ValueRange(index), /*nontemporal=*/false,
                          llvm::MaybeAlign(bytesOf(value.getType())));
}

Value cuda::pointerTo(ImplicitLocOpBuilder &b, Value flat, Value index) {
  auto type = cast<MemRefType>(flat.getType());
  auto space = dyn_cast_or_null<gpu::AddressSpaceAttr>(type.getMemorySpace());
  bool isShared = space && space.getValue() == gpu::AddressSpace::Workgroup;
  int64_t offset = type.getStridesAndOffset().second;
  auto toInteger = [&](Value value) -> Value { return arith::IndexCastOp::create(b, b.getI64Type(), value); };
  Value base = toInteger(memref::ExtractAlignedPointerAsIndexOp::create(b, flat));
  auto pointer = LLVM::LLVMPointerType::get(
      b.getContext(), unsigned(isShared ? NVVM::NVVMMemorySpace::Shared : NVVM::NVVMMemorySpace::Global));
  return LLVM::GEPOp::create(b, pointer, type.getElementType(), LLVM::IntToPtrOp::create(b, pointer, base),
                             ValueRange(toInteger(plus(b, index, offset))));
}

void cuda::copyAsync(ImplicitLocOpBuilder &b, Place from, Place to, int64_t lanes, Value valid) {
  int64_t bytesOfElement = bytesOf(cast<MemRefType>(from.flat.getType()).getElementType());
  int64_t bytes = lanes * bytesOfElement;
  Value validBytes = valid ? arith::IndexCastUIOp::create(b, b.getI32Type(), times(b, valid, bytesOfElement)) : Value();
  // Around the first-level cache where the size allows it: other blocks read the same, this one does not again.
  auto cache = bytes == bytesOfAccess ? NVVM::LoadCacheModifierKind::CG : NVVM::LoadCacheModifierKind::CA;
  NVVM::CpAsyncOp::create(b, pointerTo(b, to.flat, to.index), pointerTo(b, from.flat, from.index),
                          b.getI32IntegerAttr(bytes), NVVM::LoadCacheModifierKindAttr::get(b.getContext(), cache),
                          validBytes);
}

void cuda::commitCopies(ImplicitLocOpBuilder &b) { NVVM::CpAsyncCommitGroupOp::create(b); }

void cuda::waitForCopies(ImplicitLocOpBuilder &b, int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(pending));
}

static LLVM::InlineAsmOp inlineAsm(ImplicitLocOpBuilder &b, Type result, ValueRange operands, StringRef text,
                                   StringRef constraints) {
  return LLVM::InlineAsmOp::create(b, result, operands, text, constraints, /*has_side_effects=*/true,
                                   /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
                                   LLVM::AsmDialectAttr(), ArrayAttr());
}

void cuda::keepLoop(ImplicitLocOpBuilder &b) { inlineAsm(b, Type(), ValueRange(), ".pragma \"nounroll\";", ""); }

Value cuda::hidden(ImplicitLocOpBuilder &b, Value index) {
  Value number = arith::IndexCastOp::create(b, b.getI64Type(), index);
  auto same = inlineAsm(b, b.getI64Type(), number, "mov.b64 $0, $1;", "=l,l");
  return arith::IndexCastOp::create(b, b.getIndexType(), same.getRes());
}
