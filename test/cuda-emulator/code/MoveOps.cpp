//===- MoveOps.cpp - mov, cvta and reads of parameters ------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

#include <chrono>

using namespace sluice::emulator;
using Kind = ptx::Operand::Kind;

template <typename T> static void move(Warp &warp, const Operation &operation) {
  const T *in = warp.lanes<T>(operation.at[1]);
  writeLanes<T>(warp, operation.at[0], [=](int lane) { return in[lane]; });
}

/// The time in nanoseconds, of the whole machine.
static void readTimer(Warp &warp, const Operation &operation) {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  auto time = u64(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  writeLanes<u64>(warp, operation.at[0], [=](int) { return time; });
}

/// W into its parts P, the lowest first; value is their count.
template <typename W, typename P> static void unpack(Warp &warp, const Operation &operation) {
  const W *in = warp.lanes<W>(operation.at[0]);
  for (u32 i = 0; i < sizeof(W) / sizeof(P); ++i)
    writeLanes<P>(warp, operation.at[1 + i], [=](int lane) { return P(in[lane] >> 8 * sizeof(P) * i); });
}

template <typename W, typename P> static void pack(Warp &warp, const Operation &operation) {
  // The result may be one of the parts, so that all parts of a lane are read first.
  constexpr u32 count = sizeof(W) / sizeof(P);
  std::array<const P *, count> in;
  for (u32 i = 0; i < count; ++i)
    in[i] = warp.lanes<P>(operation.at[1 + i]);
  writeLanes<W>(warp, operation.at[0], [=](int lane) {
    W word = 0;
    for (u32 i = 0; i < count; ++i)
      word |= W(in[i][lane]) << 8 * sizeof(P) * i;
    return word;
  });
}

template <typename W, typename P> static void encodeParts(Encoder &encoder, bool packs) {
  Operation &operation = encoder.operation;
  operation.run = packs ? &pack<W, P> : &unpack<W, P>;
  const auto &parts = encoder.operand(packs ? 1 : 0).elements;
  operation.at[0] =
      packs ? encoder.result(encoder.operand(0), sizeof(W)) : encoder.input(encoder.operand(1), sizeof(W));
  for (size_t i = 0; i < parts.size(); ++i)
    operation.at[1 + i] = packs ? encoder.input(parts[i], sizeof(P)) : encoder.result(parts[i], sizeof(P));
}

template <typename T> static void encodeMove(Encoder &encoder) {
  encoder.expectOperands(2);
  encoder.operation.counted = Class::Move;
  if (sizeof(T) == 8 && encoder.operand(1).kind == Kind::Special && encoder.operand(1).name == "%globaltimer") {
    encoder.operation.run = &readTimer;
    encoder.operation.at[0] = encoder.result(encoder.operand(0), sizeof(T));
    return;
  }
  bool packs = encoder.operand(1).kind == Kind::Vector;
  if (!packs && encoder.operand(0).kind != Kind::Vector) {
    encoder.operation.run = &move<T>;
    encoder.operation.at[0] = encoder.result(encoder.operand(0), sizeof(T));
    encoder.operation.at[1] = encoder.input(encoder.operand(1), sizeof(T));
    return;
  }
  size_t count = encoder.operand(packs ? 1 : 0).elements.size();
  if (sizeof(T) == 4 && count == 2)
    encodeParts<u32, u16>(encoder, packs);
  else if (sizeof(T) == 8 && count == 2)
    encodeParts<u64, u32>(encoder, packs);
  else if (sizeof(T) == 8 && count == 4)
    encodeParts<u64, u16>(encoder, packs);
  else
    encoder.fail("unexpected number of parts of '" + encoder.instruction.opcode + "'");
}

template <typename T, u32 count> static void loadParameter(Warp &warp, const Operation &operation) {
  const u8 *bytes = warp.block->launch->parameters.data() + operation.value;
  for (u32 i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
    writeLanes<T>(warp, operation.at[i], [=](int) { return value; });
  }
}

/// A narrow parameter in a wider register.
template <typename R, typename T> static void loadNarrow(Warp &warp, const Operation &operation) {
  T value;
  std::memcpy(&value, warp.block->launch->parameters.data() + operation.value, sizeof(T));
  writeLanes<R>(warp, operation.at[0], [=](int) { return R(value); });
}

template <typename T> static void addParameter(OpcodeTable &table, std::initializer_list<const char *> types) {
  for (std::string type : types) {
    auto add = [&](const std::string &vector, Handler handler, u32 count) {
      table.add("ld.param" + vector + "." + type, [=](Encoder &encoder) {
        encoder.expectOperands(2);
        Operation &operation = encoder.operation;
        operation.counted = Class::Parameter;
        operation.value = encoder.parameter(encoder.operand(1), sizeof(T) * count);
        auto parts = encoder.elements(encoder.operand(0), count);
        u32 bytes = count == 1 ? std::max<u32>(encoder.sizeOf(parts[0]), sizeof(T)) : sizeof(T);
        operation.run = bytes == sizeof(T) ? handler
                        : bytes == 2       ? &loadNarrow<u16, T>
                        : bytes == 4       ? &loadNarrow<u32, T>
                                           : &loadNarrow<u64, T>;
        for (u32 i = 0; i < count; ++i)
          operation.at[i] = encoder.result(parts[i], bytes);
      });
    };
    add("", &loadParameter<T, 1>, 1);
    add(".v2", &loadParameter<T, 2>, 2);
    add(".v4", &loadParameter<T, 4>, 4);
  }
}

void sluice::emulator::addMoveOps(OpcodeTable &table) {
  for (std::string type : {"b16", "u16", "s16", "f16"})
    table.add("mov." + type, &encodeMove<u16>);
  for (std::string type : {"b32", "u32", "s32", "f32"})
    table.add("mov." + type, &encodeMove<u32>);
  for (std::string type : {"b64", "u64", "s64", "f64"})
    table.add("mov." + type, &encodeMove<u64>);
  addParameter<u8>(table, {"b8", "u8"});
  addParameter<s8>(table, {"s8"});
  addParameter<u16>(table, {"b16", "u16", "f16"});
  addParameter<s16>(table, {"s16"});
  addParameter<u32>(table, {"b32", "u32", "f32"});
  addParameter<s32>(table, {"s32"});
  addParameter<u64>(table, {"b64", "u64", "s64", "f64"});
  for (const char *space : {"global", "const"}) {
    table.lanes<u64, u64>(std::string("cvta.to.") + space + ".u64", Class::Move, [](u64 a) { return a; });
    table.lanes<u64, u64>(std::string("cvta.") + space + ".u64", Class::Move, [](u64 a) { return a; });
  }
  table.lanes<u64, u64>("cvta.to.shared.u64", Class::Move, [](u64 a) { return a - sharedWindow; });
  table.lanes<u64, u64>("cvta.shared.u64", Class::Move, [](u64 a) { return a + sharedWindow; });
}
