//===- HalfOps.cpp - Arithmetic of f16 and bf16, single and in pairs ----------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

/// T of both halves of a word, each by itself.
template <typename T, typename F, typename... S> static u32 inPairs(const F &function, S... words) {
  u32 low = function(T{u16(words)}...).bits, high = function(T{u16(words >> 16)}...).bits;
  return high << 16 | low;
}

/// An operation under several names, of T and of pairs of T in a word. f32 operands hold T exactly.
template <typename T, typename... S, typename F>
static void define(OpcodeTable &table, std::initializer_list<const char *> names, const std::string &type, F function) {
  callable<F> = remember(function);
  for (std::string name : names) {
    table.lanes<T, S...>(name + type, Class::Float, [](S... operands) { return (*callable<F>)(operands...); });
    table.lanes<u32, std::conditional_t<true, u32, S>...>(
        name + type + "x2", Class::Float,
        [](std::conditional_t<true, u32, S>... words) { return inPairs<T>(*callable<F>, words...); });
  }
}

/// Products and sums of f16 and bf16 are exact in f64 but for sums of numbers far apart, which are rounded to odd.
template <typename T> static T fused(f64 a, f64 b, f64 c) { return T::of(addToOdd(a * b, c)); }

template <typename T> static bool isNaN(T value) { return std::isnan(f32(value)); }

template <typename T> static void addHalf(OpcodeTable &table, const std::string &type) {
  define<T, T, T>(table, {"add", "add.rn"}, type, [](T a, T b) { return T::of(addToOdd(f32(a), f32(b))); });
  define<T, T, T>(table, {"sub", "sub.rn"}, type, [](T a, T b) { return T::of(addToOdd(f32(a), -f32(b))); });
  define<T, T, T>(table, {"mul", "mul.rn"}, type, [](T a, T b) { return T::of(f64(f32(a)) * f64(f32(b))); });
  define<T, T, T, T>(table, {"fma.rn"}, type, [](T a, T b, T c) { return fused<T>(f32(a), f32(b), f32(c)); });
  define<T, T, T>(table, {"min"}, type, [](T a, T b) { return T::of(minimum<f32>(a, b)); });
  define<T, T, T>(table, {"max"}, type, [](T a, T b) { return T::of(maximum<f32>(a, b)); });
  define<T, T, T>(table, {"min.NaN"}, type,
                  [](T a, T b) { return isNaN(a) || isNaN(b) ? T{0x7fff} : T::of(minimum<f32>(a, b)); });
  define<T, T, T>(table, {"max.NaN"}, type,
                  [](T a, T b) { return isNaN(a) || isNaN(b) ? T{0x7fff} : T::of(maximum<f32>(a, b)); });
  define<T, T>(table, {"neg"}, type, [](T a) { return T{u16(a.bits ^ 0x8000)}; });
  define<T, T>(table, {"abs"}, type, [](T a) { return T{u16(a.bits & 0x7fff)}; });
  define<T, T>(table, {"tanh.approx"}, type, [](T a) { return T::of(std::tanh(f64(f32(a)))); });
}

void sluice::emulator::addHalfOps(OpcodeTable &table) {
  addHalf<F16>(table, ".f16");
  addHalf<BF16>(table, ".bf16");
  define<F16, F16>(table, {"ex2.approx"}, ".f16", [](F16 a) { return F16::of(std::exp2(f64(f32(a)))); });
  define<BF16, BF16>(table, {"ex2.approx.ftz"}, ".bf16", [](BF16 a) { return BF16::of(std::exp2(f64(f32(a)))); });
}
