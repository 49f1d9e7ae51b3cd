//===- Scalars.h - Run-time scalars of a program ----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_SCALARS_H
#define SLUICE_RUNTIME_ENGINE_SCALARS_H

#include "runtime/abi.h"

#include <string>

namespace sluice::runtime {

/// The values of sluice_binary::scalars, by name; at first the compiled defaults.
class Scalars {
public:
  explicit Scalars(const sluice_binary &program);

  bool has(const std::string &name) const { return indexOf(name) >= 0; }

  /// The value of a scalar that the program has.
  double get(const std::string &name) const { return values[indexOf(name)]; }

  /// Sets a scalar if the program has it: not every optimizer has every scalar.
  void setIfPresent(const std::string &name, double value);

  /// Sets a scalar for the whole run. Error if the program has none of that name, if it is one that the runtime
  /// computes at every step, or if the value is outside of its range; for the loss scale also if it is neither the
  /// compiled default nor a power of two.
  void setByUser(const std::string &name, double value);

  void copyTo(sluice_step &step) const;

  /// Its number in sluice_step::scalars; -1: the program has none.
  int indexOf(const std::string &name) const;

private:
  const sluice_binary &program;
  double values[SLUICE_MAX_SCALARS] = {};
};

std::string numberText(double value);

/// What a scalar may be set to: "(0, 1]".
std::string rangeText(const sluice_scalar &scalar);

/// The compiled default, or "auto" where the program computes it.
std::string defaultText(const sluice_scalar &scalar);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_SCALARS_H
