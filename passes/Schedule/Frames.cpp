//===- Frames.cpp - How many micro-batches are alive at once -------------------------===//
#include "passes/Schedule/Frames.h"
#include <algorithm>
#include <climits>

using namespace sluice::schedule;

std::vector<Lifetime> sluice::schedule::lifetimesOf(const StageIndex &stage, int microBatches) {
  std::vector<Lifetime> lifetimes;
  for (int local = 0; local < microBatches; ++local) {
    Lifetime lifetime{local, INT_MAX, -1};
    for (int step = 0; step < stepsOfMicroBatch; ++step)
      if (int position = stage.position(local, Step(step)); position >= 0) {
        lifetime.first = std::min(lifetime.first, position);
        lifetime.last = std::max(lifetime.last, position);
      }
    lifetimes.push_back(lifetime);
  }
  std::sort(lifetimes.begin(), lifetimes.end(), [](const Lifetime &a, const Lifetime &b) { return a.first < b.first; });
  return lifetimes;
}

/// The most lifetimes that there are at one time: no number of frames below is enough.
static int countAlive(const std::vector<Lifetime> &lifetimes) {
  std::vector<int> ends;
  for (const Lifetime &lifetime : lifetimes)
    ends.push_back(lifetime.last);
  std::sort(ends.begin(), ends.end());
  size_t over = 0, most = 0;
  for (size_t begun = 0; begun < lifetimes.size(); ++begun) {
    while (ends[over] < lifetimes[begun].first)
      ++over;
    most = std::max(most, begun + 1 - over);
  }
  return int(most);
}

/// Two lifetimes that share one of `count` frames: the later, and the earlier that is not over. Null if none do.
static std::pair<const Lifetime *, const Lifetime *> findConflict(const std::vector<Lifetime> &lifetimes, int count,
                                                                  std::vector<const Lifetime *> &holder) {
  holder.assign(count, nullptr);
  for (const Lifetime &lifetime : lifetimes) {
    const Lifetime *&held = holder[lifetime.microBatch % count];
    if (held && held->last > lifetime.first)
      return {&lifetime, held};
    held = &lifetime;
  }
  return {nullptr, nullptr};
}

std::optional<Error> sluice::schedule::countFrames(const Pipeline &pipeline, const ProgramIndex &index,
                                                   std::vector<int> &frames) {
  frames = pipeline.frames;
  frames.resize(pipeline.stages, 0);
  std::vector<const Lifetime *> holder;
  std::vector<int> fewest(pipeline.stages, 1);
  for (const StageIndex &ofStage : index.stages) {
    int stage = ofStage.stage, device = ofStage.device;
    std::vector<Lifetime> lifetimes = lifetimesOf(ofStage, pipeline.microBatchesOfReplica());
    if (frames[stage] == 0) {
      fewest[stage] = std::max(fewest[stage], countAlive(lifetimes));
      while (findConflict(lifetimes, fewest[stage], holder).first)
        ++fewest[stage];
      continue;
    }
    auto [late, early] = findConflict(lifetimes, frames[stage], holder);
    if (!late)
      continue;
    const std::vector<Action> &body = pipeline.programs[device].body;
    return Error{describe(pipeline, device, body[late->first]) + ": overwrites a frame that " +
                     describe(pipeline, device, body[early->last]) + " still needs; the stage has " +
                     std::to_string(frames[stage]) + (frames[stage] == 1 ? " frame" : " frames"),
                 {device, late->first},
                 "it is needed here",
                 {device, early->last}};
  }
  for (int stage = 0; stage < pipeline.stages; ++stage)
    if (frames[stage] == 0)
      frames[stage] = fewest[stage];
  return std::nullopt;
}
