//===- contractions.cpp - Generated contractions beside OpenBLAS and oneDNN -----------===//
//
// contractions M K N [--cpu=NAME] [--tune-cache=FILE] [--narrow] [flags of Google Benchmark]
//
// The three products of a linear layer with x [M, K] and a weight [K, N]: forward x w (NN), the gradient of x (NT) and
// that of w (TN), each by every implementation and on 1 and 2 threads. test/bench/peers.py runs it for the shapes of
// interest and makes a table. Sluice and oneDNN multiply in bf16 as well, with sums in f32: of operands that are bf16
// in memory, and "from f32" of operands in f32 that are rounded in the time that is measured. With --narrow it compares
// emulated sums of operands that have 8 bits already with f32.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Target/Pipeline.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#ifdef SLUICE_HAS_OPENBLAS
#include <cblas.h>
#endif
#ifdef SLUICE_HAS_ONEDNN
#include <dnnl.hpp>
// Its threads are OpenMP's, whose header belongs to other compilers.
extern "C" void omp_set_num_threads(int threads);
#endif

using namespace sluice;

namespace {
/// C[m, n] = op(A) op(B); a transposed A is stored [k, m], a transposed B [n, k].
struct Product {
  Product(const char *name, int64_t m, int64_t n, int64_t k, bool transA, bool transB)
      : name(name), m(m), n(n), k(k), transA(transA), transB(transB) {
    fill();
  }

  const char *name;
  int64_t m, n, k;
  bool transA, transB;

  double flops() const { return 2.0 * double(m) * double(n) * double(k); }
  /// As a program keeps its matrices: from a cache line on, in large pages.
  runtime::Memory memoryA, memoryB, memoryC, memoryOfRoundedA, memoryOfRoundedB;
  float *a, *b, *c;
  uint16_t *roundedA, *roundedB; // bf16

private:
  void fill() {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    auto reserve = [](int64_t bytes) { return runtime::Memory(std::max(bytes, runtime::kLargePagesFrom)); };
    auto make = [&](runtime::Memory &memory, int64_t size) {
      memory = reserve(size * int64_t(sizeof(float)));
      auto *elements = reinterpret_cast<float *>(memory.data());
      std::generate_n(elements, size, [&] { return uniform(random); });
      return elements;
    };
    a = make(memoryA, m * k);
    b = make(memoryB, k * n);
    c = make(memoryC, m * n);
    auto round = [&](runtime::Memory &memory, const float *elements, int64_t size) {
      memory = reserve(size * int64_t(sizeof(uint16_t)));
      auto *rounded = reinterpret_cast<uint16_t *>(memory.data());
      // Toward zero, which is as good here.
      std::transform(elements, elements + size, rounded,
                     [](float x) { return uint16_t(llvm::bit_cast<uint32_t>(x) >> 16); });
      return rounded;
    };
    roundedA = round(memoryOfRoundedA, a, m * k);
    roundedB = round(memoryOfRoundedB, b, k * n);
  }
};
} // namespace

static JitFunction compile(const Product &product, const std::string &cpu, const Processor &processor,
                           llvm::StringRef operands, llvm::StringRef attributes, const std::string &tuneCache) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  const char *ofLinalg = R"(
    func.func @contract(%a: tensor<{0}>, %b: tensor<{1}>) -> tensor<{2}> {{
      %zero = arith.constant 0.0 : f32
      %empty = tensor.empty() : tensor<{2}>
      %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<{2}>) -> tensor<{2}>
      %c = linalg.contract indexing_maps = [affine_map<(m, n, k) -> ({3})>, affine_map<(m, n, k) -> ({4})>, affine_map<(m, n, k) -> (m, n)>]{5}
        ins(%a, %b : tensor<{0}>, tensor<{1}>) outs(%fill : tensor<{2}>) -> tensor<{2}>
      return %c : tensor<{2}>
    })";
  // What is drawn has a key, which this op has.
  const char *ofSluice = R"(
    func.func @contract(%a: tensor<{0}>, %b: tensor<{1}>) -> tensor<{2}> {{
      %key = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
      %id = arith.constant dense<[5, 6]> : tensor<2xi32>
      %x = sluice.quantize %a to <f8E5M2> : tensor<{0}>
      %w = sluice.quantize %b to <f8E5M2> : tensor<{1}>
      %c = sluice.matmul %x, %w {3} {4} key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 1 {5}
        : tensor<{0}>, tensor<{1}> to tensor<{2}>
      return %c : tensor<{2}>
    })";
  auto shape = [](int64_t rows, int64_t columns, bool transposed, llvm::StringRef element) {
    return llvm::formatv("{0}x{1}x{2}", transposed ? columns : rows, transposed ? rows : columns, element).str();
  };
  bool draws = attributes.contains("stochastic");
  auto layout = [&](bool transposed, const char *flag, const char *indices, const char *transposedIndices) {
    return draws ? (transposed ? flag : "") : transposed ? transposedIndices : indices;
  };
  std::string source = llvm::formatv(
      draws ? ofSluice : ofLinalg, shape(product.m, product.k, product.transA, operands),
      shape(product.k, product.n, product.transB, operands), shape(product.m, product.n, false, "f32"),
      layout(product.transA, "transpose_lhs", "m, k", "k, m"), layout(product.transB, "transpose_rhs", "k, n", "n, k"),
      attributes.empty() ? "" : (" {" + attributes + "}").str());
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  mlir::PassManager manager(&context);
  LoweringOptions lowering;
  lowering.processor = cpu;
  lowering.tuneCache = tuneCache;
  buildLoweringPipeline(manager, lowering);
  if (!module || failed(manager.run(*module)))
    llvm::report_fatal_error("cannot compile the contraction");
  return llvm::cantFail(JitFunction::create(*module, "contract", processor));
}

/// Lets the threads of whoever ran before stop spinning (OpenBLAS's do for 30 ms, on processors that others need), then
/// runs until caches and clocks are what they stay.
template <typename Run> static void warmUp(Run run) {
  using namespace std::chrono_literals;
  std::this_thread::sleep_for(100ms);
  auto start = std::chrono::steady_clock::now();
  do
    run();
  while (std::chrono::steady_clock::now() - start < 20ms);
}

template <typename Run>
static void add(const char *implementation, Product &product, unsigned threads, const std::function<void()> &prepare,
                Run run) {
  std::string name = llvm::formatv("{0}/{1}/{2}", product.name, implementation, threads);
  benchmark::RegisterBenchmark(name.c_str(),
                               [=, &product](benchmark::State &state) {
                                 prepare();
                                 warmUp(run);
                                 for (auto _ : state)
                                   run();
                                 state.counters["GFLOP/s"] = benchmark::Counter(
                                     product.flops() * double(state.iterations()) / 1e9, benchmark::Counter::kIsRate);
                               })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

#ifdef SLUICE_HAS_ONEDNN
namespace {
/// The product by oneDNN's bf16 primitive, with sums in f32, as matrices lie in memory.
class RoundedProduct {
public:
  explicit RoundedProduct(Product &product) {
    using namespace dnnl;
    using Type = memory::data_type;
    auto matrix = [&](float *data, int64_t rows, int64_t columns, bool transposed, Type type) {
      auto tag = transposed ? memory::format_tag::ba : memory::format_tag::ab;
      memory::desc shape({rows, columns}, type, tag);
      return data ? memory(shape, engine, data) : memory(shape, engine);
    };
    a = matrix(product.a, product.m, product.k, product.transA, Type::f32);
    b = matrix(product.b, product.k, product.n, product.transB, Type::f32);
    c = matrix(product.c, product.m, product.n, false, Type::f32);
    roundedA = matrix(nullptr, product.m, product.k, product.transA, Type::bf16);
    roundedB = matrix(nullptr, product.k, product.n, product.transB, Type::bf16);
    roundA = reorder(a, roundedA);
    roundB = reorder(b, roundedB);
    multiply = matmul({{roundedA.get_desc(), roundedB.get_desc(), c.get_desc()}, engine});
    round();
  }

  void round() {
    roundA.execute(stream, a, roundedA);
    roundB.execute(stream, b, roundedB);
    stream.wait();
  }
  void run() {
    multiply.execute(stream, {{DNNL_ARG_SRC, roundedA}, {DNNL_ARG_WEIGHTS, roundedB}, {DNNL_ARG_DST, c}});
    stream.wait();
  }

private:
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::memory a, b, c, roundedA, roundedB;
  dnnl::reorder roundA, roundB;
  dnnl::matmul multiply;
};
} // namespace

/// Primitives are built for a number of threads. None are where the processor has no bf16.
static void addRounded(Product &product, int threads) {
  auto rounded = std::make_shared<std::unique_ptr<RoundedProduct>>();
  auto prepare = [=, &product] {
    omp_set_num_threads(threads);
    *rounded = std::make_unique<RoundedProduct>(product);
  };
  try {
    prepare();
  } catch (const dnnl::error &) {
    return;
  }
  rounded->reset();
  add("oneDNN bf16", product, threads, prepare, [=] { (*rounded)->run(); });
  add("oneDNN from f32 bf16", product, threads, prepare, [=] {
    (*rounded)->round();
    (*rounded)->run();
  });
}
#endif

namespace {
/// Operands as they are in memory, and attributes of the contraction.
struct Series {
  const char *name, *operands, *attributes;
};
} // namespace

static constexpr Series series[] = {{"sluice", "f32", ""},
                                    {"sluice bf16", "bf16", "sluice.compute_type = bf16"},
                                    {"sluice from f32 bf16", "f32", "sluice.compute_type = bf16"}};

static constexpr Series narrowSeries[] = {
    {"f32", "f32", ""},
    {"e6m9, chunk 64", "f32",
     "sluice.accumulation = #sluice.accumulation<e6m9, chunk = 64>, "
     "sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]"},
    {"e6m9 toward zero, chunk 64", "f32",
     "sluice.accumulation = #sluice.accumulation<e6m9, chunk = 64, rounding = toward_zero>, "
     "sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]"},
    {"e6m9 stochastic, chunk 64", "f32",
     "accumulation = #sluice.accumulation<e6m9, chunk = 64, rounding = stochastic>"},
    {"Hopper FP8", "f32",
     "sluice.accumulation = #sluice.accumulation<e8m13, chunk = 128, across = f32, rounding = toward_zero, "
     "order = hopper_fp8>, sluice.formats = [#sluice.format<f8E4M3FN>, #sluice.format<f8E4M3FN>]"}};

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  // What is left is ours; LLVM's own libraries have flags that nobody asks for here.
  llvm::cl::ResetCommandLineParser();
  llvm::cl::opt<int64_t> m(llvm::cl::Positional, llvm::cl::Required, llvm::cl::desc("M"));
  llvm::cl::opt<int64_t> k(llvm::cl::Positional, llvm::cl::Required, llvm::cl::desc("K"));
  llvm::cl::opt<int64_t> n(llvm::cl::Positional, llvm::cl::Required, llvm::cl::desc("N"));
  llvm::cl::opt<std::string> cpu("cpu", llvm::cl::init("native"), llvm::cl::desc("Processor to generate code for"));
  llvm::cl::opt<std::string> tuneCache("tune-cache", llvm::cl::desc("Strategies that sluicec --tune measured"));
  llvm::cl::opt<bool> narrow("narrow", llvm::cl::desc("Emulated sums beside f32, without other implementations"));
  llvm::cl::ParseCommandLineOptions(argc, argv, "The contractions of a linear layer, timed\n");

  Processor processor = llvm::cantFail(Processor::get(cpu));
  Product products[] = {{"NN", m, n, k, false, false}, {"NT", m, k, n, false, true}, {"TN", k, n, m, true, false}};
  std::deque<JitFunction> programs; // a place of its own for each
  for (Product &product : products) {
    for (auto [name, operands, attributes] : narrow ? llvm::ArrayRef(narrowSeries) : llvm::ArrayRef(series)) {
      JitFunction &program = programs.emplace_back(compile(product, cpu, processor, operands, attributes, tuneCache));
      std::vector<void *> arguments = {product.a, product.b, product.c};
      if (operands == llvm::StringRef("bf16"))
        arguments = {product.roundedA, product.roundedB, product.c};
      for (int threads : {1, 2})
        add(
            name, product, threads, [=, &program] { program.startPool(threads); },
            [=, &program] { llvm::cantFail(program.call(arguments)); });
    }
    if (narrow)
      continue;
    for ([[maybe_unused]] int threads : {1, 2}) {
#ifdef SLUICE_HAS_OPENBLAS
      add(
          "OpenBLAS", product, threads, [=] { openblas_set_num_threads(threads); },
          [&product] {
            cblas_sgemm(CblasRowMajor, product.transA ? CblasTrans : CblasNoTrans,
                        product.transB ? CblasTrans : CblasNoTrans, int(product.m), int(product.n), int(product.k), 1,
                        product.a, int(product.transA ? product.m : product.k), product.b,
                        int(product.transB ? product.k : product.n), 0, product.c, int(product.n));
          });
#endif
#ifdef SLUICE_HAS_ONEDNN
      add(
          "oneDNN", product, threads, [=] { omp_set_num_threads(threads); },
          [&product] {
            dnnl_sgemm(product.transA ? 'T' : 'N', product.transB ? 'T' : 'N', product.m, product.n, product.k, 1,
                       product.a, product.transA ? product.m : product.k, product.b,
                       product.transB ? product.k : product.n, 0, product.c, product.n);
          });
      addRounded(product, threads);
#endif
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
