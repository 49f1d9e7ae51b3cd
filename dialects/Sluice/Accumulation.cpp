//===- Accumulation.cpp - How a contraction sums its products ------------------------------===//
#include "dialects/Sluice/Accumulation.h"

using namespace sluice::precision;

namespace {
struct NamedOrder {
  const char *name;
  Order order;
};
} // namespace

static constexpr NamedOrder namedOrders[] = {{"sequential", {}},
                                             {"hopper-fp8", {32, 1, 13, 13}},
                                             {"ada-fp8", {32, 2, 13, 13}},
                                             {"hopper-16", {16, 1, 25, 23}},
                                             {"hopper-tf32", {8, 1, 25, 23}},
                                             {"ampere-16", {16, 2, 24, 23}}};

std::optional<Order> Order::parse(std::string_view name, std::string &error) {
  std::string names;
  for (const NamedOrder &named : namedOrders) {
    if (name == named.name)
      return named.order;
    names += (names.empty() ? "" : ", ") + std::string(named.name);
  }
  error = "expected an order: " + names + ", found '" + std::string(name) + "'";
  return std::nullopt;
}

std::string Order::name() const {
  for (const NamedOrder &named : namedOrders)
    if (*this == named.order)
      return named.name;
  return std::to_string(block) + "/" + std::to_string(groups) + ":" + std::to_string(fractionBits) + ":" +
         std::to_string(outputBits);
}

/// What is impossible about the numbers of an order by blocks. Their sums fit in a double.
static std::optional<std::string> checkBlocks(const Order &order) {
  if (order.block < 1 || order.block > 1024 || order.groups < 1 || order.block % order.groups != 0)
    return "expected a block of 1 to 1024 products in groups of one size, found " + std::to_string(order.block) +
           " in " + std::to_string(order.groups);
  if (order.fractionBits < 1 || order.fractionBits > 40)
    return "expected 1 to 40 fraction bits, found " + std::to_string(order.fractionBits);
  if (order.outputBits < 1 || order.outputBits > 23)
    return "expected 1 to 23 mantissa bits of an instruction's result, found " + std::to_string(order.outputBits);
  return std::nullopt;
}

std::optional<std::string> Accumulation::check() const {
  for (const FloatFormat &format : {sum, across})
    if (auto problem = format.check())
      return problem;
  if (chunk < 1)
    return "expected a chunk of at least 1, found " + std::to_string(chunk);
  if (order.sequential())
    return std::nullopt;
  if (auto problem = checkBlocks(order))
    return problem;
  FloatFormat result = FloatFormat::ieee(8, order.outputBits);
  if (sum != result)
    return "expected sums of order '" + order.name() + "' in '" + result.bits() + "', found '" + sum.bits() + "'";
  if (rounding != Rounding::TowardZero)
    return "expected rounding 'toward-zero' with order '" + order.name() + "', found '" + nameOf(rounding) + "'";
  if (chunked() && chunk % order.block != 0)
    return "expected a chunk that is a multiple of " + std::to_string(order.block) + " with order '" + order.name() +
           "', found " + std::to_string(chunk);
  return std::nullopt;
}
