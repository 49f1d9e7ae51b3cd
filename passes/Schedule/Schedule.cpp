//===- Schedule.cpp - Programs of devices from a schedule ---------------------------------===//
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/PipelineOps.h"

namespace sluice {
#define GEN_PASS_DEF_SCHEDULE
#include "passes/Schedule/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct Schedule : sluice::impl::ScheduleBase<Schedule> {
  using ScheduleBase::ScheduleBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    schedule::GeneratorOptions options;
    options.schedule = scheduleName;
    options.stages = stages;
    options.microBatches = microBatches;
    options.replicas = replicas;
    options.groups = groups;
    options.capacity = capacity;
    options.devices = devices;
    options.training = !forwardOnly;
    if (capacity < 0 || tied.size() % 2 != 0) {
      module.emitError() << (capacity < 0 ? "expected a capacity of at least 0, found "
                                          : "expected pairs of tied stages, found ")
                         << (capacity < 0 ? int64_t(capacity) : int64_t(tied.size()));
      return signalPassFailure();
    }
    for (size_t first = 0; first < tied.size(); first += 2)
      options.tied.push_back({tied[first], tied[first + 1]});
    if (Operation *other = module.lookupSymbol(symbol)) {
      other->emitError() << "expected no symbol '" << symbol << "' beside the pipeline";
      return signalPassFailure();
    }
    schedule::Pipeline pipeline;
    if (auto error = schedule::generate(options, pipeline)) {
      module.emitError() << error->text;
      return signalPassFailure();
    }
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    writePipeline(builder, module.getLoc(), symbol, pipeline);
  }
};
} // namespace
