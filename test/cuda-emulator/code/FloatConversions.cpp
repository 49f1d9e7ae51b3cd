//===- FloatConversions.cpp - cvt between formats of floating point -----------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

template <typename T> static void addRounded(OpcodeTable &table, const std::string &type) {
  auto add = [&](const std::string &mode, auto function) {
    table.lanes<T, f32>("cvt" + mode + type + ".f32", Class::Convert, function);
  };
  add(".rn", [](f32 a) { return T::of(a); });
  add(".rz", [](f32 a) { return T::of(f64(a), Round::Zero); });
  add(".rn.relu", [](f32 a) { return T::of(maximum(a, 0.0f)); });
  table.lanes<f32, T>("cvt.f32" + type, Class::Convert, [](T a) { return a != a ? canonicalNaN<f32>() : f32(a); });
  table.lanes<f64, T>("cvt.f64" + type, Class::Convert, [](T a) { return f64(f32(a)); });
  table.lanes<T, f64>("cvt.rn" + type + ".f64", Class::Convert, [](f64 a) { return T::of(a); });
  // The first operand goes to the upper half.
  auto addPair = [&](const std::string &mode, auto function) {
    table.lanes<u32, f32, f32>("cvt" + mode + type + "x2.f32", Class::Convert, function);
  };
  addPair(".rn", [](f32 a, f32 b) { return u32(T::of(a).bits) << 16 | T::of(b).bits; });
  addPair(".rz",
          [](f32 a, f32 b) { return u32(T::of(f64(a), Round::Zero).bits) << 16 | T::of(f64(b), Round::Zero).bits; });
  addPair(".rn.relu",
          [](f32 a, f32 b) { return u32(T::of(maximum(a, 0.0f)).bits) << 16 | T::of(maximum(b, 0.0f)).bits; });
}

/// Rounding to a whole number in the same format.
template <typename T> static void addWhole(OpcodeTable &table, const std::string &type) {
  auto add = [&](const std::string &mode, auto function) {
    table.lanes<T, T>("cvt" + mode + type + type, Class::Convert, function);
  };
  add(".rni", [](T a) { return a != a ? canonicalNaN<T>() : T(std::nearbyint(a)); });
  add(".rzi", [](T a) { return a != a ? canonicalNaN<T>() : T(std::trunc(a)); });
  add(".rmi", [](T a) { return a != a ? canonicalNaN<T>() : T(std::floor(a)); });
  add(".rpi", [](T a) { return a != a ? canonicalNaN<T>() : T(std::ceil(a)); });
}

void sluice::emulator::addFloatConversions(OpcodeTable &table) {
  addRounded<F16>(table, ".f16");
  addRounded<BF16>(table, ".bf16");
  addWhole<f32>(table, ".f32");
  addWhole<f64>(table, ".f64");
  auto toFloat = [&](const std::string &mode, auto function) {
    table.lanes<f32, f64>("cvt" + mode + ".f32.f64", Class::Convert, function);
  };
  toFloat(".rn", [](f64 a) { return a != a ? canonicalNaN<f32>() : f32(a); });
  toFloat(".rz", [](f64 a) { return bitsAs<f32>(encode(a, 8, 23, Round::Zero)); });
  toFloat(".rm", [](f64 a) { return bitsAs<f32>(encode(a, 8, 23, Round::Down)); });
  toFloat(".rp", [](f64 a) { return bitsAs<f32>(encode(a, 8, 23, Round::Up)); });
  table.lanes<f64, f32>("cvt.f64.f32", Class::Convert, [](f32 a) { return f64(a); });
  table.lanes<f32, f32>("cvt.ftz.f32.f32", Class::Convert,
                        [](f32 a) { return a != a ? canonicalNaN<f32>() : flushed(a); });
  // NaN saturates to +0.
  table.lanes<f32, f32>("cvt.sat.f32.f32", Class::Convert, [](f32 a) { return a > 0 ? std::min(a, 1.0f) : 0.0f; });
  table.lanes<u32, f32>("cvt.rna.tf32.f32", Class::Convert, [](f32 a) { return toTF32(a, Round::NearestAway); });
  table.lanes<u32, f32>("cvt.rn.tf32.f32", Class::Convert, [](f32 a) { return toTF32(a, Round::Nearest); });
  table.lanes<u32, f32>("cvt.rz.tf32.f32", Class::Convert, [](f32 a) { return toTF32(a, Round::Zero); });
}
