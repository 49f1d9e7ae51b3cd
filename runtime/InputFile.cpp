//===- InputFile.cpp - Input files, read at positions ---------------------===//
#include "runtime/InputFile.h"

#include "runtime/Error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::runtime {

InputFile::InputFile(std::string path) : filePath(std::move(path)) {
  // A FIFO without a writer would keep a blocking open waiting; for regular files the flag changes nothing.
  descriptor = ::open(filePath.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    throw Error("cannot open " + filePath + ": " + std::strerror(errno));
  struct stat status;
  bool isRegular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (!isRegular) {
    ::close(descriptor);
    throw Error("cannot read " + filePath + ": not a regular file");
  }
  bytes = static_cast<size_t>(status.st_size);
}

InputFile::InputFile(InputFile &&other) noexcept
    : filePath(std::move(other.filePath)), descriptor(std::exchange(other.descriptor, -1)),
      bytes(std::exchange(other.bytes, 0)) {}

InputFile &InputFile::operator=(InputFile &&other) noexcept {
  std::swap(filePath, other.filePath);
  std::swap(descriptor, other.descriptor);
  std::swap(bytes, other.bytes);
  return *this;
}

InputFile::~InputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
}

void InputFile::read(size_t begin, size_t count, void *out) const {
  char *next = static_cast<char *>(out);
  while (count > 0) {
    ssize_t part = ::pread(descriptor, next, count, static_cast<off_t>(begin));
    if (part < 0 && errno == EINTR)
      continue;
    if (part < 0)
      throw Error("cannot read " + filePath + ": " + std::strerror(errno));
    if (part == 0)
      throw Error(filePath + " has become shorter: it ends at byte " + std::to_string(begin) + " of " +
                  std::to_string(bytes));
    next += part;
    begin += static_cast<size_t>(part);
    count -= static_cast<size_t>(part);
  }
}

std::string InputFile::readAll() const {
  std::string text(bytes, '\0');
  read(0, bytes, text.data());
  return text;
}

} // namespace sluice::runtime
