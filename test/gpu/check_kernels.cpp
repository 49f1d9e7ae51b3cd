//===- check_kernels.cpp - Kernels on a card against f64 ------------------------------------===//
//
// sluice-check-kernels CASE ...
//
// Runs cases that `sluice-run --against-f64 --target=cuda --save=FOLDER` wrote, on the first card, from the same
// operands, and compares with what it wrote. Prints a row of a table for each: name, what may be the largest error over
// the root of the mean square, what it is, ok or failed. Needs a driver and nothing else. A card that has met a fault
// does nothing more for its process: one case each shows all.
//
// Exit 0: all are as close as they should be. Exit 1: one is not, or there is no card.
//
//===----------------------------------------------------------------------===//
#include "runtime/Error.h"
#include "tools/sluice-run/KernelCase.h"
#include <algorithm>
#include <cstdio>

using namespace sluice;

/// Whether the case is as close as it should be; a fault of its kernels is a row, too.
static bool check(const std::string &path, const cuda::Card &card) {
  std::string found, name = path;
  double tolerance = 0;
  bool isClose = false;
  try {
    KernelCase kernels = KernelCase::read(path);
    name = kernels.name;
    tolerance = kernels.tolerance;
    KernelError error = kernels.compare(kernels.run(card));
    isClose = error.largest <= kernels.tolerance;
    char text[64];
    std::snprintf(text, sizeof text, "%.1e, launches: %zu", error.largest, kernels.launches.size());
    found = text + (isClose ? std::string() : "; " + error.place);
  } catch (const runtime::RunError &error) {
    found = error.what();
  }
  std::printf("| kernels of %s against f64 | %.0e | %s | %s |\n", name.c_str(), tolerance, found.c_str(),
              isClose ? "ok" : "failed");
  std::fflush(stdout);
  return isClose;
}

int main(int argc, char **argv) {
  if (argc < 2 || argv[1][0] == '-') {
    std::fprintf(stderr, "expected cases that sluice-run --save wrote\n");
    return 2;
  }
  try {
    cuda::Card card(0);
    return std::count_if(argv + 1, argv + argc, [&](const char *path) { return !check(path, card); }) > 0;
  } catch (const runtime::RunError &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
