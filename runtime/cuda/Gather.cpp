//===- Gather.cpp - What the host reads, in one place ---------------------===//

#include "runtime/cuda/Gather.h"

using namespace sluice::cuda;

namespace {

/// Where a part goes and where it lies.
struct Entry {
  Address into, from, words;
};

} // namespace

static constexpr int64_t kWord = 4;

Gather::Gather(const Kernels &kernels, Stream &stream, const std::vector<Part> &parts, Address into)
    : kernels(kernels), stream(stream), table(stream.card, static_cast<int64_t>(parts.size() * sizeof(Entry))) {
  std::vector<Entry> entries;
  for (const Part &part : parts) {
    entries.push_back({into, part.address, static_cast<Address>(part.bytes / kWord)});
    into += static_cast<Address>(room(part.bytes));
  }
  stream.upload(table.address(), static_cast<const void *>(entries.data()),
                static_cast<int64_t>(entries.size() * sizeof(Entry)));
  stream.finish();
}

void Gather::run(uint32_t first, uint32_t count) const {
  constexpr uint32_t kThreads = 32;
  uint32_t grid[] = {count, 1, 1}, block[] = {kThreads, 1, 1};
  std::vector<Address> parameters = {table.address() + first * sizeof(Entry)};
  stream.launch(kernels.own(OwnKernel::Gather, SLUICE_F64), {grid, block, 0}, parameters, describe(OwnKernel::Gather));
}
