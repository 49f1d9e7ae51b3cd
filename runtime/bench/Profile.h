//===- Profile.h - What a program's stages take, for the compiler -*- C++ -*-===//
//
// The file of `--bench --profile=FILE`, which `sluicec --profile=FILE` reads (passes/Stages/Profile.h):
//
//   {
//     "sluice_profile": 1,                                     its version
//     "model": "gpt2", "parameters": 124439808, "optimizer": "adamw", "compute": "f32", "accumulation": "f32",
//     "batch": 4, "sequence": 512, "micro_batches": 8, "schedule": "sequential", "replicas": 1, "threads": 1,
//     "processor": "znver4", "steps": 10,
//     "stages": [{"layers": 6, "embeddings": true, "head": false, "recomputed": false,
//                 "forward": 0.5, "backward": 1.0,             seconds a micro-batch
//                 "tied": 0.0, "norm": 0.0, "update": 0.1}],   seconds a step
//     "messages": [{"bytes": 1572864, "seconds": 0.0002}]      by size, from when both sides are there
//   }
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_BENCH_PROFILE_H
#define SLUICE_RUNTIME_BENCH_PROFILE_H

#include "runtime/abi.h"
#include "runtime/engine/Executor.h"

#include <string>
#include <vector>

namespace sluice::runtime {

/// Error unless what a profile of the program measures is what its stages cost: no gate skips a part of a layer, and
/// all stages that run at once, of `threads` threads each, have a processor of their own.
void checkCanProfile(const sluice_binary &program, unsigned threads, unsigned processors);

/// The text of the file. `byDevice` has the actions of whole steps, at least one, as Executor::timeActions() gives
/// them. Times are medians over steps and devices of the mean over micro-batches.
std::string profileText(const sluice_binary &program, unsigned threads,
                        const std::vector<std::vector<ActionTime>> &byDevice);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_BENCH_PROFILE_H
