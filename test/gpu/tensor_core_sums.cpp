//===- tensor_core_sums.cpp - Whether a card adds as the declared orders say ----------------===//
//
// sluice-check-tensor-cores [--sums=N] [--card] [--emit-ptx=FOLDER]
//
// Runs chains of every tensor-core instruction that the card has, and compares each sum to the last bit with that of
// the scalar reference (passes/Numerics/ReferenceSums.h) in the order that is declared for the card. An instruction of
// which no order is declared, and one that differs, gets those of a search that explain all of its sums.
//
// --sums      sums for each instruction and kind of operands; 262,144 by default
// --card      says which card there is, and runs nothing
// --emit-ptx  writes the kernels there and runs nothing: no card is needed
//
// Exit 0: all declared orders hold. Exit 1: one does not, or there is no card; a line says which.
//
//===----------------------------------------------------------------------===//
#include "passes/Numerics/ReferenceSums.h"
#include "runtime/Error.h"
#include "runtime/Philox.h"
#include "test/gpu/Runner.h"
#include "test/gpu/TensorCoreKernels.h"
#include "llvm/ADT/STLExtras.h"
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

using namespace sluice::gpu;
using namespace sluice::precision;
using sluice::runtime::philox;

/// Products of a chain: 32 to 128, by the instruction.
static constexpr int stepsPerChain = 16;

namespace {
/// What operands are drawn from.
enum class Kind { Normal, AnyFinite, NearOne, Cancelling, Tiny, WithSpecials };

struct NamedKind {
  Kind kind;
  const char *name;
};

/// The operands of tiles: numbers, and the bytes that a kernel reads.
struct Matrix {
  int tiles, rows, products, operandBytes;
  std::vector<float> values;  ///< [tile][row][step * products]
  std::vector<uint8_t> bytes; ///< [tile][step][row][32]

  llvm::ArrayRef<float> row(int tile, int row) const {
    size_t length = size_t(stepsPerChain) * products;
    return {values.data() + (size_t(tile) * rows + row) * length, length};
  }
  void set(int tile, int row, int k, const FloatFormat &format, double value);
};

/// One run of an instruction, with what it gave.
struct Run {
  Instruction instruction;
  Matrix left, right;
  std::vector<float> sums; ///< [tile][row][column]

  float sum(int tile, int row, int column) const {
    return sums[(size_t(tile) * instruction.rows() + row) * columnsPerTile + column];
  }
};

/// How an instruction makes its sum of products and of the accumulator.
struct Model {
  Order order;
  FloatFormat format; ///< what operands are when they are multiplied
  /// It is made of two instructions, which start from zero and whose result is added to the accumulator in f32:
  /// products k with k mod 4 = 0 and 1, then the others.
  bool isOfTwo = false;

  std::string name() const { return order.name() + (isOfTwo ? " twice, promoted" : ""); }
};

struct Comparison {
  int64_t sums = 0, differences = 0;
  std::string first; ///< the first difference
};
} // namespace

static constexpr NamedKind kinds[] = {{Kind::Normal, "normal"},    {Kind::AnyFinite, "any finite"},
                                      {Kind::NearOne, "near one"}, {Kind::Cancelling, "cancelling"},
                                      {Kind::Tiny, "subnormal"},   {Kind::WithSpecials, "infinities, NaN"}};

void Matrix::set(int tile, int row, int k, const FloatFormat &format, double value) {
  values[(size_t(tile) * rows + row) * stepsPerChain * products + k] = float(value);
  uint32_t code = format.encode(value);
  if (operandBytes == 4)
    code <<= 32 - format.storageBits();
  size_t step = k / products, place = size_t(k % products) * operandBytes;
  std::memcpy(&bytes[((size_t(tile) * stepsPerChain + step) * rows + row) * bytesPerStep + place], &code, operandBytes);
}

/// An operand of a kind; `words` are random.
static double draw(Kind kind, const FloatFormat &format, const sluice::runtime::PhiloxCounter &words) {
  Rounder rounder(format, Rounding::NearestEven);
  double normal = rounder.saturate(sluice::runtime::normalPair(words)[0]);
  double sign = words[3] & 1 ? -1 : 1;
  uint32_t codes = words[0] & uint32_t((uint64_t{1} << format.storageBits()) - 1);
  switch (kind) {
  case Kind::Normal:
  case Kind::Cancelling:
    return normal;
  case Kind::AnyFinite: {
    double value = format.decode(codes);
    return std::isfinite(value) ? value : 0;
  }
  case Kind::NearOne: {
    // Exponents that differ by less than the bits of a sum, so that much is cut off.
    double mantissa = 1 + std::ldexp(double(words[0] % (1u << format.mantissaBits)), -format.mantissaBits);
    return sign * rounder.saturate(std::ldexp(mantissa, int(words[1] % 9) - 4));
  }
  case Kind::Tiny:
    return sign *
           std::ldexp(double(words[0] % (2u << format.mantissaBits)), format.minExponent() - format.mantissaBits);
  case Kind::WithSpecials:
    if (words[3] % 256 == 0)
      return format.hasInfinity() ? sign * HUGE_VAL : NAN;
    return words[3] % 1024 == 1 ? NAN : normal;
  }
  return 0;
}

/// Calls `work` with every number below `count`, on all processors.
template <typename Work> static void inParallel(int count, Work work) {
  std::atomic<int> next = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back([&] {
      for (int number; (number = next++) < count;)
        work(number);
    });
  for (std::thread &thread : threads)
    thread.join();
}

static Matrix drawMatrix(const Instruction &instruction, Kind kind, int tiles, bool isLeft) {
  int rows = isLeft ? instruction.rows() : columnsPerTile, length = stepsPerChain * instruction.products();
  Matrix matrix{tiles, rows, instruction.products(), instruction.operandBytes(), {}, {}};
  matrix.values.resize(size_t(tiles) * rows * length);
  matrix.bytes.resize(size_t(tiles) * stepsPerChain * rows * bytesPerStep);
  // Subnormal operands meet numbers that lift their products into the range of f32.
  Kind drawn = kind == Kind::Tiny && !isLeft ? Kind::Normal : kind;
  inParallel(tiles, [&](int tile) {
    for (int row = 0; row < rows; ++row)
      for (int k = 0; k < length; ++k) {
        // Products of neighbours cancel, but for one in four that is another number.
        bool repeats = kind == Kind::Cancelling && k % 2 == 1;
        auto words = philox({uint32_t(repeats ? k - 1 : k), uint32_t(row), uint32_t(tile), uint32_t(kind)},
                            {isLeft ? 1u : 2u, uint32_t(instruction.format.storageBits())});
        double value = draw(drawn, instruction.format, words);
        if (repeats && !isLeft)
          value = words[2] % 4 == 0 ? quantize(value / 2, instruction.format) : -value;
        matrix.set(tile, row, k, instruction.format, value);
      }
  });
  return matrix;
}

static Run runOn(const Runner &runner, const Instruction &instruction, Kind kind, int64_t sums) {
  int perTile = instruction.rows() * columnsPerTile, tiles = int(std::max<int64_t>(1, sums / perTile));
  Run run{instruction, drawMatrix(instruction, kind, tiles, true), drawMatrix(instruction, kind, tiles, false), {}};
  std::vector<uint8_t> result =
      runner.run(kernelOf(instruction), kernelName, tiles, instruction.threads(), {run.left.bytes, run.right.bytes},
                 size_t(tiles) * perTile * sizeof(float), stepsPerChain);
  run.sums.resize(size_t(tiles) * perTile);
  std::memcpy(run.sums.data(), result.data(), result.size());
  return run;
}

/// Whether both are the same bits, or NaN.
static bool isSame(float expected, float found) {
  return std::isnan(expected) ? std::isnan(found) : std::memcmp(&expected, &found, sizeof(float)) == 0;
}

/// The operands of a sum in the sequence in which they are multiplied.
static std::vector<float> inSequence(llvm::ArrayRef<float> operands, int products, const Model &model) {
  std::vector<float> result(operands.begin(), operands.end());
  if (!model.isOfTwo)
    return result;
  int half = products / 2;
  for (int start = 0; start < int(result.size()); start += products)
    for (int place = 0; place < products; ++place) {
      int pair = place % half / 2;
      result[start + place] = operands[start + 4 * pair + place % 2 + (place < half ? 0 : 2)];
    }
  return result;
}

/// Compares the sums of a tile.
static Comparison compareTile(const Run &run, const Model &model, int tile) {
  Accumulation accumulation;
  accumulation.sum = FloatFormat::ieee(8, model.order.outputBits);
  accumulation.rounding = Rounding::TowardZero;
  accumulation.order = model.order;
  int products = run.instruction.products();
  if (model.isOfTwo)
    accumulation.chunk = products;
  std::vector<std::vector<float>> columns;
  for (int column = 0; column < columnsPerTile; ++column)
    columns.push_back(inSequence(run.right.row(tile, column), products, model));
  Comparison result;
  for (int row = 0; row < run.instruction.rows(); ++row) {
    std::vector<float> left = inSequence(run.left.row(tile, row), products, model);
    for (int column = 0; column < columnsPerTile; ++column) {
      float expected = float(sumOfProducts(left, columns[column], {model.format, model.format}, accumulation));
      float sum = run.sum(tile, row, column);
      ++result.sums;
      if (isSame(expected, sum) || result.differences++ != 0)
        continue;
      char text[128];
      std::snprintf(text, sizeof(text), "tile %d, row %d, column %d: expected %a, found %a", tile, row, column,
                    expected, sum);
      result.first = text;
    }
  }
  return result;
}

/// Compares the sums of `tiles` tiles.
static Comparison compare(const Run &run, const Model &model, int tiles) {
  std::vector<Comparison> found(tiles);
  inParallel(tiles, [&](int tile) { found[tile] = compareTile(run, model, tile); });
  Comparison all;
  for (const Comparison &part : found) {
    all.sums += part.sums;
    all.differences += part.differences;
    if (all.first.empty())
      all.first = part.first;
  }
  return all;
}

/// The order that is declared for an instruction of a card, if one is.
static std::optional<Model> modelOf(const Instruction &instruction, int capability) {
  std::string error;
  bool isByte = instruction.operandBytes() == 1;
  bool isHopper = capability == 90;
  if (capability > 90 || (instruction.operandBytes() == 4 && !isHopper))
    return std::nullopt;
  // Hopper has no mma.sync of 8-bit operands: it is made of conversions and of two instructions for f16.
  if (isByte && isHopper && !instruction.isWarpgroup)
    return Model{*Order::parse("hopper-16", error), FloatFormat::ieee(5, 10), /*isOfTwo=*/true};
  const char *hopper[] = {"", "hopper-fp8", "hopper-16", "", "hopper-tf32"};
  const char *name = isHopper ? hopper[instruction.operandBytes()] : isByte ? "ada-fp8" : "ampere-16";
  return Model{*Order::parse(name, error), instruction.format};
}

/// Models that explain the first sums of all runs of an instruction.
static std::string searchModels(const std::vector<Run> &runs) {
  const Instruction &instruction = runs.front().instruction;
  // Operands of 8 bits may also be converted first.
  std::vector<FloatFormat> formats = {instruction.format};
  if (instruction.operandBytes() == 1)
    formats.push_back(FloatFormat::ieee(5, 10));
  std::vector<Model> models;
  for (int block = instruction.products(); block >= 4; block /= 2)
    for (int groups = 1; groups <= 4 && block / groups >= 2; groups *= 2)
      for (int outputBits : {23, 13})
        for (int fractionBits = 10; fractionBits <= 30; ++fractionBits)
          for (const FloatFormat &format : formats)
            for (bool isOfTwo : {false, true})
              models.push_back({{block, groups, fractionBits, outputBits}, format, isOfTwo});
  std::string fitting;
  for (const Model &model : models)
    if (llvm::all_of(runs,
                     [&](const Run &run) { return compare(run, model, std::min(run.left.tiles, 8)).differences == 0; }))
      fitting += (fitting.empty() ? "" : ", ") + model.name() + " (" + model.format.name() + ")";
  return fitting.empty() ? "none" : fitting;
}

/// Whether what is declared holds. Prints a row a kind of operands.
static bool check(const Runner &runner, const Instruction &instruction, int64_t sums) {
  std::optional<Model> model = modelOf(instruction, runner.card.capability());
  std::vector<Run> runs;
  bool holds = true;
  for (const NamedKind &kind : kinds) {
    runs.push_back(runOn(runner, instruction, kind.kind, sums));
    const Run &run = runs.back();
    if (!model)
      continue;
    Comparison comparison = compare(run, *model, run.left.tiles);
    holds = holds && comparison.differences == 0;
    std::printf("| %s | %s | %s | %lld | %lld | %s |\n", instruction.name().c_str(), model->name().c_str(), kind.name,
                (long long)comparison.sums, (long long)comparison.differences, comparison.first.c_str());
    std::fflush(stdout);
  }
  if (!model || !holds) {
    std::printf("| %s | %s | all | %s | | searched: %s |\n", instruction.name().c_str(),
                model ? model->name().c_str() : "not declared", "the first", searchModels(runs).c_str());
    std::fflush(stdout);
  }
  return holds;
}

static int emitAll(const std::string &folder) {
  for (const Instruction &instruction : instructions()) {
    std::string path = folder + "/" + instruction.name() + ".ptx";
    if (!(std::ofstream(path) << kernelOf(instruction)).flush()) {
      std::fprintf(stderr, "%s: cannot be written: %s\n", path.c_str(), std::strerror(errno));
      return 1;
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  int64_t sums = 262144;
  bool onlyCard = false;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument.rfind("--emit-ptx=", 0) == 0)
      return emitAll(argument.substr(std::strlen("--emit-ptx=")));
    if (argument == "--card") {
      onlyCard = true;
      continue;
    }
    char *end = nullptr;
    if (argument.rfind("--sums=", 0) == 0)
      sums = std::strtoll(argument.c_str() + std::strlen("--sums="), &end, 10);
    if (!end || *end || sums < 1) {
      std::fprintf(stderr, "expected --sums=N, --card or --emit-ptx=FOLDER, found '%s'\n", argv[i]);
      return 2;
    }
  }
  try {
    Runner runner;
    int capability = runner.card.capability();
    std::printf("%s, compute capability %d.%d, driver for CUDA %s\n", runner.card.model().c_str(), capability / 10,
                capability % 10, runner.card.driver.versionText().c_str());
    if (onlyCard)
      return 0;
    std::printf("\nChains of %d instructions:\n\n", stepsPerChain);
    std::printf("| instruction | order | operands | sums | differences | |\n| --- | --- | --- | --- | --- | --- |\n");
    bool holds = true;
    for (const Instruction &instruction : instructions())
      if (instruction.runsOn(capability))
        holds = check(runner, instruction, sums) && holds;
    return holds ? 0 : 1;
  } catch (const sluice::runtime::RunError &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
