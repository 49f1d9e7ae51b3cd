//===- DeviceOfStage.h - Which stages are on one device ---------------------------===//
#ifndef SLUICE_PASSES_STAGES_DEVICEOFSTAGE_H
#define SLUICE_PASSES_STAGES_DEVICEOFSTAGE_H

#include "dialects/Pipe/PipeDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// The devices of stages, in a replica: those of the programs `train.pipeline` where the module has them, else stage s
/// is on device s modulo `devices`, or on its own with 0.
class DeviceOfStage {
public:
  DeviceOfStage(mlir::ModuleOp module, int64_t devices)
      : given(module.lookupSymbol<pipe::PipelineOp>("train.pipeline")), devices(devices) {}

  int64_t operator()(int64_t stage) {
    if (!given)
      return devices > 0 ? stage % devices : stage;
    std::optional<llvm::ArrayRef<int32_t>> ofStages = given.getDevices();
    // One that the programs do not have is on none of their devices.
    return ofStages && stage < int64_t(ofStages->size()) ? int64_t((*ofStages)[stage]) : stage;
  }

  /// Whether all are on one device. There is at least one.
  bool areTogether(llvm::ArrayRef<int64_t> stages) {
    return llvm::all_of(stages, [&](int64_t stage) { return (*this)(stage) == (*this)(stages.front()); });
  }

private:
  pipe::PipelineOp given;
  int64_t devices;
};

} // namespace sluice

#endif // SLUICE_PASSES_STAGES_DEVICEOFSTAGE_H
