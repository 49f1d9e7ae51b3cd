//===- ForwardCopies.cpp - Computes into a destination instead of copying there ------===//
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "passes/Buffers/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_FORWARDCOPIES
#include "passes/Buffers/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Whether two parts of one buffer are known to have no element in common.
static bool areDisjoint(memref::SubViewOp x, memref::SubViewOp y) {
  auto isStatic = [](memref::SubViewOp view) {
    return llvm::none_of(view.getStaticOffsets(), ShapedType::isDynamic) &&
           llvm::none_of(view.getStaticSizes(), ShapedType::isDynamic) &&
           llvm::all_of(view.getStaticStrides(), [](int64_t stride) { return stride == 1; });
  };
  if (!isStatic(x) || !isStatic(y))
    return false;
  return llvm::any_of(
      llvm::zip_equal(x.getStaticOffsets(), x.getStaticSizes(), y.getStaticOffsets(), y.getStaticSizes()),
      [](auto range) {
        auto [xFrom, xSize, yFrom, ySize] = range;
        return xFrom + xSize <= yFrom || yFrom + ySize <= xFrom;
      });
}

namespace {
struct ForwardCopies : sluice::impl::ForwardCopiesBase<ForwardCopies> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Block &entry = getOperation().getBody().front();
    for (auto copy : llvm::make_early_inc_range(entry.getOps<memref::CopyOp>())) {
      auto source = copy.getSource().getDefiningOp<memref::AllocOp>();
      if (!source || source->getBlock() != &entry)
        continue;
      Value destination = isFreeArgument(copy, source) || isFreePart(copy, source) ? copy.getTarget() : Value();
      if (!destination)
        continue;
      copy.erase();
      source.getResult().replaceAllUsesWith(destination);
      source.erase();
    }
  }

private:
  /// Arguments are distinct memory, so that an argument whose only use is the copy is free until then.
  static bool isFreeArgument(memref::CopyOp copy, memref::AllocOp source) {
    auto destination = dyn_cast<BlockArgument>(copy.getTarget());
    return destination && destination.hasOneUse() && source.getType() == destination.getType();
  }

  /// A part of another temporary that nothing else touches, at least until nothing needs the source any more. It is
  /// moved to where the source is.
  static bool isFreePart(memref::CopyOp copy, memref::AllocOp source) {
    auto part = copy.getTarget().getDefiningOp<memref::SubViewOp>();
    auto whole = part ? part.getSource().getDefiningOp<memref::AllocOp>() : nullptr;
    Block *entry = source->getBlock();
    if (!whole || whole == source || whole->getBlock() != entry || part->getBlock() != entry || !part->hasOneUse() ||
        source.getType().getShape() != part.getType().getShape())
      return false;
    for (Operation *user : whole->getUsers()) {
      auto other = dyn_cast<memref::SubViewOp>(user);
      bool isAfter = user->getBlock() == entry && copy->isBeforeInBlock(user);
      if (other != part && !isAfter && !(other && areDisjoint(part, other)))
        return false;
    }
    // Ops that take a part as well as a whole.
    for (Operation *user : source->getUsers())
      if (user != copy && (user->getBlock() != entry || copy->isBeforeInBlock(user) ||
                           !(isa<linalg::LinalgOp>(user) || isa<DestinationStyleOpInterface>(user))))
        return false;
    if (source->isBeforeInBlock(whole))
      whole->moveBefore(source);
    part->moveBefore(source);
    return true;
  }
};
} // namespace
