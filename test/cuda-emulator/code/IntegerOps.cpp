//===- IntegerOps.cpp - Arithmetic of integers --------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

namespace {
/// Arithmetic wraps: it is done without sign, in a type that C++ does not widen to a signed one.
template <typename T> using Wrapping = std::conditional_t<sizeof(T) == 8, u64, u32>;
template <typename T> using Wide = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;

template <typename T> T multiplyHigh(T left, T right) {
  if constexpr (sizeof(T) == 8)
    return T((Wide<T>(left) * Wide<T>(right)) >> 64);
  else
    return T((std::conditional_t<std::is_signed_v<T>, s64, u64>(left) * right) >> 8 * sizeof(T));
}

/// PTX leaves division by zero open: all bits are set, as cards do.
template <typename T> T divide(T left, T right) {
  if (right == 0)
    return T(-1);
  if (std::is_signed_v<T> && right == T(-1))
    return T(-Wrapping<T>(left));
  return T(left / right);
}

template <typename T> T remainder(T left, T right) {
  if (right == 0)
    return left;
  return std::is_signed_v<T> && right == T(-1) ? T(0) : T(left % right);
}
} // namespace

template <typename T> static void addBasic(OpcodeTable &table, const std::string &type) {
  using W = Wrapping<T>;
  const Class counted = Class::Integer;
  table.lanes<T, T, T>("add" + type, counted, [](T a, T b) { return T(W(a) + W(b)); });
  table.lanes<T, T, T>("sub" + type, counted, [](T a, T b) { return T(W(a) - W(b)); });
  table.lanes<T, T, T>("mul.lo" + type, counted, [](T a, T b) { return T(W(a) * W(b)); });
  table.lanes<T, T, T>("mul.hi" + type, counted, [](T a, T b) { return multiplyHigh(a, b); });
  table.lanes<T, T, T, T>("mad.lo" + type, counted, [](T a, T b, T c) { return T(W(a) * W(b) + W(c)); });
  table.lanes<T, T, T, T>("mad.hi" + type, counted, [](T a, T b, T c) { return T(W(multiplyHigh(a, b)) + W(c)); });
  table.lanes<T, T, T>("div" + type, counted, [](T a, T b) { return divide(a, b); });
  table.lanes<T, T, T>("rem" + type, counted, [](T a, T b) { return remainder(a, b); });
  table.lanes<T, T, T>("min" + type, counted, [](T a, T b) { return std::min(a, b); });
  table.lanes<T, T, T>("max" + type, counted, [](T a, T b) { return std::max(a, b); });
}

template <typename T> static void addSigned(OpcodeTable &table, const std::string &type) {
  using W = Wrapping<T>;
  table.lanes<T, T>("neg" + type, Class::Integer, [](T a) { return T(-W(a)); });
  table.lanes<T, T>("abs" + type, Class::Integer, [](T a) { return a < 0 ? T(-W(a)) : a; });
}

/// T into D, which is twice as wide.
template <typename D, typename T> static void addWide(OpcodeTable &table, const std::string &type) {
  using W = Wrapping<D>;
  table.lanes<D, T, T>("mul.wide" + type, Class::Integer, [](T a, T b) { return D(W(D(a)) * W(D(b))); });
  table.lanes<D, T, T, D>("mad.wide" + type, Class::Integer, [](T a, T b, D c) { return D(W(D(a)) * W(D(b)) + W(c)); });
}

void sluice::emulator::addIntegerOps(OpcodeTable &table) {
  addBasic<u16>(table, ".u16");
  addBasic<s16>(table, ".s16");
  addBasic<u32>(table, ".u32");
  addBasic<s32>(table, ".s32");
  addBasic<u64>(table, ".u64");
  addBasic<s64>(table, ".s64");
  addSigned<s16>(table, ".s16");
  addSigned<s32>(table, ".s32");
  addSigned<s64>(table, ".s64");
  addWide<u32, u16>(table, ".u16");
  addWide<s32, s16>(table, ".s16");
  addWide<u64, u32>(table, ".u32");
  addWide<s64, s32>(table, ".s32");
  table.lanes<s32, s32, s32>("add.sat.s32", Class::Integer, [](s32 a, s32 b) {
    return s32(std::clamp<s64>(s64(a) + b, std::numeric_limits<s32>::min(), std::numeric_limits<s32>::max()));
  });
  table.lanes<s32, s32, s32>("sub.sat.s32", Class::Integer, [](s32 a, s32 b) {
    return s32(std::clamp<s64>(s64(a) - b, std::numeric_limits<s32>::min(), std::numeric_limits<s32>::max()));
  });
}
