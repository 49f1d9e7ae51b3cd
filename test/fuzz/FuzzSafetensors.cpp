//===- FuzzSafetensors.cpp - Any bytes as a file of tensors -----------------------===//
//
// The header is refused, or every tensor of it can be read: copied as it is, and converted to f32.
//
//===----------------------------------------------------------------------===//
#include "runtime/Error.h"
#include "runtime/checkpoint/Safetensors.h"
#include "test/fuzz/FuzzFile.h"

#include <vector>

using namespace sluice;
using namespace sluice::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static FuzzFolder folder;
  try {
    SafetensorsFile file(folder.write("model.safetensors", data, size));
    for (const SafetensorsFile::Entry &entry : file.entries()) {
      std::vector<unsigned char> copy(static_cast<size_t>(entry.bytes));
      file.readBytes(entry, 0, entry.bytes, copy.data());
      TensorView view;
      view.name = entry.name;
      view.element = SLUICE_F32;
      view.shape = entry.shape;
      std::vector<float> numbers(static_cast<size_t>(view.elements()));
      view.data = numbers.data();
      try {
        file.read(view);
      } catch (const Error &) {
        // A type that does not convert.
      }
    }
  } catch (const Error &) {
  }
  return 0;
}
