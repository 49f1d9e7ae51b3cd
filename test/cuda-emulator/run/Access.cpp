//===- Access.cpp - Accesses of memory by threads, checked --------------------------------===//
#include "test/cuda-emulator/run/Access.h"

using namespace sluice::emulator;

static std::string hexadecimal(u64 address) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(address));
  return text;
}

/// What is wrong with an access, worst first.
static std::pair<Status, const char *> problemOf(const Access &access, const Memory *memory) {
  if (access.address % access.bytes)
    return {Misaligned, "misaligned access"};
  if (!memory)
    return {IllegalAddress, "access of memory that is neither this device's nor pinned"};
  const u8 *marks = memory->marksAt(access.address);
  if (std::count(marks, marks + access.bytes, u8(Mark::Freed)))
    return {IllegalAddress, "access of freed memory"};
  if (!areAllocated(marks, access.bytes))
    return {IllegalAddress, "access out of bounds"};
  return {LaunchFailed, "read of memory that was never written"};
}

[[noreturn]] static void badGlobal(const Access &access, const Memory *memory, bool isRead) {
  auto [status, why] = problemOf(access, memory);
  fault(access.warp, access.operation, status,
        why + std::string(isRead ? ": read of " : ": write to ") + std::to_string(access.bytes) + " bytes at " +
            hexadecimal(access.address) + (memory ? " (" + memory->describe(access.address) + ")" : ""),
        access.lane);
}

[[noreturn]] static void globalRace(const Access &access, u32 other, bool isRead) {
  const Block &block = *access.warp.block;
  const Launch &launch = *block.launch;
  std::string who = "another block of the launch";
  if (!launch.actor.isOfLaunch(other))
    who = launch.nameOfOther(other);
  else if (other != block.actor.stamp)
    who = "block " + std::to_string(other - launch.actor.firstOfLaunch);
  const Memory *memory = memoryAt(launch, access.address);
  fault(access.warp, access.operation, LaunchFailed,
        "race in global memory: " + std::string(isRead ? "read" : "write") + " at " + hexadecimal(access.address) +
            " (" + memory->describe(access.address) + "), which " + who + " also accesses, in no order",
        access.lane);
}

/// Calls use(word, mask) for the words of a range of global memory; the first stamp that is not 0, or 0.
template <typename Use> static u32 forWords(WordHistory *words, u64 address, u32 bytes, Use use) {
  if (address % 4 == 0 && bytes % 4 == 0) {
    for (u32 i = 0; i < bytes / 4; ++i)
      if (u32 other = use(words[i], 15u))
        return other;
    return 0;
  }
  for (u64 at = address, end = address + bytes; at < end;) {
    u64 next = std::min(end, (at | 3) + 1);
    if (u32 other = use(words[at / 4 - address / 4], ((1u << (next - at)) - 1) << (at & 3)))
      return other;
    at = next;
  }
  return 0;
}

static u32 raceOfRead(Warp &warp, Memory &memory, u64 address, u32 bytes) {
  const Actor &actor = warp.block->actor;
  return forWords(memory.historyAt(address), address, bytes,
                  [&](WordHistory &word, u32 mask) { return word.read(actor, mask); });
}

static u32 raceOfWrite(Warp &warp, Memory &memory, u64 address, u32 bytes, bool isAtomic = false) {
  const Actor &actor = warp.block->actor;
  return forWords(memory.historyAt(address), address, bytes,
                  [&](WordHistory &word, u32 mask) { return word.write(actor, mask, isAtomic); });
}

static bool mayRead(const Launch &launch, const u8 *marks, u32 bytes) {
  return launch.checksInitialized ? areInitialized(marks, bytes) : areAllocated(marks, bytes);
}

const u8 *GlobalSpace::read(const Access &access) {
  const Launch &launch = *access.warp.block->launch;
  Memory *memory = memoryAt(launch, access.address);
  if (!memory || access.address % access.bytes || !mayRead(launch, memory->marksAt(access.address), access.bytes))
    badGlobal(access, memory, true);
  if (launch.checksRaces && !access.isAtomic)
    if (u32 other = raceOfRead(access.warp, *memory, access.address, access.bytes))
      globalRace(access, other, true);
  return memory->dataAt(access.address);
}

u8 *GlobalSpace::write(const Access &access) {
  const Launch &launch = *access.warp.block->launch;
  Memory *memory = memoryAt(launch, access.address);
  if (!memory || access.address % access.bytes || !areAllocated(memory->marksAt(access.address), access.bytes))
    badGlobal(access, memory, false);
  if (launch.checksRaces)
    if (u32 other = raceOfWrite(access.warp, *memory, access.address, access.bytes, access.isAtomic))
      globalRace(access, other, false);
  std::memset(memory->marksAt(access.address), u8(Mark::Initialized), access.bytes);
  return memory->dataAt(access.address);
}

const u8 *GlobalSpace::readRange(Warp &warp, u64 address, u32 bytes) {
  const Launch &launch = *warp.block->launch;
  Memory *memory = memoryAt(launch, address);
  if (!memory || !mayRead(launch, memory->marksAt(address), bytes))
    return nullptr;
  if (launch.checksRaces && raceOfRead(warp, *memory, address, bytes))
    return nullptr;
  return memory->dataAt(address);
}

u8 *GlobalSpace::writeRange(Warp &warp, u64 address, u32 bytes) {
  const Launch &launch = *warp.block->launch;
  Memory *memory = memoryAt(launch, address);
  if (!memory || !areAllocated(memory->marksAt(address), bytes))
    return nullptr;
  if (launch.checksRaces && raceOfWrite(warp, *memory, address, bytes))
    return nullptr;
  std::memset(memory->marksAt(address), u8(Mark::Initialized), bytes);
  return memory->dataAt(address);
}

void GlobalSpace::count(Warp &warp, const Operation &, const u64 *addresses, u32 bytes) {
  countGlobal(warp.block->launch->counters, addresses, warp.mask, bytes);
}

static std::pair<Status, const char *> problemOf(const Access &access, const SharedMemory &shared, bool isRead) {
  if (access.address % access.bytes)
    return {Misaligned, "misaligned access"};
  if (access.address > shared.size() || access.bytes > shared.size() - access.address)
    return {IllegalAddress, "access out of bounds"};
  const u8 *marks = &shared.marks[access.address];
  if (!std::count(marks, marks + access.bytes, markInFlight))
    return {LaunchFailed, "read of memory that was never written"};
  return {LaunchFailed, isRead ? "read of what cp.async has not brought yet, because nobody waited for it"
                               : "write to what cp.async is about to write, because nobody waited for it"};
}

[[noreturn]] static void badShared(const Access &access, bool isRead) {
  const SharedMemory &shared = access.warp.block->shared;
  auto [status, why] = problemOf(access, shared, isRead);
  fault(access.warp, access.operation, status,
        why + std::string(isRead ? ": read of " : ": write to ") + std::to_string(access.bytes) + " bytes at " +
            hexadecimal(access.address) + " of " + std::to_string(shared.size()) + " in shared memory",
        access.lane);
}

[[noreturn]] static void sharedRace(const Access &access, int other, bool isRead) {
  fault(access.warp, access.operation, LaunchFailed,
        "race in shared memory: " + std::string(isRead ? "read" : "write") + " at " + hexadecimal(access.address) +
            ", which warp " + std::to_string(other) + " accesses without a barrier in between",
        access.lane);
}

static bool isInside(const SharedMemory &shared, u64 address, u32 bytes) {
  return address < shared.size() && bytes <= shared.size() - address;
}

static bool hasInFlight(const SharedMemory &shared, u64 address, u32 bytes) {
  return std::memchr(&shared.marks[address], markInFlight, bytes) != nullptr;
}

static bool mayReadShared(Warp &warp, u64 address, u32 bytes) {
  const SharedMemory &shared = warp.block->shared;
  if (!isInside(shared, address, bytes))
    return false;
  return warp.block->launch->checksInitialized ? areInitialized(&shared.marks[address], bytes)
                                               : !hasInFlight(shared, address, bytes);
}

static bool mayWriteShared(Warp &warp, u64 address, u32 bytes) {
  const SharedMemory &shared = warp.block->shared;
  return isInside(shared, address, bytes) && !hasInFlight(shared, address, bytes);
}

const u8 *SharedSpace::read(const Access &access) {
  SharedMemory &shared = access.warp.block->shared;
  if (access.address % access.bytes || !mayReadShared(access.warp, access.address, access.bytes))
    badShared(access, true);
  if (access.warp.block->launch->checksRaces && !access.isAtomic)
    if (int other = shared.read(u32(access.address), access.bytes, access.warp.number); other >= 0)
      sharedRace(access, other, true);
  return &shared.data[access.address];
}

u8 *SharedSpace::write(const Access &access) {
  SharedMemory &shared = access.warp.block->shared;
  if (access.address % access.bytes || !mayWriteShared(access.warp, access.address, access.bytes))
    badShared(access, false);
  if (access.warp.block->launch->checksRaces && !access.isAtomic)
    if (int other = shared.write(u32(access.address), access.bytes, access.warp.number); other >= 0)
      sharedRace(access, other, false);
  std::memset(&shared.marks[access.address], u8(Mark::Initialized), access.bytes);
  return &shared.data[access.address];
}

const u8 *SharedSpace::readRange(Warp &warp, u64 address, u32 bytes) {
  SharedMemory &shared = warp.block->shared;
  if (!mayReadShared(warp, address, bytes))
    return nullptr;
  if (warp.block->launch->checksRaces && shared.read(u32(address), bytes, warp.number) >= 0)
    return nullptr;
  return &shared.data[address];
}

u8 *SharedSpace::writeRange(Warp &warp, u64 address, u32 bytes) {
  SharedMemory &shared = warp.block->shared;
  if (!mayWriteShared(warp, address, bytes))
    return nullptr;
  if (warp.block->launch->checksRaces && shared.write(u32(address), bytes, warp.number) >= 0)
    return nullptr;
  std::memset(&shared.marks[address], u8(Mark::Initialized), bytes);
  return &shared.data[address];
}

void SharedSpace::count(Warp &warp, const Operation &operation, const u64 *addresses, u32 bytes) {
  countShared(warp.block->launch->counters, addresses, warp.mask, bytes, operation.line);
}

const u8 *GenericSpace::read(const Access &access) {
  if (!isShared(access.address))
    return GlobalSpace::read(access);
  Access shared{access.warp,  access.operation, access.lane, access.address - sharedWindow,
                access.bytes, access.isAtomic};
  return SharedSpace::read(shared);
}

u8 *GenericSpace::write(const Access &access) {
  if (!isShared(access.address))
    return GlobalSpace::write(access);
  Access shared{access.warp,  access.operation, access.lane, access.address - sharedWindow,
                access.bytes, access.isAtomic};
  return SharedSpace::write(shared);
}

void GenericSpace::count(Warp &warp, const Operation &operation, const u64 *addresses, u32 bytes) {
  if (isShared(addresses[__builtin_ctz(warp.mask)]))
    SharedSpace::count(warp, operation, addresses, bytes);
  else
    GlobalSpace::count(warp, operation, addresses, bytes);
}
