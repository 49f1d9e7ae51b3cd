//===- AtomicOps.cpp - atom and red -------------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Access.h"

using namespace sluice::emulator;

namespace {
enum class Update : u8 { Add, Min, Max, And, Or, Xor, Exchange, Compare, Increment, Decrement };
}

/// What memory holds after an update of `old` by `by`; a comparison also has what to store.
template <Update update, typename T> static T updated(T old, T by, T other) {
  if constexpr (update == Update::Exchange)
    return by;
  else if constexpr (update == Update::Compare)
    return old == by ? other : old;
  else if constexpr (update == Update::Min)
    return std::min(old, by);
  else if constexpr (update == Update::Max)
    return std::max(old, by);
  else if constexpr (update == Update::Add && std::is_floating_point_v<T>)
    return old + by;
  else if constexpr (update == Update::Add)
    return T(u64(old) + u64(by));
  else if constexpr (update == Update::And)
    return old & by;
  else if constexpr (update == Update::Or)
    return old | by;
  else if constexpr (update == Update::Xor)
    return old ^ by;
  else if constexpr (update == Update::Increment)
    return old >= by ? T(0) : T(old + 1);
  else
    return old == 0 || old > by ? by : T(old - 1);
}

/// Lanes take turns in order. at: result or none, address, operand, second operand or none.
template <typename Space, Update update, typename T> static void atomically(Warp &warp, const Operation &operation) {
  u64 addresses[32];
  gatherAddresses(warp, operation, 1, addresses);
  if (warp.block->launch->isCounting)
    Space::count(warp, operation, addresses, sizeof(T));
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    Access access{warp, operation, lane, addresses[lane], sizeof(T), true};
    T old, by = warp.lanes<T>(operation.at[2])[lane];
    T other = operation.at[3] == none ? T() : warp.lanes<T>(operation.at[3])[lane];
    std::memcpy(&old, Space::read(access), sizeof(T));
    T now = updated<update, T>(old, by, other);
    std::memcpy(Space::write(access), &now, sizeof(T));
    if (operation.at[0] != none)
      warp.lanes<T>(operation.at[0])[lane] = old;
  }
}

template <Update update, typename T> static Handler handlerOf(const std::string &space) {
  if (space == "shared")
    return &atomically<SharedSpace, update, T>;
  return space == "global" ? &atomically<GlobalSpace, update, T> : &atomically<GenericSpace, update, T>;
}

template <typename T> static Handler arithmetic(const std::string &update, const std::string &space) {
  if (update == "add")
    return handlerOf<Update::Add, T>(space);
  if constexpr (std::is_integral_v<T>) {
    if (update == "min")
      return handlerOf<Update::Min, T>(space);
    if (update == "max")
      return handlerOf<Update::Max, T>(space);
  }
  if constexpr (std::is_same_v<T, u32>) {
    if (update == "inc")
      return handlerOf<Update::Increment, T>(space);
    if (update == "dec")
      return handlerOf<Update::Decrement, T>(space);
  }
  return nullptr;
}

template <typename T> static Handler bitwise(const std::string &update, const std::string &space) {
  if (update == "and")
    return handlerOf<Update::And, T>(space);
  if (update == "or")
    return handlerOf<Update::Or, T>(space);
  if (update == "xor")
    return handlerOf<Update::Xor, T>(space);
  if (update == "exch")
    return handlerOf<Update::Exchange, T>(space);
  return update == "cas" ? handlerOf<Update::Compare, T>(space) : nullptr;
}

namespace {
struct Type {
  u32 bytes;
  Handler (*find)(const std::string &update, const std::string &space);
};
} // namespace

static const std::map<std::string, Type> types = {{"u32", {4, &arithmetic<u32>}}, {"s32", {4, &arithmetic<s32>}},
                                                  {"u64", {8, &arithmetic<u64>}}, {"s64", {8, &arithmetic<s64>}},
                                                  {"f32", {4, &arithmetic<f32>}}, {"f64", {8, &arithmetic<f64>}},
                                                  {"b32", {4, &bitwise<u32>}},    {"b64", {8, &bitwise<u64>}}};

static void encodeAtomic(Encoder &encoder, bool hasResult) {
  std::vector<std::string> parts = encoder.suffixes();
  if (parts.size() < 2)
    encoder.unknown();
  const std::string update = parts[parts.size() - 2];
  std::string space;
  for (size_t i = 0; i + 2 < parts.size(); ++i) {
    static const char *const orders[] = {"relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys"};
    if (parts[i] == "global" || parts[i] == "shared")
      space = parts[i];
    else if (std::find(std::begin(orders), std::end(orders), parts[i]) == std::end(orders))
      encoder.unknown();
  }
  auto type = types.find(parts.back());
  Handler handler = type == types.end() ? nullptr : type->second.find(update, space);
  if (!handler)
    encoder.unknown();
  Operation &operation = encoder.operation;
  operation.run = handler;
  operation.counted = space == "shared" ? Class::Shared : Class::Global;
  size_t first = hasResult ? 1 : 0, inputs = update == "cas" ? 2 : 1;
  encoder.expectOperands(first + 1 + inputs);
  operation.at[0] = hasResult ? encoder.result(encoder.operand(0), type->second.bytes) : none;
  encoder.address(encoder.operand(first), 1, space == "shared" ? ptx::Space::Shared : ptx::Space::Global);
  operation.at[2] = encoder.input(encoder.operand(first + 1), type->second.bytes);
  operation.at[3] = inputs == 2 ? encoder.input(encoder.operand(first + 2), type->second.bytes) : none;
}

void sluice::emulator::addAtomicOps(OpcodeTable &table) {
  table.addMnemonic("atom", [](Encoder &encoder) { encodeAtomic(encoder, true); });
  table.addMnemonic("red", [](Encoder &encoder) { encodeAtomic(encoder, false); });
}
