//===- ControlOps.cpp - Branches and ends -------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Warp.h"

using namespace sluice::emulator;

static void trap(Warp &warp, const Operation &operation) {
  fault(warp, operation, LaunchFailed, "trap", __builtin_ctz(warp.mask));
}

void sluice::emulator::addControlOps(OpcodeTable &table) {
  for (const char *spelling : {"bra", "bra.uni"})
    table.add(spelling, [](Encoder &encoder) {
      encoder.expectOperands(1);
      encoder.operation.flow = Flow::Branch;
      encoder.operation.counted = Class::Control;
    });
  for (const char *spelling : {"ret", "ret.uni", "exit"})
    table.add(spelling, [](Encoder &encoder) {
      encoder.expectOperands(0);
      encoder.operation.flow = Flow::Exit;
      encoder.operation.counted = Class::Control;
    });
  table.add("trap", [](Encoder &encoder) {
    encoder.expectOperands(0);
    encoder.operation.run = &trap;
    encoder.operation.counted = Class::Control;
  });
}
