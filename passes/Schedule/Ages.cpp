//===- Ages.cpp - How old gradients are when they are applied -------------------------===//
#include "passes/Schedule/Ages.h"

using namespace sluice::schedule;

namespace {
/// Checks one micro-batch of a stage.
class AgeChecker {
public:
  AgeChecker(const Pipeline &pipeline, const ProgramIndex &index, const StageIndex &ofStage, int local)
      : pipeline(pipeline), index(index), ofStage(ofStage), local(local) {}

  std::optional<Error> check() const {
    // Both halves of backward read weights.
    Step backward = pipeline.splits ? AtBackwardWeight : AtBackward;
    int own = ofStage.updateBehind(ofStage.moment(local, backward)) - weightsOf(ofStage);
    if (own != pipeline.ages[ofStage.stage])
      return wrong(backward, "a gradient of age " + std::to_string(pipeline.ages[ofStage.stage]), own,
                   "weights of this forward", ofStage, AtForward);
    if (auto error = checkShared(backward))
      return error;
    if (int stage = ofStage.stage; stage > 0) {
      const StageIndex &below = neighbour(-1);
      int newer = weightsOf(ofStage) - weightsOf(below), declared = declaredOf(pipeline.activationAges);
      if (newer != declared)
        return wrong(AtForward, "activations of age " + std::to_string(declared), newer, "made by this forward", below,
                     AtForward);
    }
    if (ofStage.stage + 1 < pipeline.stages) {
      const StageIndex &above = neighbour(1);
      int late = ofStage.lag(local, AtBackward) - above.lag(local, AtBackward);
      if (int declared = declaredOf(pipeline.errorAges); late != declared)
        return wrong(AtBackward, "an error gradient of age " + std::to_string(declared), late, "made by this backward",
                     above, AtBackward);
    }
    return checkSum(backward);
  }

private:
  const Pipeline &pipeline;
  const ProgramIndex &index;
  const StageIndex &ofStage;
  int local;

  const StageIndex &neighbour(int step) const { return index.stages[&ofStage - index.stages.data() + step]; }

  int declaredOf(const std::vector<int> &ages) const { return ages.empty() ? 0 : ages[ofStage.stage]; }

  /// The updates behind those of the step before whose weights the forward reads.
  int weightsOf(const StageIndex &stage) const { return stage.updateBehind(stage.moment(local, AtForward)); }

  /// Parameters that the stage reads and another of its device updates have the age of its own.
  std::optional<Error> checkShared(Step backward) const {
    for (const TiedStages &pair : pipeline.tied) {
      if (pair[0] != ofStage.stage || !pipeline.isShared(pair))
        continue;
      const StageIndex &owner = neighbour(pair[1] - pair[0]);
      int age =
          owner.updateBehind(ofStage.moment(local, backward)) - owner.updateBehind(ofStage.moment(local, AtForward));
      if (int declared = pipeline.ages[ofStage.stage]; age != declared)
        return wrong(backward,
                     "a gradient of age " + std::to_string(declared) + " of what stage " + std::to_string(pair[1]) +
                         " updates",
                     age, "weights of this forward", ofStage, AtForward);
    }
    return std::nullopt;
  }

  /// What is added up in a body is the gradient of one step.
  std::optional<Error> checkSum(Step backward) const {
    int lag = ofStage.lag(local, backward), first = ofStage.lag(0, backward);
    if (lag == first)
      return std::nullopt;
    return wrong(backward, "a gradient of the step of others in its sum, " + std::to_string(first) + " before", lag,
                 "another is here", ofStage, backward, 0);
  }

  Error wrong(Step step, const std::string &expected, int found, const char *note, const StageIndex &other, Step there,
              std::optional<int> otherLocal = std::nullopt) const {
    int position = ofStage.position(local, step);
    return Error{describe(pipeline, ofStage.device, pipeline.programs[ofStage.device].body[position]) + ": expected " +
                     expected + ", as the stage declares, found age " + std::to_string(found),
                 {ofStage.device, position},
                 note,
                 {other.device, other.position(otherLocal.value_or(local), there)}};
  }
};
} // namespace

std::optional<Error> sluice::schedule::checkAges(const Pipeline &pipeline, const ProgramIndex &index) {
  if (!pipeline.training)
    return std::nullopt;
  for (const StageIndex &ofStage : index.stages)
    for (int local = 0; local < pipeline.microBatchesOfReplica(); ++local)
      if (auto error = AgeChecker(pipeline, index, ofStage, local).check())
        return error;
  return std::nullopt;
}
