//===- Files.cpp - Mapped input files, atomic output files ----------------===//
#include "runtime/Files.h"

#include "runtime/Error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::runtime {

static std::string reason() { return std::strerror(errno); }

MappedFile::MappedFile(std::string path) : filePath(std::move(path)) {
  int descriptor = ::open(filePath.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw Error("cannot open " + filePath + ": " + reason());
  struct stat status;
  bool isRegular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (isRegular) {
    bytes = static_cast<size_t>(status.st_size);
    if (bytes > 0) // mmap refuses an empty range
      memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  }
  int mapError = errno;
  ::close(descriptor); // the mapping keeps the file open
  if (!isRegular)
    throw Error("cannot read " + filePath + ": not a regular file");
  if (memory == MAP_FAILED)
    throw Error("cannot map " + filePath + ": " + std::strerror(mapError));
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : filePath(std::move(other.filePath)), memory(std::exchange(other.memory, nullptr)),
      bytes(std::exchange(other.bytes, 0)) {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(filePath, other.filePath);
  std::swap(memory, other.memory);
  std::swap(bytes, other.bytes);
  return *this;
}

MappedFile::~MappedFile() {
  if (memory)
    ::munmap(memory, bytes);
}

AtomicFile::AtomicFile(std::string path) : path(std::move(path)), temporary(this->path + ".tmp") {
  descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw RunError("cannot write " + temporary + ": " + reason());
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

void AtomicFile::write(const void *data, size_t bytes) {
  const char *next = static_cast<const char *>(data);
  while (bytes > 0) {
    ssize_t written = ::write(descriptor, next, bytes);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      throw RunError("cannot write " + path + ": " + reason());
    next += written;
    bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  // Some file systems report a full disk only at fsync or close.
  if (::fsync(descriptor) != 0)
    throw RunError("cannot write " + path + ": " + reason());
  if (::close(std::exchange(descriptor, -1)) != 0)
    throw RunError("cannot write " + path + ": " + reason());
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    throw RunError("cannot rename " + temporary + " to " + path + ": " + reason());
  temporary.clear();

  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  int folderDescriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folderDescriptor < 0)
    throw RunError("cannot sync " + folder + ": " + reason());
  // Some network file systems cannot sync a folder (EINVAL); the rename has happened there all the same.
  bool synced = ::fsync(folderDescriptor) == 0 || errno == EINVAL;
  int syncError = errno;
  ::close(folderDescriptor);
  if (!synced)
    throw RunError("cannot sync " + folder + ": " + std::strerror(syncError));
}

void checkWritable(const char *flag, const std::string &path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty())
    folder = ".";
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    throw Error(std::string(flag) + ": " + folder.string() + " is not a folder");
  if (std::filesystem::is_directory(path, ignored))
    throw Error(std::string(flag) + ": " + path + " is a folder");
}

void checkFolder(const char *flag, const std::string &path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored))
    throw Error(std::string(flag) + ": " + path + " is not a folder");
}

} // namespace sluice::runtime
