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

[[noreturn]] static void fail(int error) {
  throw OutputError(std::string("cannot write to the standard output: ") +
                    (error ? std::strerror(error) : "an earlier write failed"));
}

void flush(FILE *out) {
  errno = 0;
  if (std::fflush(out) != 0 || std::ferror(out))
    fail(errno);
}

void printOut(std::string_view text) {
  errno = 0;
  // A text that is longer than the buffer is written here, and not when that is flushed.
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    fail(errno);
}

void finishOutput() { flush(stdout); }

} // namespace sluice::runtime
