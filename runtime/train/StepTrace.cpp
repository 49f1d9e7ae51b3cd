//===- StepTrace.cpp - When the stages of a run did what ------------------===//

#include "runtime/train/StepTrace.h"
#include "runtime/engine/Program.h"

namespace sluice::runtime {

static std::vector<std::string> rowsOf(const sluice_binary &program) {
  std::vector<std::string> rows;
  for (uint32_t i = 0; i < program.device_count; ++i)
    rows.push_back(describeDevice(program, static_cast<int32_t>(i)));
  return rows;
}

/// What a row shows of an action; null: nothing.
static const char *nameOf(const sluice_action &action) {
  switch (action.kind) {
  case SLUICE_ACTION_FORWARD:
    return "forward";
  case SLUICE_ACTION_BACKWARD:
    return "backward";
  case SLUICE_ACTION_BACKWARD_INPUT:
    return "backward_input";
  case SLUICE_ACTION_BACKWARD_WEIGHT:
    return "backward_weight";
  case SLUICE_ACTION_TIED:
    return "tied";
  case SLUICE_ACTION_NORM:
    return "norm";
  case SLUICE_ACTION_UPDATE:
    return "update";
  case SLUICE_ACTION_COMBINE:
    return "combine";
  case SLUICE_ACTION_SEND:
    return "send";
  case SLUICE_ACTION_RECEIVE:
    return "wait"; // to copy the message takes next to nothing
  default:
    return nullptr;
  }
}

StepTrace::StepTrace(const std::string &path, const sluice_binary &program, Engine &engine)
    : engine(engine), trace(path, program.model, rowsOf(program)), times(program.device_count) {
  engine.timeActions(&times);
}

StepTrace::~StepTrace() { engine.timeActions(nullptr); }

void StepTrace::add(int64_t step) {
  for (size_t device = 0; device < times.size(); ++device) {
    for (const ActionTime &time : times[device])
      if (const char *name = nameOf(*time.action))
        trace.add({device, name, step, time.action->micro_batch, time.begin, time.end});
    times[device].clear();
  }
  trace.check();
}

void StepTrace::finish() {
  trace.flush();
  trace.check();
}

} // namespace sluice::runtime
