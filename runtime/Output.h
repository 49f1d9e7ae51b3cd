//===- Output.h - The standard output ---------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_OUTPUT_H
#define SLUICE_RUNTIME_OUTPUT_H

#include <cstdio>
#include <string_view>

namespace sluice::runtime {

/// Opens what is missing of the three standard streams, so that no file that is opened later takes its place: what is
/// written to it would go there. Writing to a stream that was closed fails as before.
void keepStandardStreams();

/// OutputError if anything printed to the stream did not arrive.
void flush(FILE *out);

/// Prints at once. OutputError where that fails.
void printOut(std::string_view text);

/// To be called at the end: OutputError if anything printed to the standard output did not arrive.
void finishOutput();

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_OUTPUT_H
