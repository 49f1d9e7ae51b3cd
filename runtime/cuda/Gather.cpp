//===- Gather.cpp - What the host reads, in one place ---------------------===//

#include "runtime/cuda/Gather.h"

using namespace sluice::cuda;

namespace {

/// As the kernel reads it.
struct Entry {
  Address into, from, words;
};

} // namespace

static constexpr int64_t kWord = 4;

static int64_t roomOfAll(const std::vector<Part> &parts) {
  int64_t bytes = 0;
  for (const Part &part : parts)
    bytes += Gather::room(part.bytes);
  return bytes;
}

Gather::Gather(const Kernels &kernels, Stream &stream, const std::vector<Part> &parts)
    : kernels(kernels), stream(stream), tableBytes(static_cast<int64_t>(parts.size() * sizeof(Entry))),
      resultBytes(roomOfAll(parts)), memory(stream.card, tableBytes + resultBytes) {
  std::vector<Entry> table;
  Address into = address();
  for (const Part &part : parts) {
    table.push_back({into, part.address, static_cast<Address>(part.bytes / kWord)});
    into += static_cast<Address>(room(part.bytes));
  }
  stream.upload(memory.address(), static_cast<const void *>(table.data()), tableBytes);
  // What lies between parts is copied to the host too.
  stream.clear(address(), resultBytes);
  stream.finish();
}

void Gather::run(uint32_t first, uint32_t count) const {
  constexpr uint32_t kThreads = 32;
  uint32_t grid[] = {count, 1, 1}, block[] = {kThreads, 1, 1};
  std::vector<Address> parameters = {memory.address() + first * sizeof(Entry)};
  stream.launch(kernels.own(OwnKernel::Gather, SLUICE_F64), {grid, block, 0}, parameters, "the gathering of results");
}
