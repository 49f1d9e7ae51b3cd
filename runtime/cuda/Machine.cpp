//===- Machine.cpp - The GPUs that a process uses -------------------------===//

#include "runtime/cuda/Machine.h"
#include "runtime/Error.h"
#include "runtime/cuda/Layout.h"
#include "runtime/engine/MemoryPlan.h"

#include <algorithm>

using namespace sluice::cuda;
using namespace sluice::runtime;

Machine::Machine(const sluice_binary &program, bool isSynchronous) {
  int used = std::min(Driver::get().deviceCount(), static_cast<int>(program.device_count));
  for (int number = 0; number < used; ++number)
    cards.emplace_back(number);
  // What a kernel takes of a card's memory is not free any more when that is asked for.
  for (const Card &card : cards)
    kernels.emplace_back(program, card);
  enablePeers();
  checkMemory(program);
  for (uint32_t device = 0; device < program.device_count; ++device)
    streams.emplace_back(card(cardOf(static_cast<int32_t>(device), count())), firstFailure, isSynchronous);
}

/// Has cards copy to each other directly where they can; elsewhere the driver goes by way of the host.
void Machine::enablePeers() {
  for (const Card &card : cards)
    for (const Card &peer : cards) {
      if (&card == &peer)
        continue;
      if (!card.canAccess(peer)) {
        arePeers = false;
        continue;
      }
      card.makeCurrent();
      int status = card.driver.cuCtxEnablePeerAccess(peer.context(), 0);
      if (status != kPeerAccessAlreadyEnabled)
        card.driver.check(status, card.name() + " and " + peer.name());
    }
}

void Machine::checkMemory(const sluice_binary &program) const {
  for (int number = 0; number < count(); ++number) {
    int64_t needed = 0, fixed = 0;
    for (uint32_t device = 0; device < program.device_count; ++device) {
      // Replicas have a block on each card that one of their devices lies on.
      int32_t replica = program.devices[device].replica, first = replica * devicesOfReplica(program);
      bool isFirstHere = cardOf(static_cast<int32_t>(device), count()) == number;
      for (int32_t before = first; before < static_cast<int32_t>(device); ++before)
        isFirstHere = isFirstHere && cardOf(before, count()) != number;
      if (!isFirstHere)
        continue;
      Layout layout(program, replica, number, count());
      needed += layout.total();
      fixed += layout.fixed();
    }
    int64_t available = card(number).freeBytes();
    if (needed > available)
      throw RunError("the model '" + std::string(program.model) + "' needs " + mebibytes(needed) +
                     " of the memory of " + card(number).name() + ", but " + mebibytes(available) +
                     " are free: " + whatFits(program, needed, fixed, available));
  }
}
