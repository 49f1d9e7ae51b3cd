//===- Conversions.cpp - cvt --------------------------------------------------------------===//
//
// Integers of 8 bits lie in wider registers, and cvt takes any register that is wide enough: the low bits count, and
// results are extended by their own sign.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

template <typename T> inline constexpr bool isInteger = std::is_integral_v<T>;

/// Between integers: bits above the narrower of both types are its sign, or zero.
template <typename RD, typename RS> static void convertInteger(Warp &warp, const Operation &operation) {
  const RS *in = warp.lanes<RS>(operation.at[1]);
  const u32 ofSource = operation.at[2], ofResult = operation.at[3]; // 64 less the bits of the types
  const bool isSourceSigned = operation.at[4], isResultSigned = operation.at[5];
  writeLanes<RD>(warp, operation.at[0], [=](int lane) {
    u64 bits = u64(in[lane]) << ofSource;
    bits = isSourceSigned ? u64(s64(bits) >> ofSource) : bits >> ofSource;
    bits <<= ofResult;
    return RD(isResultSigned ? u64(s64(bits) >> ofResult) : bits >> ofResult);
  });
}

template <typename RD> static Handler integerHandler(u32 sourceBytes) {
  return sourceBytes == 2   ? &convertInteger<RD, u16>
         : sourceBytes == 4 ? &convertInteger<RD, u32>
                            : &convertInteger<RD, u64>;
}

/// The size of an operand's register, or that of its type where it is a constant.
static u32 registerSize(Encoder &encoder, size_t index, u32 typeBytes) {
  const ptx::Operand &operand = encoder.operand(index);
  u32 bytes = encoder.sizeOf(operand);
  if (!bytes)
    bytes = operand.kind == ptx::Operand::Kind::Special ? 4 : std::max(typeBytes, 2u);
  if (bytes < typeBytes)
    encoder.fail("expected at least " + std::to_string(8 * typeBytes) + " bits as an operand of '" +
                 encoder.instruction.opcode + "', found '" + operand.name + "'");
  return bytes;
}

static void encodeOperands(Encoder &encoder, u32 resultBytes, u32 sourceBytes) {
  encoder.operation.counted = Class::Convert;
  encoder.operation.at[0] = encoder.result(encoder.operand(0), resultBytes);
  encoder.operation.at[1] = encoder.input(encoder.operand(1), sourceBytes);
}

namespace {
struct IntegerType {
  const char *name;
  u32 bytes;
  bool isSigned;
};
} // namespace

static constexpr IntegerType integerTypes[] = {{"u8", 1, false},  {"s8", 1, true},   {"u16", 2, false},
                                               {"s16", 2, true},  {"u32", 4, false}, {"s32", 4, true},
                                               {"u64", 8, false}, {"s64", 8, true}};

static void addIntegerToInteger(OpcodeTable &table) {
  for (const IntegerType &result : integerTypes)
    for (const IntegerType &source : integerTypes)
      table.add(std::string("cvt.") + result.name + "." + source.name, [&](Encoder &encoder) {
        encoder.expectOperands(2);
        u32 resultBytes = registerSize(encoder, 0, result.bytes), sourceBytes = registerSize(encoder, 1, source.bytes);
        encodeOperands(encoder, resultBytes, sourceBytes);
        encoder.operation.run = resultBytes == 2   ? integerHandler<u16>(sourceBytes)
                                : resultBytes == 4 ? integerHandler<u32>(sourceBytes)
                                                   : integerHandler<u64>(sourceBytes);
        encoder.operation.at[2] = 64 - 8 * source.bytes;
        encoder.operation.at[3] = 64 - 8 * result.bytes;
        encoder.operation.at[4] = source.isSigned;
        encoder.operation.at[5] = result.isSigned;
      });
}

template <typename R, typename T, typename S> static void floatToInteger(Warp &warp, const Operation &operation) {
  const S *in = warp.lanes<S>(operation.at[1]);
  const Round mode = Round(operation.value);
  writeLanes<R>(warp, operation.at[0], [=](int lane) { return R(toInteger<T>(f64(in[lane]), mode)); });
}

/// An integer as f64, rounded in a direction.
template <typename T> static f64 directed(T value, Round mode) {
  f64 nearest = f64(value);
  __int128 difference = __int128(nearest) - value;
  bool isTowardZero = mode == Round::Zero && (value < 0 ? difference < 0 : difference > 0);
  if (isTowardZero)
    return std::nextafter(nearest, 0.0);
  if (mode == Round::Down && difference > 0)
    return std::nextafter(nearest, -HUGE_VAL);
  return mode == Round::Up && difference < 0 ? std::nextafter(nearest, HUGE_VAL) : nearest;
}

/// A rounded integer of T, exact in a double but for 64 bits, which are rounded to odd first.
template <typename S, typename T> static S roundedTo(T value, Round mode) {
  if constexpr (std::is_same_v<S, f32> || std::is_same_v<S, f64>) {
    if (mode == Round::Nearest)
      return S(value);
  }
  f64 wide = f64(value);
  if constexpr (sizeof(T) == 8) {
    // The low bits that a double may lose are gathered in one that it keeps.
    T low = value & T(0x7ff);
    wide = addToOdd(f64(value - low), f64(low));
  }
  if constexpr (std::is_same_v<S, f32>)
    return bitsAs<f32>(encode(wide, 8, 23, mode));
  else if constexpr (std::is_same_v<S, f64>)
    return directed(value, mode);
  else
    return S::of(wide, mode);
}

template <typename S, typename T, typename R> static void integerToFloat(Warp &warp, const Operation &operation) {
  const R *in = warp.lanes<R>(operation.at[1]);
  const Round mode = Round(operation.value);
  writeLanes<S>(warp, operation.at[0], [=](int lane) { return roundedTo<S, T>(T(in[lane]), mode); });
}

namespace {
struct Mode {
  const char *name;
  Round mode;
};
} // namespace

static constexpr Mode integerModes[] = {
    {".rni", Round::Nearest}, {".rzi", Round::Zero}, {".rmi", Round::Down}, {".rpi", Round::Up}};
static constexpr Mode floatModes[] = {
    {".rn", Round::Nearest}, {".rz", Round::Zero}, {".rm", Round::Down}, {".rp", Round::Up}};

template <typename T, typename S>
static void addBetween(OpcodeTable &table, const std::string &integer, const std::string &floating) {
  for (const Mode &mode : integerModes)
    for (const char *flush : {"", ".ftz"}) {
      // A flushed subnormal is rounded to another integer than itself only away from zero.
      if (*flush && (!std::is_same_v<S, f32> || mode.mode == Round::Down || mode.mode == Round::Up))
        continue;
      table.add("cvt" + std::string(mode.name) + flush + integer + floating, [&mode](Encoder &encoder) {
        encoder.expectOperands(2);
        u32 bytes = registerSize(encoder, 0, sizeof(T));
        encodeOperands(encoder, bytes, sizeof(S));
        encoder.operation.value = u64(mode.mode);
        encoder.operation.run = bytes == 2   ? &floatToInteger<u16, T, S>
                                : bytes == 4 ? &floatToInteger<u32, T, S>
                                             : &floatToInteger<u64, T, S>;
      });
    }
  for (const Mode &mode : floatModes)
    table.add("cvt" + std::string(mode.name) + floating + integer, [&mode](Encoder &encoder) {
      encoder.expectOperands(2);
      u32 bytes = registerSize(encoder, 1, sizeof(T));
      encodeOperands(encoder, sizeof(S), bytes);
      encoder.operation.value = u64(mode.mode);
      encoder.operation.run = bytes == 2   ? &integerToFloat<S, T, u16>
                              : bytes == 4 ? &integerToFloat<S, T, u32>
                                           : &integerToFloat<S, T, u64>;
    });
}

template <typename S> static void addFloat(OpcodeTable &table, const std::string &type) {
  addBetween<u8, S>(table, ".u8", type);
  addBetween<s8, S>(table, ".s8", type);
  addBetween<u16, S>(table, ".u16", type);
  addBetween<s16, S>(table, ".s16", type);
  addBetween<u32, S>(table, ".u32", type);
  addBetween<s32, S>(table, ".s32", type);
  addBetween<u64, S>(table, ".u64", type);
  addBetween<s64, S>(table, ".s64", type);
}

static void addCommon(OpcodeTable &table) {
  // Those that kernels use most, without the general way.
  table.lanes<f32, s32>("cvt.rn.f32.s32", Class::Convert, [](s32 a) { return f32(a); });
  table.lanes<f32, u32>("cvt.rn.f32.u32", Class::Convert, [](u32 a) { return f32(a); });
  table.lanes<u64, u32>("cvt.u64.u32", Class::Convert, [](u32 a) { return u64(a); });
  table.lanes<s64, s32>("cvt.s64.s32", Class::Convert, [](s32 a) { return s64(a); });
  table.lanes<u32, u64>("cvt.u32.u64", Class::Convert, [](u64 a) { return u32(a); });
  table.lanes<s32, f32>("cvt.rzi.s32.f32", Class::Convert, [](f32 a) {
    f64 inside = std::min(std::max(f64(a), -0x1p31), 0x1p31 - 1);
    return a != a ? 0 : s32(inside);
  });
}

void sluice::emulator::addConversions(OpcodeTable &table) {
  addIntegerToInteger(table);
  addFloat<F16>(table, ".f16");
  addFloat<BF16>(table, ".bf16");
  addFloat<f32>(table, ".f32");
  addFloat<f64>(table, ".f64");
  addCommon(table);
  addFloatConversions(table);
}
