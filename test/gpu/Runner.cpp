//===- Runner.cpp - Single kernels on the first card ---------------------------------------===//
#include "test/gpu/Runner.h"
#include <deque>

using namespace sluice::gpu;
using sluice::cuda::Address;
using sluice::cuda::CardMemory;

std::vector<uint8_t> Runner::run(const std::string &ptx, const char *kernel, unsigned blocks, unsigned threads,
                                 const std::vector<std::vector<uint8_t>> &inputs, size_t resultBytes,
                                 uint32_t steps) const {
  const cuda::Driver &driver = card.driver;
  card.makeCurrent();
  void *module = nullptr, *function = nullptr;
  driver.check(driver.cuModuleLoadDataEx(&module, ptx.c_str(), 0, nullptr, nullptr), "the PTX");
  driver.check(driver.cuModuleGetFunction(&function, module, kernel), kernel);

  std::deque<CardMemory> memory;
  std::vector<Address> addresses;
  for (const std::vector<uint8_t> &input : inputs) {
    addresses.push_back(memory.emplace_back(card, static_cast<int64_t>(input.size())).address());
    driver.check(driver.cuMemcpyHtoD_v2(addresses.back(), input.data(), input.size()), "a copy to the card");
  }
  addresses.push_back(memory.emplace_back(card, static_cast<int64_t>(resultBytes)).address());
  std::vector<void *> parameters;
  for (Address &address : addresses)
    parameters.push_back(&address);
  parameters.push_back(&steps);

  driver.check(driver.cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, nullptr, parameters.data(), nullptr),
               kernel);
  driver.check(driver.cuCtxSynchronize(), kernel);
  std::vector<uint8_t> result(resultBytes);
  driver.check(driver.cuMemcpyDtoH_v2(result.data(), addresses.back(), resultBytes), "a copy from the card");
  driver.check(driver.cuModuleUnload(module), "the module");
  return result;
}
