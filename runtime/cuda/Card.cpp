//===- Card.cpp - A GPU ---------------------------------------------------===//

#include "runtime/cuda/Card.h"

using namespace sluice::cuda;

Card::Card(int ordinal) : driver(Driver::get()) {
  std::string number = "GPU " + std::to_string(ordinal);
  driver.check(driver.cuDeviceGet(&device, ordinal), number);
  char model[256] = {};
  driver.check(driver.cuDeviceGetName(model, sizeof(model), device), number);
  modelName = model;
  text = number + " (" + modelName + ")";
  int major = 0, minor = 0;
  driver.check(driver.cuDeviceGetAttribute(&major, kCapabilityMajor, device), text);
  driver.check(driver.cuDeviceGetAttribute(&minor, kCapabilityMinor, device), text);
  tenCapability = 10 * major + minor;
  driver.check(driver.cuDevicePrimaryCtxRetain(&primary, device), text);
}

Card::~Card() { driver.cuDevicePrimaryCtxRelease_v2(device); }

void Card::makeCurrent() const { driver.check(driver.cuCtxSetCurrent(primary), text); }

int64_t Card::freeBytes() const {
  makeCurrent();
  unsigned long available = 0, total = 0;
  driver.check(driver.cuMemGetInfo_v2(&available, &total), text);
  return static_cast<int64_t>(available);
}

bool Card::canAccess(const Card &peer) const {
  int can = 0;
  return driver.cuDeviceCanAccessPeer(&can, device, peer.device) == kSuccess && can;
}

CardMemory::CardMemory(const Card &card, int64_t bytes) : card(card) {
  card.makeCurrent();
  if (bytes > 0)
    card.driver.check(card.driver.cuMemAlloc_v2(&base, static_cast<unsigned long>(bytes)),
                      "memory of " + card.name() + ", " + std::to_string(bytes) + " bytes");
}

CardMemory::~CardMemory() {
  if (base && card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    card.driver.cuMemFree_v2(base);
}

PinnedMemory::PinnedMemory(const Card &card, int64_t bytes) : card(card), bytes(bytes) {
  card.makeCurrent();
  void *memory = nullptr;
  card.driver.check(card.driver.cuMemHostAlloc(&memory, static_cast<unsigned long>(bytes), kHostPortable),
                    "pinned memory, " + std::to_string(bytes) + " bytes");
  base = static_cast<char *>(memory);
}

PinnedMemory::~PinnedMemory() {
  if (card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    card.driver.cuMemFreeHost(base);
}

Event::Event(const Card &card, EventFlag flag) : card(&card) {
  card.makeCurrent();
  card.driver.check(card.driver.cuEventCreate(&handle, flag), "an event");
}

Event::~Event() {
  if (handle && card->driver.cuCtxSetCurrent(card->context()) == kSuccess)
    card->driver.cuEventDestroy_v2(handle);
}
