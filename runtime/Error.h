//===- Error.h - The two kinds of failure -----------------------*- C++ -*-===//
//
// The command line catches both, prints `error: ` and the message (one line, no full stop, no prefix of its own) and
// exits with the code given below.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_ERROR_H
#define SLUICE_RUNTIME_ERROR_H

#include <stdexcept>

namespace sluice::runtime {

/// Bad usage or bad input: nothing was written. Exit code 2.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A run that failed for a reason outside its input (full disk, non-finite loss). Exit code 1.
struct RunError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A run's output that could not be written, while what it has computed is whole.
struct OutputError : RunError {
  using RunError::RunError;
};

/// A run that a signal stopped, its checkpoint written. Exit code 128 + signal.
struct Stopped {
  int signal;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ERROR_H
