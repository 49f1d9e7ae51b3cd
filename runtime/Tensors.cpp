//===- Tensors.cpp - Named views of tensors -------------------------------===//
#include "runtime/Tensors.h"

namespace sluice::runtime {

int64_t elementBytes(sluice_element element) {
  switch (element) {
  case SLUICE_F64:
    return 8;
  case SLUICE_F32:
  case SLUICE_I32:
    return 4;
  case SLUICE_BF16:
  case SLUICE_F16:
    return 2;
  }
  __builtin_unreachable();
}

int64_t TensorView::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

int64_t TensorView::bytes() const { return elements() * elementBytes(element); }

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (int64_t size : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

} // namespace sluice::runtime
