//===- Check.h - Assertions that the asan build checks ------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_CHECK_H
#define SLUICE_DIALECTS_SLUICE_CHECK_H

#include "llvm/Support/ErrorHandling.h"

/// The packaged LLVM is built with NDEBUG, which changes the size of its classes: so is everything here, and `assert`
/// never checks. A condition that does not hold ends the program with the message.
#ifdef SLUICE_CHECKS
#define SLUICE_CHECK(condition, message) ((condition) ? (void)0 : ::llvm::report_fatal_error(message))
#else
#define SLUICE_CHECK(condition, message) ((void)0)
#endif

#endif // SLUICE_DIALECTS_SLUICE_CHECK_H
