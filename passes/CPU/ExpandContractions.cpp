//===- ExpandContractions.cpp - Contractions to packed panels and a micro-kernel ------===//
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/Build/CacheLines.h"
#include "passes/CPU/Epilogue.h"
#include "passes/CPU/Passes.h"
#include "passes/CPU/Strategy.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"
#include <vector>

namespace sluice {
#define GEN_PASS_DEF_EXPANDCONTRACTIONS
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

namespace {
/// Below this many multiplications a contraction is not worth waking other threads.
constexpr int64_t leastParallelWork = 64 * 64 * 64;

/// Rows of A that a thread packs at a time where all of A is packed at once.
constexpr int64_t leastPackedRows = 48;

/// As often tasks pack the same block of A: to pack all of it at once for all of them writes it to memory and reads it
/// from there, or from another processor's cache, which is more than to read it again. Tiles wait where packing is
/// also rounding: where panels of A do not all stay in a second-level cache, they are packed once.
constexpr int64_t mostPackingsOfA = 4;
constexpr int64_t mostBytesPackedAgain = 2 * 1024 * 1024;

/// Rows that are a multiple of so many cache lines apart share two of the 64 sets of a first-level cache, or one: those
/// of a register block of tiles are more than a set has ways.
constexpr int64_t leastLinesOfConflict = 32;

/// From this size on B is not in cache when it is packed: half of a second-level cache.
constexpr int64_t leastFetchedBytes = 256 * 1024;

/// Of a block of C that stays in a second-level cache beside panels and what is fetched.
constexpr int64_t mostBytesOfKeptC = 1024 * 1024;

/// Up to this size B is read from a last-level cache as fast as it is packed.
constexpr int64_t mostBytesBesideRows = 3 * 1024 * 1024;

/// Where the loops around the matrix product are: an index for each of their dimensions.
using Position = DenseMap<unsigned, Value>;

class Expander {
public:
  Expander(Contraction contraction, StrategyAttr strategy, Start start, Epilogue epilogue)
      : x(contraction), b(contraction.op.getLoc(), contraction.op), start(start), epilogue(epilogue),
        rows(strategy.getRegisterBlock()[0]), columns(strategy.getRegisterBlock()[1]),
        blockM(strategy.getCacheBlock()[0]), blockN(strategy.getCacheBlock()[1]), blockK(strategy.getCacheBlock()[2]),
        lanes(strategy.getVectorSize()), vnni(strategy.getVnni()), tileTerms(strategy.getTile()),
        panels(strategy.getPanels()), packsA(strategy.getPacksA()), packsB(strategy.getPacksB()), sizeM(x.size(x.m)),
        sizeN(x.size(x.n)), sizeK(x.size(x.k)), blocksM(llvm::divideCeil(sizeM, blockM)),
        blocksN(llvm::divideCeil(sizeN, blockN)) {}

  void run() {
    int64_t tasks = x.product(x.outer) * blocksM * blocksN;
    Operation *op = x.op;
    collapse(x.a);
    collapse(x.b);
    Value c = x.c.value;
    collapse(x.c);
    for (Contraction::Operand &operand : epilogue.operands)
      if (operand.value == c)
        operand.value = x.c.value;
      else
        collapse(operand);
    Operation *around = op->getParentOp();
    while (!isa<scf::ForallOp, scf::ParallelOp, FunctionOpInterface>(around))
      around = around->getParentOp();
    home = &around->getRegion(0).front();
    int64_t work = x.product(x.outer) * x.product(x.outerSums) * sizeM * sizeN * sizeK;
    if (isa<FunctionOpInterface>(around) && tasks > 1 && work > leastParallelWork) {
      bool waits = tileTerms && x.a.type.getElementType() != panelType() &&
                   sizeM * sizeK * panelType().getWidth() / 8 > mostBytesPackedAgain;
      if (packsA && blocksN > (waits ? 1 : mostPackingsOfA))
        packAllOfA();
      parallel(tasks, kernel(), [&](Value task) { emitTask(task); });
    } else if (tasks == 1) {
      emitTask(constantIndex(b, 0));
    } else {
      loop(b, constantIndex(b, 0), constantIndex(b, tasks), 1, [&](Value task) { emitTask(task); });
    }
    op->erase();
    if (start.op)
      start.op->erase();
    if (epilogue.op)
      epilogue.op->erase();
  }

private:
  Contraction x;
  ImplicitLocOpBuilder b;
  Start start;
  Epilogue epilogue;
  int64_t rows, columns, blockM, blockN, blockK, lanes, vnni, tileTerms, panels;
  bool packsA, packsB;
  int64_t sizeM, sizeN, sizeK, blocksM, blocksN;
  Value panelsA, panelB, tile, keptSums;
  bool isPacked = false; // all of A, in panelsA
  Block *home = nullptr; // where buffers are allocated: that of the loop over tasks, or what is around the contraction

  void collapse(Contraction::Operand &operand) {
    auto type = cast<MemRefType>(operand.value.getType());
    if (operand.type.getRank() != type.getRank())
      operand.value = memref::CollapseShapeOp::create(b, operand.value, operand.reassociation);
  }

  void parallel(int64_t count, KernelAttr kernel, function_ref<void(Value)> body) {
    auto forall = scf::ForallOp::create(b, ArrayRef<OpFoldResult>{b.getIndexAttr(count)}, ValueRange(), std::nullopt);
    if (kernel)
      forall->setAttr(kernelAttrName, kernel);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forall.getBody());
    llvm::SaveAndRestore inside(home, forall.getBody());
    body(forall.getInductionVar(0));
  }

  /// What the contraction computes and moves, with its epilogue, for which C does not move.
  KernelAttr kernel() {
    auto kernel = x.op->getAttrOfType<KernelAttr>(kernelAttrName);
    auto fused = epilogue.op ? epilogue.op->getAttrOfType<KernelAttr>(kernelAttrName) : KernelAttr();
    if (!kernel || !fused)
      return kernel;
    return KernelAttr::get(b.getContext(), kernel.getName(), kernel.getFlops() + fused.getFlops(),
                           kernel.getBytes() + epilogue.bytesBesideC(x.op.getDpsInits().front()));
  }

  Value buffer(ArrayRef<int64_t> shape, Type element) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(home);
    return memref::AllocOp::create(b, MemRefType::get(shape, element), b.getI64IntegerAttr(64));
  }

  /// Of the panels of B that are packed at a time.
  int64_t columnsTogether() const { return columns * panels; }
  FloatType panelType() const { return vnni == 1 ? x.elementType() : x.computeType; }
  /// Terms that panels are filled up to; in those of A they lie together.
  int64_t unit() const { return tileTerms ? tileTerms : vnni; }
  Panels ofA(Value base) const { return {panelsA, base, rows, blockK, unit(), unit(), 1, x.computeType}; }
  Panels ofB(Value base) const { return {panelB, base, columns, blockK, vnni, unit(), panels, x.computeType}; }

  void allocate() {
    if (packsA && !isPacked)
      panelsA = buffer({blockM * blockK}, panelType());
    if (packsB)
      panelB =
          buffer({(packsAhead() ? 2 : 1) * columnsTogether() * int64_t(llvm::alignTo(blockK, unit()))}, panelType());
    if (!x.isContiguous(x.c, x.n) || tileTerms)
      tile = buffer({rows, columns}, x.elementType());
    if (keepsSums())
      keptSums = buffer({blockM, inOddLines(blockN, x.elementType())}, x.elementType());
  }

  /// Whether sums are kept beside C until they are complete: tiles go through the second-level cache with each block of
  /// the sum, and wait where rows of C drive each other from the first, of which they share few sets. They wait longer
  /// where another task's thread writes to the same rows: what a processor fetches ahead in a row takes lines from the
  /// other one.
  bool keepsSums() const {
    if (!tileTerms || sizeK <= blockK || !start.op || !x.outerSums.empty() || !x.isContiguous(x.c, x.n))
      return false;
    if (blocksN > 1 && bytesOfBlock() <= mostBytesOfKeptC)
      return true;
    std::optional<int64_t> bytesOfRow = x.bytesBetween(x.c, x.m);
    return bytesOfRow && *bytesOfRow % (leastLinesOfConflict * bytesOfCacheLine) == 0;
  }

  /// Splits a number into indices below `size`, the innermost first.
  Value split(Value &number, int64_t size) {
    if (size == 1)
      return constantIndex(b, 0);
    Value digit = b.createOrFold<arith::RemUIOp>(number, constantIndex(b, size));
    number = b.createOrFold<arith::DivUIOp>(number, constantIndex(b, size));
    return digit;
  }

  /// The dimensions around the product that A has.
  SmallVector<unsigned> dimsAroundA() const {
    SmallVector<unsigned> dims;
    for (unsigned dim : llvm::concat<const unsigned>(x.outer, x.outerSums))
      if (llvm::is_contained(x.a.dims, dim))
        dims.push_back(dim);
    return dims;
  }

  /// Rows of A in whole panels, and terms of the sum in whole blocks.
  int64_t paddedM() const { return llvm::alignTo(sizeM, rows); }
  int64_t paddedK() const { return llvm::alignTo(sizeK, blockK); }

  /// Where the panels of the matrix of A at a position begin, for the block of the sum that begins at `k`.
  Value panelsOfA(const Position &at, Value k) {
    Value matrix = constantIndex(b, 0);
    for (unsigned dim : dimsAroundA())
      matrix = plus(b, times(b, matrix, x.sizes[dim]), at.lookup(dim));
    return times(b, plus(b, times(b, matrix, paddedK()), k), paddedM());
  }

  /// Every task of a row of blocks of C needs the same panels of A: they are packed once, by all threads.
  void packAllOfA() {
    SmallVector<unsigned> dims = dimsAroundA();
    int64_t block = llvm::alignTo(leastPackedRows, rows), blocks = llvm::divideCeil(sizeM, block);
    panelsA = buffer({x.product(dims) * paddedK() * paddedM()}, panelType());
    isPacked = true;
    KernelAttr packing;
    if (kernel()) {
      int64_t bytesOfBoth = x.bytesOfElement(x.a) + panelType().getWidth() / 8;
      packing =
          KernelAttr::get(b.getContext(), b.getStringAttr("packing"), 0, x.product(dims) * sizeM * sizeK * bytesOfBoth);
    }
    parallel(x.product(dims) * blocks, packing, [&](Value task) {
      SubRange m = range(times(b, split(task, blocks), block), sizeM, block, rows);
      Position at;
      for (unsigned dim : llvm::reverse(dims))
        at[dim] = split(task, x.sizes[dim]);
      MatrixView matrix = view(x.a, at, x.m);
      forBlocksOfSum([&](SubRange k) {
        Value base = plus(b, panelsOfA(at, k.start), times(b, m.start, blockK));
        packPanels(b, matrix, m, k, ofA(base), lanes);
      });
    });
  }

  void forBlocksOfSum(function_ref<void(SubRange)> body) {
    Value zero = constantIndex(b, 0);
    if (sizeK <= blockK)
      return body(range(zero, sizeK, blockK, 1));
    loop(b, zero, constantIndex(b, sizeK), blockK, [&](Value start) { body(range(start, sizeK, blockK, 1)); });
  }

  /// The matrix of an operand at one point of the loops around it; `row` is its row dimension, what remains its column
  /// dimension.
  MatrixView view(const Contraction::Operand &operand, const Position &at, std::optional<unsigned> row) {
    MatrixView result;
    SmallVector<OpFoldResult> offsets, sizes, strides(operand.dims.size(), b.getIndexAttr(1));
    SmallVector<int64_t> shape;
    for (unsigned dim : operand.dims) {
      if (auto it = at.find(dim); it != at.end()) {
        offsets.push_back(getAsOpFoldResult(it->second));
        sizes.push_back(b.getIndexAttr(1));
        continue;
      }
      (row && dim == *row ? result.row : result.column) = shape.size();
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(x.sizes[dim]));
      shape.push_back(x.sizes[dim]);
    }
    if (shape.size() == operand.dims.size()) {
      result.memref = operand.value;
      return result;
    }
    MemRefType type = memref::SubViewOp::inferRankReducedResultType(shape, operand.type, offsets, sizes, strides);
    result.memref = memref::SubViewOp::create(b, type, operand.value, offsets, sizes, strides);
    return result;
  }

  /// The start of a block and how much of it is inside the matrix.
  SubRange range(Value start, int64_t size, int64_t block, int64_t unit) {
    if (size % block == 0)
      return {start, constantIndex(b, block), block % unit == 0};
    if (size < block)
      return {start, constantIndex(b, size), size % unit == 0};
    Value left = arith::SubIOp::create(b, constantIndex(b, size), start);
    return {start, arith::MinUIOp::create(b, left, constantIndex(b, block)), size % unit == 0};
  }

  int64_t bytesOfB() const { return sizeN * sizeK * x.bytesOfElement(x.b); }

  /// Whether neighbouring tasks, which are one thread's, share rows of C, so that rows stay in that thread's cache from
  /// one op to the next, and not columns, so that they share panels of B.
  bool sharesRows() const { return bytesOfB() <= mostBytesBesideRows; }

  void emitTask(Value task) {
    allocate();
    Value blockOfM, blockOfN;
    if (sharesRows()) {
      blockOfN = split(task, blocksN);
      blockOfM = split(task, blocksM);
    } else {
      blockOfM = split(task, blocksM);
      blockOfN = split(task, blocksN);
    }
    SubRange m = range(times(b, blockOfM, blockM), sizeM, blockM, rows);
    SubRange n = range(times(b, blockOfN, blockN), sizeN, blockN, columns);
    Position at;
    for (unsigned dim : llvm::reverse(x.outer))
      at[dim] = split(task, x.sizes[dim]);
    MatrixView c = view(x.c, at, x.m);
    Value yes = arith::ConstantIntOp::create(b, 1, 1);
    EpilogueKernel finish{epilogue.op, {}, lanes, epilogue.op ? yes : Value()};
    for (const Contraction::Operand &operand : epilogue.operands)
      finish.operands.push_back(view(operand, at, x.m));
    emitSums(x.outerSums, at, m, n, c, start.op ? yes : Value(), finish);
  }

  /// Loops over the sums around the matrix product, then over its blocks.
  void emitSums(ArrayRef<unsigned> dims, Position at, SubRange m, SubRange n, MatrixView c, Value first,
                EpilogueKernel finish) {
    if (!dims.empty()) {
      loop(b, constantIndex(b, 0), constantIndex(b, x.sizes[dims.front()]), 1, [&](Value s) {
        at[dims.front()] = s;
        EpilogueKernel inside = finish;
        inside.last = andEqual(finish.last, s, x.sizes[dims.front()] - 1);
        emitSums(dims.drop_front(), at, m, n, c, andEqual(first, s, 0), inside);
      });
      return;
    }
    MatrixView viewA = view(x.a, at, x.m), viewB = view(x.b, at, x.n);
    int64_t lastBlock = (sizeK - 1) / blockK * blockK;
    Value yes = arith::ConstantIntOp::create(b, 1, 1);
    forBlocksOfSum([&](SubRange k) {
      Panels packedA;
      if (packsA)
        packedA = packA(viewA, at, m, k);
      ElementOfA a = packsA ? packedElement(packedA) : elementInPlace(viewA, m, k);
      bool isWhole = sizeK <= blockK;
      Value storesFirst = isWhole ? first : andEqual(first, k.start, 0);
      EpilogueKernel atEnd = finish;
      if (!isWhole)
        atEnd.last = andEqual(finish.last, k.start, lastBlock);
      MicroKernel kernel{a,  {},    rows,        columns,   std::min(blockK, sizeK),      vnni,       tile,
                         c,  lanes, storesFirst, start.row, finish.op ? &atEnd : nullptr, triangle(), fetchesC(),
                         {}, {},    {}};
      if (keepsSums())
        kernel.kept = KeptSums{{keptSums, 0, 1}, andEqual(yes, k.start, lastBlock)};
      Value zero = constantIndex(b, 0);
      if (!packsB) {
        loop(b, zero, n.count, columns, [&](Value j) {
          kernel.b = vectorInPlace(viewB, plus(b, n.start, j), k, lanes);
          emitPanel(kernel, m, n, j, wholeTerms(k.count));
        });
        return;
      }
      int64_t group = columnsTogether();
      loop(b, zero, n.count, group, [&](Value start) {
        // Packed where they are used next, panels are in a cache.
        SubRange inGroup = part(n, start, group);
        Value place = packsAhead() ? placeOfPanel(n, k, start) : zero;
        auto pack = [&] { packPanels(b, viewB, inGroup, k, ofB(place), lanes); };
        if (packsAhead()) {
          PanelFetch ahead = panelsAt(viewB, inGroup.start, k.start, zero);
          ahead.to = ofB(place);
          emitIf(b, isPackedAhead(n, k, start), [&] { ahead.finish(b, kernel.stretches(), lanes); }, pack);
        } else {
          pack();
        }
        auto multiplyPanel = [&](Value j) {
          Panels panel = ofB(plus(b, place, times(b, j, blockK)));
          kernel.fetch = nextPanels(viewB, n, k, start, j);
          if (packsAhead())
            kernel.fetch->to = ofB(arith::SubIOp::create(b, constantIndex(b, columns * blockK), place));
          kernel.b = packedVector(panel, lanes);
          if (tileTerms)
            kernel.tiles = TilePanels{packedA, panel};
          emitPanel(kernel, m, n, plus(b, start, j), wholeTerms(k.count));
        };
        if (panels == 1)
          return multiplyPanel(zero);
        loop(b, zero, inGroup.count, columns, multiplyPanel);
      });
    });
  }

  /// The register blocks of a panel of B: of the last one those vectors alone that have columns of C.
  void emitPanel(MicroKernel kernel, SubRange m, SubRange n, Value j, Value sums) {
    int64_t ofLast = tileTerms ? columns : columnsOfLastPanel(sizeN, columns, lanes);
    if (ofLast == columns)
      return kernel.emit(b, m, n, j, sums);
    auto emitLast = [&] {
      kernel.columns = ofLast;
      kernel.emit(b, m, {n.start, n.count, fillsPanels(sizeN, columns, lanes)}, j, sums);
    };
    if (sizeN <= columns)
      return emitLast();
    Value end = plus(b, plus(b, n.start, j), columns);
    Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, end, constantIndex(b, sizeN));
    emitIf(b, isInside, [&] { kernel.emit(b, m, {n.start, n.count, /*whole=*/true}, j, sums); }, emitLast);
  }

  /// What counts of the whole matrix product, where one block is all of it.
  std::optional<Triangle> triangle() const {
    if (!x.triangle || blocksM > 1 || blocksN > 1 || sizeK > blockK)
      return std::nullopt;
    auto find = [&](unsigned dim) -> std::optional<Triangle::Dim> {
      if (dim == x.m)
        return Triangle::M;
      if (dim == x.n)
        return Triangle::N;
      return dim == x.k ? std::optional(Triangle::K) : std::nullopt;
    };
    auto row = find(x.triangle->first), column = find(x.triangle->second);
    return row && column ? std::optional(Triangle{*row, *column}) : std::nullopt;
  }

  /// At most `size` columns of a cache block, from `start`.
  SubRange part(SubRange n, Value start, int64_t size) {
    Value count = constantIndex(b, size);
    if (!n.whole || size != columns)
      count = b.createOrFold<arith::MinUIOp>(b.createOrFold<arith::SubIOp>(n.count, start), count);
    return {plus(b, n.start, start), count, n.whole};
  }

  /// Register blocks that pass a panel of B.
  int64_t blocksOfPanel() const { return llvm::divideCeil(std::min(blockM, sizeM), rows); }

  /// Whether panels of B are packed while those before them are multiplied, but for the first one of a block of C:
  /// packing by itself waits for a cache, and rows that drive each other out of it are read twice.
  bool packsAhead() const {
    MicroKernel kernel{};
    kernel.depth = std::min(blockK, sizeK);
    kernel.vnni = vnni;
    bool isCopied = vnni == 1 && panels == 1 && !x.computeType && x.b.type.getElementType() == panelType() &&
                    x.isContiguous(x.b, x.n);
    bool isInLines = x.bytesBetween(x.b, x.k).value_or(1) % bytesOfCacheLine == 0 &&
                     columns * x.bytesOfElement(x.b) % bytesOfCacheLine == 0;
    // Every stretch of every register block runs, and packs its part.
    bool runsAll = sizeK % kernel.depth == 0 && kernel.depth % MicroKernel::unrolledSums == 0 &&
                   (sizeM % blockM == 0 || sizeM < blockM) && !triangle();
    return isCopied && isInLines && runsAll && sizeN >= columns && bytesOfB() >= leastFetchedBytes &&
           blocksOfPanel() * kernel.stretches() >= 2 * PanelFetch::stretchesBetween;
  }

  /// Where the panel at `start` of a cache block is packed: of two places the one that the panel before it is not at.
  Value placeOfPanel(SubRange n, SubRange k, Value start) {
    Value perBlock = b.createOrFold<arith::CeilDivUIOp>(n.count, constantIndex(b, columns));
    Value block = b.createOrFold<arith::DivUIOp>(k.start, constantIndex(b, blockK));
    Value number = plus(b, b.createOrFold<arith::MulIOp>(block, perBlock),
                        b.createOrFold<arith::DivUIOp>(start, constantIndex(b, columns)));
    return times(b, b.createOrFold<arith::RemUIOp>(number, constantIndex(b, 2)), columns * blockK);
  }

  /// Whether the panel at `start` was packed ahead: it is not the first one, and whole.
  Value isPackedAhead(SubRange n, SubRange k, Value start) {
    Value before = b.createOrFold<arith::OrIOp>(start, k.start);
    Value isLater = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, before, constantIndex(b, 0));
    if (n.whole)
      return isLater;
    Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, plus(b, start, columns), n.count);
    return arith::AndIOp::create(b, isLater, isWhole);
  }

  /// What is fetched, or packed, of the panels at a place of B beside the panel at `j` of the present ones.
  PanelFetch panelsAt(MatrixView matrix, Value row, Value sum, Value j) {
    int64_t panelRows = std::min(columnsTogether(), sizeN), panelSums = std::min(blockK, sizeK);
    Value panel = b.createOrFold<arith::DivUIOp>(j, constantIndex(b, columns)), part = times(b, panel, blocksOfPanel());
    return {matrix, row, sum, panelRows, panelSums, blocksOfPanel() * panels, part, {}};
  }

  /// The panels behind those that begin at `start` of a cache block: of this block, of the next block of the sum, or of
  /// the next task; what is fetched of them beside the panel at `j` of the present ones. None where B stays in cache.
  std::optional<PanelFetch> nextPanels(MatrixView matrix, SubRange n, SubRange k, Value start, Value j) {
    if (bytesOfB() < leastFetchedBytes || !(matrix.rowIsContiguous() || matrix.columnIsContiguous()))
      return std::nullopt;
    int64_t group = columnsTogether();
    auto isBelow = [&](Value value, Value end) {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value, end);
    };
    auto select = [&](Value condition, Value yes, Value no) {
      return b.createOrFold<arith::SelectOp>(condition, yes, no);
    };
    Value next = plus(b, start, group), nextSum = plus(b, k.start, blockK);
    Value isInBlock = isBelow(next, n.count), hasSums = isBelow(nextSum, constantIndex(b, sizeK));
    Value nextStart = blocksM > 1 && !sharesRows() ? n.start : plus(b, n.start, blockN);
    Value row = select(isInBlock, plus(b, n.start, next), select(hasSums, n.start, nextStart));
    Value sum = select(isInBlock, k.start, select(hasSums, nextSum, constantIndex(b, 0)));
    auto inside = [&](Value start, int64_t size, int64_t part) {
      return b.createOrFold<arith::MinUIOp>(start, constantIndex(b, std::max(size - part, int64_t(0))));
    };
    return panelsAt(matrix, inside(row, sizeN, group), inside(sum, sizeK, blockK), j);
  }

  /// Whether C comes from memory. Tiles are so fast that to fetch a block which is in cache from the last block of the
  /// sum delays what they load.
  bool fetchesC() const { return !tileTerms || sizeK <= blockK || bytesOfBlock() > mostBytesOfKeptC; }

  /// Of C.
  int64_t bytesOfBlock() const { return std::min(blockM, sizeM) * std::min(blockN, sizeN) * x.bytesOfElement(x.c); }

  /// The panels of a block of A, which are packed here unless all of A is.
  Panels packA(MatrixView matrix, const Position &at, SubRange m, SubRange k) {
    if (isPacked)
      return ofA(plus(b, panelsOfA(at, k.start), times(b, m.start, blockK)));
    Panels packed = ofA(constantIndex(b, 0));
    packPanels(b, matrix, m, k, packed, lanes);
    return packed;
  }

  /// Terms of the panels, with the zeros behind the last one.
  Value wholeTerms(Value count) {
    return unit() == 1 ? count : times(b, b.createOrFold<arith::CeilDivUIOp>(count, constantIndex(b, unit())), unit());
  }

  /// Whether the condition holds, and the index is at `value`; null stays null.
  Value andEqual(Value condition, Value index, int64_t value) {
    if (!condition)
      return condition;
    Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, constantIndex(b, value));
    return b.createOrFold<arith::AndIOp>(condition, isThere);
  }
};

struct ExpandContractions : sluice::impl::ExpandContractionsBase<ExpandContractions> {
  void runOnOperation() override {
    BufferAliases aliases;
    SmallVector<linalg::LinalgOp> contractions;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isContraction(op))
        contractions.push_back(op);
    });
    // All are matched before the first one is expanded. What is fused moves beside its contraction, so that each match
    // sees the order of those before it.
    std::vector<Expander> expanders;
    SmallPtrSet<Operation *, 8> epilogues;
    for (linalg::LinalgOp op : contractions) {
      auto strategy = op->getAttrOfType<StrategyAttr>(strategyAttrName);
      if (!strategy) {
        op->emitOpError("has no '") << strategyAttrName << "'; a strategy pass of the target sets it";
        return signalPassFailure();
      }
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction))
        return signalPassFailure();
      int64_t sizeN = contraction->size(contraction->n), columns = strategy.getRegisterBlock()[1];
      if (!strategy.getPacksB() && !fillsPanels(sizeN, columns, strategy.getVectorSize())) {
        op->emitOpError("expected a strategy that packs B: ")
            << sizeN << " columns do not fill the vectors of blocks of " << columns;
        return signalPassFailure();
      }
      if (!strategy.getPacksB() && !contraction->isContiguous(contraction->b, contraction->n)) {
        op->emitOpError("expected a strategy that packs B, whose columns are not contiguous");
        return signalPassFailure();
      }
      if (!(strategy.getPacksA() && strategy.getPacksB()) && contraction->computeType) {
        op->emitOpError("expected a strategy that packs A and B, which are rounded to ") << contraction->computeType;
        return signalPassFailure();
      }
      if (strategy.getVnni() > 1 && !contraction->computeType) {
        op->emitOpError("expected a strategy whose terms lie apart: it computes in ") << contraction->elementType();
        return signalPassFailure();
      }
      Start start = findStart(*contraction, aliases);
      if (epilogues.contains(start.op))
        start = {};
      if (start.op)
        start.op->moveBefore(op);
      Epilogue epilogue = takeEpilogue(*contraction, start, aliases);
      if (epilogue.op)
        epilogues.insert(epilogue.op);
      expanders.emplace_back(*contraction, strategy, start, epilogue);
    }
    for (Expander &expander : expanders)
      expander.run();
  }
};
} // namespace
