//===- Fault.h - Switches one fault of faults.py on -------------------*- C++ -*-===//
//
// Part of the copies that run.py makes, never of Sluice. The environment is read where the code runs, so that faults of
// the compiler and of the runtime of compiled programs are switched on alike.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_MUTATIONS_FAULT_H
#define SLUICE_TEST_MUTATIONS_FAULT_H

#include <cstdlib>

/// The number in the environment variable SLUICE_FAULT; 0 where there is none.
inline int switchedFault() {
  static const int number = [] {
    const char *text = std::getenv("SLUICE_FAULT");
    return text ? std::atoi(text) : 0;
  }();
  return number;
}

#define FAULT(number) (switchedFault() == (number))

#endif // SLUICE_TEST_MUTATIONS_FAULT_H
