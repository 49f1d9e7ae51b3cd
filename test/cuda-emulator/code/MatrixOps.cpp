//===- MatrixOps.cpp - ldmatrix and mma.sync ----------------------------------------------===//
//
// Fragments lie as "Parallel Thread Execution ISA" draws them. Lane 4 g + q has of A rows g and g + 8, of B column g,
// and of C and D rows g and g + 8 with columns 2 q and 2 q + 1.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/code/TensorCore.h"
#include "test/cuda-emulator/run/Access.h"

using namespace sluice::emulator;

/// Instructions of a warp as a whole (.sync.aligned) are for all of its lanes.
static void expectWholeWarp(Warp &warp, const Operation &operation, const char *name) {
  if (warp.mask != allLanes)
    fault(warp, operation, LaunchFailed,
          std::string(name) + " by a part of the warp: all 32 lanes must run it together");
}

/// 8 rows of 16 bytes a matrix; lane 8 m + r has the address of row r of matrix m. Each lane gets two neighbours of a
/// row, or with .trans of a column.
template <u32 count, bool isTransposed> static void loadMatrix(Warp &warp, const Operation &operation) {
  expectWholeWarp(warp, operation, "ldmatrix");
  u64 addresses[32];
  gatherAddresses(warp, operation, 4, addresses);
  u16 elements[count][8][8];
  for (u32 i = 0; i < count * 8; ++i)
    std::memcpy(elements[i / 8][i % 8], SharedSpace::read({warp, operation, int(i), addresses[i], 16}), 16);
  if (warp.block->launch->isCounting) {
    warp.mask = count == 4 ? allLanes : (1u << count * 8) - 1;
    SharedSpace::count(warp, operation, addresses, 16);
    warp.mask = allLanes;
  }
  for (u32 matrix = 0; matrix < count; ++matrix)
    for (int lane = 0; lane < 32; ++lane) {
      int row = lane / 4, column = lane % 4 * 2;
      const auto &of = elements[matrix];
      u32 low = isTransposed ? of[column][row] : of[row][column];
      u32 high = isTransposed ? of[column + 1][row] : of[row][column + 1];
      warp.lanes<u32>(operation.at[matrix])[lane] = high << 16 | low;
    }
}

template <u32 count, bool isTransposed> static void addLoad(OpcodeTable &table) {
  for (const char *space : {"shared", "shared::cta"})
    table.add("ldmatrix.sync.aligned.m8n8.x" + std::to_string(count) + (isTransposed ? ".trans." : ".") + space +
                  ".b16",
              [](Encoder &encoder) {
                encoder.expectOperands(2);
                encoder.operation.run = &loadMatrix<count, isTransposed>;
                encoder.operation.counted = Class::Matrix;
                auto parts = encoder.elements(encoder.operand(0), count);
                for (u32 i = 0; i < count; ++i)
                  encoder.operation.at[i] = encoder.result(parts[i], 4);
                encoder.address(encoder.operand(1), 4, ptx::Space::Shared);
              });
}

namespace {
/// Registers of fragments: at[] has d (4), then a, b and c.
struct Shape {
  OperandType type;
  int products;

  bool isTF32() const { return type == OperandType::TF32; }
  int perRegister() const { return isTF32() ? 1 : 2; }
  /// Registers of A and B: A has 16 rows over 32 lanes, B 8 columns.
  int ofA() const { return products / perRegister() / 2; }
  int ofB() const { return products / perRegister() / 4; }
};
} // namespace

/// Registers of A alternate between rows g and g + 8, then go on to the next half of k.
static void readFragments(Warp &warp, const Operation &operation, const Shape &shape, MatrixTile &tile) {
  const int ofA = shape.ofA(), ofB = shape.ofB(), per = shape.perRegister(), bits = 32 / per;
  const u32 mask = per == 1 ? ~0u : 0xffffu;
  for (int lane = 0; lane < 32; ++lane) {
    int group = lane / 4, quarter = lane % 4;
    for (int i = 0; i < ofA; ++i)
      for (int part = 0; part < per; ++part) {
        u32 word = warp.lanes<u32>(operation.at[4 + i])[lane];
        tile.a[group + i % 2 * 8][i / 2 * 4 * per + quarter * per + part] = word >> bits % 32 * part & mask;
      }
    for (int i = 0; i < ofB; ++i)
      for (int part = 0; part < per; ++part) {
        u32 word = warp.lanes<u32>(operation.at[4 + ofA + i])[lane];
        tile.b[i * 4 * per + quarter * per + part][group] = word >> bits % 32 * part & mask;
      }
    for (int i = 0; i < 4; ++i)
      tile.c[group + i / 2 * 8][quarter * 2 + i % 2] = warp.lanes<f32>(operation.at[4 + ofA + ofB + i])[lane];
  }
}

template <OperandType type, int products> static void multiplyMatrices(Warp &warp, const Operation &operation) {
  expectWholeWarp(warp, operation, "mma.sync");
  ++warp.block->launch->counters.matrix;
  MatrixTile tile;
  readFragments(warp, operation, {type, products}, tile);
  multiply(tile, type, products, sumModel(settings().capability, type == OperandType::TF32));
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      warp.lanes<f32>(operation.at[i])[lane] = tile.d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
}

template <OperandType type, int products> static void addMultiply(OpcodeTable &table, const std::string &name) {
  table.add("mma.sync.aligned.m16n8k" + std::to_string(products) + ".row.col.f32." + name + "." + name + ".f32",
            [](Encoder &encoder) {
              const Shape shape{type, products};
              const size_t counts[] = {4, size_t(shape.ofA()), size_t(shape.ofB()), 4};
              encoder.expectOperands(4);
              encoder.operation.run = &multiplyMatrices<type, products>;
              encoder.operation.counted = Class::Matrix;
              size_t at = 0;
              for (size_t i = 0; i < 4; ++i)
                for (const ptx::Operand &part : encoder.elements(encoder.operand(i), counts[i]))
                  encoder.operation.at[at++] = i == 0 ? encoder.result(part, 4) : encoder.input(part, 4);
            });
}

void sluice::emulator::addMatrixOps(OpcodeTable &table) {
  addLoad<1, false>(table);
  addLoad<2, false>(table);
  addLoad<4, false>(table);
  addLoad<1, true>(table);
  addLoad<2, true>(table);
  addLoad<4, true>(table);
  addMultiply<OperandType::F16, 16>(table, "f16");
  addMultiply<OperandType::F16, 8>(table, "f16");
  addMultiply<OperandType::BF16, 16>(table, "bf16");
  addMultiply<OperandType::BF16, 8>(table, "bf16");
  addMultiply<OperandType::TF32, 8>(table, "tf32");
  addMultiply<OperandType::TF32, 4>(table, "tf32");
}
