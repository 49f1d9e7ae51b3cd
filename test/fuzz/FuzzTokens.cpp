//===- FuzzTokens.cpp - Any bytes as a file of data -------------------------------===//
//
// The first byte chooses the name that the others get, and with it how they are read. The file is refused, or all of
// its tokens can be read and lie in the vocabulary.
//
//===----------------------------------------------------------------------===//
#include "runtime/Error.h"
#include "runtime/data/Data.h"
#include "test/fuzz/FuzzFile.h"

#include <vector>

using namespace sluice;
using namespace sluice::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static FuzzFolder folder;
  static constexpr const char *names[] = {"data.bin", "data.txt", "data.npy", "data.json"};
  if (size == 0)
    return 0;
  try {
    constexpr int64_t vocabulary = 50257;
    TokenStream stream({folder.write(names[data[0] % 4], data + 1, size - 1)}, vocabulary);
    stream.checkTokens();
    std::vector<int32_t> tokens(static_cast<size_t>(stream.size()));
    stream.read(0, stream.size(), tokens.data());
    for (int32_t token : tokens)
      if (token < 0 || token >= vocabulary)
        std::abort();
  } catch (const Error &) {
  }
  return 0;
}
