//===- BitOps.cpp - Logic, shifts and fields of bits --------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

/// Amounts of shifts are u32, and those beyond the width shift all bits out.
template <typename T> static void addLogic(OpcodeTable &table, const std::string &type) {
  using S = std::make_signed_t<T>;
  constexpr u32 bits = 8 * sizeof(T);
  table.lanes<T, T, T>("and.b" + type, Class::Integer, [](T a, T b) { return T(a & b); });
  table.lanes<T, T, T>("or.b" + type, Class::Integer, [](T a, T b) { return T(a | b); });
  table.lanes<T, T, T>("xor.b" + type, Class::Integer, [](T a, T b) { return T(a ^ b); });
  table.lanes<T, T>("not.b" + type, Class::Integer, [](T a) { return T(~a); });
  table.lanes<T, T, u32>("shl.b" + type, Class::Integer, [](T a, u32 b) { return b < bits ? T(a << b) : T(0); });
  auto right = [](T a, u32 b) { return b < bits ? T(a >> b) : T(0); };
  table.lanes<T, T, u32>("shr.b" + type, Class::Integer, right);
  table.lanes<T, T, u32>("shr.u" + type, Class::Integer, right);
  table.lanes<S, S, u32>("shr.s" + type, Class::Integer, [](S a, u32 b) { return S(a >> std::min(b, bits - 1)); });
}

/// Positions and lengths are the low 8 bits of their operands.
template <typename T> static T extractField(T value, u32 position, u32 length) {
  constexpr u32 bits = 8 * sizeof(T);
  using U = std::make_unsigned_t<T>;
  position &= 0xff;
  length &= 0xff;
  if (length == 0)
    return 0;
  // The sign fills what lies beyond the highest bit.
  U beyond = std::is_signed_v<T> && value < 0 ? U(-1) : U(0);
  U field = position < bits ? U(value >> position) : beyond;
  U mask = length < bits ? (U{1} << length) - 1 : U(-1);
  bool isNegative = std::is_signed_v<T> && (U(value) >> std::min(position + length - 1, bits - 1) & 1);
  return T(isNegative ? field | ~mask : field & mask);
}

template <typename T> static T insertField(T field, T into, u32 position, u32 length) {
  constexpr u32 bits = 8 * sizeof(T);
  position &= 0xff;
  length &= 0xff;
  if (length == 0 || position >= bits)
    return into;
  T mask = (length < bits ? (T{1} << length) - 1 : T(-1)) << position;
  return (into & ~mask) | (field << position & mask);
}

/// The place of the highest bit that differs from the sign, from the right or (shiftamt) from the left.
template <typename T> static u32 findBit(T value, bool fromLeft) {
  using U = std::make_unsigned_t<T>;
  U bits = value < 0 ? ~U(value) : U(value);
  if (!bits)
    return ~0u;
  u32 place = 63 - u32(__builtin_clzll(bits));
  return fromLeft ? 8 * sizeof(T) - 1 - place : place;
}

template <typename T> static void addFields(OpcodeTable &table, const std::string &type) {
  table.lanes<T, T, u32, u32>("bfe." + type, Class::Integer, [](T a, u32 b, u32 c) { return extractField(a, b, c); });
  table.lanes<u32, T>("bfind." + type, Class::Integer, [](T a) { return findBit(a, false); });
  table.lanes<u32, T>("bfind.shiftamt." + type, Class::Integer, [](T a) { return findBit(a, true); });
}

static u32 permuteBytes(u32 low, u32 high, u32 selector) {
  u64 bytes = u64(high) << 32 | low;
  u32 result = 0;
  for (int i = 0; i < 4; ++i) {
    u32 control = selector >> 4 * i & 15, byte = u32(bytes >> 8 * (control & 7)) & 0xff;
    // The fourth bit spreads the byte's sign.
    result |= (control & 8 ? (byte & 0x80 ? 0xffu : 0u) : byte) << 8 * i;
  }
  return result;
}

template <typename T> static T reverseBits(T value) {
  T result = 0;
  for (u32 i = 0; i < 8 * sizeof(T); ++i)
    result = result << 1 | (value >> i & 1);
  return result;
}

static void lookUp(Warp &warp, const Operation &operation) {
  const u32 *a = warp.lanes<u32>(operation.at[1]), *b = warp.lanes<u32>(operation.at[2]);
  const u32 *c = warp.lanes<u32>(operation.at[3]);
  const u32 table = u32(operation.value);
  writeLanes<u32>(warp, operation.at[0], [=](int lane) {
    u32 result = 0;
    for (u32 row = 0; row < 8; ++row)
      if (table >> row & 1)
        result |= (row & 4 ? a[lane] : ~a[lane]) & (row & 2 ? b[lane] : ~b[lane]) & (row & 1 ? c[lane] : ~c[lane]);
    return result;
  });
}

void sluice::emulator::addBitOps(OpcodeTable &table) {
  addLogic<u16>(table, "16");
  addLogic<u32>(table, "32");
  addLogic<u64>(table, "64");
  addFields<u32>(table, "u32");
  addFields<s32>(table, "s32");
  addFields<u64>(table, "u64");
  addFields<s64>(table, "s64");
  const Class counted = Class::Integer;
  table.lanes<u32, u32, u32, u32, u32>("bfi.b32", counted,
                                       [](u32 a, u32 b, u32 c, u32 d) { return insertField(a, b, c, d); });
  table.lanes<u64, u64, u64, u32, u32>("bfi.b64", counted,
                                       [](u64 a, u64 b, u32 c, u32 d) { return insertField(a, b, c, d); });
  table.lanes<u32, u32>("popc.b32", counted, [](u32 a) { return u32(__builtin_popcount(a)); });
  table.lanes<u32, u64>("popc.b64", counted, [](u64 a) { return u32(__builtin_popcountll(a)); });
  table.lanes<u32, u32>("clz.b32", counted, [](u32 a) { return a ? u32(__builtin_clz(a)) : 32u; });
  table.lanes<u32, u64>("clz.b64", counted, [](u64 a) { return a ? u32(__builtin_clzll(a)) : 64u; });
  table.lanes<u32, u32>("brev.b32", counted, [](u32 a) { return reverseBits(a); });
  table.lanes<u64, u64>("brev.b64", counted, [](u64 a) { return reverseBits(a); });
  table.lanes<u32, u32, u32, u32>("prmt.b32", counted, [](u32 a, u32 b, u32 c) { return permuteBytes(a, b, c); });
  table.lanes<u32, u32, u32, u32>("shf.l.wrap.b32", counted,
                                  [](u32 a, u32 b, u32 c) { return u32(((u64(b) << 32 | a) << (c & 31)) >> 32); });
  table.lanes<u32, u32, u32, u32>("shf.r.wrap.b32", counted,
                                  [](u32 a, u32 b, u32 c) { return u32((u64(b) << 32 | a) >> (c & 31)); });
  table.lanes<u32, u32, u32, u32>("shf.l.clamp.b32", counted, [](u32 a, u32 b, u32 c) {
    return u32(((u64(b) << 32 | a) << std::min(c, 32u)) >> 32);
  });
  table.lanes<u32, u32, u32, u32>("shf.r.clamp.b32", counted,
                                  [](u32 a, u32 b, u32 c) { return u32((u64(b) << 32 | a) >> std::min(c, 32u)); });
  table.add("lop3.b32", [](Encoder &encoder) {
    encoder.expectOperands(5);
    encoder.operation.run = &lookUp;
    encoder.operation.at[0] = encoder.result(encoder.operand(0), 4);
    for (size_t i = 1; i < 4; ++i)
      encoder.operation.at[i] = encoder.input(encoder.operand(i), 4);
    encoder.operation.value = encoder.constant(encoder.operand(4));
  });
}
