//===- OpGroup.cpp - Ops of linalg that one kernel computes ----------------------------===//
#include "passes/CUDA/OpGroup.h"
#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/CUDA/KernelMemory.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace sluice;

static bool isReduction(utils::IteratorType type) { return type == utils::IteratorType::reduction; }

/// Leading loops that are parallel, if all others are reductions.
static std::optional<unsigned> leadingParallel(linalg::LinalgOp op) {
  SmallVector<utils::IteratorType> types = op.getIteratorTypesArray();
  auto first = llvm::find_if(types, isReduction);
  if (!std::all_of(first, types.end(), isReduction))
    return std::nullopt;
  return first - types.begin();
}

/// Leading loops that are reductions, if all others are parallel and there are some of both.
static std::optional<unsigned> leadingReductions(linalg::LinalgOp op) {
  SmallVector<utils::IteratorType> types = op.getIteratorTypesArray();
  auto first = llvm::find_if_not(types, isReduction);
  if (first == types.begin() || first == types.end() || std::any_of(first, types.end(), isReduction))
    return std::nullopt;
  return first - types.begin();
}

/// The result of one op that adds up, or the like, per output: what lanes can be combined by.
static bool hasCombiners(linalg::LinalgOp op) {
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
    SmallVector<Operation *> combiners;
    if (!matchReduction(op.getRegionOutputArgs(), i, combiners) || combiners.size() != 1 ||
        !arith::getNeutralElement(combiners.front()))
      return false;
  }
  return true;
}

/// Whether the results are the loops from `first` to before `end`.
static bool isIdentityOn(AffineMap map, unsigned first, unsigned end) {
  if (map.getNumResults() != end - first)
    return false;
  for (auto [index, result] : llvm::enumerate(map.getResults()))
    if (result != getAffineDimExpr(first + index, map.getContext()))
      return false;
  return true;
}

/// The same element of memory for two maps whose first loops are the same.
static bool areEqual(AffineMap x, AffineMap y) { return llvm::equal(x.getResults(), y.getResults()); }

/// Memory that the body reads by itself, at places that only it knows.
static SmallVector<Value> loadedInBody(linalg::LinalgOp op) {
  SmallVector<Value> memory;
  op.getBlock()->walk([&](memref::LoadOp load) { memory.push_back(load.getMemRef()); });
  return memory;
}

/// An op whose operands are buffers of static shape, and that no pass before this one has a kernel for.
static bool isCandidate(linalg::LinalgOp op) {
  return op.hasPureBufferSemantics() && !op.hasDynamicShape() &&
         llvm::all_of(op.getDpsInits(), [](Value value) { return isa<MemRefType>(value.getType()); });
}

std::optional<OpRole> OpGroup::roleOf(linalg::LinalgOp op, unsigned ofRow, ArrayRef<int64_t> space) const {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  std::optional<unsigned> parallel = leadingParallel(op);
  bool isOfColumns = has(OpRole::ReduceColumn);
  if (!parallel) {
    bool isSum = ArrayRef(sizes) == space && leadingReductions(op) == ofRow && hasCombiners(op);
    return isSum ? std::optional(OpRole::ReduceColumn) : std::nullopt;
  }
  bool isParallel = *parallel == sizes.size();
  if (isOfColumns)
    return isParallel && ArrayRef(sizes) == space.drop_front(ofRow) ? std::optional(OpRole::Column) : std::nullopt;
  if (isParallel && ArrayRef(sizes) == space)
    return OpRole::Full;
  if (isParallel && ofRow < space.size() && ArrayRef(sizes) == space.take_front(ofRow))
    return OpRole::Row;
  if (!isParallel && ArrayRef(sizes) == space && *parallel == ofRow && hasCombiners(op))
    return OpRole::Reduce;
  return std::nullopt;
}

/// Whether each point of the op writes an element of its own, the same in all outputs' memory.
static bool writesOwnPoints(linalg::LinalgOp op, OpRole role, unsigned rows) {
  for (OpOperand &output : op.getDpsInitsMutable()) {
    AffineMap map = op.getMatchingIndexingMap(&output);
    bool isOwn = role == OpRole::Full           ? map.isPermutation()
                 : role == OpRole::ReduceColumn ? isIdentityOn(map, rows, map.getNumDims())
                 : role == OpRole::Column       ? isIdentityOn(map, 0, map.getNumDims())
                                                : isIdentityOn(map, 0, rows);
    if (!isOwn)
      return false;
  }
  return true;
}

/// Whether what the op reads of the members' results, and they of its, are the points of the same thread.
bool OpGroup::isLocal(linalg::LinalgOp op, OpRole role, unsigned rows) const {
  if (!writesOwnPoints(op, role, rows))
    return false;
  for (const Member &member : members) {
    linalg::LinalgOp before = member.op;
    auto conflicts = [&](OpOperand &mine, OpOperand &other) {
      if (aliases->alias(mine.get(), other.get()).isNo())
        return false;
      if (mine.get() != other.get())
        return true;
      // Both are outputs of one column each.
      if (role == OpRole::ReduceColumn && member.role == OpRole::Column)
        return !op.isDpsInit(&mine);
      return !areEqual(op.getMatchingIndexingMap(&mine), before.getMatchingIndexingMap(&other)) ||
             role == OpRole::ReduceColumn || role == OpRole::Column;
    };
    for (OpOperand &mine : op->getOpOperands())
      for (OpOperand &other : before->getOpOperands())
        if (isa<MemRefType>(mine.get().getType()) && isa<MemRefType>(other.get().getType()) &&
            (op.isDpsInit(&mine) || before.isDpsInit(&other)) && conflicts(mine, other))
          return false;
    for (Value memory : loadedInBody(op))
      for (Value output : before.getDpsInits())
        if (!aliases->alias(memory, output).isNo())
          return false;
    for (Value memory : loadedInBody(before))
      for (Value output : op.getDpsInits())
        if (!aliases->alias(memory, output).isNo())
          return false;
  }
  return true;
}

/// Members move behind everything that was skipped.
bool OpGroup::canMoveTo(linalg::LinalgOp op) const {
  for (const Member &member : members)
    for (Operation *other : skipped) {
      if (other->isBeforeInBlock(member.op))
        continue;
      for (OpOperand &operand : member.op->getOpOperands()) {
        if (!isa<MemRefType>(operand.get().getType()))
          continue;
        ModRefResult touched = getModRef(*aliases, other, operand.get());
        if (touched.isMod() || (touched.isRef() && cast<linalg::LinalgOp>(*member.op).isDpsInit(&operand)))
          return false;
      }
      for (Value memory : loadedInBody(member.op))
        if (getModRef(*aliases, other, memory).isMod())
          return false;
    }
  return true;
}

OpGroup::OpGroup(linalg::LinalgOp op, BufferAliases &aliases) : aliases(&aliases) {
  std::optional<unsigned> parallel = leadingParallel(op), reductions = leadingReductions(op);
  if (!parallel && !reductions)
    return;
  loops = op.getStaticLoopRanges();
  rows = parallel ? *parallel : *reductions;
  std::optional<OpRole> role = roleOf(op, rows, loops);
  if (role && isLocal(op, *role, rows))
    members.push_back({op, *role});
}

/// The first sum says which loops are rows. The points of the members before it are those of all loops, those of rows,
/// or those of columns.
bool OpGroup::widen(linalg::LinalgOp op, SmallVectorImpl<OpRole> &roles, SmallVectorImpl<int64_t> &space,
                    unsigned &ofRow) const {
  if (hasReductions() || has(OpRole::ReduceColumn))
    return false;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  std::optional<unsigned> parallel = leadingParallel(op), reductions = leadingReductions(op);
  if (reductions && ArrayRef(sizes).drop_front(*reductions) == ArrayRef(loops)) {
    roles.assign(roles.size(), OpRole::Column);
    ofRow = *reductions;
  } else if (parallel && *parallel < sizes.size() && ArrayRef(sizes).take_front(*parallel) == ArrayRef(loops)) {
    roles.assign(roles.size(), OpRole::Row);
    ofRow = *parallel;
  } else if (parallel && *parallel < sizes.size() && ArrayRef(sizes) == ArrayRef(loops)) {
    ofRow = *parallel;
  } else {
    return false;
  }
  space.assign(sizes.begin(), sizes.end());
  return true;
}

bool OpGroup::add(linalg::LinalgOp op) {
  if (closed)
    return false;
  if (!canMoveTo(op)) {
    closed = true;
    return false;
  }
  SmallVector<int64_t> space(loops);
  unsigned ofRow = rows;
  SmallVector<OpRole> roles = llvm::map_to_vector(members, [](const Member &member) { return member.role; });
  std::optional<OpRole> role = roleOf(op, ofRow, space);
  // A sum of columns is in no group of points that has none.
  if (role == OpRole::ReduceColumn && !has(OpRole::ReduceColumn))
    role = std::nullopt;
  if (!role && widen(op, roles, space, ofRow))
    role = roleOf(op, ofRow, space);
  if (!role)
    return false;
  SmallVector<Member> before = members;
  for (auto [member, ofMember] : llvm::zip_equal(members, roles))
    member.role = ofMember;
  auto isOwn = [&](const Member &member) { return writesOwnPoints(member.op, member.role, ofRow); };
  if (!llvm::all_of(members, isOwn) || !isLocal(op, *role, ofRow)) {
    members = before;
    return false;
  }
  rows = ofRow;
  loops = space;
  members.push_back({op, *role});
  return true;
}

void OpGroup::erase() {
  for (Member &member : members)
    member.op.erase();
  members.clear();
}

bool OpGroup::has(OpRole role) const {
  return llvm::any_of(members, [&](const Member &member) { return member.role == role; });
}

bool OpGroup::isOverwritten(Value memory, const Member &by) const {
  return std::any_of(&by + 1, members.end(), [&](const Member &later) {
    return llvm::is_contained(linalg::LinalgOp(later.op).getDpsInits(), memory);
  });
}

bool OpGroup::isUsedOutside(Value memory) const {
  if (!memory.getDefiningOp<memref::AllocOp>())
    return true;
  return llvm::any_of(memory.getUsers(), [&](Operation *user) {
    return llvm::none_of(members, [&](const Member &member) { return member.op == user; });
  });
}

KernelAttr OpGroup::work() const {
  llvm::SetVector<StringAttr> names;
  int64_t flops = 0, bytes = 0;
  MLIRContext *context = members.front().op->getContext();
  llvm::DenseMap<Value, int64_t> touched;
  for (const Member &member : members) {
    if (auto work = member.op->getAttrOfType<KernelAttr>(kernelAttrName)) {
      names.insert(work.getName());
      flops += work.getFlops();
    }
    for (Value operand : member.op->getOperands())
      if (auto type = dyn_cast<MemRefType>(operand.getType()); type && isUsedOutside(operand))
        touched[operand] = type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  }
  for (auto [memory, size] : touched)
    bytes += size;
  std::string name;
  for (StringAttr part : names)
    name += (name.empty() ? "" : "+") + part.str();
  return name.empty() ? KernelAttr() : KernelAttr::get(context, StringAttr::get(context, name), flops, bytes);
}

SmallVector<OpGroup> sluice::groupOps(Block &block, BufferAliases &aliases) {
  SmallVector<OpGroup> groups;
  llvm::DenseSet<Operation *> taken;
  for (auto begin = block.begin(); begin != block.end(); ++begin) {
    auto first = dyn_cast<linalg::LinalgOp>(*begin);
    if (!first || taken.contains(first) || !isCandidate(first))
      continue;
    OpGroup group(first, aliases);
    if (group.isEmpty())
      continue;
    for (auto next = std::next(begin); next != block.end() && !group.isClosed(); ++next) {
      if (isMemoryEffectFree(&*next) || isa<memref::AllocOp, cuda::WorkspaceOp>(*next))
        continue;
      auto op = dyn_cast<linalg::LinalgOp>(*next);
      if (!op || taken.contains(op) || !isCandidate(op) || !group.add(op))
        group.skip(&*next);
    }
    for (const OpGroup::Member &member : group.ops())
      taken.insert(member.op);
    groups.push_back(std::move(group));
  }
  return groups;
}
