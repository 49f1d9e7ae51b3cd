//===- Device.cpp - Devices and their contexts --------------------------------------------===//
#include "test/cuda-emulator/driver/Device.h"
#include "test/cuda-emulator/driver/Stream.h"
#include <algorithm>

using namespace sluice::emulator;

std::vector<std::unique_ptr<Device>> &sluice::emulator::devices() {
  // Threads of streams may outlive the objects of main's end: these are never destroyed.
  static auto &all = *[] {
    auto *made = new std::vector<std::unique_ptr<Device>>();
    for (int i = 0; i < settings().devices; ++i) {
      made->push_back(std::make_unique<Device>());
      made->back()->ordinal = i;
      made->back()->context.device = made->back().get();
    }
    return made;
  }();
  return all;
}

Memory &sluice::emulator::pinnedMemory() {
  static Memory &memory = *new Memory("pinned memory", 0, u64{8} << 30);
  return memory;
}

std::mutex &sluice::emulator::pinnedMutex() {
  static std::mutex mutex;
  return mutex;
}

Device *sluice::emulator::deviceOf(u64 address) {
  for (const auto &device : devices())
    if (device->memory && device->memory->contains(address))
      return device.get();
  return nullptr;
}

Context *&sluice::emulator::currentContext() {
  static thread_local Context *current = nullptr;
  return current;
}

std::vector<std::shared_ptr<Stream>> Context::liveStreams() {
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<std::shared_ptr<Stream>> live;
  for (const std::weak_ptr<Stream> &stream : streams)
    if (auto there = stream.lock())
      live.push_back(std::move(there));
  streams.assign(live.begin(), live.end());
  return live;
}

RunningLock::RunningLock(std::set<Device *> devices) {
  std::vector<Device *> ordered(devices.begin(), devices.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const Device *left, const Device *right) { return left->ordinal < right->ordinal; });
  for (Device *device : ordered)
    locks.emplace_back(device->running);
}

void sluice::emulator::forgetAllHistory() {
  std::set<Device *> all;
  for (const auto &device : devices())
    all.insert(device.get());
  RunningLock lock(all);
  for (Device *device : all)
    if (device->memory)
      device->memory->forgetHistory();
  pinnedMemory().forgetHistory();
}
