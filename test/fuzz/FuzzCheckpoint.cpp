//===- FuzzCheckpoint.cpp - Any text as the index of a checkpoint -----------------===//
//
// The index is refused, or the files that it names are looked for in its folder and nowhere else.
//
//===----------------------------------------------------------------------===//
#include "runtime/Error.h"
#include "runtime/checkpoint/Checkpoint.h"
#include "test/fuzz/FuzzFile.h"

using namespace sluice;
using namespace sluice::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static FuzzFolder folder;
  folder.write("checkpoint.json", data, size);
  try {
    CheckpointIndex index = readCheckpointIndex(folder.path());
    std::string model = checkpointModelPath(folder.path(), index);
    if (model.rfind('/') != folder.path().size())
      std::abort();
    loadCheckpoint(folder.path(), index, {}, {});
  } catch (const Error &) {
  }
  return 0;
}
