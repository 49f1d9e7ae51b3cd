//===- CompareOps.cpp - setp, selp and logic of predicates --------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

namespace {
/// How setp combines its comparison with a predicate.
enum Combine : u32 { Alone, And, Or, Xor };

/// The common ways are done before those that are true of NaN, and those of NaN alone.
enum class Relation : u8 { Eq, Ne, Lt, Le, Gt, Ge, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, NaN };

struct Comparison {
  const char *name;
  Relation relation;
};
} // namespace

static u32 combined(const Operation &operation, const Warp &warp, u32 lanes) {
  if (operation.value == Alone)
    return lanes;
  u32 other = warp.predicates[operation.at[4]] ^ (operation.at[5] ? ~0u : 0);
  return operation.value == And ? lanes & other : operation.value == Or ? lanes | other : lanes ^ other;
}

template <Relation relation, typename T> static inline bool holds(T a, T b) {
  switch (relation) {
  case Relation::Eq:
    return a == b;
  case Relation::Ne:
    // Of numbers alone: a comparison with NaN is false.
    return a < b || a > b;
  case Relation::Lt:
    return a < b;
  case Relation::Le:
    return a <= b;
  case Relation::Gt:
    return a > b;
  case Relation::Ge:
    return a >= b;
  case Relation::Equ:
    return !(a < b || a > b);
  case Relation::Neu:
    return !(a == b);
  case Relation::Ltu:
    return !(a >= b);
  case Relation::Leu:
    return !(a > b);
  case Relation::Gtu:
    return !(a <= b);
  case Relation::Geu:
    return !(a < b);
  case Relation::Num:
    return a == a && b == b;
  case Relation::NaN:
    return !(a == a && b == b);
  }
}

/// Operands as what they are compared in: halves as f32.
template <typename T> static inline T compared(T value) { return value; }
static inline f32 compared(F16 value) { return value; }
static inline f32 compared(BF16 value) { return value; }

template <Relation relation, typename T, bool flushes>
static void setPredicate(Warp &warp, const Operation &operation) {
  const T *a = warp.lanes<T>(operation.at[2]), *b = warp.lanes<T>(operation.at[3]);
  u32 lanes = 0;
  SLUICE_EMULATOR_LANES {
    auto x = compared(a[lane]), y = compared(b[lane]);
    if constexpr (flushes) {
      x = flushed(x);
      y = flushed(y);
    }
    lanes |= u32(holds<relation>(x, y)) << lane;
  }
  u32 first = combined(operation, warp, lanes), second = combined(operation, warp, ~lanes);
  writePredicate(warp, operation.at[0], first);
  if (operation.at[1] != none)
    writePredicate(warp, operation.at[1], second);
}

/// p[|q], a, b[, {!}c]
static void encodeSetp(Encoder &encoder, Handler handler, u32 bytes, Combine combine) {
  Operation &operation = encoder.operation;
  encoder.expectOperands(combine == Alone ? 3 : 4);
  operation.run = handler;
  operation.counted = Class::Compare;
  operation.value = combine;
  const ptx::Operand &result = encoder.operand(0);
  bool isPair = result.kind == ptx::Operand::Kind::Pair;
  operation.at[0] = encoder.predicate(isPair ? result.elements[0] : result);
  operation.at[1] = isPair ? encoder.predicate(result.elements[1]) : none;
  operation.at[2] = encoder.input(encoder.operand(1), bytes);
  operation.at[3] = encoder.input(encoder.operand(2), bytes);
  if (combine == Alone)
    return;
  operation.at[4] = encoder.predicate(encoder.operand(3));
  operation.at[5] = encoder.operand(3).isNegated;
}

template <Relation relation, typename T, bool flushes = false>
static void addComparison(OpcodeTable &table, const std::string &name, const std::string &type) {
  static constexpr std::pair<const char *, Combine> ways[] = {{"", Alone}, {".and", And}, {".or", Or}, {".xor", Xor}};
  for (auto [suffix, way] : ways) {
    Combine combine = way;
    table.add("setp." + name + suffix + (flushes ? ".ftz" : "") + type, [combine](Encoder &encoder) {
      encodeSetp(encoder, &setPredicate<relation, T, flushes>, sizeof(T), combine);
    });
  }
}

template <typename T, bool flushes = false> static void addOrdered(OpcodeTable &table, const std::string &type) {
  addComparison<Relation::Eq, T, flushes>(table, "eq", type);
  addComparison<Relation::Ne, T, flushes>(table, "ne", type);
  addComparison<Relation::Lt, T, flushes>(table, "lt", type);
  addComparison<Relation::Le, T, flushes>(table, "le", type);
  addComparison<Relation::Gt, T, flushes>(table, "gt", type);
  addComparison<Relation::Ge, T, flushes>(table, "ge", type);
}

template <typename T, bool flushes = false> static void addUnordered(OpcodeTable &table, const std::string &type) {
  addOrdered<T, flushes>(table, type);
  addComparison<Relation::Equ, T, flushes>(table, "equ", type);
  addComparison<Relation::Neu, T, flushes>(table, "neu", type);
  addComparison<Relation::Ltu, T, flushes>(table, "ltu", type);
  addComparison<Relation::Leu, T, flushes>(table, "leu", type);
  addComparison<Relation::Gtu, T, flushes>(table, "gtu", type);
  addComparison<Relation::Geu, T, flushes>(table, "geu", type);
  addComparison<Relation::Num, T, flushes>(table, "num", type);
  addComparison<Relation::NaN, T, flushes>(table, "nan", type);
}

template <typename T> static void addUnsigned(OpcodeTable &table, const std::string &bits) {
  addOrdered<T>(table, ".u" + bits);
  addComparison<Relation::Lt, T>(table, "lo", ".u" + bits);
  addComparison<Relation::Le, T>(table, "ls", ".u" + bits);
  addComparison<Relation::Gt, T>(table, "hi", ".u" + bits);
  addComparison<Relation::Ge, T>(table, "hs", ".u" + bits);
  addComparison<Relation::Eq, T>(table, "eq", ".b" + bits);
  addComparison<Relation::Ne, T>(table, "ne", ".b" + bits);
}

template <typename T> static void select(Warp &warp, const Operation &operation) {
  const T *a = warp.lanes<T>(operation.at[1]), *b = warp.lanes<T>(operation.at[2]);
  const u32 lanes = warp.predicates[operation.at[3]];
  writeLanes<T>(warp, operation.at[0], [=](int lane) { return (lanes >> lane & 1) ? a[lane] : b[lane]; });
}

template <typename T> static void addSelect(OpcodeTable &table, std::initializer_list<const char *> types) {
  for (std::string type : types)
    table.add("selp." + type, [](Encoder &encoder) {
      encoder.expectOperands(4);
      encoder.operation.run = &select<T>;
      encoder.operation.counted = Class::Compare;
      encoder.operation.at[0] = encoder.result(encoder.operand(0), sizeof(T));
      encoder.operation.at[1] = encoder.input(encoder.operand(1), sizeof(T));
      encoder.operation.at[2] = encoder.input(encoder.operand(2), sizeof(T));
      encoder.operation.at[3] = encoder.predicate(encoder.operand(3));
    });
}

/// A predicate, or a constant that is one.
static u32 predicateValue(const Warp &warp, u32 place, u64 constant) {
  return place == none ? (constant ? allLanes : 0) : warp.predicates[place];
}

template <typename F> static void computePredicate(Warp &warp, const Operation &operation) {
  u32 a = predicateValue(warp, operation.at[1], operation.at[3]);
  u32 b = predicateValue(warp, operation.at[2], operation.at[4]);
  writePredicate(warp, operation.at[0], (*callable<F>)(a, b));
}

template <typename F> static void addLogic(OpcodeTable &table, const std::string &spelling, u32 inputs, F function) {
  callable<F> = remember(function);
  table.add(spelling, [inputs](Encoder &encoder) {
    Operation &operation = encoder.operation;
    encoder.expectOperands(1 + inputs);
    operation.run = &computePredicate<F>;
    operation.counted = Class::Compare;
    operation.at[0] = encoder.predicate(encoder.operand(0));
    operation.at[1] = operation.at[2] = none;
    for (u32 i = 1; i <= inputs; ++i) {
      if (encoder.operand(i).kind == ptx::Operand::Kind::Constant)
        operation.at[2 + i] = encoder.constant(encoder.operand(i)) != 0;
      else
        operation.at[i] = encoder.predicate(encoder.operand(i));
    }
  });
}

void sluice::emulator::addCompareOps(OpcodeTable &table) {
  addUnsigned<u16>(table, "16");
  addUnsigned<u32>(table, "32");
  addUnsigned<u64>(table, "64");
  addOrdered<s16>(table, ".s16");
  addOrdered<s32>(table, ".s32");
  addOrdered<s64>(table, ".s64");
  addUnordered<f32>(table, ".f32");
  addUnordered<f32, true>(table, ".f32");
  addUnordered<f64>(table, ".f64");
  addUnordered<F16>(table, ".f16");
  addUnordered<BF16>(table, ".bf16");
  addSelect<u16>(table, {"b16", "u16", "s16", "f16"});
  addSelect<u32>(table, {"b32", "u32", "s32", "f32"});
  addSelect<u64>(table, {"b64", "u64", "s64", "f64"});
  addLogic(table, "and.pred", 2, [](u32 a, u32 b) { return a & b; });
  addLogic(table, "or.pred", 2, [](u32 a, u32 b) { return a | b; });
  addLogic(table, "xor.pred", 2, [](u32 a, u32 b) { return a ^ b; });
  addLogic(table, "not.pred", 1, [](u32 a, u32) { return ~a; });
  addLogic(table, "mov.pred", 1, [](u32 a, u32) { return a; });
}
