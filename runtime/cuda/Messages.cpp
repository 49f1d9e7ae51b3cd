//===- Messages.cpp - Messages between GPUs -------------------------------===//

#include "runtime/cuda/Messages.h"
#include "runtime/engine/Program.h"

using namespace sluice::cuda;
using namespace sluice::runtime;

/// A stage of the sender's device, and one of the receiver's.
static int32_t stageOn(const sluice_binary &program, int32_t device) {
  int32_t replica = program.devices[device].replica, stage = 0;
  while (deviceOf(program, stage, replica) != device)
    ++stage;
  return stage;
}

CudaMessages::CudaMessages(const sluice_binary &program, int32_t number, CudaDevice &from, CudaDevice &to)
    : program(program), channel(program.channels[number]), number(number), from(from), to(to) {
  const Card &sender = from.streamOf(stageOn(program, channel.from)).card;
  const Card &receiver = to.streamOf(stageOn(program, channel.to)).card;
  for (int32_t i = 0; i < channel.capacity; ++i)
    places.push_back({Event(sender), Event(receiver)});
}

template <typename Function> void CudaMessages::forEachPart(bool isSend, const Function &function) const {
  if (channel.role == SLUICE_CHANNEL_REPLICA)
    return function(0, 0, messageBytes(program, channel));
  int64_t inMessage = 0;
  for (uint32_t i = 0; i < channel.transfer_count; ++i) {
    const sluice_transfer &transfer = program.transfers[channel.first_transfer + i];
    function(isSend ? transfer.source : transfer.target, inMessage, transfer.bytes);
    inMessage += transfer.bytes;
  }
}

/// Where the part of a message at an offset lies.
static Address addressOf(const sluice_channel &channel, const CudaDevice &device, const sluice_action &action,
                         int64_t microBatch, int64_t offset) {
  switch (channel.role) {
  case SLUICE_CHANNEL_REPLICA:
    return device.gradientsAt(action.stage, action.kind == SLUICE_ACTION_SEND ? action.from : action.into);
  case SLUICE_CHANNEL_EXCHANGE:
    return device.persistentAt(action.stage, offset);
  default:
    return device.frameAt(action.stage, microBatch) + static_cast<Address>(offset);
  }
}

void CudaMessages::put(MessagePlace place, const sluice_action &send, int64_t microBatch) {
  const Card &receiver = to.streamOf(stageOn(program, channel.to)).card;
  Address message = to.messageAt(number, place.number);
  Place &at = places[place.number];
  if (at.wasTaken == from.edges())
    from.ask(send.stage, Work::await(at.isFree));
  forEachPart(/*isSend=*/true, [&](int64_t offset, int64_t inMessage, int64_t bytes) {
    from.ask(send.stage, Work::copy(message + static_cast<Address>(inMessage), receiver,
                                    addressOf(channel, from, send, microBatch, offset), bytes));
  });
  from.ask(send.stage, Work::signal(at.isThere));
  at.wasPut = from.edges();
}

void CudaMessages::take(MessagePlace place, const sluice_action &receive, int64_t microBatch) {
  Address message = to.messageAt(number, place.number);
  Place &at = places[place.number];
  if (at.wasPut == to.edges())
    to.ask(receive.stage, Work::await(at.isThere));
  forEachPart(/*isSend=*/false, [&](int64_t offset, int64_t inMessage, int64_t bytes) {
    to.ask(receive.stage,
           Work::copy(addressOf(channel, to, receive, microBatch, offset), to.streamOf(receive.stage).card,
                      message + static_cast<Address>(inMessage), bytes));
  });
  to.ask(receive.stage, Work::signal(at.isFree));
  at.wasTaken = to.edges();
}
