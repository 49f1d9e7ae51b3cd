//===- VerifySchedule.cpp - Proves programs of devices -------------------------------------===//
#include "mlir/IR/Remarks.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/PipelineOps.h"
#include "passes/Schedule/Verify.h"
#include <cmath>

namespace sluice {
#define GEN_PASS_DEF_VERIFYSCHEDULE
#include "passes/Schedule/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The op that a place is: an action, or the program if it has none.
static Operation *findOp(const PipelineOfOp &read, schedule::Place place) {
  if (place.device < 0)
    return nullptr;
  return place.action < 0 ? read.programs[place.device] : read.actions[place.device][place.action];
}

static void report(pipe::PipelineOp op, const PipelineOfOp &read, const schedule::Error &error) {
  Operation *at = findOp(read, error.place);
  if (!at && error.channel >= 0)
    at = read.channels[error.channel];
  InFlightDiagnostic diagnostic = (at ? at : op)->emitError() << error.text;
  if (Operation *peer = findOp(read, error.peer))
    diagnostic.attachNote(peer->getLoc()) << error.peerText;
}

namespace {
struct VerifySchedule : sluice::impl::VerifyScheduleBase<VerifySchedule> {
  using VerifyScheduleBase::VerifyScheduleBase;

  void runOnOperation() override {
    for (auto op : getOperation().getOps<pipe::PipelineOp>())
      if (failed(verifyPipeline(op)))
        return signalPassFailure();
  }

private:
  LogicalResult verifyPipeline(pipe::PipelineOp op) {
    FailureOr<PipelineOfOp> read = readPipeline(op);
    bool isGiven = !forward.empty() || !backward.empty();
    std::optional<schedule::Costs> known = isGiven ? std::nullopt : costsOf(op);
    schedule::Costs costs = known.value_or(schedule::Costs());
    if (failed(read) || (!known && failed(readCosts(op, costs))))
      return failure();
    schedule::Proof proof;
    if (auto error = schedule::verify(read->pipeline, costs, proof)) {
      report(op, *read, *error);
      return failure();
    }
    op.setFrames(proof.frames);
    if (known) {
      for (double &share : proof.busy)
        share = std::min(share, 1.0); // but for rounding
      op.setBusy(proof.busy);
    }
    remark::analysis(op.getLoc(), remark::RemarkOpts::name("Proof").category("schedule").function(op.getSymName()))
        << remark::metric("pipeline", op.getSymName()) << remark::metric("period", proof.period)
        << remark::metric("bubble", proof.bubble) << remark::metric("peak-frames", *llvm::max_element(proof.frames));
    if (timeline > 0)
      remark::analysis(op.getLoc(), remark::RemarkOpts::name("Timeline").category("schedule"))
          << "\n" + schedule::drawText(read->pipeline, proof.timeline, timeline);
    return success();
  }

  LogicalResult readCosts(pipe::PipelineOp op, schedule::Costs &costs) {
    size_t stages = op.getStages();
    costs.stages.resize(stages);
    auto read = [&](StringRef name, ArrayRef<double> times, double byDefault,
                    double schedule::StageCosts::*member) -> LogicalResult {
      if (times.size() > 1 && times.size() != stages)
        return op.emitError() << "expected one time of '" << name << "' or one a stage, " << stages << ", found "
                              << times.size();
      for (size_t stage = 0; stage < stages; ++stage) {
        double time = times.empty() ? byDefault : times[times.size() == 1 ? 0 : stage];
        if (!(time >= 0) || std::isinf(time))
          return op.emitError() << "expected times of '" << name << "' that are at least 0, found " << time;
        costs.stages[stage].*member = time;
      }
      return success();
    };
    if (failed(read("forward", forward, 1, &schedule::StageCosts::forward)) ||
        failed(read("backward", backward, 2, &schedule::StageCosts::backward)))
      return failure();
    // Where it runs in halves, they take as long as each other.
    for (schedule::StageCosts &stage : costs.stages)
      stage.backwardWeight = stage.backward / 2;
    return success();
  }
};
} // namespace
