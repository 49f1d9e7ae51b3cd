//===- TableRowKernels.cpp - Rows of tables that indices name, to kernels --------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "passes/CUDA/Elements.h"
#include "passes/CUDA/KernelLaunch.h"
#include "passes/CUDA/LaneReduction.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_TABLEROWKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Each row is read and written; a scatter reads what it adds to.
static KernelAttr workOf(Operation *op, Value rows, bool adds) {
  auto type = cast<MemRefType>(rows.getType());
  int64_t bytes = type.getNumElements() * int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
  StringRef name = op->getName().stripDialect();
  return KernelAttr::get(op->getContext(), StringAttr::get(op->getContext(), name), adds ? type.getNumElements() : 0,
                         (adds ? 3 : 2) * bytes);
}

/// Indices [...] and rows [..., C] as seen by a kernel: how many, and how wide.
namespace {
struct Rows {
  Rows(Value indices, Value rows)
      : indices(indices), rows(rows), shape(cast<MemRefType>(indices.getType()).getShape()),
        count(ShapedType::getNumElements(shape)), columns(cast<MemRefType>(rows.getType()).getShape().back()),
        width(neighboursIn(columns)) {}

  Value index(ImplicitLocOpBuilder &b, Value number) const {
    Value word = memref::LoadOp::create(b, indices, IndexMath{b}.delinearize(number, shape));
    return arith::IndexCastOp::create(b, b.getIndexType(), word);
  }
  /// The loops (number, column) of row `number`, from `column` on.
  LoopPosition at(ImplicitLocOpBuilder &b, Value number, Value column) const {
    LoopPosition position;
    position.indices = IndexMath{b}.delinearize(number, shape);
    position.indices.push_back(column);
    position.width = width;
    return position;
  }
  AffineMap map(ImplicitLocOpBuilder &b) const { return b.getMultiDimIdentityMap(shape.size() + 1); }

  Value indices, rows;
  ArrayRef<int64_t> shape;
  int64_t count, columns, width;
};
} // namespace

static LoopPosition atRow(Value row, Value column, int64_t width) {
  LoopPosition position;
  position.indices = {row, column};
  position.width = width;
  return position;
}

/// A thread copies as many neighbours as an access takes.
static void writeGather(OpBuilder &builder, GatherRowsOp op) {
  constexpr int64_t threadsOfBlock = 256;
  Value table = op.getInputs()[1];
  Rows rows(op.getInputs()[0], op.getOutputs()[0]);
  int64_t ofRow = rows.columns / rows.width;
  PointLaunch launch(builder, op.getLoc(), rows.count * ofRow, threadsOfBlock, workOf(op, rows.rows, /*adds=*/false));
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  Value number = index.div(launch.point(), ofRow), column = index.mul(index.rem(launch.point(), ofRow), rows.width);
  Registers registers;
  SmallVector<Value> values =
      readElements(b, table, b.getMultiDimIdentityMap(2), atRow(rows.index(b, number), column, rows.width), registers);
  writeElements(b, rows.rows, rows.map(b), rows.at(b, number, column), values);
}

namespace {
/// A block has the first of the rows that name the same row of the table: it adds them up in ascending order, and then
/// the sum to the table. The other rows' blocks have nothing to do, so no two write the same memory.
class Scatter {
public:
  Scatter(OpBuilder &builder, ScatterRowsOp op)
      : rows(op.getInputs()[1], op.getInputs()[0]), table(op.getOutputs()[0]),
        launch(builder, op.getLoc(), {rows.count, 1, 1}, {threads, 1, 1}, workOf(op, rows.rows, /*adds=*/true)),
        b(launch.body()) {}

  void write();

private:
  static constexpr int64_t threads = 128;

  Value isRepeated(Value number, Value row);
  void addRows(Value number, Value row);

  Rows rows;
  Value table;
  KernelLaunch launch;
  ImplicitLocOpBuilder &b;
};
} // namespace

/// Whether a row before `number` names the same row of the table, in all threads: each looks at some.
Value Scatter::isRepeated(Value number, Value row) {
  IndexMath index{b};
  Value none = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
  auto loop = scf::ForOp::create(b, launch.threadIndex(), number, index.constant(threads), none);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value isSame = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows.index(b, loop.getInductionVar()), row);
    Value found = arith::ExtUIOp::create(b, b.getI32Type(), isSame);
    scf::YieldOp::create(b, arith::OrIOp::create(b, loop.getRegionIterArg(0), found).getResult());
  }
  Combiner either(b.getStringAttr(arith::OrIOp::getOperationName()));
  Value any = LaneReduction{launch, either, launch.threadIndex(), threads}.combineAll(loop.getResult(0));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, any, none);
}

void Scatter::addRows(Value number, Value row) {
  IndexMath index{b};
  Value begin = index.mul(launch.threadIndex(), rows.width);
  auto columns = scf::ForOp::create(b, begin, index.constant(rows.columns), index.constant(threads * rows.width));
  b.setInsertionPointToStart(columns.getBody());
  Value column = columns.getInductionVar();
  Type element = cast<MemRefType>(table.getType()).getElementType();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(element));
  auto terms = scf::ForOp::create(b, number, index.constant(rows.count), index.constant(1),
                                  SmallVector<Value>(rows.width, zero));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(terms.getBody());
    Value other = terms.getInductionVar();
    Value isSame = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows.index(b, other), row);
    auto branch = scf::IfOp::create(b, terms.getResultTypes(), isSame, /*withElseRegion=*/true);
    scf::YieldOp::create(b, branch.getResults());
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, terms.getRegionIterArgs());
    b.setInsertionPointToStart(branch.thenBlock());
    Registers registers;
    SmallVector<Value> sums;
    for (auto [sum, term] : llvm::zip_equal(
             terms.getRegionIterArgs(), readElements(b, rows.rows, rows.map(b), rows.at(b, other, column), registers)))
      sums.push_back(arith::AddFOp::create(b, sum, term));
    scf::YieldOp::create(b, sums);
  }
  AffineMap map = b.getMultiDimIdentityMap(2);
  LoopPosition at = atRow(row, column, rows.width);
  Registers registers;
  SmallVector<Value> sums;
  for (auto [before, sum] : llvm::zip_equal(readElements(b, table, map, at, registers), terms.getResults()))
    sums.push_back(arith::AddFOp::create(b, before, sum));
  writeElements(b, table, map, at, sums);
}

void Scatter::write() {
  Value number = launch.blockIndex(), row = rows.index(b, number);
  Value isNew = arith::XOrIOp::create(b, isRepeated(number, row), arith::ConstantOp::create(b, b.getBoolAttr(true)));
  auto branch = scf::IfOp::create(b, isNew, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  addRows(number, row);
}

namespace {
struct TableRowKernels : sluice::impl::TableRowKernelsBase<TableRowKernels> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      OpBuilder builder(op);
      if (auto gather = dyn_cast<GatherRowsOp>(op))
        writeGather(builder, gather);
      else if (auto scatter = dyn_cast<ScatterRowsOp>(op))
        Scatter(builder, scatter).write();
      else
        return;
      op->erase();
    });
  }
};
} // namespace
