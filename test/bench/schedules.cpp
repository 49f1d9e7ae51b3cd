//===- schedules.cpp - How long a proof takes --------------------------------------------===//
//
// sluice-bench-schedules [STAGES MICRO-BATCHES REPLICAS]: prints, for each schedule, the number of actions and the
// median time of 9 proofs in milliseconds. 64 stages and 512 micro-batches by default.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Verify.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace sluice::schedule;

static double measure(const Pipeline &pipeline, const Costs &costs) {
  std::vector<double> times;
  for (int run = 0; run < 9; ++run) {
    auto start = std::chrono::steady_clock::now();
    Proof proof;
    if (auto error = verify(pipeline, costs, proof)) {
      std::fprintf(stderr, "%s\n", error->text.c_str());
      std::exit(1);
    }
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

int main(int count, char **arguments) {
  GeneratorOptions options;
  options.stages = count > 1 ? std::atoi(arguments[1]) : 64;
  options.microBatches = count > 2 ? std::atoi(arguments[2]) : 512;
  options.replicas = count > 3 ? std::atoi(arguments[3]) : 1;
  if (options.stages > 1)
    options.tied = {{0, options.stages - 1}};
  for (const char *schedule : {"sequential", "gpipe", "1f1b", "1f1b forward"}) {
    options.schedule = schedule;
    options.training = options.schedule != "1f1b forward";
    if (!options.training)
      options.schedule = "1f1b";
    Pipeline pipeline;
    if (auto error = generate(options, pipeline)) {
      std::fprintf(stderr, "%s\n", error->text.c_str());
      return 2;
    }
    // Stages that differ, so that the period is not that of a first guess.
    Costs costs;
    for (int stage = 0; stage < options.stages; ++stage) {
      costs.stages.emplace_back();
      costs.stages.back().forward = 1 + 0.01 * ((stage * 7) % 11);
      costs.stages.back().backward = 2 + 0.01 * ((stage * 5) % 13);
      costs.stages.back().activations = costs.stages.back().gradients = 0.05;
    }
    size_t actions = 0;
    for (const Program &program : pipeline.programs)
      actions += program.body.size();
    std::printf("%-14s %8zu actions %8.1f ms\n", schedule, actions, measure(pipeline, costs));
  }
  return 0;
}
