//===- Output.cpp - The standard output -----------------------------------===//

#include "runtime/Output.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>

namespace sluice::runtime {

void keepStandardStreams() {
  // In this order: a file that is opened takes the lowest number that is free. Each is opened the wrong way around.
  for (int descriptor : {0, 1, 2})
    if (::fcntl(descriptor, F_GETFD) == -1)
      ::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
}

void flush(FILE *out) {
  errno = 0;
  bool arrived = std::fflush(out) == 0 && !std::ferror(out);
  if (!arrived)
    throw OutputError(std::string("cannot write to the standard output: ") +
                      (errno ? std::strerror(errno) : "an earlier write failed"));
}

void printOut(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  flush(stdout);
}

void finishOutput() { flush(stdout); }

} // namespace sluice::runtime
