//===- FloatOps.cpp - Arithmetic of f32 and f64 -------------------------------------------===//
//
// .approx instructions are rounded to nearest here; cards are a few last places off. .ftz flushes subnormal operands
// and results to zero.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

/// NaN results are the canonical one.
template <typename T> static inline T canonical(T value) { return value != value ? canonicalNaN<T>() : value; }

/// An operation of one, two or three T, under all its spellings: without and with .ftz. `F` computes without flushing.
template <typename T, typename... S, typename F>
static void addFlushable(OpcodeTable &table, const std::string &name, const std::string &type, F) {
  static_assert((std::is_same_v<T, S> && ...), "operands are of the type of the result");
  table.lanes<T, S...>(name + type, Class::Float, [](S... operands) { return T((*callable<F>)(operands...)); });
  if (sizeof(T) == 4)
    table.lanes<T, S...>(name + ".ftz" + type, Class::Float,
                         [](S... operands) { return flushed(T((*callable<F>)(flushed(operands)...))); });
}

template <typename T, typename... S, typename F>
static void define(OpcodeTable &table, std::initializer_list<const char *> names, const std::string &type, F function) {
  callable<F> = remember(function);
  for (const char *name : names)
    addFlushable<T, S...>(table, name, type, function);
}

template <typename T> static void addArithmetic(OpcodeTable &table, const std::string &type) {
  define<T, T, T>(table, {"add", "add.rn"}, type, [](T a, T b) { return canonical(a + b); });
  define<T, T, T>(table, {"sub", "sub.rn"}, type, [](T a, T b) { return canonical(a - b); });
  define<T, T, T>(table, {"mul", "mul.rn"}, type, [](T a, T b) { return canonical(a * b); });
  define<T, T, T, T>(table, {"fma.rn", "mad.rn"}, type, [](T a, T b, T c) { return canonical(std::fma(a, b, c)); });
  define<T, T, T>(table, {"div.rn"}, type, [](T a, T b) { return canonical(a / b); });
  define<T, T>(table, {"rcp.rn"}, type, [](T a) { return canonical(T(1) / a); });
  define<T, T>(table, {"sqrt.rn"}, type, [](T a) { return canonical(std::sqrt(a)); });
  define<T, T>(table, {"abs"}, type, [](T a) { return std::fabs(a); });
  define<T, T>(table, {"neg"}, type, [](T a) { return -a; });
  define<T, T, T>(table, {"min"}, type, [](T a, T b) { return canonical(minimum(a, b)); });
  define<T, T, T>(table, {"max"}, type, [](T a, T b) { return canonical(maximum(a, b)); });
  // The first operand gives the sign.
  table.lanes<T, T, T>("copysign" + type, Class::Float, [](T a, T b) { return std::copysign(b, a); });
}

static void addApproximations(OpcodeTable &table) {
  const std::string type = ".f32";
  define<f32, f32, f32>(table, {"div.full", "div.approx"}, type, [](f32 a, f32 b) { return canonical(a / b); });
  define<f32, f32>(table, {"rcp.approx"}, type, [](f32 a) { return canonical(1 / a); });
  define<f32, f32>(table, {"sqrt.approx"}, type, [](f32 a) { return canonical(std::sqrt(a)); });
  define<f32, f32>(table, {"rsqrt.approx"}, type, [](f32 a) { return canonical(f32(1 / std::sqrt(f64(a)))); });
  define<f32, f32>(table, {"ex2.approx"}, type, [](f32 a) { return canonical(f32(std::exp2(f64(a)))); });
  define<f32, f32>(table, {"lg2.approx"}, type, [](f32 a) { return canonical(f32(std::log2(f64(a)))); });
  define<f32, f32>(table, {"sin.approx"}, type, [](f32 a) { return canonical(f32(std::sin(f64(a)))); });
  define<f32, f32>(table, {"cos.approx"}, type, [](f32 a) { return canonical(f32(std::cos(f64(a)))); });
  table.lanes<f32, f32>("tanh.approx.f32", Class::Float, [](f32 a) { return canonical(f32(std::tanh(f64(a)))); });
  define<f32, f32, f32>(table, {"min.NaN"}, type,
                        [](f32 a, f32 b) { return a != a || b != b ? canonicalNaN<f32>() : minimum(a, b); });
  define<f32, f32, f32>(table, {"max.NaN"}, type,
                        [](f32 a, f32 b) { return a != a || b != b ? canonicalNaN<f32>() : maximum(a, b); });
  // .ftz stands before .NaN, not behind it.
  table.lanes<f32, f32, f32>("min.ftz.NaN.f32", Class::Float, [](f32 a, f32 b) {
    return a != a || b != b ? canonicalNaN<f32>() : minimum(flushed(a), flushed(b));
  });
  table.lanes<f32, f32, f32>("max.ftz.NaN.f32", Class::Float, [](f32 a, f32 b) {
    return a != a || b != b ? canonicalNaN<f32>() : maximum(flushed(a), flushed(b));
  });
}

void sluice::emulator::addFloatOps(OpcodeTable &table) {
  addArithmetic<f32>(table, ".f32");
  addArithmetic<f64>(table, ".f64");
  addApproximations(table);
}
