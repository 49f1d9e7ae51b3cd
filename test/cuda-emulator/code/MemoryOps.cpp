//===- MemoryOps.cpp - ld and st ----------------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Access.h"

using namespace sluice::emulator;

// at[0 .. count) are the elements, at[4] is the address.
static constexpr u32 addressPlace = 4;

/// The addresses of an access of so many bytes a lane, which counts where accesses are counted.
template <typename Space> static void gatherCounted(Warp &warp, const Operation &operation, u32 bytes, u64 *addresses) {
  gatherAddresses(warp, operation, addressPlace, addresses);
  if (warp.block->launch->isCounting)
    Space::count(warp, operation, addresses, bytes);
}

/// T of memory into registers of R, which may be wider.
template <typename Space, typename T, typename R, u32 count> static void load(Warp &warp, const Operation &operation) {
  constexpr u32 bytes = sizeof(T) * count;
  u64 addresses[32];
  gatherCounted<Space>(warp, operation, bytes, addresses);
  if (areContiguous(warp, addresses, bytes)) {
    if (const u8 *from = Space::readRange(warp, addresses[0], 32 * bytes)) {
      const T *in = reinterpret_cast<const T *>(from);
      for (u32 i = 0; i < count; ++i) {
        R *out = warp.lanes<R>(operation.at[i]);
        SLUICE_EMULATOR_LANES
        out[lane] = R(in[lane * count + i]);
      }
      return;
    }
  }
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    const u8 *from = Space::read({warp, operation, lane, addresses[lane], bytes});
    T in[count];
    std::memcpy(in, from, bytes);
    for (u32 i = 0; i < count; ++i)
      warp.lanes<R>(operation.at[i])[lane] = R(in[i]);
  }
}

/// Lanes that store to one place must store the same: which of them is last is not defined.
template <typename Space, typename T, typename R, u32 count>
static void checkLanes(Warp &warp, const Operation &operation, const u64 *addresses, u8 *const *places) {
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    T mine[count];
    for (u32 i = 0; i < count; ++i)
      mine[i] = T(warp.lanes<R>(operation.at[i])[lane]);
    if (std::memcmp(mine, places[lane], sizeof(mine)) != 0)
      fault(warp, operation, LaunchFailed,
            "race of lanes: another lane of the warp stores another value to its address", lane);
  }
}

template <typename Space, typename T, typename R, u32 count> static void store(Warp &warp, const Operation &operation) {
  constexpr u32 bytes = sizeof(T) * count;
  u64 addresses[32];
  gatherCounted<Space>(warp, operation, bytes, addresses);
  if (areContiguous(warp, addresses, bytes)) {
    if (u8 *to = Space::writeRange(warp, addresses[0], 32 * bytes)) {
      T *out = reinterpret_cast<T *>(to);
      for (u32 i = 0; i < count; ++i) {
        const R *in = warp.lanes<R>(operation.at[i]);
        SLUICE_EMULATOR_LANES
        out[lane * count + i] = T(in[lane]);
      }
      return;
    }
  }
  u8 *places[32];
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    places[lane] = Space::write({warp, operation, lane, addresses[lane], bytes});
    T out[count];
    for (u32 i = 0; i < count; ++i)
      out[i] = T(warp.lanes<R>(operation.at[i])[lane]);
    std::memcpy(places[lane], out, bytes);
  }
  checkLanes<Space, T, R, count>(warp, operation, addresses, places);
}

namespace {
/// What the suffixes of ld and st say.
struct Suffixes {
  enum Where : u8 { Generic, Global, Constant, Shared } where = Generic;
  u32 count = 1; ///< elements
  u32 bytes = 0; ///< of an element
  bool isSigned = false;
};

using Handlers = std::array<Handler, 2>; ///< of ld and st
} // namespace

/// Ordering and caching are left out: threads see each other's stores at once.
static bool isHint(const std::string &part) {
  static const char *const hints[] = {"weak", "volatile", "relaxed", "acquire", "release", "cta",
                                      "gpu",  "sys",      "cluster", "nc",      "ca",      "cg",
                                      "cs",   "lu",       "cv",      "wb",      "wt"};
  bool isCache = part.compare(0, 4, "L1::") == 0 || part.compare(0, 4, "L2::") == 0;
  return isCache || std::find(std::begin(hints), std::end(hints), part) != std::end(hints);
}

static Suffixes read(const Encoder &encoder) {
  Suffixes said;
  std::vector<std::string> parts = encoder.suffixes();
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string &part = parts[i];
    if (part == "global")
      said.where = Suffixes::Global;
    else if (part == "const")
      said.where = Suffixes::Constant;
    else if (part == "shared" || part == "shared::cta")
      said.where = Suffixes::Shared;
    else if (part == "v2" || part == "v4")
      said.count = u32(part[1] - '0');
    else if (!isHint(part))
      encoder.unknown();
  }
  static const std::map<std::string, u32> sizes = {{"b8", 1},  {"u8", 1},  {"s8", 1},  {"b16", 2}, {"u16", 2},
                                                   {"s16", 2}, {"b32", 4}, {"u32", 4}, {"s32", 4}, {"f32", 4},
                                                   {"b64", 8}, {"u64", 8}, {"s64", 8}, {"f64", 8}};
  auto size = parts.empty() ? sizes.end() : sizes.find(parts.back());
  if (size == sizes.end() || size->second * said.count > 16)
    encoder.unknown();
  said.bytes = size->second;
  said.isSigned = parts.back()[0] == 's';
  return said;
}

template <typename Space, typename T, typename R> static Handlers handlersOf(u32 count) {
  if (count == 1)
    return {&load<Space, T, R, 1>, &store<Space, T, R, 1>};
  if constexpr (sizeof(T) <= 8)
    if (count == 2)
      return {&load<Space, T, R, 2>, &store<Space, T, R, 2>};
  if constexpr (sizeof(T) <= 4)
    if (count == 4)
      return {&load<Space, T, R, 4>, &store<Space, T, R, 4>};
  return {};
}

/// T in registers of so many bytes.
template <typename Space, typename T> static Handlers handlersOf(u32 registerBytes, u32 count) {
  if (sizeof(T) <= 2 && registerBytes == 2)
    return handlersOf<Space, T, u16>(count);
  if (sizeof(T) <= 4 && registerBytes == 4)
    return handlersOf<Space, T, u32>(count);
  return handlersOf<Space, T, u64>(count);
}

template <typename Space> static Handlers handlersOf(const Suffixes &said, u32 registerBytes) {
  switch (said.bytes) {
  case 1:
    return said.isSigned ? handlersOf<Space, s8>(registerBytes, said.count)
                         : handlersOf<Space, u8>(registerBytes, said.count);
  case 2:
    return said.isSigned ? handlersOf<Space, s16>(registerBytes, said.count)
                         : handlersOf<Space, u16>(registerBytes, said.count);
  case 4:
    return said.isSigned ? handlersOf<Space, s32>(registerBytes, said.count)
                         : handlersOf<Space, u32>(registerBytes, said.count);
  default:
    return handlersOf<Space, u64>(registerBytes, said.count);
  }
}

static void encodeAccess(Encoder &encoder, bool isStore) {
  Suffixes said = read(encoder);
  Operation &operation = encoder.operation;
  encoder.expectOperands(2);
  if (isStore && said.where == Suffixes::Constant)
    encoder.unknown();
  auto parts = encoder.elements(encoder.operand(isStore ? 1 : 0), said.count);
  u32 registerBytes = std::max(said.bytes, 2u);
  for (const ptx::Operand &part : parts)
    registerBytes = std::max(registerBytes, encoder.sizeOf(part));
  for (u32 i = 0; i < said.count; ++i)
    operation.at[i] = isStore ? encoder.input(parts[i], registerBytes) : encoder.result(parts[i], registerBytes);
  ptx::Space space = said.where == Suffixes::Shared     ? ptx::Space::Shared
                     : said.where == Suffixes::Constant ? ptx::Space::Constant
                                                        : ptx::Space::Global;
  encoder.address(encoder.operand(isStore ? 0 : 1), addressPlace, space);
  Handlers handlers = said.where == Suffixes::Shared    ? handlersOf<SharedSpace>(said, registerBytes)
                      : said.where == Suffixes::Generic ? handlersOf<GenericSpace>(said, registerBytes)
                                                        : handlersOf<GlobalSpace>(said, registerBytes);
  operation.run = handlers[isStore];
  operation.counted = said.where == Suffixes::Shared ? Class::Shared : Class::Global;
}

void sluice::emulator::addMemoryOps(OpcodeTable &table) {
  table.addMnemonic("ld", [](Encoder &encoder) { encodeAccess(encoder, false); });
  table.addMnemonic("st", [](Encoder &encoder) { encodeAccess(encoder, true); });
}
