//===- Values.cpp - Tensors as the tool fills and prints them ------------------------===//
#include "tools/sluice-run/Values.h"
#include "runtime/Philox.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cstring>

using namespace mlir;
using namespace sluice;

static unsigned elementBytes(Type type) { return type.isIndex() ? 8 : (type.getIntOrFloatBitWidth() + 7) / 8; }

int64_t sluice::bytesOf(ShapedType type) { return type.getNumElements() * elementBytes(type.getElementType()); }

static runtime::PhiloxCounter draw(const RandomValues &random, uint64_t index) {
  runtime::PhiloxCounter counter = {uint32_t(index), uint32_t(index >> 32), uint32_t(random.stream), 0};
  return runtime::philox(counter, runtime::philoxKey(random.seed));
}

double sluice::drawNormal(const RandomValues &random, uint64_t index) {
  return runtime::normalPair(draw(random, index))[0];
}

static void storeBits(char *memory, const llvm::APInt &bits, unsigned bytes) {
  uint64_t word = bits.getZExtValue();
  std::memcpy(memory, &word, bytes);
}

static llvm::APFloat toFloat(double value, FloatType type) {
  llvm::APFloat result(value);
  bool losesInfo;
  result.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return result;
}

bool sluice::fill(char *memory, ShapedType type, Attribute values, const RandomValues &random) {
  Type element = type.getElementType();
  unsigned bytes = elementBytes(element);
  int64_t count = type.getNumElements();
  auto floatType = dyn_cast<FloatType>(element);
  if ((!floatType && !element.isIntOrIndex()) || bytes > 8)
    return false;
  if (!values) {
    for (int64_t index = 0; index < count; ++index) {
      runtime::PhiloxCounter words = draw(random, index);
      llvm::APInt bits(64, runtime::uniformBelow(words[0], words[1], random.integers));
      if (floatType)
        bits = toFloat(drawNormal(random, index), floatType).bitcastToAPInt();
      storeBits(memory + index * bytes, bits, bytes);
    }
    return true;
  }
  auto dense = dyn_cast<DenseElementsAttr>(values);
  if (!dense || dense.getNumElements() != count || isa<FloatType>(dense.getElementType()) != bool(floatType))
    return false;
  int64_t index = 0;
  if (floatType)
    for (const llvm::APFloat &value : dense.getValues<llvm::APFloat>()) {
      llvm::APFloat converted = value;
      bool losesInfo;
      converted.convert(floatType.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
      storeBits(memory + index++ * bytes, converted.bitcastToAPInt(), bytes);
    }
  else
    for (const llvm::APInt &value : dense.getValues<llvm::APInt>())
      storeBits(memory + index++ * bytes, value.sextOrTrunc(64), bytes);
  return true;
}

static void printElement(llvm::raw_ostream &stream, const char *memory, Type type) {
  uint64_t word = 0;
  unsigned bytes = elementBytes(type);
  std::memcpy(&word, memory, bytes);
  if (auto floatType = dyn_cast<FloatType>(type)) {
    llvm::APFloat value(floatType.getFloatSemantics(), llvm::APInt(8 * bytes, word));
    stream << llvm::format("%.6g", value.convertToDouble());
    return;
  }
  stream << llvm::SignExtend64(word, 8 * bytes);
}

static const char *printDimension(llvm::raw_ostream &stream, const char *memory, ShapedType type, int64_t dim) {
  if (dim == type.getRank()) {
    printElement(stream, memory, type.getElementType());
    return memory + elementBytes(type.getElementType());
  }
  stream << "[";
  for (int64_t index = 0; index < type.getDimSize(dim); ++index) {
    stream << (index ? ", " : "");
    memory = printDimension(stream, memory, type, dim + 1);
  }
  stream << "]";
  return memory;
}

void sluice::print(llvm::raw_ostream &stream, const char *memory, ShapedType type) {
  printDimension(stream, memory, type, 0);
}
