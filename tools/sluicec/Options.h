//===- Options.h - The command line of sluicec --------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_OPTIONS_H
#define SLUICE_TOOLS_SLUICEC_OPTIONS_H

#include "llvm/Support/CommandLine.h"
#include <cstdint>
#include <string>

namespace sluice {

/// `--device-memory` is told in this unit.
inline constexpr double bytesPerGibibyte = double(1 << 30);

enum class Emit { Graph, Gradient, Kernels, LLVM, Ptx, Object, Executable };

struct Options {
  llvm::cl::OptionCategory category{"sluicec options"};
  llvm::cl::opt<std::string> model{
      llvm::cl::Positional,
      llvm::cl::desc("MODEL: a description (.json), a Hugging Face config.json or its folder, or .mlir"),
      llvm::cl::Required, llvm::cl::cat(category)};
  llvm::cl::opt<std::string> output{"o", llvm::cl::desc("File to write (default: train; standard output for text)"),
                                    llvm::cl::value_desc("OUT"), llvm::cl::cat(category)};
  llvm::cl::opt<int64_t> batch{"batch", llvm::cl::desc("Sequences per micro-batch (default: the description's)"),
                               llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<int64_t> sequence{"seq", llvm::cl::desc("Tokens per sequence (default: the description's)"),
                                  llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<int64_t> microBatches{"microbatches",
                                      llvm::cl::desc("Micro-batches per optimizer step (default: the description's)"),
                                      llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> optimizer{"optimizer", llvm::cl::desc("adamw, sgd or muon (default: the description's)"),
                                       llvm::cl::cat(category)};
  llvm::cl::opt<double> gradClip{
      "grad-clip",
      llvm::cl::desc(
          "Global gradient norm above which gradients are scaled down, 0: none (default: the description's)"),
      llvm::cl::init(-1), llvm::cl::cat(category)};
  llvm::cl::opt<double> dropout{"dropout",
                                llvm::cl::desc("Rate of every dropout, 0 removes them (default: the description's)"),
                                llvm::cl::init(-1), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> standardizationLoss{
      "standardization-loss",
      llvm::cl::desc("A loss in place of normalization layers, with options of sluice-standardization-loss: "
                     "lambda=1e-4,site=linear-output (default: none)"),
      llvm::cl::value_desc("OPTION=VALUE,..."), llvm::cl::ValueOptional, llvm::cl::cat(category)};
  llvm::cl::opt<std::string> clipScope{
      "clip-scope",
      llvm::cl::desc(
          "Clip the gradient of the total loss, or of the task's alone and add the standardization loss's after "
          "that: total or task (default: total)"),
      llvm::cl::init("total"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> compute{
      "compute",
      llvm::cl::desc(
          "What contractions compute in: f32, bf16, or emulated tf32, f16, f8E5M2, f8E4M3FN, e4m3b4, or a policy: "
          "fp8-2018, hfp8, hopper-fp8; behind it ,scale=none, tensor or blocks (128 terms of a sum) says what shares a "
          "scale; everything else stays f32, but weights and moments by fp8-2018 (default: f32)"),
      llvm::cl::init("f32"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> narrowWeights{
      "narrow-weights",
      llvm::cl::desc("Keep a copy of weights in the type that contractions round them to, which they read in place of "
                     "the f32 that is updated: 2 bytes more a parameter, and the same bits (default: on for GPUs, "
                     "off for CPUs, which do not gain from it)"),
      llvm::cl::init(false), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> lossScale{
      "loss-scale",
      llvm::cl::desc(
          "What the loss is multiplied by before backward and gradients are divided by before they are used: "
          "none, a power of two, or dynamic, which skips steps whose gradient is not finite and follows them "
          "(default: the policy's, or none; without a value: 1024)"),
      llvm::cl::value_desc("SCALE"),
      llvm::cl::ValueOptional,
      llvm::cl::init("none"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> accumulate{
      "accumulate",
      llvm::cl::desc("How products of the layers' matrices are summed, emulated: "
                     "e6m9,chunk=64,across=f32,rounding=toward-zero,order=sequential, where rounding may also be "
                     "nearest-even or stochastic; or auto, with options of sluice-select-accumulation: "
                     "auto,model=simulated (default: the policy's, or f32)"),
      llvm::cl::value_desc("FORMAT,OPTION=VALUE,..."), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> state{
      "state",
      llvm::cl::desc("What sgd and adamw round weights and the first moment to, at random, emulated: f32 (not at all), "
                     "e6m9 or another format of at most 21 mantissa bits (default: the policy's, or f32)"),
      llvm::cl::value_desc("FORMAT"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> logAccumulation{
      "log-accumulation",
      llvm::cl::desc("Let the program log what the sums of products with a weight of a layer, such as "
                     "h.0.mlp.c_fc.weight, lose against f64, in R rows of the result of a micro-batch (default: none; "
                     "R: 8)"),
      llvm::cl::value_desc("WEIGHT[,rows=R]"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> layerDrop{
      "layer-drop",
      llvm::cl::desc(
          "Drop layers at random, with options of sluice-insert-layer-drop: theta=0.5,gamma=0.001 (default: none)"),
      llvm::cl::value_desc("OPTION=VALUE,..."), llvm::cl::cat(category)};
  llvm::cl::list<std::string> techniques{
      "technique",
      llvm::cl::desc(
          "A pass on the forward graph with its options, or several with commas between them; can be repeated, and "
          "runs in the order given, before --layer-drop (default: none)"),
      llvm::cl::value_desc("PASS{OPTION=VALUE ...}"), llvm::cl::cat(category)};
  llvm::cl::list<std::string> plugins{
      "load-pass-plugin", llvm::cl::desc("Shared library with passes for --technique; can be repeated (default: none)"),
      llvm::cl::value_desc("FILE"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> droppedState{
      "dropped-state",
      llvm::cl::desc(
          "Parameters of a layer that a step drops: move (by the moments of the optimizer) or skip (default: move)"),
      llvm::cl::init("move"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> tiedGradients{
      "tied-gradients",
      llvm::cl::desc("Gradients of the uses of a tied parameter, such as embeddings and head: sum (the gradient of the "
                     "loss) or mean (default: sum)"),
      llvm::cl::init("sum"), llvm::cl::cat(category)};
  llvm::cl::opt<int> tiedDelay{
      "tied-delay",
      llvm::cl::desc("Steps by which ouroboros delays the gradient of a tied parameter on its output side, that of the "
                     "head: 0 or 1 (default: 0)"),
      llvm::cl::value_desc("STEPS"), llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<int64_t> stages{
      "stages",
      llvm::cl::desc("Parts that the layers are divided into; each has a thread of its own, or several "
                     "(default: as many as --partition has, or 1)"),
      llvm::cl::value_desc("K"), llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> partition{
      "partition",
      llvm::cl::desc(
          "Layers of the stack on each stage, such as 3,6,3; 0 leaves the embeddings or the head alone (default: "
          "what makes the slowest stage fastest)"),
      llvm::cl::value_desc("N,..."), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> schedule{
      "schedule",
      llvm::cl::desc("Order in which stages run micro-batches: sequential, gpipe, 1f1b, interleaved, "
                     "zero-bubble, or ouroboros, whose gradients are stale (default: sequential)"),
      llvm::cl::value_desc("NAME"), llvm::cl::init("sequential"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> weights{
      "weights",
      llvm::cl::desc(
          "Weights of gradients under ouroboros: stashed, those of their forward, of which a stage keeps a "
          "version for each step of its delay; predicted, the same where forward reads what the weights are "
          "expected to be when the gradient is applied; or current, the newest, with which backward computes its "
          "stage again from what came into it (default: stashed)"),
      llvm::cl::value_desc("WHICH"), llvm::cl::init("stashed"), llvm::cl::cat(category)};
  llvm::cl::opt<int> replicas{
      "replicas",
      llvm::cl::desc("Copies of all stages, each with an equal part of the micro-batches of a step; a "
                     "power of two (default: 1)"),
      llvm::cl::value_desc("R"), llvm::cl::init(1), llvm::cl::cat(category)};
  llvm::cl::opt<int> reductionGroups{
      "reduction-groups",
      llvm::cl::desc(
          "Groups of micro-batches whose gradients are summed by themselves, a power of two; equal groups give "
          "equal bits with any stages and replicas (default: as many as --replicas)"),
      llvm::cl::value_desc("V"), llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<int> devices{
      "devices",
      llvm::cl::desc(
          "Devices of all replicas. Fewer than stages times replicas: stages s, s + D, ... lie on one of the D "
          "of a replica. As many or more: with stages or replicas it says the other, alone the stages "
          "(default: one a stage of each replica; for ouroboros one less where the embeddings are tied)"),
      llvm::cl::value_desc("D"), llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<double> deviceMemory{
      "device-memory",
      llvm::cl::desc("Memory that a stage may take, in GiB: parameters, gradients, state and what is kept of "
                     "micro-batches (default: 0, no limit)"),
      llvm::cl::value_desc("GIB"), llvm::cl::init(0), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> recompute{
      "recompute",
      llvm::cl::desc("Layers whose forward backward computes again instead of keeping what it computed: none, layer "
                     "(all of the stack, each from its inputs), stage (all, from what comes into their stage), or auto "
                     "(as few as --device-memory asks for); the bits are the same "
                     "(default: none)"),
      llvm::cl::value_desc("LAYERS"), llvm::cl::init("none"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> profile{
      "profile",
      llvm::cl::desc("What layers cost, as --bench --profile=FILE of a program of this model measured, for the "
                     "partition and the simulated step (default: estimates)"),
      llvm::cl::value_desc("FILE"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> explain{
      "explain",
      llvm::cl::desc("Print what each stage has, needs and does when, simulated, and what sums of products lose, and "
                     "make no program: text, json or svg, a picture of the times (default: off; without a value: "
                     "text)"),
      llvm::cl::value_desc("FORM"), llvm::cl::ValueOptional, llvm::cl::cat(category)};
  llvm::cl::opt<bool> measure{
      "measure",
      llvm::cl::desc("Beside --explain: compile and run one contraction of each kind on normal operands, and print its "
                     "error against f64 of the rounded operands; takes about a second a kind (default: off)"),
      llvm::cl::init(false), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> target{
      "target",
      llvm::cl::desc("What the program trains on: cpu, or cuda, NVIDIA GPUs from sm_80 on; cuda:sm_90 and the like for "
                     "those from that one on (default: cpu)"),
      llvm::cl::value_desc("KIND[:ARCHITECTURE]"), llvm::cl::init("cpu"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> cpu{
      "cpu",
      llvm::cl::desc("Processor: native, x86-64, x86-64-v3, x86-64-v4 or a name that LLVM knows (default: native)"),
      llvm::cl::init("native"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> tuneCache{
      "tune-cache",
      llvm::cl::desc("Strategies of contractions that --tune measured (default: none, the shapes decide)"),
      llvm::cl::value_desc("FILE"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> tune{
      "tune",
      llvm::cl::desc("Measure on this machine what --tune-cache lacks for the model, and add it there; takes "
                     "some seconds a shape (default: off)"),
      llvm::cl::init(false), llvm::cl::cat(category)};
  llvm::cl::opt<bool> verifyEach{
      "verify-each", llvm::cl::desc("Verify the IR after every pass (default: before the first and after the last)"),
      llvm::cl::init(false), llvm::cl::cat(category)};
  llvm::cl::opt<Emit> emit{
      "emit", llvm::cl::desc("What to write (default: exe)"), llvm::cl::init(Emit::Executable), llvm::cl::cat(category),
      llvm::cl::values(clEnumValN(Emit::Graph, "graph", "the forward graphs, with techniques"),
                       clEnumValN(Emit::Gradient, "gradient", "differentiated functions and actions"),
                       clEnumValN(Emit::Kernels, "kernels", "vector code on planned memory"),
                       clEnumValN(Emit::LLVM, "llvm", "the LLVM dialect with the exported table"),
                       clEnumValN(Emit::Ptx, "ptx", "the kernels of --target=cuda as PTX"),
                       clEnumValN(Emit::Object, "obj", "an object file"),
                       clEnumValN(Emit::Executable, "exe", "the training program"))};

  /// `cpu` or `cuda`, and the processor or architecture that `createTarget` knows.
  std::string kind() const { return llvm::StringRef(target).split(':').first.str(); }
  std::string processor() const {
    llvm::StringRef architecture = llvm::StringRef(target).split(':').second;
    return kind() == "cpu" ? cpu.getValue() : architecture.empty() ? "native" : architecture.str();
  }
  bool isText() const { return emit < Emit::Object; }
  std::string outputPath() const { return !output.empty() ? output.getValue() : isText() ? "-" : "train"; }
};

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_OPTIONS_H
