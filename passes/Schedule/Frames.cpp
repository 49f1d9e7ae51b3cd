//===- Frames.cpp - How many micro-batches are alive at once -------------------------===//
#include "passes/Schedule/Frames.h"
#include <algorithm>
#include <cstdint>

using namespace sluice::schedule;

std::vector<Lifetime> sluice::schedule::lifetimesOf(const StageIndex &stage, int microBatches, int steps) {
  std::vector<Lifetime> lifetimes;
  for (int local = 0; local < microBatches; ++local) {
    Lifetime lifetime{local, INT64_MAX, -1};
    for (int step = 0; step < stepsOfMicroBatch; ++step)
      if (int64_t moment = stage.moment(local, Step(step)); moment >= 0) {
        lifetime.first = std::min(lifetime.first, moment);
        lifetime.last = std::max(lifetime.last, moment);
      }
    lifetimes.push_back(lifetime);
  }
  for (int number = microBatches; number < steps * microBatches; ++number) {
    Lifetime before = lifetimes[number - microBatches];
    lifetimes.push_back({number, before.first + stage.bodySize, before.last + stage.bodySize});
  }
  return lifetimes;
}

int sluice::schedule::frameOf(const Pipeline &pipeline, int microBatch, int frames) {
  return (pipeline.isStale() ? microBatch : microBatch % pipeline.microBatchesOfReplica()) % frames;
}

/// The most lifetimes that there are at one time: no number of frames below is enough.
static int countAlive(const std::vector<Lifetime> &lifetimes) {
  std::vector<int64_t> starts, ends;
  for (const Lifetime &lifetime : lifetimes) {
    starts.push_back(lifetime.first);
    ends.push_back(lifetime.last);
  }
  std::sort(starts.begin(), starts.end());
  std::sort(ends.begin(), ends.end());
  size_t over = 0, most = 0;
  for (size_t begun = 0; begun < starts.size(); ++begun) {
    while (ends[over] < starts[begun])
      ++over;
    most = std::max(most, begun + 1 - over);
  }
  return int(most);
}

/// Two lifetimes that share one of `count` frames: the later, and the earlier that is not over. Null if none do. Those
/// of the first step, `microBatches`, stand for all steps.
static std::pair<const Lifetime *, const Lifetime *> findConflict(const std::vector<Lifetime> &lifetimes,
                                                                  int microBatches, int count) {
  std::pair<const Lifetime *, const Lifetime *> found = {nullptr, nullptr};
  for (int number = 0; number < microBatches; ++number)
    for (size_t other = size_t(number) + count; other < lifetimes.size(); other += count) {
      const Lifetime *early = &lifetimes[number], *late = &lifetimes[other];
      if (late->first < early->first)
        std::swap(early, late);
      if (early->last > late->first && (!found.first || late->first < found.first->first))
        found = {late, early};
    }
  return found;
}

/// Lifetimes of as many steps as one of the first is alive in.
static std::vector<Lifetime> lifetimesTogether(const StageIndex &stage, int microBatches) {
  int64_t last = 0;
  for (const Lifetime &lifetime : lifetimesOf(stage, microBatches))
    last = std::max(last, lifetime.last);
  return lifetimesOf(stage, microBatches, 1 + int(last / stage.bodySize));
}

std::optional<Error> sluice::schedule::countFrames(const Pipeline &pipeline, const ProgramIndex &index,
                                                   std::vector<int> &frames) {
  frames = pipeline.frames;
  frames.resize(pipeline.stages, 0);
  std::vector<int> fewest(pipeline.stages, 1);
  for (const StageIndex &ofStage : index.stages) {
    int stage = ofStage.stage, device = ofStage.device, microBatches = pipeline.microBatchesOfReplica();
    std::vector<Lifetime> lifetimes = lifetimesTogether(ofStage, microBatches);
    if (frames[stage] == 0) {
      fewest[stage] = std::max(fewest[stage], countAlive(lifetimes));
      while (findConflict(lifetimes, microBatches, fewest[stage]).first)
        ++fewest[stage];
      continue;
    }
    auto [late, early] = findConflict(lifetimes, microBatches, frames[stage]);
    if (!late)
      continue;
    const std::vector<Action> &body = pipeline.programs[device].body;
    int writes = int(late->first % ofStage.bodySize), needs = int(early->last % ofStage.bodySize);
    return Error{describe(pipeline, device, body[writes]) + ": overwrites a frame that " +
                     describe(pipeline, device, body[needs]) + " still needs; the stage has " +
                     std::to_string(frames[stage]) + (frames[stage] == 1 ? " frame" : " frames"),
                 {device, writes},
                 "it is needed here",
                 {device, needs}};
  }
  for (int stage = 0; stage < pipeline.stages; ++stage)
    if (frames[stage] == 0)
      frames[stage] = fewest[stage];
  return std::nullopt;
}
