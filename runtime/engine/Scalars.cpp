//===- Scalars.cpp - Run-time scalars of a program ------------------------===//

#include "runtime/engine/Scalars.h"
#include "runtime/Error.h"
#include "runtime/engine/LossScale.h"
#include "runtime/engine/StepScalars.h"

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace sluice::runtime;

std::string sluice::runtime::numberText(double value) {
  // As people write it: 0.0003 and not 0.000300.
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string sluice::runtime::rangeText(const sluice_scalar &scalar) {
  bool leastIsOpen = scalar.open & SLUICE_LEAST_IS_OPEN || std::isinf(scalar.least);
  bool mostIsOpen = scalar.open & SLUICE_MOST_IS_OPEN || std::isinf(scalar.most);
  return (leastIsOpen ? "(" : "[") + numberText(scalar.least) + ", " + numberText(scalar.most) +
         (mostIsOpen ? ")" : "]");
}

std::string sluice::runtime::defaultText(const sluice_scalar &scalar) {
  // No number stands for "the program computes it", so that every number can be set.
  return std::isnan(scalar.value) ? "auto" : numberText(scalar.value);
}

/// A value that is not finite is in no range, whatever the bounds.
static bool contains(const sluice_scalar &scalar, double value) {
  bool isAbove = scalar.open & SLUICE_LEAST_IS_OPEN ? value > scalar.least : value >= scalar.least;
  bool isBelow = scalar.open & SLUICE_MOST_IS_OPEN ? value < scalar.most : value <= scalar.most;
  return std::isfinite(value) && isAbove && isBelow;
}

Scalars::Scalars(const sluice_binary &program) : program(program) {
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    values[i] = program.scalars[i].value;
}

int Scalars::indexOf(const std::string &name) const {
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    if (name == program.scalars[i].name)
      return static_cast<int>(i);
  return -1;
}

void Scalars::setIfPresent(const std::string &name, double value) {
  if (int index = indexOf(name); index >= 0)
    values[index] = value;
}

void Scalars::setByUser(const std::string &name, double value) {
  if (isComputedScalar(name))
    throw Error("'" + name + "' is computed at every step and cannot be set");
  int index = indexOf(name);
  if (index < 0) {
    // The message lists what may be set: names differ between optimizers and techniques.
    std::string known;
    for (uint32_t i = 0; i < program.scalar_count; ++i)
      if (!isComputedScalar(program.scalars[i].name))
        known += (known.empty() ? "" : ", ") + std::string(program.scalars[i].name);
    throw Error("this program has no scalar '" + name + "' (it has: " + (known.empty() ? "none" : known) + ")");
  }
  const sluice_scalar &scalar = program.scalars[index];
  if (!contains(scalar, value))
    throw Error("expected " + name + " in " + rangeText(scalar) + ", found " + numberText(value));
  // Another scale rounds every gradient twice; the one that was compiled in is somebody's recipe.
  if (name == kLossScale && !isPowerOfTwo(value) && value != scalar.value) {
    double below = std::exp2(std::floor(std::log2(value)));
    throw Error("expected " + name + " as a power of two, such as " + scaleText(below) + " or " + scaleText(2 * below) +
                ", found " + numberText(value));
  }
  values[index] = value;
}

void Scalars::copyTo(sluice_step &step) const { std::copy(std::begin(values), std::end(values), step.scalars); }
