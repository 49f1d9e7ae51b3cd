//===- DescribedOps.h - What a description computes -------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_DESCRIBEDOPS_H
#define SLUICE_RUNTIME_TRAIN_DESCRIBEDOPS_H

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sluice::runtime {

/// A part of a model, with those of its keys that the shapes of its parameters do not tell. What trains a model is no
/// part of it: dropout, initial values.
struct DescribedOp {
  std::string place; ///< For people: "h.0.attn", or where there is no name "h.0[2]".
  std::string kind;  ///< Of the op, or what a branch begins and ends with.
  /// Defaults are filled in, and sizes are numbers: "heads" and "4", "form" and "tanh". Empty where a value makes no
  /// sense.
  std::vector<std::pair<std::string, std::string>> keys = {};
};

/// The ops of a model description in their order, with layers that are repeated as often as they are there.
std::vector<DescribedOp> describedOps(const nlohmann::json &description);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_DESCRIBEDOPS_H
