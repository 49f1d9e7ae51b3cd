//===- Tensors.h - Named views of tensors -----------------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_TENSORS_H
#define SLUICE_RUNTIME_TENSORS_H

#include "runtime/abi.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::runtime {

/// A named, dense, row-major tensor in memory that someone else owns.
struct TensorView {
  std::string name;
  sluice_element element;
  std::vector<int64_t> shape; ///< in elements; empty for a scalar
  void *data;

  int64_t elements() const;
  int64_t bytes() const;
};

/// Size of one element in bytes.
int64_t elementBytes(sluice_element element);

/// "[2, 3]", "[]" for a scalar.
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TENSORS_H
